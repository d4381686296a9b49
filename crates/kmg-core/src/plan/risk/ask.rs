//! Which findings belong to a step, and which of them can be told before anything is sent.

use serde_json::{Value, json};

use super::super::ask::Ask;
use super::super::body::{Demand, PlanFinding};
use super::super::kind::Target;
use super::super::restore::{Restore, edited};
use super::rule::{Found, Sides};
use super::{back, delete_findings, image, object_findings, ranked};
use crate::image::ImageRef;
use crate::names::ContainerName;

/// What the reviewer should know about a step of `ask` that turns `live` into `after`, gravest first. `registries` as
/// for [`object_findings`].
pub fn findings(ask: &Ask, live: Option<&Value>, after: Option<&Value>, registries: &[String]) -> Vec<PlanFinding> {
    let mut findings = match (live, after) {
        (live, Some(after)) => object_findings(live, after, registries),
        (Some(live), None) => delete_findings(live),
        (None, None) => Vec::new(),
    };
    findings.extend(back::findings(ask, live, after));
    ranked(findings)
}

/// What `ask` would be refused for on account of the images it names, told from the ask alone: webhooks that look
/// images up must not be sent to a registry that an agent chose, not even by a dry run.
pub fn before_dry_run(ask: &Ask, target: &Target, live: Option<&Value>, registries: &[String]) -> Vec<PlanFinding> {
    let proposed = match ask {
        Ask::SetDeploymentImage { container, image, .. } => with_image(live, container, image),
        Ask::ApplyManifest { objects, .. } => {
            let mine = objects.iter().find(|object| object.target() == *target);
            mine.map(|object| object.value().clone()).unwrap_or_default()
        }
        Ask::Rollback { .. } => match ask.undo_of(target).map(|undo| &undo.restore) {
            Some(Restore::Image { container, image }) => with_image(live, container, image),
            Some(Restore::Template { operations }) => live.and_then(|live| edited(live, operations).ok()).unwrap_or_default(),
            Some(Restore::Fields { manifest } | Restore::Object { manifest, .. }) => manifest.value().clone(),
            Some(Restore::Replicas { .. } | Restore::Absence) | None => return Vec::new(),
        },
        Ask::ScaleDeployment { .. } | Ask::RestartDeployment { .. } | Ask::DeleteManifest { .. } => return Vec::new(),
    };
    let mut found = Found::default();
    image::find(&Sides::of(live, &proposed), registries, &mut found);
    ranked(found.into_findings().into_iter().filter(|finding| finding.demand == Demand::Deny).collect())
}

fn with_image(live: Option<&Value>, container: &ContainerName, image: &ImageRef) -> Value {
    let mut after = live.cloned().unwrap_or_default();
    let containers = after.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
    let named = |item: &&mut Value| item.get("name").and_then(Value::as_str) == Some(container.as_str());
    if let Some(found) = containers.into_iter().flatten().find(named) {
        found["image"] = json!(image);
    }
    after
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{deployment, set_image, web};
    use super::super::worse;
    use super::*;
    use crate::plan::Severity;

    fn ids(findings: &[PlanFinding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.id.as_str()).collect()
    }

    fn scaled(to: u32) -> Vec<PlanFinding> {
        let mut live = deployment();
        live.as_object_mut().unwrap().remove("status");
        let mut after = live.clone();
        after["spec"]["replicas"] = to.into();
        let ask = Ask::ScaleDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap(), replicas: to };
        findings(&ask, Some(&live), Some(&after), &[])
    }

    #[test]
    fn a_scale_is_judged_by_what_it_does() {
        assert_eq!(ids(&scaled(0)), ["KMG-A01"]);
        assert_eq!(ids(&scaled(7)), ["KMG-A04"]);
        assert!(scaled(3).is_empty());
    }

    #[test]
    fn an_image_from_elsewhere_is_refused_before_anything_is_sent() {
        let of = |image: &str, registries: &[String]| {
            let found = before_dry_run(&set_image("web", image), &web(), Some(&deployment()), registries);
            found.into_iter().map(|finding| finding.id).collect::<Vec<_>>()
        };
        assert_eq!(of("other.test/web:2", &[]), ["KMG-I03"]);
        assert!(of("other.test/web:2", &["other.test".to_owned()]).is_empty());
        assert_eq!(of("registry.test/web:latest", &[]), ["KMG-I01"]);
        assert!(of("registry.test/web:2", &[]).is_empty());
    }

    #[test]
    fn worse_means_new_or_graver() {
        let high = scaled(0);
        let none: Vec<PlanFinding> = Vec::new();
        assert!(worse(&none, &high) && !worse(&high, &none) && !worse(&high, &high));
        let mut milder = high.clone();
        milder[0].severity = Severity::Info;
        assert!(worse(&milder, &high));
        let mut easier = high.clone();
        easier[0].demand = Demand::Show;
        assert!(worse(&easier, &high) && !worse(&high, &easier));
        let rolling = findings(&set_image("web", "registry.test/web:2"), Some(&deployment()), Some(&deployment()), &[]);
        assert!(rolling.iter().any(|finding| finding.id == "KMG-A13") && !worse(&none, &rolling), "a rollout is a circumstance");
    }
}
