//! Autoscalers, budgets and quotas: what hurts and what is as it should be.

use kmg_core::observe::{AutoscalerFacts, BudgetFacts, ClaimFacts, QuantityFacts, QuotaFacts};

use super::*;

fn ids(view: &DeploymentView) -> Vec<&'static str> {
    diagnose(view, NOW).iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn only_a_budget_that_can_never_allow_anything_is_told() {
    let budget = |min: Option<&str>, max: Option<&str>, allowed: i32| {
        let mut view = healthy();
        view.around.budgets = vec![BudgetFacts {
            name: "web".to_owned(),
            min_available: min.map(str::to_owned),
            max_unavailable: max.map(str::to_owned),
            allowed,
            expected: 2,
            healthy: 2,
            desired: 1,
        }];
        ids(&view)
    };
    for (min, max, allowed, blocked) in [
        (None, Some("1"), 1, false),
        (Some("1"), None, 1, false),
        (Some("1"), None, 0, false),
        (Some("50%"), None, 0, false),
        (None, Some("0"), 0, true),
        (None, Some("0%"), 0, true),
        (Some("2"), None, 0, true),
        (Some("100%"), None, 0, true),
    ] {
        assert_eq!(budget(min, max, allowed), if blocked { vec!["disruption-blocked"] } else { vec![] }, "{min:?} {max:?} {allowed}");
    }
}

#[test]
fn budgets_bar_each_other_where_there_is_more_than_one() {
    let mut view = healthy();
    let budget =
        |name: &str| BudgetFacts { name: name.to_owned(), allowed: 1, expected: 2, healthy: 2, desired: 1, ..BudgetFacts::default() };
    view.around.budgets = vec![budget("web")];
    assert_eq!(ids(&view), [""; 0]);
    view.around.budgets.push(budget("web-too"));
    assert_eq!(ids(&view), ["budgets-overlap"]);
}

#[test]
fn a_volume_that_cannot_grow_explains_pods_in_trouble_only() {
    let condition =
        |status: &str| ConditionFacts { kind: "ControllerResizeError".to_owned(), status: status.to_owned(), ..ConditionFacts::default() };
    let claim = |status: &str| ClaimFacts {
        name: "data".to_owned(),
        phase: "Bound".to_owned(),
        conditions: vec![condition(status)],
        ..ClaimFacts::default()
    };
    let mut view = healthy();
    view.around.claims = vec![claim("True")];
    assert_eq!(ids(&view), [""; 0]);
    view.deployment.available = 1;
    assert_eq!(ids(&view), ["volume-resize-failed", "replicas-unavailable"]);
    view.around.claims = vec![claim("False")];
    assert_eq!(ids(&view), ["replicas-unavailable"]);
}

#[test]
fn an_autoscaler_is_told_of_when_it_cannot_work_and_not_when_it_rests() {
    let autoscaler = |kind: &str, status: &str, reason: &str, ago: i64| {
        let mut view = healthy();
        view.around.autoscalers = vec![AutoscalerFacts {
            name: "web".to_owned(),
            min_replicas: 1,
            max_replicas: 5,
            current: 5,
            desired: 5,
            conditions: vec![ConditionFacts {
                kind: kind.to_owned(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                since: Some(NOW.plus(-ago)),
                ..ConditionFacts::default()
            }],
        }];
        ids(&view)
    };
    assert_eq!(autoscaler("ScalingActive", "False", "FailedGetResourceMetric", 300_000), ["autoscaler-cannot-scale"]);
    assert_eq!(autoscaler("ScalingActive", "False", "FailedGetResourceMetric", 10_000), [""; 0], "its metrics are on their way");
    assert_eq!(autoscaler("ScalingActive", "False", "ScalingDisabled", 300_000), [""; 0]);
    assert_eq!(autoscaler("ScalingLimited", "True", "TooManyReplicas", 300_000), ["autoscaler-at-maximum"]);
    assert_eq!(autoscaler("ScalingLimited", "True", "TooFewReplicas", 300_000), [""; 0]);
}

#[test]
fn a_quota_without_room_explains_missing_pods_and_a_ban_does_not() {
    let quota = |resource: &str, used: &str, hard: &str, missing: i32| {
        let amount = |quantity: &str| vec![QuantityFacts { resource: resource.to_owned(), quantity: quantity.to_owned() }];
        let mut view = healthy();
        view.deployment.current = 2 - missing;
        view.around.quotas = vec![QuotaFacts { name: "q".to_owned(), hard: amount(hard), used: amount(used) }];
        ids(&view)
    };
    let also = ["quota-exhausted", "rollout-in-progress"];
    assert_eq!(quota("pods", "2", "2", 1), also);
    assert_eq!(quota("pods", "2", "2", 0), [""; 0], "full, and all Pods are there");
    assert_eq!(quota("pods", "2", "40", 1), also[1..]);
    assert_eq!(quota("limits.memory", "1Gi", "1Gi", 1), also);
    assert_eq!(quota("services.loadbalancers", "0", "0", 1), also[1..]);
    assert_eq!(quota("count/secrets", "9", "9", 1), also[1..]);
}

#[test]
fn a_claim_that_lost_its_volume_stands_above_the_pods_that_wait() {
    let mut view = healthy();
    view.deployment.available = 1;
    view.pods[0] = PodFacts {
        phase: "Pending".to_owned(),
        ready: false,
        containers: Vec::new(),
        conditions: vec![ConditionFacts {
            kind: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: "Unschedulable".to_owned(),
            message: "0/4 nodes are available: persistentvolumeclaim \"data\" bound to non-existent persistentvolume \"pv\".".to_owned(),
            ..ConditionFacts::default()
        }],
        ..view.pods[0].clone()
    };
    assert_eq!(ids(&view), ["unschedulable"]);
    view.around.claims = vec![ClaimFacts { name: "data".to_owned(), phase: "Lost".to_owned(), ..ClaimFacts::default() }];
    let findings = diagnose(&view, NOW);
    assert_eq!(
        (findings.len(), findings[0].id.as_str(), findings[0].consequences[0].id.as_str()),
        (1, "volume-claim-lost", "unschedulable")
    );
}

#[test]
fn a_surge_that_cannot_fit_is_a_consequence_of_what_refuses_it() {
    let mut view = healthy();
    view.deployment.strategy = "RollingUpdate maxSurge=25%,maxUnavailable=25%".to_owned();
    view.deployment.updated = 0;
    view.deployment.conditions.push(ConditionFacts {
        kind: "ReplicaFailure".to_owned(),
        status: "True".to_owned(),
        message: "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2".to_owned(),
        ..ConditionFacts::default()
    });
    let findings = diagnose(&view, NOW);
    assert_eq!((findings[0].id.as_str(), findings[0].cause), ("pods-not-created", Some("quota")));
    let consequences: Vec<_> = findings[0].consequences.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(consequences, ["rollout-in-progress", "surge-cannot-fit"]);
}
