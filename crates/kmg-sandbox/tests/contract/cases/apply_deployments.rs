//! Server-side apply of Deployments: lists by their keys, and the other writers of a Deployment.

use serde_json::{Value, json};

use super::applies::{apply, apply_as, fenced};
use crate::ask::{Ask, apps, get, patch, post};
use crate::manifests::{at_rest, deployment, idle, with, without};
use crate::transcript::Transcript;

const TEMPLATE: &str = "/spec/template";
const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn path() -> String {
    apps("deployments/web")
}

pub(super) async fn apply_deployment(t: &mut Transcript) {
    t.with_owners();
    let web = idle("web");
    t.send("create, dry run", apply(path(), &web).dry()).await;
    t.send("create", apply(path(), &web)).await;
    let rest = t.settled("at rest", get(path()), at_rest).await;
    let image = with(&web, &format!("{CONTAINER}/image"), json!("registry.test/web:2"));
    t.send("another image, dry run", apply(path(), &fenced(&image, &rest)).dry()).await;
    t.send("another image", apply(path(), &fenced(&image, &rest))).await;
    t.send("the same bytes again: stale", apply(path(), &fenced(&image, &rest))).await;
    let rest = t.settled("at rest", get(path()), at_rest).await;
    let same = t.send("nothing new", apply(path(), &fenced(&image, &rest))).await;
    t.fact("the version stays", same.version() == rest.version());
    t.send("an unknown field", apply(path(), &with(&image, &format!("{CONTAINER}/imge"), json!("x")))).await;
    t.send("replicas that are a text", apply(path(), &with(&image, "/spec/replicas", json!("1")))).await;
    t.send("negative replicas", apply(path(), &with(&image, "/spec/replicas", json!(-1)))).await;
    t.send("another selector", apply(path(), &with(&image, "/spec/selector", json!({"matchLabels": {"app": "api"}})))).await;
    let other = with(&image, CONTAINER, json!({"name": "other", "image": "registry.test/web:1"}));
    t.send("another container takes its place, dry run", apply(path(), &other).dry()).await;
    t.send("by another manager, it is one more, dry run", apply_as("second", path(), &other).dry()).await;
    t.send("by another manager: a conflict", apply_as("second", path(), &web)).await;
    t.send("another manager shares", apply_as("second", path(), &without(&image, "/spec/replicas"))).await;
    t.send("no replicas: the default, as nobody else has set them", apply(path(), &without(&image, "/spec/replicas")).dry()).await;
    t.settled("at rest", get(path()), at_rest).await;
}

/// A container that has one of every list.
fn full() -> Value {
    json!({
        "name": "web", "image": "registry.test/web:1", "command": ["/bin/web", "serve"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 53, "protocol": "UDP"}],
        "resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}, "requests": {"cpu": "250m"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "settings", "mountPath": "/etc/settings", "readOnly": true}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 5}
    })
}

pub(super) async fn apply_deployment_lists(t: &mut Transcript) {
    t.with_owners();
    let web = with(&idle("web"), CONTAINER, full());
    let web = with(
        &web,
        &format!("{POD}/volumes"),
        json!([{"name": "data", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}]),
    );
    let web = with(&web, &format!("{POD}/tolerations"), json!([{"key": "a", "operator": "Exists"}]));
    let web = with(&web, &format!("{POD}/nodeSelector"), json!({"disk": "fast"}));
    let web = with(&web, "/metadata/labels", json!({"app": "web", "tier": "front"}));
    t.send("create", apply(path(), &web)).await;
    t.settled("at rest", get(path()), at_rest).await;
    let container = |part: &str, value: Value| with(&web, &format!("{CONTAINER}/{part}"), value);
    let table = [
        (
            "one variable less, one otherwise",
            container(
                "env",
                json!([{"name": "B", "value": "3"}, {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]),
            ),
        ),
        (
            "a variable more, before the others",
            container("env", json!([{"name": "Z", "value": "0"}, {"name": "A", "value": "1"}, {"name": "B", "value": "2"}])),
        ),
        ("variables in another order", container("env", json!([{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]))),
        ("a port less", container("ports", json!([{"name": "http", "containerPort": 8080}]))),
        ("a port of another protocol", container("ports", json!([{"containerPort": 8080, "protocol": "UDP"}]))),
        ("a port twice", container("ports", json!([{"containerPort": 8080}, {"containerPort": 8080, "name": "b"}]))),
        ("a mount less", container("volumeMounts", json!([{"name": "data", "mountPath": "/data"}]))),
        ("other limits", container("resources", json!({"limits": {"memory": "1Gi"}}))),
        ("another command", container("command", json!(["/bin/web"]))),
        ("other tolerations", with(&web, &format!("{POD}/tolerations"), json!([{"key": "b", "operator": "Exists"}]))),
        ("another node selector", with(&web, &format!("{POD}/nodeSelector"), json!({"zone": "x"}))),
        ("another kind of volume", with(&web, &format!("{POD}/volumes/0"), json!({"name": "data", "configMap": {"name": "other"}}))),
        ("no probe", without(&web, &format!("{CONTAINER}/readinessProbe"))),
        ("a container more", with(&web, &format!("{POD}/containers"), json!([{"name": "first", "image": "registry.test/web:2"}, full()]))),
        ("a variable without a name", container("env", json!([{"value": "3"}]))),
        ("a variable twice", container("env", json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]))),
        ("recreated", with(&web, "/spec/strategy", json!({"type": "Recreate"}))),
        (
            "annotations of the template",
            with(&web, &format!("{TEMPLATE}/metadata/annotations"), json!({"kubectl.kubernetes.io/restartedAt": "x"})),
        ),
    ];
    for (about, object) in table {
        t.send(about, apply(path(), &object).dry()).await;
    }
    for (about, object) in [
        ("a conflict in a variable", container("env", json!([{"name": "A", "value": "9"}]))),
        ("a conflict in a list that is one value", container("command", json!(["/bin/other"]))),
        (
            "a conflict in a limit and a port",
            with(
                &container("resources", json!({"limits": {"cpu": "9"}})),
                &format!("{CONTAINER}/ports"),
                json!([{"containerPort": 8080, "name": "web"}]),
            ),
        ),
        ("a conflict in tolerations", with(&web, &format!("{POD}/tolerations"), json!([]))),
        ("a conflict in a label", with(&web, "/metadata/labels", json!({"tier": "back"}))),
    ] {
        t.send(about, apply_as("second", path(), &object)).await;
    }
}

