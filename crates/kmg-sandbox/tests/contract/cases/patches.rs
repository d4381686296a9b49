//! JSON Patch (RFC 6902), the product's only way to write.

use serde_json::{Value, json};

use crate::ask::{JSON_PATCH, apps, core, get, patch, post};
use crate::manifests::{at_rest, config_map, idle};
use crate::transcript::Transcript;

fn test(path: &str, value: &str) -> Value {
    json!({"op": "test", "path": path, "value": value})
}

pub(super) async fn patch_config_map(t: &mut Transcript) {
    let map = t.send("create", post(core("configmaps"), &config_map("m", &json!({"a": "1"})))).await;
    let path = || core("configmaps/m");
    let annotate = json!({"op": "add", "path": "/metadata/annotations", "value": {"kmg.dev/plan": "p1"}});
    let guarded = json!([test("/metadata/uid", map.uid()), test("/metadata/resourceVersion", map.version()), annotate]);
    let first = t.send("with tests of uid and version", patch(path(), &guarded)).await;
    t.fact("the version rises", first.order() > map.order());
    t.send("the same bytes again", patch(path(), &guarded)).await;
    let second = t
        .send("a key with a slash", patch(path(), &json!([{"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": "p2"}])))
        .await;
    t.send(
        "nothing changes: the version stays",
        patch(path(), &json!([{"op": "replace", "path": "/metadata/annotations/kmg.dev~1plan", "value": "p2"}])),
    )
    .await;
    t.send("no operations", patch(path(), &json!([]))).await;
    t.send("a test alone", patch(path(), &json!([test("/metadata/resourceVersion", second.version())]))).await;
    let all = json!([
        {"op": "add", "path": "/data/b", "value": "2"}, {"op": "copy", "from": "/data/b", "path": "/data/c"},
        {"op": "move", "from": "/data/a", "path": "/data/d"}, {"op": "remove", "path": "/data/b"}
    ]);
    t.send("add, copy, move, remove", patch(path(), &all)).await;
    t.send("replace what is absent: added", patch(path(), &json!([{"op": "replace", "path": "/data/absent", "value": "1"}]))).await;
    t.send(
        "uid and times are not the client's",
        patch(path(), &json!([{"op": "replace", "path": "/metadata/creationTimestamp", "value": null}])),
    )
    .await;
    t.send("with a field manager", patch(path(), &json!([{"op": "add", "path": "/data/e", "value": "5"}])).query("fieldManager", "kmg"))
        .await;
    t.send("read", get(path())).await;
}

