//! Objects with a value to hide in every place that can hold one.

use kmg_core::clock::Clock;
use serde_json::{Value, json};

use super::marks::Marks;
use crate::support::ApiServer;

/// An image that may be seen: what the search must find.
pub(crate) fn image(marks: &Marks) -> String {
    format!("registry.test/web:{}", marks.visible)
}

/// Who plants, and where.
pub(crate) struct Planter<'a> {
    pub(crate) api: &'a ApiServer,
    pub(crate) marks: &'a Marks,
    pub(crate) namespace: &'a str,
}

impl Planter<'_> {
    /// Plants everything; the names that some answer has to tell.
    pub(crate) fn plant(&self) -> Vec<String> {
        let own = json!({ "metadata": { "annotations": self.annotations() } });
        self.api.send("PATCH", &format!("/api/v1/namespaces/{}", self.namespace), "application/merge-patch+json", &own);
        let groups = [self.values(), self.workloads(), Self::network(), self.around()];
        groups.into_iter().flatten().map(|(group, resource, object)| self.create(group, resource, object)).collect()
    }

    fn annotations(&self) -> Value {
        let applied = json!({ "data": { "k": self.marks.fresh() } }).to_string();
        json!({ "planted.test/a": self.marks.fresh(), "kubectl.kubernetes.io/last-applied-configuration": applied })
    }

    /// Creates `object` with annotations to hide; its name.
    fn create(&self, group: &str, resource: &str, mut object: Value) -> String {
        object["metadata"]["annotations"] = self.annotations();
        let root = if group == "v1" { "/api/v1".to_owned() } else { format!("/apis/{group}") };
        object["apiVersion"] = group.into();
        self.api.create(&format!("{root}/namespaces/{}/{resource}", self.namespace), &object);
        object["metadata"]["name"].as_str().unwrap().to_owned()
    }

    fn values(&self) -> Vec<(&'static str, &'static str, Value)> {
        let auth = json!({ "auths": { "r.test": { "auth": self.marks.fresh() } } }).to_string();
        let conf = format!("user: app\npassword: {}\nurl: postgres://app:{}@db/app\n", self.marks.fresh(), self.marks.fresh());
        vec![
            (
                "v1",
                "secrets",
                json!({ "kind": "Secret", "metadata": { "name": "planted-secret" },
                "data": { "k": self.marks.encoded() }, "stringData": { "s": self.marks.fresh() } }),
            ),
            (
                "v1",
                "secrets",
                json!({ "kind": "Secret", "metadata": { "name": "planted-pull" },
                "type": "kubernetes.io/dockerconfigjson", "stringData": { ".dockerconfigjson": auth } }),
            ),
            (
                "v1",
                "configmaps",
                json!({ "kind": "ConfigMap", "metadata": { "name": "planted-config" },
                "data": { "plain": self.marks.fresh(), "app.conf": conf }, "binaryData": { "blob": self.marks.encoded() } }),
            ),
        ]
    }

    fn workloads(&self) -> Vec<(&'static str, &'static str, Value)> {
        let labelled = |name: &str| json!({ "matchLabels": { "app": name } });
        let job = |name: &str| json!({ "template": self.template(name, "Never") });
        let mut alone = self.template("planted-pod", "Never");
        alone["metadata"]["name"] = "planted-pod".into();
        alone["kind"] = "Pod".into();
        vec![
            (
                "apps/v1",
                "deployments",
                json!({ "kind": "Deployment", "metadata": { "name": "planted-deployment" },
                "spec": { "replicas": 2, "selector": labelled("planted-deployment"), "template": self.template("planted-deployment", "Always") } }),
            ),
            (
                "apps/v1",
                "replicasets",
                json!({ "kind": "ReplicaSet", "metadata": { "name": "planted-replicas" },
                "spec": { "replicas": 1, "selector": labelled("planted-replicas"), "template": self.template("planted-replicas", "Always") } }),
            ),
            (
                "apps/v1",
                "statefulsets",
                json!({ "kind": "StatefulSet", "metadata": { "name": "planted-stateful" },
                "spec": { "replicas": 1, "serviceName": "planted-service", "selector": labelled("planted-stateful"), "template": self.template("planted-stateful", "Always") } }),
            ),
            (
                "apps/v1",
                "daemonsets",
                json!({ "kind": "DaemonSet", "metadata": { "name": "planted-daemon" },
                "spec": { "selector": labelled("planted-daemon"), "template": self.template("planted-daemon", "Always") } }),
            ),
            ("batch/v1", "jobs", json!({ "kind": "Job", "metadata": { "name": "planted-job" }, "spec": job("planted-job") })),
            (
                "batch/v1",
                "cronjobs",
                json!({ "kind": "CronJob", "metadata": { "name": "planted-cron" },
                "spec": { "schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": { "metadata": { "annotations": self.annotations() }, "spec": job("planted-cron") } } }),
            ),
            ("v1", "pods", alone),
        ]
    }

    /// A Pod on a simulated node, with a value in everything that an answer leaves out: environment, commands,
    /// arguments, headers, queries and annotations.
    fn template(&self, app: &str, restart: &str) -> Value {
        let fresh = || self.marks.fresh();
        let header = json!([{ "name": "Authorization", "value": fresh() }]);
        let probe =
            json!({ "httpGet": { "path": format!("/ready?key={}", fresh()), "port": 80, "httpHeaders": header }, "failureThreshold": 1 });
        json!({
            "metadata": { "labels": { "app": app }, "annotations": self.annotations() },
            "spec": {
                "restartPolicy": restart, "imagePullSecrets": [{ "name": "planted-pull" }],
                "nodeSelector": { "type": "kwok" }, "tolerations": [{ "key": "kwok.x-k8s.io/node", "operator": "Exists" }],
                "initContainers": [{ "name": "setup", "image": image(self.marks), "command": ["sh", "-c", fresh()], "env": [{ "name": "SETUP", "value": fresh() }] }],
                "containers": [{
                    "name": "main", "image": image(self.marks), "command": ["run", fresh()], "args": ["--flag", fresh()],
                    "env": [{ "name": "PLAIN", "value": fresh() }, { "name": "DB_PASSWORD", "value": fresh() },
                        { "name": "FROM", "valueFrom": { "secretKeyRef": { "name": "planted-secret", "key": "k" } } },
                        { "name": "NOTE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.annotations['planted.test/a']" } } }],
                    "envFrom": [{ "configMapRef": { "name": "planted-config" } }],
                    "readinessProbe": probe, "livenessProbe": { "exec": { "command": ["check", fresh()] } },
                    "lifecycle": { "preStop": { "httpGet": { "path": "/stop", "port": 80, "httpHeaders": header } }, "postStart": { "exec": { "command": [fresh()] } } },
                    "volumeMounts": [{ "name": "s", "mountPath": "/s" }]
                }],
                "volumes": [{ "name": "s", "secret": { "secretName": "planted-secret" } }, { "name": "c", "configMap": { "name": "planted-config" } }],
            }
        })
    }

    fn network() -> Vec<(&'static str, &'static str, Value)> {
        let to = json!({ "service": { "name": "planted-service", "port": { "number": 80 } } });
        vec![
            (
                "v1",
                "services",
                json!({ "kind": "Service", "metadata": { "name": "planted-service" },
                "spec": { "selector": { "app": "planted-deployment" }, "ports": [{ "port": 80 }] } }),
            ),
            (
                "networking.k8s.io/v1",
                "ingresses",
                json!({ "kind": "Ingress", "metadata": { "name": "planted-ingress" },
                "spec": { "rules": [{ "host": "h.test", "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": to }] } }] } }),
            ),
        ]
    }

    fn around(&self) -> Vec<(&'static str, &'static str, Value)> {
        let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "planted-deployment" });
        let regarding = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "planted-deployment", "namespace": self.namespace });
        // Shapes that the screening promises to take out of foreign text.
        let note = format!(
            "planted-event: --db-password={} Authorization: Bearer {} postgres://app:{}@db/app",
            self.marks.fresh(),
            self.marks.fresh(),
            self.marks.fresh(),
        );
        let now = Clock::system().now().rfc3339().replace('Z', "000Z");
        vec![
            (
                "autoscaling/v2",
                "horizontalpodautoscalers",
                json!({ "kind": "HorizontalPodAutoscaler", "metadata": { "name": "planted-scaler" },
                "spec": { "minReplicas": 1, "maxReplicas": 9, "scaleTargetRef": target } }),
            ),
            (
                "v1",
                "persistentvolumeclaims",
                json!({ "kind": "PersistentVolumeClaim", "metadata": { "name": "planted-claim" },
                "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } }),
            ),
            (
                "events.k8s.io/v1",
                "events",
                json!({ "kind": "Event", "metadata": { "name": "planted-event" }, "regarding": regarding,
                "type": "Warning", "reason": "PlantedEvent", "action": "Plant", "note": note, "eventTime": now,
                "reportingController": "planted.test/c", "reportingInstance": "c-1" }),
            ),
        ]
    }

    /// What is looked at beside an object, and never named itself.
    pub(crate) fn plant_unnamed(&self) {
        let selector = json!({ "matchLabels": { "app": "planted-deployment" } });
        self.create(
            "policy/v1",
            "poddisruptionbudgets",
            json!({ "kind": "PodDisruptionBudget", "metadata": { "name": "planted-budget" },
            "spec": { "maxUnavailable": 1, "selector": selector } }),
        );
        self.create(
            "v1",
            "resourcequotas",
            json!({ "kind": "ResourceQuota", "metadata": { "name": "planted-quota" }, "spec": { "hard": { "pods": "50" } } }),
        );
        self.create(
            "networking.k8s.io/v1",
            "networkpolicies",
            json!({ "kind": "NetworkPolicy", "metadata": { "name": "planted-policy" },
            "spec": { "podSelector": selector } }),
        );
        self.create(
            "discovery.k8s.io/v1",
            "endpointslices",
            json!({ "kind": "EndpointSlice",
            "metadata": { "name": "planted-slice", "labels": { "kubernetes.io/service-name": "planted-service" } },
            "addressType": "IPv4", "endpoints": [], "ports": [] }),
        );
    }
}
