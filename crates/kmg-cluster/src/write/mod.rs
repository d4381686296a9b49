//! Every request that is not a GET: dry runs, the fence probe, the one write, and the operator's installation.
//!
//! The four files below are the only ones that send such a request; the lint on `kube::Client::send` and
//! `xtask tidy` keep it so.

pub mod apply;
pub mod dry_run;
pub mod install;
pub mod probe;

use http::{Method, Request};
use kmg_core::plan::Rendered;
use kube::client::Body;

use crate::client::request;
use crate::error::ClusterError;

/// The HTTP request for `rendered`, as a dry run or not.
fn http_request(rendered: &Rendered, dry_run: bool, headers: &[(&str, &str)]) -> Result<Request<Body>, ClusterError> {
    let unwritable = |_| ClusterError::Unwritable("a rendered write");
    let method = Method::from_bytes(rendered.method.as_bytes()).map_err(|_| ClusterError::Unwritable("the method"))?;
    if method == Method::GET || !rendered.path.starts_with('/') {
        return Err(ClusterError::Unwritable("not a write"));
    }
    let mut builder =
        request(method, &rendered.target(dry_run)).header("content-type", &rendered.content_type).header("accept", "application/json");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(rendered.body(dry_run))).map_err(unwritable)
}
