//! Events of a namespace, newest first.

use k8s_openapi::api::events::v1::Event;
use kmg_core::allow::Permit;
use kmg_core::observe::{EventsQuery, NamespaceEvents, Rows};

use super::cursor::Cursor;
use super::events::Fold;
use super::page::{ListOf, each};
use crate::client::Cluster;
use crate::error::ClusterError;

/// The most Events that are read. The API lists them by name, so all must be read to know the newest.
const MAX_READ: usize = 5_000;

/// Events of the permit's namespace, folded, newest first.
///
/// # Errors
/// A foreign cursor, or when the list cannot be read.
pub async fn namespace_events(cluster: &Cluster, permit: &Permit, query: &EventsQuery) -> Result<NamespaceEvents, ClusterError> {
    let Cursor(skip) = Cursor::parse(query.cursor.as_deref())?;
    let limit = usize::try_from(query.limit.clamp(1, 100)).unwrap_or(1);
    let as_of = cluster.now();
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", permit.namespace());
    let field_selector = query.field_selector.as_ref().map(kmg_core::observe::EventSelector::as_str);
    let list = ListOf { path: &path, label_selector: query.label_selector.as_deref(), field_selector, cap: MAX_READ };
    let mut fold = Fold::default();
    let read = each(cluster, list, |event: Event| fold.add(&event)).await?;
    let total = fold.len();
    let end = skip + limit;
    let items: Vec<_> = fold.newest(end).into_iter().skip(skip).collect();
    let truncated = read.cut || items.len() < total;
    Ok(NamespaceEvents {
        namespace: permit.namespace().clone(),
        as_of,
        events: Rows { items, total: u64::try_from(total).unwrap_or(u64::MAX), truncated },
        read: u64::try_from(read.rows).unwrap_or(u64::MAX),
        left: read.left,
        cursor: if end < total { Cursor(end).text() } else { None },
    })
}
