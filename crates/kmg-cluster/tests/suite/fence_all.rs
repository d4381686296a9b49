//! The planner's credential against everything the API server says can be written: no list of ours to forget a
//! resource in.

use std::collections::BTreeMap;

use http::Method;
use kmg_cluster::rbac::{FENCE_MESSAGE, Identity};
use serde_json::{Value, json};

use crate::fence::grant_everything;
use crate::lab::{Lab, lab, send};
use crate::specimens::specimen;

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// Subresources that connect to something instead of storing something: every method, GET too, has an effect.
const CONNECTS: &[&str] = &["exec", "attach", "portforward", "proxy"];

/// What the API server keeps from all admission policies, with the reason it is safe here.
const EXEMPT: &[(&str, &str)] = &[
    ("validatingadmissionpolicies", "policies do not guard policies; our roles do not name them"),
    ("validatingadmissionpolicies/status", "as the policies themselves"),
    ("validatingadmissionpolicybindings", "as the policies themselves"),
    ("mutatingadmissionpolicies", "as the policies themselves"),
    ("mutatingadmissionpolicybindings", "as the policies themselves"),
    ("selfsubjectreviews", "answers who the caller is and stores nothing"),
    ("tokenreviews", "answers whether a token is good and stores nothing"),
    ("localsubjectaccessreviews", "answers what someone may do and stores nothing"),
    ("selfsubjectaccessreviews", "answers what the caller may do and stores nothing"),
    ("selfsubjectrulesreviews", "answers what the caller may do and stores nothing"),
    ("subjectaccessreviews", "answers what someone may do and stores nothing"),
];

/// Cluster-wide resources of which one that is there is used: a specimen would not be inert.
const THERE_ALREADY: &[&str] = &["nodes", "apiservices", "servicecidrs", "ipaddresses"];

/// What controllers move at any moment. These can be updated without a version; with one, a conflict could answer
/// before admission does.
const MOVING: &[&str] = &["nodes", "pods", "replicationcontrollers", "daemonsets", "deployments", "replicasets", "statefulsets", "jobs"];

/// A resource or subresource that has a verb which writes.
struct Writable {
    /// Its group and version, as objects spell it.
    api: String,
    /// Its own or its parent's plural.
    resource: String,
    subresource: Option<String>,
    kind: String,
    verbs: Vec<String>,
    /// Its collection's path, within the lab's namespace where it has one.
    collection: String,
}

impl Writable {
    fn has(&self, verb: &str) -> bool {
        self.verbs.iter().any(|own| own == verb)
    }

    fn name(&self) -> String {
        self.subresource.as_ref().map_or_else(|| self.resource.clone(), |sub| format!("{}/{sub}", self.resource))
    }

    fn connects(&self) -> bool {
        self.subresource.as_deref().is_some_and(|sub| CONNECTS.contains(&sub))
    }

    /// The path of object `name`, or of its subresource.
    fn at(&self, name: &str) -> String {
        let sub = self.subresource.as_ref().map_or_else(String::new, |sub| format!("/{sub}"));
        format!("{}/{name}{sub}", self.collection)
    }
}

/// Everything the API server serves that can be written, by its own discovery.
async fn discover(lab: &Lab) -> Vec<Writable> {
    let mut versions = vec!["v1".to_owned()];
    for group in lab.read("/apis").await["groups"].as_array().unwrap() {
        versions.extend(group["versions"].as_array().unwrap().iter().map(|v| v["groupVersion"].as_str().unwrap().to_owned()));
    }
    let mut all = Vec::new();
    for version in versions {
        let base = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
        for entry in lab.read(&base).await["resources"].as_array().unwrap() {
            all.extend(writable(lab, &version, &base, entry));
        }
    }
    all
}

