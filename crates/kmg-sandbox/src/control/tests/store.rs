//! A store as simple as can be, and the loop that drives the controllers over it.

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use crate::control::{Memory, Snapshot, Write, step};
use crate::options::{Images, Pace};

pub(super) const START: Millis = Millis(1_700_000_000_000);
pub(super) const GOOD: &str = "registry.example/web:1";
pub(super) const BETTER: &str = "registry.example/web:2";
pub(super) const MISSING: &str = "registry.example/web:does-not-exist";

pub(super) struct Store {
    snapshot: Snapshot,
    version: u64,
    pub(super) now: Millis,
    pub(super) images: Images,
    memory: Memory,
    /// Every write in its order.
    pub(super) writes: Vec<Write>,
}

impl Store {
    pub(super) fn new(pace: Pace) -> Self {
        let images = Images { missing: vec![":does-not-exist".to_owned()], pace };
        Self { snapshot: Snapshot::default(), version: 0, now: START, images, memory: Memory::default(), writes: Vec::new() }
    }

    pub(super) fn create(&mut self, plural: &'static str, mut object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        self.version += 1;
        let metadata = &mut object["metadata"];
        metadata["uid"] = format!("uid-{}", self.version).into();
        metadata["resourceVersion"] = self.version.to_string().into();
        metadata["generation"] = 1.into();
        metadata["creationTimestamp"] = crate::control::time::seconds(self.now).into();
        if plural == "pods" {
            object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
        }
        assert!(self.find(plural, &name).is_none(), "{plural}/{name} exists");
        self.shelf_mut(plural).push(object);
    }

    /// Changes an object as a user would: the generation follows the spec.
    pub(super) fn change(&mut self, plural: &'static str, name: &str, change: impl FnOnce(&mut Value)) {
        self.version += 1;
        let version = self.version.to_string();
        let object = self.get_mut(plural, name);
        let spec = object["spec"].clone();
        change(object);
        object["metadata"]["resourceVersion"] = version.into();
        if object["spec"] != spec {
            object["metadata"]["generation"] = (object["metadata"]["generation"].as_i64().unwrap() + 1).into();
        }
    }

    pub(super) fn set_image(&mut self, name: &str, image: &str) {
        self.change("deployments", name, |object| object["spec"]["template"]["spec"]["containers"][0]["image"] = image.into());
    }

    pub(super) fn set_replicas(&mut self, name: &str, replicas: usize) {
        self.change("deployments", name, |object| object["spec"]["replicas"] = replicas.into());
    }

    pub(super) fn delete(&mut self, plural: &'static str, name: &str) {
        let at = self.find(plural, name).unwrap();
        self.shelf_mut(plural).remove(at);
    }

    /// Marks a Pod as a DELETE of it does.
    pub(super) fn delete_pod(&mut self, name: &str) {
        let now = self.now;
        self.change("pods", name, |object| {
            let mut pod = crate::control::object::Object::new(object.take());
            crate::control::pod::begin_deletion(&mut pod, now);
            *object = pod.into_changed().unwrap();
        });
    }

    pub(super) fn list(&self, plural: &str) -> &[Value] {
        match plural {
            "deployments" => &self.snapshot.deployments,
            "replicasets" => &self.snapshot.replica_sets,
            "pods" => &self.snapshot.pods,
            "services" => &self.snapshot.services,
            "endpointslices" => &self.snapshot.endpoint_slices,
            _ => &self.snapshot.events,
        }
    }