/// A Deployment that never rolls: its controller says what it sees, and no more.
fn paused(replicas: u32) -> Value {
    with(&deployment("web", "registry.test/web:1", replicas), "/spec/paused", json!(true))
}

fn is_observed(web: &Value) -> bool {
    web["status"]["observedGeneration"] == web["metadata"]["generation"]
}

fn scale(count: u32, by: &str) -> Ask {
    let count = json!([{"op": "replace", "path": "/spec/replicas", "value": count}]);
    patch(apps("deployments/web/scale"), &count).query("fieldManager", by)
}

pub(super) async fn scale_loses_the_owner(t: &mut Transcript) {
    t.with_owners();
    t.send("create", post(apps("deployments"), &paused(1)).query("fieldManager", "first")).await;
    t.settled("observed", get(path()), is_observed).await;
    for about in ["scaled to what it has: the count comes apart", "again: nobody has it", "a third time"] {
        t.send(about, scale(1, "scaler")).await;
        t.send("the owners", get(path())).await;
    }
    t.send("scaled", scale(3, "scaler")).await;
    t.settled("still nobody has the count", get(path()), is_observed).await;
    t.send("so nobody is in conflict, dry run", apply(path(), &paused(2)).dry()).await;
    t.send(
        "a patch owns what it sets",
        patch(path(), &json!([{"op": "replace", "path": "/spec/replicas", "value": 4}])).query("fieldManager", "third"),
    )
    .await;
    t.settled("observed", get(path()), is_observed).await;
    t.send("a conflict with the patch", apply(path(), &paused(2)).dry()).await;
}

pub(super) async fn apply_after_scale(t: &mut Transcript) {
    t.with_owners();
    let created = t.send("create", post(apps("deployments"), &paused(1)).query("fieldManager", "first")).await;
    let rest = t.settled("observed", get(path()), is_observed).await;
    t.fact("the same object", rest.uid() == created.uid());
    t.send("scaled, dry run", scale(3, "scaler").dry()).await;
    t.send("scaled", scale(3, "scaler")).await;
    t.settled("the scaler owns the count", get(path()), is_observed).await;
    t.send("a conflict with the scaler", apply(path(), &paused(2))).await;
    t.send("the same count: shared", apply(path(), &paused(3))).await;
    t.settled("observed", get(path()), is_observed).await;
    t.send("without replicas they stay", apply(path(), &without(&paused(3), "/spec/replicas"))).await;
    t.send("scaled to what it has", scale(3, "second")).await;
    t.send("the owners", get(path())).await;
    t.send("again", scale(3, "second")).await;
    t.send("the owners", get(path())).await;
    t.send("scaled to nothing", scale(0, "scaler")).await;
    t.settled("nobody owns the count", get(path()), is_observed).await;
    t.send("it can be applied", apply(path(), &paused(2))).await;
    t.settled("observed", get(path()), is_observed).await;
    t.send("scaled by another one", scale(4, "second")).await;
    t.settled("who owns the count now", get(path()), is_observed).await;
}

pub(super) async fn apply_after_patches(t: &mut Transcript) {
    t.with_owners();
    t.send("create", post(apps("deployments"), &paused(1)).query("fieldManager", "first")).await;
    t.settled("observed", get(path()), is_observed).await;
    let web = with(&paused(1), &format!("{POD}/schedulerName"), json!("nobody"));
    let nobody = json!([{"op": "replace", "path": format!("{POD}/schedulerName"), "value": "nobody"}]);
    t.send("another scheduler", patch(path(), &nobody).query("fieldManager", "third")).await;
    t.settled("observed", get(path()), is_observed).await;
    t.send("the same again", patch(path(), &nobody).query("fieldManager", "fourth")).await;
    t.send("the owners", get(path())).await;
    t.send("a conflict with both", apply(path(), &with(&paused(2), &format!("{POD}/schedulerName"), json!("other")))).await;
    t.send("as it is: shared by all", apply(path(), &web)).await;
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"});
    let restart = json!([{"op": "add", "path": format!("{TEMPLATE}/metadata/annotations"), "value": annotations}]);
    t.send("a restart", patch(path(), &restart).query("fieldManager", "kmg").query("fieldValidation", "Strict")).await;
    t.settled("observed", get(path()), is_observed).await;
    let applied = t.send("the annotation stays: it is not the applier's", apply(path(), &web)).await;
    t.fact("the restart is there", !applied.text("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt").is_empty());
    let back = json!([{"op": "remove", "path": format!("{TEMPLATE}/metadata/annotations")}]);
    t.send("another one's field goes by a patch", patch(path(), &back).query("fieldManager", "first")).await;
    t.settled("observed", get(path()), is_observed).await;
    t.send("without a manager's name", patch(path(), &json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]))).await;
    let agent = json!([{"op": "add", "path": "/metadata/labels/c", "value": "d"}]);
    t.send("the program's", patch(path(), &agent).header("user-agent", "kmg/1.0 (linux)")).await;
}
