//! Services: the hop that breaks comes first.

use kmg_core::observe::{
    Around, ContainerDetail, EndpointFacts, LabelFacts, LabelSet, PodDetail, PortFacts, ServiceDetail, ServicePortFacts, ServiceView,
    TargetPort,
};

use super::*;

fn label(key: &str, value: &str) -> LabelFacts {
    LabelFacts { key: key.to_owned(), value: value.to_owned() }
}

/// A Service with one ready Pod behind it.
fn serving() -> ServiceView {
    let mut behind = pod("web-1", "r.test/web:1", ContainerState::Running { since: None });
    let ports = vec![PortFacts { name: "http".to_owned(), port: 8080, protocol: "TCP".to_owned() }];
    let container = ContainerDetail { name: "app".to_owned(), ports, ..ContainerDetail::default() };
    behind.detail = Some(Box::new(PodDetail { containers: vec![container], ..PodDetail::default() }));
    let port = ServicePortFacts {
        port: 80,
        protocol: "TCP".to_owned(),
        target: TargetPort::Name("http".to_owned()),
        ..ServicePortFacts::default()
    };
    ServiceView {
        as_of: NOW,
        namespace: "demo".parse().unwrap(),
        service: ServiceDetail {
            name: "web".to_owned(),
            kind: "ClusterIP".to_owned(),
            selector: vec![label("app", "web")],
            ports: vec![port],
            created_at: Some(NOW.plus(-3_600_000)),
            ..ServiceDetail::default()
        },
        endpoints: Some(EndpointFacts { slices: 1, ready: 1, ..EndpointFacts::default() }),
        pods: vec![behind],
        pods_total: 1,
        others: Vec::new(),
        workloads: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        around: Around::default(),
        checked: vec!["service".to_owned(), "pods".to_owned()],
        not_checked: Vec::new(),
    }
}

/// A Service whose selector matches nothing.
fn alone(selector: Vec<LabelFacts>) -> ServiceView {
    let mut view = serving();
    view.service.selector = selector;
    view.pods.clear();
    view.pods_total = 0;
    view.endpoints = Some(EndpointFacts { slices: 1, ..EndpointFacts::default() });
    view
}

fn ids(view: &ServiceView) -> Vec<&'static str> {
    diagnose_service(view, NOW).iter().map(|finding| finding.id.as_str()).collect()
}

#[test]
fn pods_that_fail_are_the_cause_and_missing_endpoints_the_consequence() {
    let mut view = serving();
    assert_eq!(ids(&view), [""; 0]);
    view.pods[0].ready = false;
    view.pods[0].containers[0].state = waiting("ImagePullBackOff", "not found");
    view.endpoints = Some(EndpointFacts { slices: 1, not_ready: 1, ..EndpointFacts::default() });
    let findings = diagnose_service(&view, NOW);
    assert_eq!((findings.len(), findings[0].id.as_str()), (1, "image-pull-failed"));
    assert_eq!(findings[0].consequences[0].id.as_str(), "no-ready-endpoints");
    view.service.ports[0].target = TargetPort::Name("metrics".to_owned());
    assert_eq!(ids(&view), ["target-port-unresolved", "image-pull-failed"], "a port that leads nowhere stays one");
}

#[test]
fn a_port_that_may_be_wrong_is_not_why_pods_are_not_ready() {
    let mut view = serving();
    view.service.ports[0].target = TargetPort::Number(9090);
    assert_eq!(ids(&view), ["target-port-unknown"]);
    view.endpoints = Some(EndpointFacts { slices: 1, not_ready: 1, ..EndpointFacts::default() });
    assert_eq!(ids(&view), ["no-ready-endpoints", "target-port-unknown"]);
}

#[test]
fn a_near_miss_names_the_one_label() {
    for (selector, labels, cause) in [
        (vec![label("app", "wbe")], vec![label("app", "web")], "label-mismatch"),
        (vec![label("app", "web"), label("tier", "front")], vec![label("app", "web")], "label-mismatch"),
        (vec![label("app", "web"), label("tier", "front")], vec![label("app", "web"), label("tier", "back")], "label-mismatch"),
        (vec![label("app", "web")], vec![label("app", "database")], "no-pods"),
        (vec![label("app", "web"), label("tier", "front")], vec![label("app", "api"), label("tier", "back")], "no-pods"),
    ] {
        let mut view = alone(selector);
        view.others = vec![LabelSet { labels, pods: 2, example: "web-1".to_owned() }];
        let findings = diagnose_service(&view, NOW);
        assert_eq!((findings.len(), findings[0].id.as_str(), findings[0].cause), (1, "no-matching-pods", Some(cause)));
    }
}

#[test]
fn a_workload_at_rest_or_refused_explains_that_nothing_matches() {
    let mut view = alone(vec![label("app", "web")]);
    view.workloads = vec![DeploymentFacts { name: "web".to_owned(), ..DeploymentFacts::default() }];
    assert_eq!(
        diagnose_service(&view, NOW).iter().map(|one| (one.id.as_str(), one.severity)).collect::<Vec<_>>(),
        [("scaled-to-zero", Severity::Info)]
    );
    view.workloads[0].replicas = 2;
    assert_eq!(ids(&view), ["no-matching-pods"]);
    view.workloads[0].conditions = vec![ConditionFacts {
        kind: "ReplicaFailure".to_owned(),
        status: "True".to_owned(),
        message: "exceeded quota: q".to_owned(),
        ..ConditionFacts::default()
    }];
    let findings = diagnose_service(&view, NOW);
    assert_eq!((findings[0].id.as_str(), findings[0].consequences[0].id.as_str()), ("pods-not-created", "no-matching-pods"));
}

#[test]
fn what_needs_no_endpoints_or_was_not_read_is_no_alarm() {
    let mut external = alone(Vec::new());
    external.service.external_name = Some("db.test".to_owned());
    assert_eq!(ids(&external), [""; 0]);
    let mut unread = alone(vec![label("app", "web")]);
    unread.checked = vec!["service".to_owned()];
    unread.endpoints = None;
    assert_eq!(ids(&unread), [""; 0], "Pods that were not read are not absent");
    let mut by_hand = alone(Vec::new());
    assert_eq!(ids(&by_hand), ["no-endpoints"]);
    by_hand.endpoints = Some(EndpointFacts { slices: 1, ready: 1, ..EndpointFacts::default() });
    assert_eq!(ids(&by_hand), [""; 0]);
    let mut published = serving();
    published.service.publish_not_ready = true;
    published.endpoints = Some(EndpointFacts { slices: 1, not_ready: 1, ..EndpointFacts::default() });
    assert_eq!(ids(&published), [""; 0]);
}

#[test]
fn a_balancer_may_take_five_minutes() {
    let mut view = serving();
    view.service.kind = "LoadBalancer".to_owned();
    assert_eq!(ids(&view), ["load-balancer-pending"]);
    view.service.created_at = Some(NOW.plus(-60_000));
    assert_eq!(ids(&view), [""; 0]);
    view.service.created_at = Some(NOW.plus(-3_600_000));
    view.service.load_balancer_addresses = 1;
    assert_eq!(ids(&view), [""; 0]);
}
