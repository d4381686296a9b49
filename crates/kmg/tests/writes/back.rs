//! Ways back: what the executor kept, as far as a reviewer may see it, and the revisions of a Deployment.

use kmg_core::clock::Clock;
use kmg_core::plan::{Action, Ask, Demand, Kind, Outcome, StoredBody};
use kmg_core::problem::{Code, Refusal};
use serde_json::{Value, json};

use crate::lab::{Lab, eventually, lab};

fn web(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"team": "a"}},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{
                "name": "web", "image": image, "ports": [{"containerPort": 8080}], "env": [{"name": "MODE", "value": "s3cret-mode"}]
            }]}}
        }
    })
}

/// What our manager adds to it.
fn ours(tier: &str, ports: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"tier": tier}},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "ports": ports}]}}}
    })
}

fn config(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn service(name: &str, address: Option<&str>) -> Value {
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    });
    if let Some(address) = address {
        service["spec"]["clusterIP"] = address.into();
    }
    service
}

fn outcomes(receipt: &kmg_core::plan::Receipt) -> Vec<Outcome> {
    receipt.steps.iter().map(|step| step.outcome).collect()
}

fn places(refusal: &Refusal) -> &str {
    refusal.quote.as_ref().map(kmg_core::untrusted::Quoted::for_screening).unwrap_or_default()
}

/// What a person sees of an object, without the mark.
async fn state(lab: &Lab, kind: Kind, name: &str) -> Value {
    let mut object = lab.get(kind, name).await.unwrap();
    let labels = object.pointer("/metadata/labels").cloned();
    object.as_object_mut().unwrap().retain(|key, _| !matches!(key.as_str(), "metadata" | "status"));
    object["labels"] = labels.unwrap_or_default();
    object
}

async fn applied(lab: &Lab, ask: Ask) -> StoredBody {
    let plan = lab.plan(ask).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    plan
}

/// Undoes `plan` by a plan of its own, and says which.
async fn undone(lab: &Lab, plan: &StoredBody) -> StoredBody {
    let back = applied(lab, lab.undo(plan).await.unwrap()).await;
    assert!(back.body().findings.iter().all(|finding| finding.id != "KMG-O15"), "{:?}", back.body().findings);
    assert!(!String::from_utf8_lossy(back.bytes()).contains("s3cret"));
    back
}

fn scale(lab: &Lab, replicas: u32) -> Ask {
    Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap(), replicas }
}

fn image(lab: &Lab, image: &str) -> Ask {
    let (name, container) = ("web".parse().unwrap(), "web".parse().unwrap());
    Ask::SetDeploymentImage { namespace: lab.namespace.clone(), name, container, image: image.parse().unwrap() }
}

/// How many patches of Deployments were accepted. Nothing else was written, and what was not accepted met a controller
/// that was quicker: a conflict for an apply, a failed `test` for a JSON Patch.
async fn accepted_patches(lab: &Lab) -> usize {
    let (accepted, refused): (Vec<_>, Vec<_>) = lab.writes().await.into_iter().partition(|line| line == "patch deployments 200");
    assert!(refused.iter().all(|line| ["patch deployments 409", "patch deployments 422"].contains(&line.as_str())), "{refused:?}");
    accepted.len()
}

#[tokio::test]
async fn a_scale_and_an_image_go_back_and_so_does_going_back() {
    let Some(lab) = lab("undo of a scale and an image", "undo-patch").await else { return };
    lab.someone_applies(web("registry.test/web:1")).await;
    let before = state(&lab, Kind::Deployment, "web").await;
    let scaled = applied(&lab, scale(&lab, 1)).await;
    undone(&lab, &scaled).await;
    assert_eq!(state(&lab, Kind::Deployment, "web").await, before);
    let imaged = applied(&lab, image(&lab, "registry.test/web:2")).await;
    let after = state(&lab, Kind::Deployment, "web").await;
    let back = undone(&lab, &imaged).await;
    assert_eq!(state(&lab, Kind::Deployment, "web").await, before);
    undone(&lab, &back).await;
    assert_eq!(state(&lab, Kind::Deployment, "web").await, after);
    assert_eq!(accepted_patches(&lab).await, 5);
    lab.planner_wrote_nothing().await;

    // Whoever changed it since is told of: two people have to agree to undo that too.
    let late = lab.plan(lab.undo(&imaged).await.unwrap()).await;
    let moved = late.body().findings.iter().find(|finding| finding.id == "KMG-O15").unwrap();
    assert_eq!(moved.demand, Demand::TwoApprovers);
}

