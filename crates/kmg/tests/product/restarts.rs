//! A child killed with -9 is noticed and started again, and an approved plan is still applied, once.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Agent, ApiServer, Human, Product};

#[test]
fn a_killed_child_is_restarted_and_the_approved_plan_still_applies_once() {
    let case = "children killed with -9";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let mut product = Product::start(&api, "e2e-kill");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let asked = agent.call("request_scale_deployment", &json!({ "namespace": "e2e-kill", "name": "web", "replicas": 3 }));
    let plan = asked["structured"]["planId"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    human.approve(product.login(), asked["structured"]["approvalUrl"].as_str().unwrap());

    for name in ["server", "executor"] {
        kill(child(&product, name));
    }
    until("reads work again", || agent.call("get_k8s_status", &json!({ "namespace": "e2e-kill" }))["isError"] == false);
    until("the plan is applied", || {
        agent.call("apply_approved_plan", &json!({ "planId": plan }));
        agent.call("get_plan_status", &json!({ "planId": plan }))["structured"]["state"] == "applied"
    });
    assert_eq!(api.accepted_writes("e2e-kill").len(), 1);
    product.end();
    product.verify_journals();
}

/// A plan, a decision and an outcome each survive a `kill -9` of the gateway, and the plan is applied once.
#[test]
fn plan_decision_and_outcome_survive_a_killed_gateway() {
    let case = "the gateway killed with -9 after each step";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let mut product = Product::start(&api, "e2e-crash");
    product.end();
    let _issuer = product.start_part("issuer");
    let mut gateway = product.start_part("gateway");
    let mut killed = |product: &Product| {
        gateway.kill();
        gateway = product.start_part("gateway");
    };
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let asked = agent.call("request_scale_deployment", &json!({ "namespace": "e2e-crash", "name": "web", "replicas": 3 }));
    let plan = asked["structured"]["planId"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let state = |agent: &mut Agent| agent.call("get_plan_status", &json!({ "planId": plan }))["structured"]["state"].clone();

    killed(&product);
    assert_eq!(state(&mut agent), "pending");
    human.approve(product.login(), asked["structured"]["approvalUrl"].as_str().unwrap());
    killed(&product);
    assert_eq!(state(&mut agent), "approved");
    assert_eq!(agent.call("apply_approved_plan", &json!({ "planId": plan }))["structured"]["state"], "applied");
    killed(&product);
    assert_eq!(state(&mut agent), "applied");
    assert_eq!(agent.call("apply_approved_plan", &json!({ "planId": plan }))["structured"]["state"], "applied");
    assert_eq!(api.writes("e2e-crash").len(), 1);
    product.verify_journals();
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_mins(3), "not within three minutes: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The process id of the product's `name` process: a grandchild of the demo.
fn child(product: &Product, name: &str) -> i32 {
    let children = |parent: i32| -> Vec<i32> {
        let list = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        list.filter(|pid| parent_of(*pid) == Some(parent)).collect()
    };
    let demo = i32::try_from(product.pid()).unwrap();
    let all: Vec<i32> = children(demo).into_iter().flat_map(children).collect();
    let is = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.split('\0').nth(1) == Some(name));
    all.into_iter().find(is).unwrap_or_else(|| panic!("no process {name}"))
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
