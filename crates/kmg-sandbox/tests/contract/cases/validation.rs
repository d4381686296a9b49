//! Deployments and bodies that are refused.

use serde_json::{Value, json};

use crate::ask::{apps, core, get, patch, post};
use crate::manifests::{config_map, idle, with, without};
use crate::transcript::Transcript;

const CONTAINER: &str = "/spec/template/spec/containers/0";

pub(super) async fn deployment_refusals(t: &mut Transcript) {
    let web = idle("web");
    let container = |field: &str, value: Value| with(&web, &format!("{CONTAINER}/{field}"), value);
    let two = web.pointer(CONTAINER).unwrap();
    let table = [
        ("negative replicas", with(&web, "/spec/replicas", json!(-1))),
        ("replicas that are a string", with(&web, "/spec/replicas", json!("3"))),
        ("an empty image", container("image", json!(""))),
        ("no image", without(&web, &format!("{CONTAINER}/image"))),
        ("an unknown pull policy", container("imagePullPolicy", json!("Sometimes"))),
        ("a bad container name", container("name", json!("We b"))),
        ("no container name", without(&web, &format!("{CONTAINER}/name"))),
        ("a bad container port", container("ports", json!([{"containerPort": 0}]))),
        ("a request above its limit", container("resources", json!({"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}))),
        ("a quantity that is none", container("resources", json!({"limits": {"memory": "much"}}))),
        ("a mount without a volume", container("volumeMounts", json!([{"name": "absent", "mountPath": "/x"}]))),
        ("no containers", with(&web, "/spec/template/spec/containers", json!([]))),
        ("two containers of one name", with(&web, "/spec/template/spec/containers", json!([two, two]))),
        ("a selector that does not match", with(&web, "/spec/selector/matchLabels/app", json!("other"))),
        ("no selector", without(&web, "/spec/selector")),
        ("an empty selector", with(&web, "/spec/selector", json!({}))),
        ("no template", without(&web, "/spec/template")),
        ("a bad name", with(&web, "/metadata/name", json!("Web"))),
        ("a bad label", with(&web, "/metadata/labels", json!({"-a": "b"}))),
        ("an unknown strategy", with(&web, "/spec/strategy", json!({"type": "Sudden"}))),
        ("a restart policy of Jobs", with(&web, "/spec/template/spec/restartPolicy", json!("Never"))),
        ("several faults", with(&with(&container("image", json!("")), "/metadata/name", json!("_")), "/spec/replicas", json!(-1))),
    ];
    for (about, object) in table {
        t.send(about, post(apps("deployments"), &object)).await;
    }
    t.send("nothing was stored", get(apps("deployments"))).await;
}

pub(super) async fn bodies_refused(t: &mut Transcript) {
    let map = config_map("settings", &json!({"a": "1"}));
    let maps = || post(core("configmaps"), &map);
    t.send("no JSON", maps().bytes("{")).await;
    t.send("nothing", maps().bytes("")).await;
    t.send("plain text", maps().header("content-type", "text/plain")).await;
    let unknown = with(&map, "/dta", json!({}));
    t.send("an unknown field is dropped", post(core("configmaps"), &unknown)).await;
    t.send("unless the request is strict", post(core("configmaps"), &unknown).query("fieldValidation", "Strict")).await;
    t.send("or warns", post(core("configmaps"), &with(&unknown, "/metadata/name", json!("warned"))).query("fieldValidation", "Warn")).await;
    let double = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"double"},"data":{"k":"1","k":"2"}}"#;
    t.send("a key twice, strict", maps().bytes(double).query("fieldValidation", "Strict")).await;
    let odd = with(&idle("odd"), "/spec/template/spec/containers/0/imge", json!("x"));
    t.send("a deep unknown field, strict", post(apps("deployments"), &odd).query("fieldValidation", "Strict")).await;
    t.send("an unknown validation", maps().query("fieldValidation", "Loose")).await;
    t.send("an unknown dry run", maps().query("dryRun", "Some")).await;
    t.send(
        "a strict patch",
        patch(core("configmaps/settings"), &json!([{"op": "add", "path": "/dta", "value": 1}])).query("fieldValidation", "Strict"),
    )
    .await;
}