#[tokio::test]
async fn an_apply_goes_back_to_what_our_manager_had_applied() {
    let Some(lab) = lab("undo of an apply", "undo-apply").await else { return };
    lab.someone_applies(web("registry.test/web:1")).await;
    let bare = state(&lab, Kind::Deployment, "web").await;
    let front = || lab.apply_ask(vec![ours("front", &json!([{"containerPort": 9090, "name": "metrics"}]))]);
    // A manager that had applied nothing gives everything back.
    let first = applied(&lab, front()).await;
    assert_ne!(state(&lab, Kind::Deployment, "web").await, bare);
    undone(&lab, &first).await;
    assert_eq!(state(&lab, Kind::Deployment, "web").await, bare);

    applied(&lab, front()).await;
    let with_ours = state(&lab, Kind::Deployment, "web").await;
    let more = json!([{"containerPort": 9090, "name": "measures"}, {"containerPort": 53, "protocol": "UDP"}]);
    let second = applied(&lab, lab.apply_ask(vec![ours("back", &more)])).await;
    assert_ne!(state(&lab, Kind::Deployment, "web").await, with_ours);
    let back = undone(&lab, &second).await;
    assert_eq!(back.body().steps[0].action, Action::Apply);
    assert_eq!(state(&lab, Kind::Deployment, "web").await, with_ours, "added ones go, changed ones come back, nothing else moves");
    assert_eq!(accepted_patches(&lab).await, 5);
    lab.planner_wrote_nothing().await;
}

#[tokio::test]
async fn a_creation_goes_back_by_deleting_that_object_and_a_deletion_by_creating_it() {
    let Some(lab) = lab("undo of a creation and a deletion", "undo-create").await else { return };
    let created = applied(&lab, lab.apply_ask(vec![service("api", None)])).await;
    let there = state(&lab, Kind::Service, "api").await;
    let back = undone(&lab, &created).await;
    assert_eq!(back.body().steps[0].action, Action::Delete);
    assert!(lab.get(Kind::Service, "api").await.is_none());
    // A deletion goes back too, with another address.
    let again = undone(&lab, &back).await;
    assert_eq!(again.body().steps[0].action, Action::Create);
    assert!(again.body().findings.iter().any(|finding| finding.id == "KMG-O16" && finding.path == "spec.clusterIP"));
    let mut here = state(&lab, Kind::Service, "api").await;
    for field in ["clusterIP", "clusterIPs"] {
        here["spec"][field] = there["spec"][field].clone();
    }
    assert_eq!(here, there);
    assert_eq!(lab.writes().await, ["patch services 201", "delete services 200", "patch services 201"]);
    // What has the name by now is not what that plan created.
    let refused = lab.preview(&lab.undo(&created).await.unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotReversible, "{refused}");
    assert_eq!(lab.preview(&lab.undo(&back).await.unwrap()).await.unwrap_err().code(), Code::NotReversible, "it is there again");
    lab.planner_wrote_nothing().await;
}

/// A value that nobody was shown is not sent, and the refusal says where it would have been.
#[tokio::test]
async fn hidden_values_are_named_and_not_restored() {
    let Some(lab) = lab("undo that would send hidden values", "undo-hidden").await else { return };
    lab.someone_applies(config("theirs", &json!({"a.conf": "s3cret-a", "b": "s3cret-b"}))).await;
    let deleted = applied(&lab, lab.delete_ask(&[(Kind::ConfigMap, "theirs")])).await;
    let refusal = lab.undo(&deleted).await.unwrap_err();
    assert_eq!((refusal.code, places(&refusal)), (Code::PreImageHidden, "ConfigMap/theirs data.b, ConfigMap/theirs data[\"a.conf\"]"));
    assert!(!format!("{refusal:?}").contains("s3cret"));

    applied(&lab, lab.apply_ask(vec![config("ours", &json!({"a": "1", "b": "s3cret-b"}))])).await;
    let changed = applied(&lab, lab.apply_ask(vec![config("ours", &json!({"a": "1", "b": "2"}))])).await;
    let refusal = lab.undo(&changed).await.unwrap_err();
    assert_eq!((refusal.code, places(&refusal)), (Code::PreImageHidden, "ConfigMap/ours data.b"), "a stayed what the plan itself says");
    // What was only added goes without a value being sent that the plan did not have.
    let added = applied(&lab, lab.apply_ask(vec![config("ours", &json!({"a": "1", "b": "2", "c": "3"}))])).await;
    undone(&lab, &added).await;
    assert_eq!(lab.get(Kind::ConfigMap, "ours").await.unwrap()["data"], json!({"a": "1", "b": "2"}));
    assert!(!lab.journal().contains("s3cret"));
    lab.planner_wrote_nothing().await;
}

