//! The scale subresource of Deployments.

use serde_json::{Value, json};

use crate::ask::{apps, get, patch, post};
use crate::manifests::{at_rest, idle, unscheduled, with};
use crate::transcript::Transcript;

pub(super) async fn scale_subresource(t: &mut Transcript) {
    // Who owns the count after a scale is in `apply_after_scale`.
    t.send("create", post(apps("deployments"), &with(&unscheduled(&idle("web")), "/metadata/labels", json!({"a": "b"})))).await;
    let path = || apps("deployments/web/scale");
    let rest = t.settled("at rest", get(apps("deployments/web")), at_rest).await;
    let scale = t.send("read", get(path())).await;
    t.fact("it has the Deployment's version", scale.version() == rest.version());
    t.send("of what is absent", get(apps("deployments/absent/scale"))).await;
    let replicas = json!({"op": "replace", "path": "/spec/replicas", "value": 0});
    let uid = json!({"op": "test", "path": "/metadata/uid", "value": rest.uid()});
    t.send("the count it has, dry run", patch(path(), &json!([uid, replicas])).dry()).await;
    let up = json!([uid, {"op": "test", "path": "/metadata/resourceVersion", "value": rest.version()}, {"op": "replace", "path": "/spec/replicas", "value": 2}]);
    t.send("a dry run", patch(path(), &up).dry()).await;
    let read = t.send("nothing is stored", get(apps("deployments/web"))).await;
    t.fact("the Deployment is as it was", read.body == rest.body);
    let annotate = json!([uid, {"op": "add", "path": "/metadata/annotations", "value": {"kmg.dev/plan": "p1"}}]);
    t.send("an annotation is dropped, dry run", patch(path(), &annotate).dry()).await;
    t.send("negative", patch(path(), &json!([{"op": "replace", "path": "/spec/replicas", "value": -1}]))).await;
    t.send("a string", patch(path(), &json!([{"op": "replace", "path": "/spec/replicas", "value": "2"}]))).await;
    t.send("another uid", patch(path(), &json!([{"op": "test", "path": "/metadata/uid", "value": "x"}]))).await;
    t.send("another version", patch(path(), &json!([{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]))).await;
    t.send("of what is absent", patch(apps("deployments/absent/scale"), &up)).await;
    let scaled = t.send("up", patch(path(), &up)).await;
    t.fact("the version rises", scaled.order() > rest.order());
    t.send("the same bytes again", patch(path(), &up)).await;
    let waits = |web: &Value| web["status"]["replicas"] == 2 && web["status"]["unavailableReplicas"] == 2;
    t.settled("the Deployment keeps its annotations", get(apps("deployments/web")), waits).await;
}
