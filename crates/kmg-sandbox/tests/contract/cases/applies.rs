//! Server-side apply: fences, ownership, conflicts.

use serde_json::{Value, json};

use crate::ask::{APPLY, Ask, core, delete, get, patch, post};
use crate::manifests::{config_map, service, with, without};
use crate::target::Answer;
use crate::transcript::Transcript;

/// An apply as the product sends it.
pub(crate) fn apply(path: impl Into<String>, object: &Value) -> Ask {
    apply_as("kmg", path, object)
}

pub(super) fn apply_as(manager: &str, path: impl Into<String>, object: &Value) -> Ask {
    let ask = patch(path, object).header("content-type", APPLY);
    ask.query("fieldManager", manager).query("force", "false").query("fieldValidation", "Strict")
}

/// `object` with the identity and the version of `live`.
pub(super) fn fenced(object: &Value, live: &Answer) -> Value {
    let object = with(object, "/metadata/uid", json!(live.uid()));
    with(&object, "/metadata/resourceVersion", json!(live.version()))
}

pub(super) async fn apply_fences(t: &mut Transcript) {
    t.with_owners();
    let path = || core("configmaps/m");
    let map = |value: &str| config_map("m", &json!({"a": value}));
    let nobody = "00000000-0000-4000-8000-000000000000";
    t.send("absent, with a uid", apply(path(), &with(&map("1"), "/metadata/uid", json!(nobody)))).await;
    t.send("absent, with a uid, dry run", apply(path(), &with(&map("1"), "/metadata/uid", json!(nobody))).dry()).await;
    t.send("absent, dry run", apply(path(), &map("1")).dry()).await;
    t.send("nothing is stored", get(path())).await;
    t.send("absent, with a version: created", apply(path(), &with(&map("1"), "/metadata/resourceVersion", json!("7")))).await;
    t.send("gone again", delete(path(), &Value::Null)).await;
    let created = t.send("created", apply(path(), &map("1"))).await;
    let same = t.send("the same again changes nothing", apply(path(), &fenced(&map("1"), &created))).await;
    t.fact("the version stays", same.version() == created.version());
    t.send("the same again, dry run", apply(path(), &fenced(&map("1"), &created)).dry()).await;
    t.send("a change, dry run", apply(path(), &fenced(&map("2"), &created)).dry()).await;
    let read = t.send("it is as it was", get(path())).await;
    t.fact("nothing changed", read.body == created.body);
    let changed = t.send("a change", apply(path(), &fenced(&map("2"), &created))).await;
    t.fact("the version rises", changed.order() > created.order());
    t.send("the same bytes again: stale", apply(path(), &fenced(&map("2"), &created))).await;
    t.send("stale, dry run", apply(path(), &fenced(&map("3"), &created)).dry()).await;
    t.send("another uid", apply(path(), &with(&fenced(&map("3"), &changed), "/metadata/uid", json!(nobody)))).await;
    t.send("another uid, dry run", apply(path(), &with(&fenced(&map("3"), &changed), "/metadata/uid", json!(nobody))).dry()).await;
    let both = with(&fenced(&map("3"), &created), "/metadata/uid", json!(nobody));
    t.send("another uid and a stale version", apply(path(), &both)).await;
    t.send("read", get(path())).await;
    t.send("metadata alone", get(path()).header("accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")).await;
}

pub(super) async fn apply_refused(t: &mut Transcript) {
    t.with_owners();
    let path = || core("configmaps/m");
    let map = config_map("m", &json!({"a": "1"}));
    t.send("create", apply(path(), &map)).await;
    let no_manager = patch(path(), &map).header("content-type", APPLY);
    t.send("no manager", no_manager.query("force", "false")).await;
    let table = [
        ("another name", with(&map, "/metadata/name", json!("n"))),
        ("no name", without(&map, "/metadata/name")),
        ("another namespace", with(&map, "/metadata/namespace", json!("default"))),
        ("another kind", with(&map, "/kind", json!("Secret"))),
        ("another group", with(&map, "/apiVersion", json!("apps/v1"))),
        ("no kind", without(&map, "/kind")),
        ("no version", without(&map, "/apiVersion")),
        ("an unknown field", with(&map, "/dta", json!({}))),
        ("an unknown field of the metadata", with(&map, "/metadata/lables", json!({}))),
        ("a value that is no text", with(&map, "/data/a", json!(1))),
        ("data that is a list", with(&map, "/data", json!([]))),
        ("managedFields", with(&map, "/metadata/managedFields", json!([{"manager": "x"}]))),
        ("a bad label", with(&map, "/metadata/labels", json!({"a": "b c"}))),
        ("a bad key", with(&map, "/data", json!({"a b": "1"}))),
        ("a list", json!([])),
    ];
    for (about, object) in table {
        t.send(about, apply(path(), &object)).await;
    }
    t.send("an unknown field, dry run", apply(path(), &with(&map, "/dta", json!({}))).dry()).await;
    t.send("an unknown field of what is absent", apply(core("configmaps/n"), &with(&config_map("n", &json!({})), "/dta", json!({})))).await;
    t.send("a key twice", apply(path(), &map).bytes(map.to_string().replacen("\"name\":", "\"name\":\"m\",\"name\":", 1))).await;
    t.send("empty data", apply(path(), &with(&map, "/data", json!({}))).dry()).await;
    t.send("a namespace that is absent", apply("/api/v1/namespaces/$ns-absent/configmaps/m", &map)).await;
    t.send("read", get(path())).await;
}