/// Two Services ask for one address: each dry run is fine, and the second write is refused.
#[tokio::test]
async fn of_a_partial_failure_exactly_what_was_written_goes_back() {
    let Some(lab) = lab("undo of a partial failure", "undo-part").await else { return };
    lab.someone_applies(web("registry.test/web:1")).await;
    let before = state(&lab, Kind::Deployment, "web").await;
    let stamp = Clock::system().now().0;
    let address = format!("10.96.{}.{}", 100 + stamp % 100, 10 + stamp / 100 % 200);
    let manifests = vec![
        ours("front", &json!([{"containerPort": 9090}])),
        service("one", Some(&address)),
        service("two", Some(&address)),
        config("c", &json!({"k": "v"})),
    ];
    let plan = lab.plan(lab.apply_ask(manifests)).await;
    let receipt = lab.execute(&plan).await;
    let expected = vec![Outcome::Applied, Outcome::Applied, Outcome::Rejected, Outcome::Refused];
    assert_eq!((receipt.outcome, outcomes(&receipt)), (Outcome::Partial, expected), "{receipt:?}");
    assert!(lab.get(Kind::Service, "two").await.is_none());
    // Someone makes the missing ones by hand: they are not the plan's, and not undone.
    lab.someone_applies(service("two", None)).await;
    lab.someone_applies(config("c", &json!({"k": "theirs"}))).await;

    let back = undone(&lab, &plan).await;
    let steps: Vec<_> = back.body().steps.iter().map(|step| (step.action, step.object.name.as_str())).collect();
    assert_eq!(steps, [(Action::Delete, "one"), (Action::Apply, "web")], "the last write first");
    assert!(lab.get(Kind::Service, "one").await.is_none());
    assert_eq!(state(&lab, Kind::Deployment, "web").await, before);
    assert!(lab.get(Kind::Service, "two").await.is_some() && lab.get(Kind::ConfigMap, "c").await.is_some());
    let writes = lab.writes().await;
    assert_eq!(writes[..2], ["patch deployments 200", "patch services 201"]);
    assert_eq!(writes[3..], ["delete services 200", "patch deployments 200"]);
    lab.planner_wrote_nothing().await;
}

#[tokio::test]
async fn a_deployment_goes_back_to_a_revision() {
    let Some(lab) = lab("back to a revision", "revision").await else { return };
    lab.someone_applies(web("registry.test/web:1")).await;
    let before = state(&lab, Kind::Deployment, "web").await;
    let alone = lab.back_to("web", None).await.unwrap_err();
    assert!(alone.code == Code::NotFound && alone.public.contains("Those kept are 1."), "{alone}");
    let seen = async |revision: &str| {
        eventually("the controller to number the revision", async || {
            let live = lab.get(Kind::Deployment, "web").await?;
            (live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == revision).then_some(())
        })
        .await;
    };
    applied(&lab, image(&lab, "registry.test/web:2")).await;
    seen("2").await;
    applied(&lab, Ask::RestartDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap() }).await;
    seen("3").await;
    assert_eq!(lab.back_to("web", Some(3)).await.unwrap_err().code, Code::NoChange);
    let unknown = lab.back_to("web", Some(9)).await.unwrap_err();
    assert!(unknown.code == Code::NotFound && unknown.public.contains("3, 2, 1"), "{unknown}");
    assert_eq!(lab.back_to("none", None).await.unwrap_err().code, Code::NotFound);

    let back = applied(&lab, lab.back_to("web", Some(1)).await.unwrap()).await;
    assert!(!String::from_utf8_lossy(back.bytes()).contains("s3cret"));
    assert_eq!(state(&lab, Kind::Deployment, "web").await, before);
    seen("4").await;
    // Its own way back leads to where it was.
    undone(&lab, &back).await;
    assert_eq!(state(&lab, Kind::Deployment, "web").await["spec"]["template"]["spec"]["containers"][0]["image"], "registry.test/web:2");
    assert_eq!(lab.writes().await, ["patch deployments 200"; 4]);

    // A revision with another value of its environment is for a person.
    let mut other = web("registry.test/web:2");
    other["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "s3cret-other".into();
    lab.someone_applies(other).await;
    let refusal = eventually("the new revision", async || {
        lab.back_to("web", Some(4)).await.err().filter(|refusal| refusal.code == Code::PreImageHidden)
    })
    .await;
    assert_eq!(places(&refusal), "Deployment/web spec.template.spec.containers[name=web].env[name=MODE].value");
    lab.planner_wrote_nothing().await;
}
