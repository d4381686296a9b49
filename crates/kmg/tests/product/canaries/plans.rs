//! Every tool of the plans: asked, refused, denied, approved, applied, stale; and the pages of each plan.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::World;
use super::asker::Answer;
use super::planted::image;

const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) fn plan_everything(world: &mut World) {
    denied(world);
    manifests(world);
    patches(world);
    stale(world);
    refusals(world);
    deletions(world);
    for path in ["/", "/history", "/sessions", "/no-such-page"] {
        let url = format!("{}{path}", world.product.web_origin());
        world.look(&url);
    }
}

fn denied(world: &mut World) {
    let plan = world.request("request_scale_deployment", json!({ "name": "planted-deployment", "replicas": 3, "reason": "more" }));
    world.human.deny(world.product.login(), plan.text("approvalUrl"), "not today");
    let id = json!({ "planId": plan.text("planId") });
    assert_eq!(world.asker.ask("get_plan_status", &id).structured["state"], "denied");
    world.asker.refused("apply_approved_plan", &id, "plan-denied");
    world.look(plan.text("approvalUrl"));
}

fn patches(world: &mut World) {
    let other = format!("{}-2", image(&world.marks));
    let asks = [
        ("request_scale_deployment", json!({ "replicas": 4, "reason": "more" })),
        ("request_set_deployment_image", json!({ "container": "main", "image": other, "reason": "another" })),
        ("request_restart_deployment", json!({ "reason": "again" })),
    ];
    for (tool, mut arguments) in asks {
        world.settled();
        arguments["name"] = "planted-deployment".into();
        let plan = world.request(tool, arguments);
        world.approved_and_applied(&plan, "applied");
        if tool == "request_set_deployment_image" {
            world.settled();
            let back = world.request("request_rollback", json!({ "planId": plan.text("planId"), "reason": "back" }));
            world.approved_and_applied(&back, "applied");
        }
    }
    // Whether the first revision can be gone back to depends on what is hidden in it; nothing of that may be told.
    for revision in [json!({ "name": "planted-deployment" }), json!({ "name": "planted-deployment", "revision": 1 })] {
        let mut arguments = revision;
        arguments["namespace"] = world.product.namespace.clone().into();
        world.asker.call("request_rollback", &arguments);
    }
}

fn manifests(world: &mut World) {
    world.settled();
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "planted-deployment" },
        "spec": {
            "selector": { "matchLabels": { "app": "planted-deployment" } },
            "template": {
                "metadata": { "labels": { "app": "planted-deployment" }, "annotations": { "asked.test/a": "asked" } },
                "spec": { "containers": [{ "name": "main", "image": image(&world.marks), "env": [{ "name": "ASKED", "value": "asked" }] }] }
            }
        }
    });
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: planted-config\ndata:\n  asked: asked\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: planted-service\n  labels:\n    asked: asked\n";
    let several =
        format!("{config}---\n{service}  annotations:\n    asked.test/a: asked\nspec:\n  ports:\n  - port: 80\n    protocol: TCP\n");
    for manifest in [deployment, several.into()] {
        let plan = world.request("request_apply_manifest", json!({ "manifest": manifest, "reason": "asked" }));
        world.approved_and_applied(&plan, "applied");
    }
}

/// Somebody puts a value to hide where the guard itself wrote: the page shows what was there by its fingerprint, and
/// the plan is stale.
fn stale(world: &mut World) {
    let asked = |value: &str| json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "planted-config" }, "data": { "asked": value } });
    world.overwrite(&asked(&world.marks.fresh()));
    let plan = world.request("request_apply_manifest", json!({ "manifest": asked("asked again"), "reason": "asked" }));
    let page = world.look(plan.text("approvalUrl"));
    assert!(page.contains("asked again") && page.contains("hidden-value"), "the live value is told by its fingerprint: {page}");
    world.human.approve(world.product.login(), plan.text("approvalUrl"));
    world.overwrite(&asked(&world.marks.fresh()));
    world.applied(&plan, "stale");
}

