//! Lists: pages, selectors, and objects without their contents.

use serde_json::{Value, json};

use crate::ask::{apps, core, get, patch, post};
use crate::manifests::{at_rest, config_map, idle, pod, unscheduled, with};
use crate::transcript::Transcript;

const ONE: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const MANY: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/// The kinds that are read in a namespace, by group, version and plural.
const KINDS: [&str; 18] = [
    "v1/pods",
    "v1/services",
    "v1/events",
    "v1/resourcequotas",
    "v1/limitranges",
    "v1/persistentvolumeclaims",
    "apps/v1/deployments",
    "apps/v1/replicasets",
    "apps/v1/statefulsets",
    "apps/v1/daemonsets",
    "batch/v1/jobs",
    "batch/v1/cronjobs",
    "networking.k8s.io/v1/ingresses",
    "networking.k8s.io/v1/networkpolicies",
    "events.k8s.io/v1/events",
    "discovery.k8s.io/v1/endpointslices",
    "autoscaling/v2/horizontalpodautoscalers",
    "policy/v1/poddisruptionbudgets",
];

/// The path of a collection of [`KINDS`] in the case's namespace.
fn collection(kind: &str) -> String {
    let (version, plural) = kind.rsplit_once('/').unwrap();
    let root = if version == "v1" { "api" } else { "apis" };
    format!("/{root}/{version}/namespaces/$ns/{plural}")
}

/// ConfigMaps of the case's own: `kube-root-ca.crt` has none of these labels.
async fn maps(t: &mut Transcript) {
    for (name, labels) in [
        ("m1", json!({"app": "web", "tier": "front"})),
        ("m2", json!({"app": "web", "tier": "back"})),
        ("m3", json!({"app": "db"})),
        ("m4", json!({"app": "", "example.test/own": "yes"})),
    ] {
        t.send("create", post(core("configmaps"), &with(&config_map(name, &Value::Null), "/metadata/labels", labels))).await;
    }
}

pub(super) async fn pages(t: &mut Transcript) {
    maps(t).await;
    let page = |limit: &str, token: &str| {
        let ask = get(core("configmaps")).query("limit", limit);
        if token.is_empty() { ask } else { ask.query("continue", token) }
    };
    let first = t.send("the first page", page("2", "")).await;
    let token = first.text("/metadata/continue").to_owned();
    t.send("an object made between two pages", post(core("configmaps"), &config_map("m0", &Value::Null))).await;
    let second = t.send("the second page", page("2", &token)).await;
    t.fact("both pages are of one version", first.version() == second.version());
    t.send("the last page", page("2", second.text("/metadata/continue"))).await;
    t.send("the second page with another limit", page("500", &token)).await;
    t.send("a limit above the count", page("500", "")).await;
    t.send("no limit", page("0", "")).await;
    t.send("with a selector nothing is said of what remains", page("1", "").query("labelSelector", "app=web")).await;
    t.send("a token that is none", page("2", "forged")).await;
    t.send("a negative limit", page("-1", "")).await;
    t.send("a limit that is no number", page("two", "")).await;
    t.send("an unknown parameter", page("1", "").query("colour", "red")).await;
}

pub(super) async fn label_selectors(t: &mut Transcript) {
    maps(t).await;
    let selectors = [
        "app=web",
        "app==web",
        "app=web,tier=front",
        "app!=web,app",
        "app in (web,db)",
        "app notin (web),app",
        "tier",
        "app,!tier",
        "app=",
        "example.test/own=yes",
        "app=absent",
        "app in ()",
        "app in (web, db),tier notin (back)",
    ];
    for selector in selectors {
        t.send("matches", get(core("configmaps")).query("labelSelector", selector)).await;
    }
    for selector in ["app in web", "=web", "app=web,", "app=not a value", "-app", "app=web;tier=front"] {
        t.send("is refused", get(core("configmaps")).query("labelSelector", selector)).await;
    }
    t.send(
        "across namespaces",
        get("/api/v1/configmaps").query("labelSelector", "app,tier").query("fieldSelector", "metadata.namespace=$ns"),
    )
    .await;
}

