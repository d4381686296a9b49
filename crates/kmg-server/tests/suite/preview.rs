//! Previews on the real API server.

use kmg_core::clock::{Clock, Millis};
use kmg_core::plan::{Ask, FieldChange, PlanId, PreviewRequest, Shown};
use kmg_core::problem::Code;
use kmg_server::FencePolicy;
use serde_json::{Value, json};

use crate::lab::{Lab, eventually, lab};

fn request(ask: Ask) -> PreviewRequest {
    PreviewRequest { plan_id: PlanId::new(Millis(1), [3; 10]), ask }
}

fn scale(lab: &Lab, name: &str, replicas: u32) -> PreviewRequest {
    request(Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: name.parse().unwrap(), replicas })
}

fn image(lab: &Lab, container: &str, image: &str) -> PreviewRequest {
    request(Ask::SetDeploymentImage {
        namespace: lab.namespace.clone(),
        name: "web".parse().unwrap(),
        container: container.parse().unwrap(),
        image: image.parse().unwrap(),
    })
}

fn change<'a>(changes: &'a [FieldChange], path: &str) -> &'a FieldChange {
    changes.iter().find(|change| change.path == path).unwrap_or_else(|| panic!("{path} in {changes:?}"))
}

/// What clients wrote: the controllers write `status` whenever they like, and with it the version.
fn stored(mut object: Value) -> Value {
    object["status"] = Value::Null;
    object["metadata"]["resourceVersion"] = Value::Null;
    if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
        entries.retain(|entry| entry["subresource"] != "status");
    }
    object
}

#[tokio::test]
async fn a_preview_shows_what_the_cluster_would_store_and_stores_nothing() {
    let Some(lab) = lab("preview", "preview").await else { return };
    let server = lab.server(Clock::system(), FencePolicy::Required).await;
    let before = lab.web().await;
    let preview = server.preview(&image(&lab, "web", "registry.test/web:2")).await.unwrap();
    assert_eq!(preview.cluster_id, lab.admin.cluster_id().await.unwrap());
    let step = &preview.steps[0];
    assert_eq!(preview.steps.len(), 1);
    assert_eq!(step.object.uid, before["metadata"]["uid"].as_str().unwrap());
    assert_ne!(step.base, step.predicted);
    let shown = change(&step.changes, "spec.template.spec.containers[name=web].image");
    assert_eq!(
        (&shown.before, &shown.after, shown.proposed),
        (&Shown::Value("registry.test/web:1".into()), &Shown::Value("registry.test/web:2".into()), true)
    );
    assert!(change(&step.changes, "metadata.annotations[\"kmg.dev/plan\"]").proposed);
    assert_eq!(step.changes.len(), 2);
    let ids: Vec<&str> = preview.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(
        ids,
        ["KMG-O14", "KMG-S12", "KMG-I02", "KMG-T01"],
        "made a moment ago, a literal credential that was there before, no fixed digest, how many Pods are replaced"
    );
    assert!(!serde_json::to_string(&preview).unwrap().contains("hunter2"));
    assert_eq!(stored(lab.web().await), stored(before));
    // The same ask again predicts the same.
    let again = server.preview(&image(&lab, "web", "registry.test/web:2")).await.unwrap();
    assert_eq!((again.steps[0].base, again.steps[0].predicted), (step.base, step.predicted));
}

#[tokio::test]
async fn what_cannot_be_planned_is_refused_under_its_code() {
    let Some(lab) = lab("preview refusals", "refuse").await else { return };
    let server = lab.server(Clock::system(), FencePolicy::Required).await;
    let elsewhere = request(Ask::ScaleDeployment { namespace: "kube-system".parse().unwrap(), name: "web".parse().unwrap(), replicas: 1 });
    for (request, code) in [
        (elsewhere, Code::NamespaceNotAllowed),
        (scale(&lab, "absent", 1), Code::NotFound),
        (scale(&lab, "web", 2), Code::NoChange),
        (image(&lab, "other", "x.test/web:2"), Code::ContainerNotFound),
        (image(&lab, "web", "registry.test/web:1"), Code::NoChange),
        (image(&lab, "web", "other.test/web:2"), Code::PolicyDenied),
        (image(&lab, "web", "registry.test/web:latest"), Code::PolicyDenied),
    ] {
        let error = server.preview(&request).await.unwrap_err();
        assert_eq!(error.code(), code, "{request:?}");
    }
}

#[tokio::test]
async fn planning_stops_within_a_minute_of_the_fence_going() {
    let Some(lab) = lab("fence removed", "gone").await else { return };
    let clock = Clock::manual(Millis(1_000_000));
    let server = lab.server(clock.clone(), FencePolicy::Required).await;
    let tolerant = lab.server(clock.clone(), FencePolicy::Unenforced).await;
    server.preview(&scale(&lab, "web", 3)).await.unwrap();
    // Every action but Deny is as good as none; the policy stays where it is.
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": lab.rbac.fence_name()},
        "spec": {"policyName": lab.rbac.fence_name(), "validationActions": ["Audit"]}
    });
    kmg_cluster::write::install::apply_manifest(&lab.admin, &binding).await.unwrap();
    let planner = lab.connect(kmg_cluster::rbac::Identity::Planner).await;
    eventually("the fence to go", || async {
        let fence = kmg_cluster::write::probe::probe(&planner, &lab.namespace).await;
        (fence == kmg_cluster::write::probe::Fence::NotFenced).then_some(())
    })
    .await;
    clock.advance(60_000);
    let error = server.preview(&scale(&lab, "web", 3)).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFenced);
    let preview = tolerant.preview(&scale(&lab, "web", 3)).await.unwrap();
    assert_eq!(preview.findings[0].id, "KMG-F01");
    assert_eq!(lab.web().await["spec"]["replicas"], 2);
    // Back again, without waiting for the next minute.
    kmg_cluster::write::install::install(&lab.admin, &kmg_cluster::rbac::manifests(std::slice::from_ref(&lab.namespace), &lab.rbac))
        .await
        .unwrap();
    eventually("the fence to come back", || async { server.preview(&scale(&lab, "web", 3)).await.ok() }).await;
}

#[tokio::test]
async fn an_autoscaler_is_told_and_its_field_left_out() {
    let Some(lab) = lab("autoscaler", "auto").await else { return };
    let server = lab.server(Clock::system(), FencePolicy::Required).await;
    hpa(&lab).await;
    let scaled = server.preview(&scale(&lab, "web", 5)).await.unwrap();
    assert_eq!((scaled.findings[0].id.as_str(), scaled.steps[0].exclusions.len()), ("KMG-A05", 0));
    let first = server.preview(&image(&lab, "web", "registry.test/web:2")).await.unwrap();
    assert_eq!(first.steps[0].exclusions, ["/spec/replicas"]);
    assert!(first.findings.iter().any(|finding| finding.id == "KMG-A05"));
    // The autoscaler acts: what was reviewed is still the same.
    let mut more = lab.web().await;
    more["spec"]["replicas"] = 4.into();
    let spec = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 4, "selector": more["spec"]["selector"], "template": more["spec"]["template"]}});
    lab.apply(spec).await;
    lab.settled(4).await;
    let second = server.preview(&image(&lab, "web", "registry.test/web:2")).await.unwrap();
    assert_eq!(second.steps[0].base, first.steps[0].base);
}

async fn hpa(lab: &Lab) {
    let manifest: Value = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
        "spec": {"minReplicas": 2, "maxReplicas": 9, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
    });
    lab.apply(manifest).await;
}
