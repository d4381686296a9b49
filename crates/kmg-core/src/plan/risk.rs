//! Findings that follow from the object and the ask alone: the executor works them out again.

use serde_json::Value;

use super::ask::Ask;
use super::body::{Demand, PlanFinding, Severity};
use crate::image::ImageRef;

/// What the reviewer should know about `ask`, which turns `live` into `_after`, gravest first.
pub fn findings(ask: &Ask, live: Option<&Value>, _after: Option<&Value>) -> Vec<PlanFinding> {
    let Some(live) = live else { return Vec::new() };
    let mut out = match ask {
        Ask::ScaleDeployment { replicas, .. } => scale(live, i64::from(*replicas)),
        Ask::SetDeploymentImage { container, image, .. } => set_image(live, container.as_str(), image),
        Ask::RestartDeployment { .. } | Ask::ApplyManifest { .. } | Ask::DeleteManifest { .. } => Vec::new(),
    };
    rollout(live, &mut out);
    out.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    out
}

/// Whether `now` holds a finding that `reviewed` lacks, or holds with less severity.
pub fn worse(reviewed: &[PlanFinding], now: &[PlanFinding]) -> bool {
    now.iter().any(|finding| !reviewed.iter().any(|seen| seen.id == finding.id && seen.severity >= finding.severity))
}

fn finding(id: &str, severity: Severity, summary: &str, path: &str) -> PlanFinding {
    PlanFinding { id: id.to_owned(), severity, demand: Demand::Show, summary: summary.to_owned(), path: path.to_owned() }
}

fn scale(live: &Value, to: i64) -> Vec<PlanFinding> {
    const PATH: &str = "spec.replicas";
    let from = live.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let mut out = Vec::new();
    if to == 0 && from > 0 {
        out.push(finding("KMG-A01", Severity::High, "Scales to zero: nothing will serve.", PATH));
    } else if to * 2 < from {
        out.push(finding("KMG-A02", Severity::High, "Cuts the replicas by more than half.", PATH));
    }
    if from > 0 && to > from * 3 {
        out.push(finding("KMG-A04", Severity::Warning, "More than triples the replicas.", PATH));
    }
    out
}

fn set_image(live: &Value, container: &str, image: &ImageRef) -> Vec<PlanFinding> {
    let path = format!("spec.template.spec.containers[name={container}].image");
    let mut out = Vec::new();
    if image.digest().is_none() {
        match image.tag() {
            None | Some("latest") => out.push(finding("KMG-I01", Severity::High, "The image has no fixed tag.", &path)),
            Some(_) => out.push(finding("KMG-I02", Severity::Info, "The image is not pinned by a digest; the tag can move.", &path)),
        }
    }
    let old = live
        .pointer("/spec/template/spec/containers")
        .and_then(Value::as_array)
        .and_then(|list| list.iter().find(|item| item.get("name").and_then(Value::as_str) == Some(container)))
        .and_then(|item| item.get("image"))
        .and_then(Value::as_str)
        .and_then(|text| text.parse::<ImageRef>().ok());
    if old.is_some_and(|old| old.registry() != image.registry()) {
        out.push(finding("KMG-I03", Severity::High, "The image comes from another registry than the present one.", &path));
    }
    out
}

fn rollout(live: &Value, out: &mut Vec<PlanFinding>) {
    if live.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
        out.push(finding(
            "KMG-A13",
            Severity::Warning,
            "The Deployment is paused: the change rolls out when it is resumed.",
            "spec.paused",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{deployment, set_image as image_ask};
    use super::*;

    fn ids(ask: &Ask) -> Vec<String> {
        findings(ask, Some(&deployment()), None).into_iter().map(|finding| finding.id).collect()
    }

    fn scale_to(replicas: u32) -> Ask {
        Ask::ScaleDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap(), replicas }
    }

    #[test]
    fn each_finding_has_a_case_that_raises_it_and_one_that_does_not() {
        assert_eq!(ids(&scale_to(0)), ["KMG-A01"]);
        assert_eq!(ids(&scale_to(7)), ["KMG-A04"]);
        assert!(ids(&scale_to(3)).is_empty());
        assert_eq!(ids(&image_ask("web", "registry.test/web")), ["KMG-I01"]);
        assert_eq!(ids(&image_ask("web", "registry.test/web:2")), ["KMG-I02"]);
        assert_eq!(ids(&image_ask("web", "other.test/web:2")), ["KMG-I03", "KMG-I02"]);
    }

    #[test]
    fn worse_means_new_or_graver() {
        let high = findings(&scale_to(0), Some(&deployment()), None);
        let none: Vec<PlanFinding> = Vec::new();
        assert!(worse(&none, &high) && !worse(&high, &none) && !worse(&high, &high));
        let mut milder = high.clone();
        milder[0].severity = Severity::Info;
        assert!(worse(&milder, &high));
    }
}