pub(super) async fn field_selectors(t: &mut Transcript) {
    maps(t).await;
    let select = |path: String, selector: &str| get(path).query("fieldSelector", selector);
    for selector in
        ["metadata.name=m1", "metadata.name!=kube-root-ca.crt", "metadata.namespace=$ns,metadata.name=m2", "metadata.name=absent"]
    {
        t.send("matches", select(core("configmaps"), selector)).await;
    }
    for selector in ["data.a=1", "metadata.labels=x", "metadata.name", "metadata.uid=x"] {
        t.send("is refused", select(core("configmaps"), selector)).await;
    }
    t.send("create", post(apps("deployments"), &unscheduled(&idle("web")))).await;
    let web = t.settled("at rest", get(apps("deployments/web")), at_rest).await;
    t.send("is refused", select(apps("deployments"), "spec.replicas=0")).await;
    let more = json!([{"op": "replace", "path": "/spec/replicas", "value": 1}]);
    t.send("a change that makes an Event", patch(apps("deployments/web"), &more)).await;
    let events = "/apis/events.k8s.io/v1/namespaces/$ns/events".to_owned();
    let regarding = format!("regarding.uid={}", web.uid());
    let some = |list: &Value| list["items"].as_array().is_some_and(|items| !items.is_empty());
    t.settled("an Event by what it regards", select(events.clone(), &regarding), some).await;
    t.send("the same in the core group", select(core("events"), &format!("involvedObject.uid={}", web.uid()))).await;
    t.send("of another uid", select(events.clone(), "regarding.uid=00000000-0000-4000-8000-000000000000")).await;
    t.send("is refused", select(events, "regarding.color=red")).await;
    t.send("is refused", select(core("events"), "regarding.uid=x")).await;
    t.settled("its Pod", get(core("pods")), some).await;
    for selector in ["status.phase=Running", "spec.nodeName=none", "status.phase!=Running", "spec.nodeName=,status.phase=Pending"] {
        t.send("Pods", select(core("pods"), selector).header("accept", MANY)).await;
    }
    t.send("is refused", select(core("pods"), "spec.image=x")).await;
}

pub(super) async fn metadata_only(t: &mut Transcript) {
    maps(t).await;
    t.send("one", get(core("configmaps/m1")).header("accept", ONE)).await;
    t.send("many", get(core("configmaps")).header("accept", MANY).query("labelSelector", "app=web")).await;
    t.send("many, by page", get(core("configmaps")).header("accept", MANY).query("limit", "1")).await;
    t.send("one, with JSON as second choice", get(core("configmaps/m1")).header("accept", format!("{ONE},application/json"))).await;
    t.send("absent", get(core("configmaps/absent")).header("accept", ONE)).await;
    t.send("a form that is not served", get(core("configmaps/m1")).header("accept", "text/html")).await;
    t.send("anything", get(core("configmaps/m1")).header("accept", "*/*")).await;
}

pub(super) async fn empty_lists(t: &mut Transcript) {
    for path in KINDS {
        t.send("empty", get(collection(path))).await;
        t.send("absent", get(format!("{}/absent", collection(path)))).await;
    }
    t.send("a node that is absent", get("/api/v1/nodes/$ns")).await;
    t.send("no such node", get("/api/v1/nodes").query("fieldSelector", "metadata.name=$ns")).await;
    t.send("absent", get(core("pods/absent/log"))).await;
}

pub(super) async fn empty_lists_selected(t: &mut Transcript) {
    for path in KINDS {
        let list = || get(collection(path));
        t.send("a page", list().query("limit", "5")).await;
        t.send("by label", list().query("labelSelector", "app=web,tier in (front)")).await;
        t.send("by name", list().query("fieldSelector", "metadata.name=absent")).await;
        t.send("by a field nobody has", list().query("fieldSelector", "spec.colour=red")).await;
        t.send("metadata alone", list().query("limit", "5").header("accept", MANY)).await;
        t.send("as if it were one", list().header("accept", ONE)).await;
        t.send("one, metadata alone", get(format!("{}/absent", collection(path))).header("accept", ONE)).await;
    }
    let nodes = || get("/api/v1/nodes");
    t.send("by a field nobody has", nodes().query("fieldSelector", "spec.colour=red")).await;
    t.send("by label", nodes().query("labelSelector", "example.test/of=$ns")).await;
    t.send("by whether Pods may come", nodes().query("fieldSelector", "spec.unschedulable=true,metadata.name=$ns")).await;
    t.send("metadata alone", nodes().query("labelSelector", "example.test/of=$ns").header("accept", MANY)).await;
    t.send("as if it were one", nodes().query("labelSelector", "example.test/of=$ns").header("accept", ONE)).await;
}

pub(super) async fn across_namespaces(t: &mut Transcript) {
    let second = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-kmg"}});
    t.send("another namespace", post("/api/v1/namespaces", &second)).await;
    // A Pod needs the account that the namespace gets in time.
    let dry = post("/api/v1/namespaces/$ns-kmg/pods", &pod("one")).dry();
    t.until("its account", &dry, |answer| answer["kind"] == "Pod").await;
    for namespace in ["$ns", "$ns-kmg"] {
        for (plural, object) in [("configmaps", config_map("one", &Value::Null)), ("pods", unscheduled(&pod("one")))] {
            let object = with(&object, "/metadata/labels", json!({"of": "$ns"}));
            t.send("create", post(format!("/api/v1/namespaces/{namespace}/{plural}"), &object)).await;
        }
    }
    let all = |path: &str| get(path).query("labelSelector", "of=$ns");
    t.send("of every namespace", all("/api/v1/configmaps")).await;
    t.send("of one", all("/api/v1/configmaps").query("fieldSelector", "metadata.namespace=$ns-kmg")).await;
    t.send("of every namespace", all("/api/v1/pods").header("accept", MANY)).await;
    let first = t.send("the first page", all("/api/v1/configmaps").query("limit", "1")).await;
    let token = first.text("/metadata/continue");
    t.send("the second page", all("/api/v1/configmaps").query("limit", "1").query("continue", token)).await;
}