pub(super) async fn patch_refusals(t: &mut Transcript) {
    let map = t.send("create", post(core("configmaps"), &config_map("m", &json!({"a": "1"})))).await;
    let path = || core("configmaps/m");
    let add = json!({"op": "add", "path": "/data/b", "value": "2"});
    let table = [
        ("another uid", json!([test("/metadata/uid", "x"), add])),
        ("another version", json!([test("/metadata/resourceVersion", "1"), add])),
        ("another value", json!([add, test("/data/b", "3")])),
        ("a test of what is absent", json!([test("/data/absent", "1")])),
        ("remove what is absent", json!([{"op": "remove", "path": "/data/absent"}])),
        ("a parent that is absent", json!([{"op": "add", "path": "/absent/a", "value": "1"}])),
        ("a path that is no pointer", json!([{"op": "add", "path": "data", "value": "1"}])),
        ("an unknown operation", json!([{"op": "change", "path": "/data/a", "value": "1"}])),
        ("no path", json!([{"op": "add", "value": "1"}])),
        ("an object", json!({"data": {"a": "2"}})),
        ("a value of another type", json!([{"op": "replace", "path": "/data/a", "value": 1}])),
        ("a bad key", json!([{"op": "add", "path": "/data/a b", "value": "1"}])),
        ("another name", json!([{"op": "replace", "path": "/metadata/name", "value": "n"}])),
        ("another uid to have", json!([{"op": "replace", "path": "/metadata/uid", "value": "x"}])),
        ("an older version to have", json!([{"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}])),
        ("a bad label", json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b c"}}])),
    ];
    for (about, operations) in table {
        t.send(about, patch(path(), &operations)).await;
    }
    t.send("no JSON", patch(path(), &Value::Null).bytes("[")).await;
    t.send("nothing", patch(path(), &Value::Null).bytes("")).await;
    t.send("what is absent", patch(core("configmaps/absent"), &json!([add]))).await;
    t.send("plain text", patch(path(), &json!([add])).header("content-type", "text/plain")).await;
    t.send("plain JSON", patch(path(), &json!([add])).header("content-type", "application/json")).await;
    t.send("with a charset", patch(path(), &json!([])).header("content-type", format!("{JSON_PATCH}; charset=utf-8"))).await;
    let read = t.send("read", get(path())).await;
    t.fact("nothing changed", read.body == map.body);
}

pub(super) async fn patch_deployment(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    let path = || apps("deployments/web");
    let rest = t.settled("at rest", get(path()), at_rest).await;
    // What the product sends for a change of the image.
    let image = json!([
        test("/metadata/uid", rest.uid()), test("/metadata/resourceVersion", rest.version()),
        test("/spec/template/spec/containers/0/name", "web"),
        test("/spec/template/spec/containers/0/image", "registry.test/web:1"),
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.test/web:2"},
        {"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": "p1"}
    ]);
    t.send("the image", patch(path(), &image).query("fieldManager", "kmg").query("fieldValidation", "Strict")).await;
    t.settled("at rest with the new image", get(path()), at_rest).await;
    t.send("one ReplicaSet more", get(apps("replicasets")).query("labelSelector", "app=web")).await;
    let restart = json!([{"op": "add", "path": "/spec/template/metadata/annotations", "value": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}]);
    t.send("a restart", patch(path(), &restart)).await;
    t.settled("at rest after the restart", get(path()), at_rest).await;
    let label = t
        .send("a label leaves the generation", patch(path(), &json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}])))
        .await;
    t.send("the same again changes nothing", patch(path(), &json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]))).await;
    t.fact("the version rose", label.order() > rest.order());
    let back = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.test/web:1"}, {"op": "remove", "path": "/spec/template/metadata/annotations"}]);
    t.send("back to the first template", patch(path(), &back)).await;
    t.settled("at rest as it was", get(path()), at_rest).await;
    t.send("the first ReplicaSet has the highest revision", get(apps("replicasets"))).await;
}

pub(super) async fn patch_deployment_refusals(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    let path = || apps("deployments/web");
    let rest = t.settled("at rest", get(path()), at_rest).await;
    let replace = |path: &str, value: Value| json!([{"op": "replace", "path": path, "value": value}]);
    let table = [
        ("the selector", replace("/spec/selector/matchLabels/app", json!("other"))),
        (
            "the selector and the labels",
            json!([
                {"op": "replace", "path": "/spec/selector/matchLabels/app", "value": "other"},
                {"op": "replace", "path": "/spec/template/metadata/labels/app", "value": "other"}
            ]),
        ),
        ("negative replicas", replace("/spec/replicas", json!(-1))),
        ("replicas that are a string", replace("/spec/replicas", json!("1"))),
        ("replicas that are a fraction", replace("/spec/replicas", json!(1.5))),
        ("replicas beyond 32 bits", replace("/spec/replicas", json!(4_294_967_296_u64))),
        ("an empty image", replace("/spec/template/spec/containers/0/image", json!(""))),
        ("a container that is absent", replace("/spec/template/spec/containers/1/image", json!("x"))),
        (
            "a stale replicas count",
            json!([{"op": "test", "path": "/spec/replicas", "value": 7}, {"op": "replace", "path": "/spec/replicas", "value": 1}]),
        ),
        ("an annotation where there is no map", json!([{"op": "add", "path": "/spec/template/metadata/annotations/a", "value": "b"}])),
    ];
    for (about, operations) in table {
        t.send(about, patch(path(), &operations)).await;
    }
    let unknown = json!([{"op": "add", "path": "/spec/template/spec/containers/0/imge", "value": "x"}]);
    t.send("an unknown field, strict", patch(path(), &unknown).query("fieldValidation", "Strict")).await;
    t.send("an absent Deployment", patch(apps("deployments/absent"), &unknown)).await;
    let read = t.send("read", get(path())).await;
    t.fact("nothing changed", read.body == rest.body);
}
