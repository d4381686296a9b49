//! Deployments and Pods as the server fills them in.

use serde_json::json;

use crate::ask::{apps, core, get, post};
use crate::manifests::{at_rest, idle, pod, with};
use crate::transcript::Transcript;

pub(super) async fn deployment_defaults(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    t.send("a taken name", post(apps("deployments"), &idle("web"))).await;
    let bare = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bare", "namespace": "$ns"},
        "spec": {"selector": {"matchLabels": {"app": "bare"}}, "template": {
            "metadata": {"labels": {"app": "bare"}},
            "spec": {"nodeSelector": {"no": "where"}, "containers": [{"name": "web", "image": "registry.test/web"}]}
        }}
    });
    t.send("replicas left out, an image without a tag", post(apps("deployments"), &bare)).await;
    let untyped = json!({"metadata": {"name": "untyped"}, "spec": idle("untyped")["spec"]});
    t.send("apiVersion and kind may be left out", post(apps("deployments"), &untyped)).await;
    t.send("read what is absent", get(apps("deployments/absent"))).await;
}

pub(super) async fn deployment_full(t: &mut Transcript) {
    let container = json!({
        "name": "web", "image": "registry.test/web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "command": ["/web"], "args": ["--port", "8080"], "workingDir": "/srv",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "LEVEL", "value": "info"}, {"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "resources": {"requests": {"cpu": "0.1", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 5},
        "startupProbe": {"exec": {"command": ["true"]}},
        "volumeMounts": [{"name": "settings", "mountPath": "/etc/settings"}],
        "imagePullPolicy": "Always"
    });
    let volumes = json!([{"name": "settings", "configMap": {"name": "settings"}}, {"name": "scratch", "emptyDir": {}},
        {"name": "keys", "secret": {"secretName": "keys", "optional": true}}]);
    let full = with(&idle("full"), "/spec/template/spec/containers/0", container);
    let full = with(&full, "/spec/template/spec/volumes", volumes);
    let full = with(&full, "/spec/template/spec/initContainers", json!([{"name": "prepare", "image": "registry.test/sleeper:latest"}]));
    let full = with(&full, "/spec/template/spec/serviceAccountName", json!("default"));
    let full = with(&full, "/spec/strategy", json!({"type": "Recreate"}));
    let full = with(&full, "/spec/minReadySeconds", json!(5));
    let full = with(&full, "/metadata/labels", json!({"app.kubernetes.io/name": "full"}));
    t.send("probes, volumes, environment, resources", post(apps("deployments"), &full)).await;
    let rolling =
        with(&idle("rolling"), "/spec/strategy", json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}));
    let rolling = with(&rolling, "/spec/selector", json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["rolling"]}]}));
    let rolling = with(&rolling, "/spec/paused", json!(true));
    t.send("a strategy, a selector of expressions, paused", post(apps("deployments"), &rolling)).await;
}

pub(super) async fn deployment_at_rest(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    t.settled("its controller has seen it", get(apps("deployments/web")), at_rest).await;
    t.send("list", get(apps("deployments"))).await;
    let sets = t.send("its ReplicaSet", get(apps("replicasets"))).await;
    t.send("the ReplicaSet by name", get(apps(&format!("replicasets/{}", sets.text("/items/0/metadata/name"))))).await;
    t.send("an absent ReplicaSet", get(apps("replicasets/absent"))).await;
    t.send("no Pods", get(core("pods"))).await;
}

pub(super) async fn pod_defaults(t: &mut Transcript) {
    let pod = pod("lone");
    t.send("create, dry run", post(core("pods"), &pod).dry()).await;
    let quiet = with(&pod, "/spec/automountServiceAccountToken", json!(false));
    t.send("create without a token, dry run", post(core("pods"), &quiet).dry()).await;
    t.send("nothing was stored", get(core("pods/lone"))).await;
    t.send("no containers", post(core("pods"), &with(&pod, "/spec/containers", json!([])))).await;
    t.send("a bad name", post(core("pods"), &with(&pod, "/metadata/name", json!("Lone")))).await;
    t.send("an account that does not exist", post(core("pods"), &with(&pod, "/spec/serviceAccountName", json!("absent")))).await;
}
