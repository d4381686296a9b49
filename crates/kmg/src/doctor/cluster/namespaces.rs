//! Each allowed namespace: what the reader may list there, and whether the fence holds the planner there.

use kmg_cluster::read::forbidden_kinds;
use kmg_cluster::write::probe::{Fence, probe};
use kmg_core::names::Namespace;

use super::super::finding::Finding;
use super::APPLY;
use super::credential::{Looked, remedy, said};
use crate::settings::Settings;

const LIST: &str = "cluster.list";
const FENCE: &str = "cluster.fence";

/// Both checks for every namespace of the settings.
pub(super) async fn check(settings: &Settings, reader: &Looked, planner: &Looked) -> Vec<Finding> {
    if settings.namespaces.namespaces().len() == 0 {
        return vec![Finding::warning(LIST, "no namespace is allowed: nothing is read or planned", "set gateway.namespaces")];
    }
    let mut findings = Vec::new();
    for namespace in settings.namespaces.namespaces() {
        let (listed, fenced) = tokio::join!(lists(reader, settings, namespace), fence(planner, settings.unfenced, namespace));
        findings.extend([listed, fenced].map(|finding| finding.about(namespace.as_str())));
    }
    findings
}

async fn lists(reader: &Looked, settings: &Settings, namespace: &Namespace) -> Finding {
    let (Some(reached), Ok(permit)) = (&reader.reached, settings.namespaces.permit(namespace)) else {
        return Finding::not_checked(LIST, "the reader did not reach the cluster");
    };
    match forbidden_kinds(&reached.cluster, &permit).await {
        Ok(forbidden) if forbidden.is_empty() => Finding::ok(LIST, "the reader may list what the tools read"),
        Ok(forbidden) => Finding::problem(LIST, format!("the reader may not list {}", forbidden.join(", ")), APPLY),
        Err(error) => Finding::problem(LIST, said(&error), remedy(&error, &reached.cluster)),
    }
}

async fn fence(planner: &Looked, unfenced: bool, namespace: &Namespace) -> Finding {
    let Some(reached) = &planner.reached else { return Finding::not_checked(FENCE, "the planner did not reach the cluster") };
    let why = match probe(&reached.cluster, namespace).await {
        Fence::Fenced => return Finding::ok(FENCE, "the planner can only dry-run"),
        Fence::NotFenced => "the planner can write",
        Fence::Unknown(why) => why,
    };
    if unfenced { Finding::warning(FENCE, why, APPLY) } else { Finding::problem(FENCE, why, APPLY) }
}