fn refusals(world: &mut World) {
    let deployment = |spec: Value| json!({ "manifest": { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "planted-deployment" }, "spec": spec } });
    let config = |data: Value| json!({ "manifest": { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "planted-config" }, "data": data } });
    let containers = |container: Value| {
        deployment(json!({ "selector": { "matchLabels": { "app": "planted-deployment" } }, "template": {
            "metadata": { "labels": { "app": "planted-deployment" } }, "spec": { "containers": [container] } } }))
    };
    let both = json!([{ "name": "PLAIN", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } }]);
    let main = image(&world.marks);
    let rows = [
        ("request_apply_manifest", config(json!({ "plain": "x" }))),
        ("request_apply_manifest", containers(json!({ "name": "main", "image": main, "env": [{ "name": "PLAIN", "value": "x" }] }))),
        ("request_apply_manifest", containers(json!({ "name": "main", "image": main, "env": both }))),
        ("request_apply_manifest", containers(json!({ "name": "main", "image": main, "securityContext": { "privileged": true } }))),
        ("request_apply_manifest", deployment(json!({ "selector": { "matchLabels": { "app": "x" } } }))),
        ("request_apply_manifest", config(json!({ "not/a/key": "x" }))),
        (
            "request_apply_manifest",
            json!({ "manifest": { "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "planted-secret" } } }),
        ),
        ("request_apply_manifest", json!({ "manifest": "a: &x [*x]" })),
        ("request_delete_manifest", json!({ "manifest": { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "absent" } } })),
        ("request_scale_deployment", json!({ "name": "absent", "replicas": 1 })),
        ("request_set_deployment_image", json!({ "name": "planted-deployment", "container": "absent", "image": main })),
        ("request_restart_deployment", json!({ "name": "absent" })),
    ];
    for (tool, mut arguments) in rows {
        arguments["namespace"] = world.product.namespace.clone().into();
        let answer = world.asker.call(tool, &arguments);
        assert!(answer.failed, "{tool} takes {arguments}");
    }
    for tool in ["get_plan_status", "wait_for_plan", "apply_approved_plan"] {
        world.asker.refused(tool, &json!({ "planId": format!("plan_{}", "0".repeat(32)) }), "plan-not-found");
    }
}

fn deletions(world: &mut World) {
    world.settled();
    let object = |version: &str, kind: &str, name: &str| json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name } });
    let asks = [
        (object("v1", "ConfigMap", "planted-config"), true),
        // An Ingress goes through it: that takes a second person.
        (object("v1", "Service", "planted-service").to_string().into(), false),
        (object("apps/v1", "Deployment", "planted-deployment"), true),
    ];
    for (manifest, alone) in asks {
        let plan = world.request("request_delete_manifest", json!({ "manifest": manifest, "reason": "gone" }));
        let page = world.look(plan.text("approvalUrl"));
        assert!(page.contains("hidden-value"), "{page}");
        assert_eq!(page.contains("Approve this plan"), alone, "{page}");
        if alone {
            world.approved_and_applied(&plan, "applied");
            // What is gone held values that no reviewer is shown: their places are named, and nothing else.
            let back = json!({ "namespace": world.product.namespace, "planId": plan.text("planId") });
            world.asker.refused("request_rollback", &back, "pre-image-hidden");
        }
    }
}

impl World {
    fn request(&mut self, tool: &str, mut arguments: Value) -> Answer {
        arguments["namespace"] = self.product.namespace.clone().into();
        let plan = self.asker.ask(tool, &arguments);
        let id = plan.text("planId").to_owned();
        self.asker.ask("get_plan_status", &json!({ "planId": id }));
        self.asker.ask("wait_for_plan", &json!({ "planId": id, "timeoutSeconds": 1 }));
        self.asker.refused("apply_approved_plan", &json!({ "planId": id }), "not-approved");
        plan
    }

    /// Approves on the plan's page and has it applied; looks at the page before and after.
    fn approved_and_applied(&mut self, plan: &Answer, state: &str) {
        let url = plan.text("approvalUrl");
        let page = self.look(url);
        let name = page.split_once("Type the name <code>").and_then(|(_, rest)| rest.split('<').next()).map(str::to_owned);
        let decided = self.human.approve_typing(self.product.login(), url, name.as_deref());
        self.asker.heap.add(format!("page of the decision on {url}"), decided.to_string());
        self.applied(plan, state);
    }

    fn applied(&mut self, plan: &Answer, state: &str) {
        let id = json!({ "planId": plan.text("planId") });
        self.asker.call("apply_approved_plan", &id);
        let began = Instant::now();
        loop {
            let told = self.asker.ask("get_plan_status", &id);
            if told.structured["state"] == state {
                break;
            }
            assert!(began.elapsed() < PATIENCE && told.structured["state"] == "deleting", "{told:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
        self.look(plan.text("approvalUrl"));
    }

    /// Opens a page of ours and keeps it; its markup.
    fn look(&mut self, url: &str) -> String {
        let page = self.human.visit(self.product.login(), url);
        let html = self.human.ask(&json!({ "do": "html" }))["html"].as_str().unwrap().to_owned();
        self.asker.heap.add(format!("page head and text of {url}"), page.to_string());
        self.asker.heap.add(format!("page {url}"), html.clone());
        html
    }

    /// Writes an object as the guard's own field manager, as somebody could who wants to deceive it.
    fn overwrite(&self, config: &Value) {
        let path = format!("/api/v1/namespaces/{}/configmaps/planted-config?fieldManager=kmg&force=true", self.product.namespace);
        self.api.send("PATCH", &path, "application/apply-patch+yaml", config);
    }

    /// Waits until the Deployment's last change is rolled out: a plan made before would be stale, or refused because the
    /// controller writes faster than it is made.
    pub(super) fn settled(&self) {
        let began = Instant::now();
        loop {
            let object = self.api.get(&format!("/apis/apps/v1/namespaces/{}/deployments/planted-deployment", self.product.namespace));
            let (spec, status) = (&object["spec"], &object["status"]);
            let counts = ["replicas", "updatedReplicas", "availableReplicas"];
            let all = counts.iter().all(|count| status[count] == spec["replicas"]);
            if status["observedGeneration"] == object["metadata"]["generation"] && all {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "not settled: {status}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}
