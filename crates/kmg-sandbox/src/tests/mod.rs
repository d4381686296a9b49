//! The API as a client sees it, without a network between.

mod access;
mod reads;
mod writes;

use http::{HeaderMap, HeaderValue, Method};
use kmg_core::clock::{Clock, Millis};
use serde_json::{Value, json};

use crate::api;
use crate::call::Call;
use crate::faults::Faults;
use crate::options::{Fence, Images, Options, Pace, User};
use crate::path::Path;
use crate::query::Query;
use crate::rbac::role_for;
use crate::seed::plant;
use crate::world::World;

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/demo/deployments";
const CONFIG_MAPS: &str = "/api/v1/namespaces/demo/configmaps";

/// A sandbox with a namespace `demo` and the users `admin`, `planner` (fenced) and `reader`; a user's token is its name.
struct Lab(World);

impl Lab {
    fn new() -> Self {
        let user = |name: &str, groups: &[&str]| User {
            name: name.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            token: name.to_owned().into(),
        };
        let users = vec![user("admin", &["system:masters"]), user("planner", &["system:masters"]), user("reader", &[])];
        let rules = json!([{"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["get", "list"]}]);
        let mut seed = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})];
        seed.extend(role_for("reader", "demo", &rules));
        let fence = Fence { user: "planner".into(), policy: "p".into(), binding: "b".into(), message: "dry runs only".into() };
        let images = Images { missing: Vec::new(), pace: Pace::instant() };
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            users,
            seed: seed.clone(),
            fence: Some(fence),
            images,
            faults: Faults::default(),
            clock: Clock::manual(Millis(1_700_000_000_000)),
        };
        let world = World::new(options, "PEM".into());
        plant(&world, seed).unwrap();
        Self(world)
    }

    fn send(&self, user: &str, request: &str, headers: &[(&'static str, &str)], body: &str) -> (u16, Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let method: Method = method.parse().unwrap();
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect();
        let user = self.0.identities.by_header(Some(format!("Bearer {user}").as_bytes())).unwrap();
        let (path, query) = (Path::parse(path), Query::parse(query));
        let reply = api::answer(&self.0, &Call { method: &method, path, query, headers: &headers, body: body.as_bytes(), user });
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or_default())
    }

    fn get(&self, target: &str) -> (u16, Value) {
        self.send("admin", &format!("GET {target}"), &[], "")
    }

    fn post(&self, target: &str, object: &Value) -> (u16, Value) {
        self.send("admin", &format!("POST {target}"), &[("content-type", "application/json")], &object.to_string())
    }

    fn patch(&self, target: &str, operations: &Value) -> (u16, Value) {
        let headers = [("content-type", "application/json-patch+json")];
        self.send("admin", &format!("PATCH {target}"), &headers, &operations.to_string())
    }

    fn delete(&self, target: &str, options: &Value) -> (u16, Value) {
        let body = if options.is_null() { String::new() } else { options.to_string() };
        self.send("admin", &format!("DELETE {target}"), &[], &body)
    }

    /// Makes a Deployment `web` of three replicas and returns it.
    fn deployment(&self) -> Value {
        let labels = json!({"app": "web"});
        let (status, object) = self.post(
            DEPLOYMENTS,
            &json!({"metadata": {"name": "web", "labels": labels}, "spec": {
                "replicas": 3, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "registry.test/web:1"}]}}
            }}),
        );
        assert_eq!(status, 201, "{object}");
        object
    }
}