pub(super) async fn apply_config_map(t: &mut Transcript) {
    t.with_owners();
    let path = || core("configmaps/m");
    let map = |data: Value| config_map("m", &data);
    let first = t.send("create", post(core("configmaps"), &map(json!({"a": "1", "b": "2"}))).query("fieldManager", "first")).await;
    t.send("what another one owns, as it is: shared", apply(path(), &fenced(&map(json!({"a": "1"})), &first))).await;
    t.send("otherwise: a conflict", apply(path(), &map(json!({"a": "9"})))).await;
    t.send("otherwise, dry run", apply(path(), &map(json!({"a": "9"}))).dry()).await;
    t.send("two conflicts", apply(path(), &map(json!({"a": "9", "b": "9", "c": "3"})))).await;
    let new = with(&map(json!({"a": "1", "c": "3"})), "/metadata/labels", json!({"app": "web"}));
    t.send("more keys and a label", apply(path(), &new)).await;
    t.send("what is no longer applied goes, what another one owns too stays", apply(path(), &map(json!({"c": "4"})))).await;
    t.send("another manager applies the same", apply_as("second", path(), &map(json!({"c": "4"})))).await;
    t.send("now both own it: a conflict with the other", apply(path(), &map(json!({"c": "5"})))).await;
    t.send("one leaves it, the other keeps it", apply(path(), &map(json!({})))).await;
    t.send(
        "a patch takes it over",
        patch(path(), &json!([{"op": "replace", "path": "/data/c", "value": "6"}])).query("fieldManager", "third"),
    )
    .await;
    let forced = apply_as("second", path(), &map(json!({"c": "7"})));
    let query = forced.query.iter().cloned().map(|(key, value)| (key, if key == "force" { "true".to_owned() } else { value })).collect();
    t.send("a third way, by force, dry run", Ask { query, ..forced }.dry()).await;
    t.send("the second one is in conflict now", apply_as("second", path(), &map(json!({"c": "4"})))).await;
    t.send("a key goes by a patch", patch(path(), &json!([{"op": "remove", "path": "/data/b"}])).query("fieldManager", "third")).await;
    let annotations = with(&map(json!({"d": "1"})), "/metadata/annotations", json!({"kmg.dev/plan": "p1"}));
    t.send("annotations", apply(path(), &with(&annotations, "/immutable", json!(false)))).await;
    t.send("all of it goes", apply(path(), &without(&map(Value::Null), "/data"))).await;
    t.send("read", get(path())).await;
}

pub(super) async fn apply_service(t: &mut Transcript) {
    t.with_owners();
    let path = || core("services/web");
    let web = service("web");
    t.send("create, dry run", apply(path(), &web).dry()).await;
    let created = t.send("create", apply(path(), &web)).await;
    let two = json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}]);
    let more = with(&web, "/spec/ports", two);
    t.send("a port more", apply(path(), &fenced(&more, &created))).await;
    t.send("the same again", apply(path(), &more)).await;
    t.send("other selector", apply(path(), &with(&more, "/spec/selector", json!({"app": "api", "tier": "back"})))).await;
    t.send("a port less", apply(path(), &web)).await;
    t.send("another port in its place", apply(path(), &with(&web, "/spec/ports/0/port", json!(81)))).await;
    t.send(
        "by another manager: a conflict",
        apply_as("second", path(), &with(&web, "/spec/ports", json!([{"port": 81, "targetPort": "http"}]))),
    )
    .await;
    t.send("no selector", apply(path(), &without(&with(&web, "/spec/ports/0/port", json!(81)), "/spec/selector"))).await;
    t.send("no ports", apply(path(), &without(&web, "/spec/ports"))).await;
    t.send("no port number", apply(path(), &with(&web, "/spec/ports", json!([{"name": "http"}])))).await;
    t.send("one port twice", apply(path(), &with(&web, "/spec/ports", json!([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]))))
        .await;
    t.send("a node port", apply(path(), &with(&web, "/spec/type", json!("NodePort")))).await;
    t.send("the same again", apply(path(), &with(&web, "/spec/type", json!("NodePort")))).await;
    t.send("back to an address alone", apply(path(), &web)).await;
    t.send("headless: not after it has an address", apply(path(), &with(&web, "/spec/clusterIP", json!("None")))).await;
    t.send("read", get(path())).await;
}