    /// Fills the namespace with Pods of another node.
    pub(super) fn crowd(&mut self, count: usize) {
        self.snapshot.pods.extend((0..count).map(|number| {
            let name = format!("other-{number}");
            json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "demo", "uid": name, "resourceVersion": "1"},
                "spec": {"nodeName": "another-node"}, "status": {"phase": "Running"}})
        }));
    }

    pub(super) const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn shelf_mut(&mut self, plural: &str) -> &mut Vec<Value> {
        match plural {
            "deployments" => &mut self.snapshot.deployments,
            "replicasets" => &mut self.snapshot.replica_sets,
            "pods" => &mut self.snapshot.pods,
            "services" => &mut self.snapshot.services,
            "endpointslices" => &mut self.snapshot.endpoint_slices,
            _ => &mut self.snapshot.events,
        }
    }

    fn find(&self, plural: &str, name: &str) -> Option<usize> {
        self.list(plural).iter().position(|object| object["metadata"]["name"] == name)
    }

    pub(super) fn get(&self, plural: &str, name: &str) -> &Value {
        &self.list(plural)[self.find(plural, name).unwrap()]
    }

    fn get_mut(&mut self, plural: &str, name: &str) -> &mut Value {
        let at = self.find(plural, name).unwrap();
        &mut self.shelf_mut(plural)[at]
    }

    /// One step; says when the next is due.
    pub(super) fn step(&mut self) -> (usize, Option<Millis>) {
        let step = step(&mut self.memory, &self.snapshot, &self.images, self.now);
        let count = step.writes.len();
        for write in step.writes {
            self.writes.push(write.clone());
            self.apply(write);
        }
        (count, step.again_at)
    }

    /// Steps until nothing more happens before `until`.
    pub(super) fn run_until(&mut self, until: Millis) {
        self.run_checking(until, |_| {});
    }

    /// The same, with a look at the store after each step.
    pub(super) fn run_checking(&mut self, until: Millis, mut check: impl FnMut(&Self)) {
        let (mut at, mut steps) = (self.now, 0);
        loop {
            let (writes, again) = self.step();
            check(self);
            steps = if self.now == at { steps + 1 } else { 0 };
            assert!(steps < 500, "no end of steps at {at:?}: {:?}", self.writes.last());
            at = self.now;
            match again {
                Some(due) if due <= self.now => {}
                _ if writes > 0 => {}
                Some(due) if due < until => self.now = due,
                _ => break,
            }
        }
        self.now = until;
    }

    pub(super) fn run_for(&mut self, millis: i64) {
        self.run_until(self.now.plus(millis));
    }

    fn apply(&mut self, write: Write) {
        match write {
            Write::Create { plural, object } => self.create(plural, object),
            Write::Update { plural, mut object } => {
                self.version += 1;
                let version = self.version.to_string();
                let stored = self.get_mut(plural, object["metadata"]["name"].as_str().unwrap());
                assert_eq!(stored["metadata"]["resourceVersion"], object["metadata"]["resourceVersion"], "one write for one object");
                assert_eq!(stored["metadata"]["uid"], object["metadata"]["uid"]);
                assert!(stored["metadata"]["generation"].as_i64() <= object["metadata"]["generation"].as_i64());
                object["metadata"]["resourceVersion"] = version.into();
                *stored = object;
            }
            Write::Delete { plural, name, .. } => self.delete(plural, &name),
        }
    }

    pub(super) fn deployment(&self) -> &Value {
        self.get("deployments", "web")
    }

    /// The condition of a type as `status reason message`.
    pub(super) fn condition(&self, kind: &str) -> String {
        condition(self.deployment(), kind)
    }

    /// All Events as `kind reason message xCOUNT`, without the names of Pods and ReplicaSets.
    pub(super) fn told(&self, kind: &str) -> Vec<String> {
        let mut events: Vec<&Value> = self.list("events").iter().filter(|event| event["involvedObject"]["kind"] == kind).collect();
        events.sort_by_key(|event| event["metadata"]["uid"].as_str().unwrap()[4..].parse::<u64>().unwrap());
        let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
        events
            .iter()
            .map(|event| format!("{} {} {} x{}", text(event, "type"), text(event, "reason"), text(event, "message"), event["count"]))
            .collect()
    }
}

pub(super) fn condition(object: &Value, kind: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let text = |condition: &Value| {
        ["status", "reason", "message"].map(|field| condition[field].as_str().unwrap_or_default().to_owned()).join(" ").trim().to_owned()
    };
    conditions.iter().find(|condition| condition["type"] == kind).map(text).unwrap_or_default()
}

/// A Deployment named web with the defaults that the API server fills in.
pub(super) fn web(replicas: usize, image: &str) -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "demo", "labels": {"app": "web"}, "annotations": {"note": "kept"}},
        "spec": {
            "replicas": replicas, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [{"name": "web", "image": image, "imagePullPolicy": "IfNotPresent", "resources": {}}],
                    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30
                }
            }
        },
        "status": {}
    })
}

/// A running store with that Deployment in it.
pub(super) fn with_web(pace: Pace, replicas: usize, image: &str) -> Store {
    let mut store = Store::new(pace);
    store.create("deployments", web(replicas, image));
    store
}
