//! The Pod Security level of the namespace: Pods that do not meet it are never created, and the Deployment does not say
//! so in a dry run.

use kmg_cluster::read::namespace_labels;
use kmg_core::plan::{PodSecurity, level_findings};

use super::{Around, Scene};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

pub(super) async fn look(scene: &Scene<'_>, around: &mut Around) {
    let Some(after) = scene.after else { return };
    match namespace_labels(scene.reader, scene.permit).await {
        Ok(labels) => {
            let level = PodSecurity::of_label(labels.get(ENFORCE).map(String::as_str));
            around.findings.extend(level_findings(scene.live, after, level));
        }
        Err(error) => around.not_checked("the Pod Security level of the namespace", error.reason()),
    }
}
