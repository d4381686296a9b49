//! What a person decides in the browser besides one change of one object: several objects, a name to type, and a plan
//! that one person alone cannot approve.

use serde_json::{Value, json};

use crate::support::{Agent, ApiServer, Human, Product};

/// The product with its person and an agent, or `None` after the skip was counted.
fn start(case: &str, namespace: &str) -> Option<(ApiServer, Human, Product, Agent)> {
    let api = ApiServer::available(case)?;
    let python = Agent::available(case)?;
    let mut human = Human::start(case)?;
    let product = Product::start(&api, namespace);
    let agent = Agent::connect(&python, &product, &mut human, "auto");
    Some((api, human, product, agent))
}

fn object(version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name, "namespace": namespace } })
}

fn ask(agent: &mut Agent, tool: &str, namespace: &str, manifest: &Value) -> (Value, String) {
    let asked = agent.call(tool, &json!({ "namespace": namespace, "manifest": manifest }));
    assert_eq!(asked["structured"]["state"], "pending", "{asked}");
    (json!({ "planId": asked["structured"]["planId"] }), asked["structured"]["approvalUrl"].as_str().unwrap().to_owned())
}

fn said(page: &Value, expected: &[&str]) {
    let text = page["text"].as_str().unwrap();
    for words in expected {
        assert!(text.contains(words), "{words} is not on the page:\n{text}");
    }
}

/// One page shows every object of a manifest, one decision approves them, and each is written once.
#[test]
fn several_objects_are_one_decision() {
    let namespace = "e2e-several";
    let Some((api, mut human, product, mut agent)) = start("several objects in the browser", namespace) else { return };
    for path in ["api/v1/namespaces/e2e-several/configmaps/settings", "api/v1/namespaces/e2e-several/services/front"] {
        assert_eq!(api.get(&format!("/{path}"))["code"], 404, "{path}");
    }
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  greeting: hello\n---\napiVersion: v1\nkind: Service\n\
                    metadata:\n  name: front\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n    protocol: TCP\n";
    let (plan, url) = ask(&mut agent, "request_apply_manifest", namespace, &manifest.into());
    let page = human.visit(product.login(), &url);
    said(&page, &["Step 1: ", "ConfigMap e2e-several/settings", "greeting", "hello", "Step 2: ", "Service e2e-several/front", "app"]);
    human.approve(product.login(), &url);
    let applied = agent.call("apply_approved_plan", &plan);
    let steps: Vec<&Value> =
        applied["structured"]["outcome"]["steps"].as_array().into_iter().flatten().map(|step| &step["state"]).collect();
    assert_eq!(steps, ["applied", "applied"], "{applied}");
    assert_eq!(api.get("/api/v1/namespaces/e2e-several/configmaps/settings")["data"], json!({ "greeting": "hello" }));
    assert_eq!(api.get("/api/v1/namespaces/e2e-several/services/front")["spec"]["selector"], json!({ "app": "web" }));
    assert_eq!(api.accepted_writes(namespace).len(), 2);
    said(&human.open(&url), &["applied"]);
    for path in ["configmaps/settings", "services/front"] {
        api.delete(&format!("/api/v1/namespaces/{namespace}/{path}"));
    }
}

/// A deletion that others feel asks for the object's name: another one decides nothing, the right one goes through.
#[test]
fn a_deletion_asks_for_the_name() {
    let namespace = "e2e-typed";
    let Some((api, mut human, product, mut agent)) = start("a name to type in the browser", namespace) else { return };
    let mut settings = object("v1", "ConfigMap", namespace, "settings");
    settings["data"] = json!({ "greeting": "hello" });
    api.put(&settings);
    let mut reader = object("apps/v1", "Deployment", namespace, "reader");
    reader["spec"] = json!({ "replicas": 0, "selector": { "matchLabels": { "app": "reader" } }, "template": {
        "metadata": { "labels": { "app": "reader" } },
        "spec": { "containers": [{ "name": "c", "image": "registry.test/web:1", "envFrom": [{ "configMapRef": { "name": "settings" } }] }] } } });
    api.put(&reader);
    let (plan, url) = ask(&mut agent, "request_delete_manifest", namespace, &object("v1", "ConfigMap", namespace, "settings"));
    let page = human.visit(product.login(), &url);
    said(&page, &["Type the name settings", "asks for the object's name to be typed", "1 objects use this ConfigMap"]);
    human.ask(&json!({ "do": "wait", "ms": 800 }));
    human.fill("Type the name", "setting");
    said(&human.click("button", "Approve this plan"), &["The name that was typed is not the object's; nothing was decided."]);
    assert_eq!(agent.call("get_plan_status", &plan)["structured"]["state"], "pending");
    assert_eq!(agent.call("apply_approved_plan", &plan)["structured"]["code"], "not-approved");

    human.approve_typing(product.login(), &url, Some("settings"));
    let applied = agent.call("apply_approved_plan", &plan);
    assert_eq!(applied["structured"]["state"], "applied", "{applied}");
    assert_eq!(api.get("/api/v1/namespaces/e2e-typed/configmaps/settings")["code"], 404);
    assert_eq!(api.accepted_writes(namespace).len(), 1);
}

/// Who asked cannot approve what asks for a second person: the page says so and has no form, and nothing is written.
#[test]
fn a_second_person_is_asked_for() {
    let namespace = "e2e-second";
    let Some((api, mut human, product, mut agent)) = start("a second person in the browser", namespace) else { return };
    let mut front = object("v1", "Service", namespace, "front");
    front["spec"] = json!({ "selector": { "app": "web" }, "ports": [{ "port": 80 }] });
    api.put(&front);
    let mut door = object("networking.k8s.io/v1", "Ingress", namespace, "door");
    door["spec"] = json!({ "defaultBackend": { "service": { "name": "front", "port": { "number": 80 } } } });
    let ingresses = format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses");
    api.create(&ingresses, &door);
    let (plan, url) = ask(&mut agent, "request_delete_manifest", namespace, &object("v1", "Service", namespace, "front"));
    let page = human.visit(product.login(), &url);
    said(
        &page,
        &[
            "1 objects send traffic to this Service: 1 Ingress",
            "asks for a second person",
            "no second approver is configured: it cannot be approved",
        ],
    );
    let html = human.ask(&json!({ "do": "html" }));
    assert!(!html["html"].as_str().unwrap().contains("name=\"decision\""), "there is no form to post");
    assert_eq!(agent.call("apply_approved_plan", &plan)["structured"]["code"], "not-approved");
    assert_eq!(api.get("/api/v1/namespaces/e2e-second/services/front")["metadata"]["name"], "front");
    assert_eq!(api.writes(namespace).len(), 0);
    api.delete(&format!("{ingresses}/door"));
}
