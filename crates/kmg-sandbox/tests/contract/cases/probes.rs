//! What says that a server is there.

use crate::ask::{Who, get};
use crate::transcript::Transcript;

pub(super) async fn health(t: &mut Transcript) {
    for path in ["/healthz", "/livez", "/readyz"] {
        t.send("alive and ready", get(path)).await;
    }
    // Every build has its own commit and date.
    let version = t.until("version", &get("/version"), |_| true).await;
    t.fact("the version is 1.36", version.text("/major") == "1" && version.text("/minor") == "36");
    t.fact("the version has a patch level", version.text("/gitVersion").starts_with("v1.36."));
    t.send("without a credential", get("/readyz").by(Who::Nobody)).await;
}
