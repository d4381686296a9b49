//! After a write: what the agent hears of the rollout.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Agent, ApiServer, Human, Product};

const NAME: &str = "e2e-rollout";
/// How long a rollout may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// A rollout that completes is followed with progress and told as complete. One that cannot is told as failed when the
/// controller gives it up, with what ails its Pods, and is never told as complete; the write stands.
#[test]
fn the_rollout_of_a_write_is_watched_to_its_verdict() {
    let case = "the rollout of a write";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let mut product = Product::start_watching(&api, NAME);
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");

    let good = change(&mut agent, &mut human, &product, "registry.test/web:1");
    assert_eq!(good["structured"]["state"], "applied", "{good}");
    let good = to_its_verdict(&mut agent, good);
    let rollout = &good["structured"]["rollouts"][0];
    assert_eq!(rollout["verdict"], "complete", "{good}");
    assert_eq!(rollout["replicas"], json!({ "desired": 2, "current": 2, "updated": 2, "available": 2 }));
    assert!(rollout["changedSince"].is_null() && rollout["findings"].is_null(), "{good}");
    heard(&good, "Deployment e2e-rollout/web: complete, 2 of 2 replicas available");

    // The controller gives this one up after twenty seconds: by then the node has said what ails the Pods.
    let path = format!("/apis/apps/v1/namespaces/{NAME}/deployments/web");
    api.patch(&path, &json!({ "spec": { "progressDeadlineSeconds": 20 } }));
    let bad = change(&mut agent, &mut human, &product, "registry.test/web:does-not-exist");
    assert_eq!((&bad["structured"]["state"], &bad["isError"]), (&json!("applied"), &json!(false)), "the write stands: {bad}");
    heard(&bad, "Deployment e2e-rollout/web: progressing");
    let bad = to_its_verdict(&mut agent, bad);
    let rollout = &bad["structured"]["rollouts"][0];
    assert_eq!((&rollout["verdict"], &rollout["findings"][0]["id"]), (&json!("failed"), &json!("image-pull-failed")), "{bad}");
    assert!(bad["structured"]["next"].as_str().unwrap().contains("the rollout failed"), "{bad}");
    heard(&bad, "Deployment e2e-rollout/web: failed");

    // Later looks tell the same, and that somebody wrote the Deployment since.
    let plan = json!({ "planId": bad["structured"]["planId"] });
    let later = agent.call("get_plan_status", &plan);
    assert_eq!(later["structured"]["rollouts"][0]["verdict"], "failed", "{later}");
    let again = json!({ "metadata": { "annotations": { "try": "again" } } });
    api.patch(&path, &json!({ "spec": { "progressDeadlineSeconds": 600, "template": again } }));
    // Time alone completes nothing.
    let moved = agent.call("wait_for_plan", &json!({ "planId": plan["planId"], "timeoutSeconds": 10 }));
    let rollout = &moved["structured"]["rollouts"][0];
    assert_eq!((&rollout["verdict"], &rollout["changedSince"]), (&json!("progressing"), &json!(true)), "{moved}");
    assert!(moved["progress"].as_array().is_some_and(|notes| notes.len() > 1), "{moved}");
    api.delete(&path);
    let gone = agent.call("wait_for_plan", &plan);
    assert_eq!(gone["structured"]["rollouts"][0]["verdict"], "gone", "{gone}");
    product.end();
    product.verify_journals();
}

/// Asks for the image, approves as the person, and applies.
fn change(agent: &mut Agent, human: &mut Human, product: &Product, image: &str) -> Value {
    let asked =
        agent.call("request_set_deployment_image", &json!({ "namespace": NAME, "name": "web", "container": "web", "image": image }));
    let url = asked["structured"]["approvalUrl"].as_str().unwrap_or_else(|| panic!("{asked}"));
    human.visit(product.login(), url);
    human.approve(product.login(), url);
    agent.call("apply_approved_plan", &json!({ "planId": asked["structured"]["planId"] }))
}

/// `answer`, or what follows it: an apply looks on for a bounded time, and what is progressing then is asked for again.
fn to_its_verdict(agent: &mut Agent, mut answer: Value) -> Value {
    let began = Instant::now();
    while answer["structured"]["rollouts"][0]["verdict"] == "progressing" {
        assert!(began.elapsed() < PATIENCE, "no verdict: {answer}");
        answer = agent.call("wait_for_plan", &json!({ "planId": answer["structured"]["planId"], "timeoutSeconds": 50 }));
    }
    answer
}

/// The client heard `text`, and the numbers of what it heard grow.
fn heard(answer: &Value, text: &str) {
    let notes = answer["progress"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["message"].as_str().is_some_and(|message| message.starts_with(text))), "{text}: {notes:?}");
    let numbers: Vec<_> = notes.iter().map(|note| note["progress"].as_f64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{notes:?}");
}
