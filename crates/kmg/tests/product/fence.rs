//! The fence: without it nothing is planned.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Agent, ApiServer, Human, Product};

const BINDING: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/kmg-system-planner-fence";

/// The fence removed: planning stops within a minute; reading goes on.
#[test]
fn without_the_fence_planning_stops_within_a_minute() {
    let case = "the fence removed";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start_alone(&api, "e2e-fence");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let ask = json!({ "namespace": "e2e-fence", "name": "web", "replicas": 3 });
    assert_eq!(agent.call("request_scale_deployment", &ask)["structured"]["state"], "pending");

    api.delete(BINDING);
    let removed = Instant::now();
    let mut replicas = 4;
    loop {
        // What is asked within the minute may be answered after it.
        let asked_after = removed.elapsed();
        let asked = agent.call("request_scale_deployment", &json!({ "namespace": "e2e-fence", "name": "web", "replicas": replicas }));
        if asked["structured"]["code"] == "not-fenced" {
            break;
        }
        assert!(asked_after < Duration::from_mins(1), "still planning: {asked}");
        replicas += 1;
        std::thread::sleep(Duration::from_secs(3));
    }
    assert_eq!(agent.call("get_k8s_status", &json!({ "namespace": "e2e-fence" }))["isError"], false);
    assert_eq!(api.writes("e2e-fence").len(), 0);
}