fn writable(lab: &Lab, version: &str, base: &str, entry: &Value) -> Option<Writable> {
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let verbs: Vec<String> = entry["verbs"].as_array().unwrap().iter().map(|verb| verb.as_str().unwrap().to_owned()).collect();
    let (resource, subresource) = match text("name").split_once('/') {
        Some((resource, sub)) => (resource.to_owned(), Some(sub.to_owned())),
        None => (text("name"), None),
    };
    let api = match (text("group"), text("version")) {
        (group, own) if !own.is_empty() => format!("{group}/{own}").trim_start_matches('/').to_owned(),
        _ => version.to_owned(),
    };
    let scope = if entry["namespaced"] == true { format!("/namespaces/{}", lab.namespace) } else { String::new() };
    let collection = format!("{base}{scope}/{resource}");
    let found = Writable { api, resource, subresource, kind: text("kind"), verbs, collection };
    let writes = ["create", "update", "patch", "delete", "deletecollection"].iter().any(|verb| found.has(verb));
    (writes || found.connects()).then_some(found)
}

/// The name of what there must never be.
fn planted(lab: &Lab) -> String {
    format!("{}planted", lab.namespace.as_str().replace('-', ""))
}

type Attempt = (Method, String, Option<(&'static str, Value)>);

/// The requests for each verb of `resource`, on the object `name` that exists, and on one that does not yet.
async fn attempts(lab: &Lab, resource: &Writable, name: &str) -> Vec<Attempt> {
    let at = resource.at(name);
    if resource.connects() {
        let at = if resource.subresource.as_deref() == Some("exec") { format!("{at}?command=id") } else { at };
        let methods = [Method::POST, Method::GET, Method::PUT, Method::PATCH, Method::DELETE];
        let verbs = ["create", "get", "update", "patch", "delete"];
        let there = methods.into_iter().zip(verbs).filter(|(_, verb)| resource.has(verb));
        return there.map(|(method, _)| (method, at.clone(), None)).collect();
    }
    let mut out = Vec::new();
    let new = specimen(lab, &resource.api, &resource.kind, &planted(lab));
    if resource.has("create") {
        let (path, body) = match resource.subresource {
            Some(_) => (at.clone(), specimen(lab, &resource.api, &resource.kind, name)),
            None => (resource.collection.clone(), new.clone()),
        };
        out.push((Method::POST, path, Some((JSON, body))));
    }
    if resource.has("update") {
        // As it is but for a label: valid, so that nothing answers before admission.
        let mut object = lab.read(&if resource.has("get") { at.clone() } else { format!("{}/{name}", resource.collection) }).await;
        object["metadata"]["labels"]["planted"] = lab.namespace.as_str().into();
        if MOVING.contains(&resource.resource.as_str()) {
            object["metadata"].as_object_mut().unwrap().remove("resourceVersion");
        }
        out.push((Method::PUT, at.clone(), Some((JSON, object))));
    }
    if resource.has("patch") {
        let change = if resource.kind == "Scale" {
            json!({"spec": {"replicas": 7}})
        } else {
            json!({"metadata": {"labels": {"planted": lab.namespace}}})
        };
        out.push((Method::PATCH, at.clone(), Some((MERGE, change.clone()))));
        out.push((Method::PATCH, at.clone(), Some((STRATEGIC, change))));
        if resource.subresource.is_none() {
            let name = new["metadata"]["name"].as_str().unwrap();
            out.push((Method::PATCH, format!("{}/{name}?fieldManager=x&force=true", resource.collection), Some((APPLY, new))));
        }
    }
    if resource.has("delete") {
        out.push((Method::DELETE, at.clone(), None));
        // The body outweighs the query: this one would really delete.
        let body = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        out.push((Method::DELETE, format!("{at}?dryRun=All"), Some((JSON, body))));
    }
    if resource.has("deletecollection") {
        out.push((Method::DELETE, resource.collection.clone(), None));
    }
    out
}

/// The name of an object of `resource` to write at: one the administrator makes, or one that is there.
async fn object_of(lab: &Lab, admin: &kube::Client, resource: &Writable) -> Result<String, String> {
    if resource.resource == "namespaces" {
        return Ok(lab.namespace.to_string());
    }
    if resource.subresource.is_none() && resource.verbs == ["create"] {
        return Ok(planted(lab));
    }
    let list = lab.read(&resource.collection).await;
    let mut names = list["items"].as_array().into_iter().flatten().filter_map(|item| item["metadata"]["name"].as_str());
    let (own, mark) = (format!("{}-specimen", lab.namespace), format!("{}-specimen", lab.namespace).replace('-', ""));
    let there_already = THERE_ALREADY.contains(&resource.resource.as_str());
    if let Some(name) = names.find(|name| there_already || *name == own || name.contains(&mark)) {
        return Ok(name.to_owned());
    }
    let object = specimen(lab, &resource.api, &resource.kind, &own);
    let (status, text) = send(admin, Method::POST, &resource.collection, Some((JSON, object))).await;
    if status != 201 {
        return Err(format!("no specimen of {} {}: {status} {text}", resource.api, resource.name()));
    }
    Ok(serde_json::from_str::<Value>(&text).unwrap()["metadata"]["name"].as_str().unwrap().to_owned())
}

/// The objects written at, by path, with their uids.
type Objects = BTreeMap<String, Value>;

/// How often an update is made anew when a controller was faster; it answers before admission does.
const CONFLICTS: usize = 10;

/// The answer to an attempt; where a controller moved the object meanwhile, to the same one on the object as it is.
async fn answer_of(lab: &Lab, planner: &kube::Client, (method, path, mut body): Attempt) -> (u16, String) {
    for _ in 0..CONFLICTS {
        let (status, text) = send(planner, method.clone(), &path, body.clone()).await;
        match &mut body {
            Some((_, object)) if method == Method::PUT && status == 409 => {
                let now = lab.read(&path).await;
                object["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"].clone();
            }
            _ => return (status, text),
        }
    }
    (409, format!("still a conflict after {CONFLICTS} times"))
}

/// Sends everything and returns what was not stopped by the fence, with the objects and how many requests there were.
async fn assault(lab: &Lab, found: &[Writable]) -> (Vec<String>, Objects, usize) {
    let admin = lab.raw(None).await;
    let planner = lab.raw(Some(Identity::Planner)).await;
    let (mut wrong, mut objects, mut sent) = (Vec::new(), Objects::new(), 0);
    for resource in found.iter().filter(|resource| !exempt(&resource.name())) {
        let name = match object_of(lab, &admin, resource).await {
            Ok(name) => name,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        let path = format!("{}/{name}", resource.collection);
        if name != planted(lab) && !objects.contains_key(&path) {
            let uid = lab.read(&path).await["metadata"]["uid"].clone();
            objects.insert(path, uid);
        }
        for (method, path, body) in attempts(lab, resource, &name).await {
            sent += 1;
            let (status, text) = answer_of(lab, &planner, (method.clone(), path.clone(), body)).await;
            if status != 403 || !text.contains(FENCE_MESSAGE) {
                wrong.push(format!("{method} {path}: {status} {}", text.chars().take(300).collect::<String>()));
            }
        }
    }
    (wrong, objects, sent)
}

/// What stands in the cluster that should not, or no longer stands as it did.
async fn traces(lab: &Lab, found: &[Writable], objects: &Objects) -> Vec<String> {
    let mut out = Vec::new();
    for resource in found.iter().filter(|resource| resource.subresource.is_none() && resource.has("list") && !exempt(&resource.name())) {
        let list = lab.read(&resource.collection).await;
        for item in list["items"].as_array().unwrap() {
            let meta = &item["metadata"];
            if meta["labels"]["planted"] == lab.namespace.as_str() || meta["name"].as_str().unwrap().contains(&planted(lab)) {
                out.push(format!("planted: {} {}", resource.collection, meta["name"]));
            }
        }
    }
    for (path, uid) in objects {
        let meta = &lab.read(path).await["metadata"];
        if uid.is_null() || meta["uid"] != *uid || !meta["deletionTimestamp"].is_null() {
            out.push(format!("gone: {path} {uid} {meta}"));
        }
    }
    out
}

/// The planner's requests that the API server accepted although they are neither reads nor dry runs, by its own log.
fn accepted(lab: &Lab) -> Vec<Value> {
    let mut events = lab.audit(Identity::Planner);
    events.retain(|event| {
        let target = &event["objectRef"];
        let sub = target["subresource"].as_str().unwrap_or_default();
        let read = matches!(event["verb"].as_str().unwrap(), "get" | "list" | "watch") && !CONNECTS.contains(&sub);
        let dry = event["requestURI"].as_str().unwrap().contains("dryRun=All") && event["verb"] != "delete";
        !read && !dry && event["responseStatus"]["code"].as_u64().unwrap() < 400 && !exempt(target["resource"].as_str().unwrap())
    });
    events
}

fn exempt(name: &str) -> bool {
    EXEMPT.iter().any(|(exempt, _)| *exempt == name)
}

/// Removes what lies outside the lab's own namespace.
async fn tidy(lab: &Lab, objects: &Objects) {
    let admin = lab.raw(None).await;
    for path in objects.keys().filter(|path| path.contains("specimen") && !path.contains("/namespaces/")) {
        let (status, text) = send(&admin, Method::DELETE, path, None).await;
        assert!(matches!(status, 200 | 202), "{path}: {text}");
    }
}

#[tokio::test]
async fn no_verb_of_any_resource_the_api_server_serves_gets_past_the_fence() {
    let Some(lab) = lab("no resource is forgotten by the fence", "every").await else { return };
    grant_everything(&lab).await;
    let found = discover(&lab).await;
    for name in ["pods", "secrets", "deployments/scale", "pods/exec", "nodes/proxy", "serviceaccounts/token", "roles"] {
        assert!(found.iter().any(|resource| resource.name() == name), "discovery does not know {name}");
    }
    let (wrong, objects, sent) = assault(&lab, &found).await;
    let traces = traces(&lab, &found, &objects).await;
    let accepted = accepted(&lab);
    tidy(&lab, &objects).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(traces.is_empty(), "{}", traces.join("\n"));
    assert!(accepted.is_empty(), "{accepted:?}");
    assert!(sent > 4 * found.len(), "{sent} requests for {} resources", found.len());
}

/// The list of exemptions says no more than is true: each of them really passes.
#[tokio::test]
async fn each_exemption_from_policies_is_one() {
    let Some(lab) = lab("exemptions of the fence", "exempt-all").await else { return };
    grant_everything(&lab).await;
    let planner = lab.raw(Some(Identity::Planner)).await;
    let found = discover(&lab).await;
    let (name, mut made) = (format!("{}-specimen", lab.namespace), Objects::new());
    for (exempt, reason) in EXEMPT {
        let resource = found.iter().find(|resource| resource.name() == *exempt).unwrap_or_else(|| panic!("{exempt} is not served"));
        let (method, path, body) = if resource.has("create") {
            (Method::POST, resource.collection.clone(), (JSON, specimen(&lab, &resource.api, &resource.kind, &name)))
        } else {
            (Method::PATCH, resource.at(&name), (MERGE, json!({"metadata": {"labels": {"a": "b"}}})))
        };
        let (status, text) = send(&planner, method, &path, Some(body)).await;
        assert!(matches!(status, 200 | 201), "{exempt} ({reason}) is guarded now: say so here and in the documents: {status} {text}");
        if resource.has("delete") {
            made.insert(resource.at(&name), Value::Null);
        }
    }
    tidy(&lab, &made).await;
}
