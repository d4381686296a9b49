//! Until when the past counts: what must not be an alarm, beside the same thing when it is one.

use kmg_core::observe::{Around, ContainerDetail, NodeFacts, PodDetail, PodView, ProbeFacts};

use super::*;

const MINUTE: i64 = 60_000;

const fn before(millis: i64) -> Millis {
    NOW.plus(-millis)
}

fn one(pod: PodFacts) -> PodView {
    PodView {
        as_of: NOW,
        namespace: "demo".parse().unwrap(),
        pod,
        owners: Vec::new(),
        events: Vec::new(),
        logs: Vec::new(),
        around: Around::default(),
        checked: Vec::new(),
        not_checked: Vec::new(),
    }
}

fn first(view: &PodView) -> Option<&'static str> {
    diagnose_pod(view, NOW).first().map(|finding| finding.id.as_str())
}

fn running(since: i64) -> PodFacts {
    pod("web-1", "r.test/web:1", ContainerState::Running { since: Some(before(since)) })
}

fn probe(period: i32) -> ProbeFacts {
    ProbeFacts { kind: "http".to_owned(), port: Some("8080".to_owned()), period, failures: 3, timeout: 1, ..ProbeFacts::default() }
}

fn with_probes(mut pod: PodFacts, container: ContainerDetail) -> PodFacts {
    let container = ContainerDetail { name: "app".to_owned(), ..container };
    pod.detail = Some(Box::new(PodDetail { containers: vec![container], ..PodDetail::default() }));
    pod
}

fn unhealthy(note: &str, count: i64, at: i64) -> EventFacts {
    EventFacts {
        kind: "Warning".to_owned(),
        reason: "Unhealthy".to_owned(),
        note: note.to_owned(),
        regarding_uid: "uid-web-1".to_owned(),
        count,
        last_seen: Some(before(at)),
        ..EventFacts::default()
    }
}

fn not_ready(mut pod: PodFacts, reason: &str, since: i64) -> PodFacts {
    pod.ready = false;
    pod.containers[0].ready = false;
    pod.conditions = vec![ConditionFacts {
        kind: "Ready".to_owned(),
        status: "False".to_owned(),
        reason: reason.to_owned(),
        since: Some(before(since)),
        ..ConditionFacts::default()
    }];
    pod
}

#[test]
fn a_restart_counts_until_the_container_has_proved_itself() {
    let restarted = |since: i64, restarts: i32, end: Terminated| {
        let mut pod = running(since);
        pod.containers[0].restarts = restarts;
        pod.containers[0].last = Some(end);
        pod
    };
    for (pod, expected) in [
        (restarted(6 * MINUTE, 40, ended(1, "Error", 6 * MINUTE)), None),
        (restarted(MINUTE, 40, ended(1, "Error", MINUTE)), Some("crash-loop")),
        (restarted(MINUTE, 2, ended(1, "Error", MINUTE)), None),
        (restarted(MINUTE, 1, ended(137, "OOMKilled", MINUTE)), Some("out-of-memory")),
        (restarted(6 * MINUTE, 1, ended(137, "OOMKilled", 6 * MINUTE)), None),
        // Ready by a probe of its own: it has recovered, for now.
        (
            with_probes(
                restarted(MINUTE, 9, ended(1, "Error", MINUTE)),
                ContainerDetail { readiness: Some(probe(10)), ..ContainerDetail::default() },
            ),
            Some("restarts-often"),
        ),
        (
            with_probes(
                restarted(MINUTE, 1, ended(137, "OOMKilled", MINUTE)),
                ContainerDetail { readiness: Some(probe(10)), ..ContainerDetail::default() },
            ),
            None,
        ),
    ] {
        assert_eq!(first(&one(pod.clone())), expected, "{:?}", pod.containers[0]);
    }
}

#[test]
fn a_killed_container_is_not_out_of_memory_for_its_exit_code() {
    let mut pod = pod("web-1", "r.test/web:1", waiting("CrashLoopBackOff", "back-off"));
    pod.containers[0].restarts = 4;
    pod.containers[0].last = Some(ended(137, "Error", 1_000));
    let mut view = one(with_probes(pod, ContainerDetail { liveness: Some(probe(10)), ..ContainerDetail::default() }));
    assert_eq!(first(&view), Some("crash-loop"));
    view.events = vec![
        EventFacts {
            reason: "Killing".to_owned(),
            note: "Container app failed liveness probe, will be restarted".to_owned(),
            ..unhealthy("", 4, 40 * MINUTE)
        },
        unhealthy("Liveness probe failed: HTTP probe failed with statuscode: 500", 12, 40 * MINUTE),
    ];
    let findings = diagnose_pod(&view, NOW);
    assert_eq!((findings[0].id.as_str(), findings[0].cause), ("liveness-probe-failing", Some("http-status")));
    assert_eq!(findings[0].consequences[0].id.as_str(), "crash-loop");
    // A program that ends with an error of its own is not the probe's victim, whatever an old Event says.
    view.pod.containers[0].last = Some(ended(3, "Error", 1_000));
    assert_eq!(first(&view), Some("crash-loop"));
}

#[test]
fn a_probe_without_events_is_told_by_how_long_the_run_took() {
    let ran = |seconds: i64| {
        let mut pod = pod("web-1", "r.test/web:1", waiting("CrashLoopBackOff", "back-off"));
        pod.containers[0].restarts = 4;
        pod.containers[0].last = Some(Terminated { started_at: Some(before(1_000 + seconds * 1_000)), ..ended(0, "Completed", 1_000) });
        with_probes(pod, ContainerDetail { liveness: Some(probe(10)), ..ContainerDetail::default() })
    };
    assert_eq!(first(&one(ran(25))), Some("liveness-probe-failing"));
    assert_eq!(first(&one(ran(1))), Some("crash-loop"), "it ended before the probe could fail");
    assert_eq!(first(&one(ran(600))), Some("crash-loop"), "it ran for much longer");
}

#[test]
fn readiness_counts_after_the_probes_own_patience_and_only_now() {
    let note = "Readiness probe failed: HTTP probe failed with statuscode: 503";
    let starting = |since: i64| {
        with_probes(
            not_ready(running(since), "ContainersNotReady", since),
            ContainerDetail { readiness: Some(probe(10)), ..ContainerDetail::default() },
        )
    };
    let seen = |pod: PodFacts, event: EventFacts| first(&PodView { events: vec![event], ..one(pod) });
    assert_eq!(seen(starting(20_000), unhealthy(note, 2, 1_000)), None, "it just starts");
    assert_eq!(seen(starting(2 * MINUTE), unhealthy(note, 9, 1_000)), Some("readiness-probe-failing"));
    assert_eq!(seen(starting(2 * MINUTE), unhealthy(note, 9, 3 * MINUTE)), None, "of the run before");
    assert_eq!(
        seen(
            with_probes(running(2 * MINUTE), ContainerDetail { readiness: Some(probe(10)), ..ContainerDetail::default() }),
            unhealthy(note, 9, 1_000)
        ),
        None
    );
    assert_eq!(seen(starting(6 * MINUTE), EventFacts::default()), Some("readiness-probe-failing"), "Events may have expired");
    let mut by_name = starting(2 * MINUTE);
    let detail = by_name.detail.as_mut().unwrap();
    detail.containers[0].readiness = Some(ProbeFacts { port: Some("metrics".to_owned()), ..probe(10) });
    assert_eq!(seen(by_name, EventFacts::default()), Some("readiness-probe-failing"), "its port is no port");
    let unprobed = with_probes(not_ready(running(6 * MINUTE), "ContainersNotReady", 6 * MINUTE), ContainerDetail::default());
    assert_eq!(seen(unprobed, EventFacts::default()), Some("not-ready"));
    let other = EventFacts { regarding_uid: "uid-of-an-older-pod".to_owned(), ..unhealthy(note, 9, 1_000) };
    assert_eq!(seen(starting(2 * MINUTE), other), None);
}

#[test]
fn a_deletion_counts_when_it_is_overdue() {
    let ending = |late: i64, finalizers: &[&str]| {
        let mut pod = pod("web-1", "r.test/web:1", ContainerState::Terminated(ended(0, "Completed", late)));
        pod.terminating = true;
        let finalizers = finalizers.iter().map(|one| (*one).to_owned()).collect();
        pod.detail = Some(Box::new(PodDetail { deletion_at: Some(before(late)), finalizers, ..PodDetail::default() }));
        diagnose_pod(&one(pod), NOW).first().map(|finding| (finding.id.as_str(), finding.severity))
    };
    assert_eq!(ending(MINUTE, &[]), None);
    assert_eq!(ending(11 * MINUTE, &[]), Some(("stuck-terminating", Severity::Warning)));
    assert_eq!(ending(31 * MINUTE, &[]), Some(("stuck-terminating", Severity::Critical)));
    assert_eq!(ending(2 * MINUTE, &["lab.test/hold"]), Some(("stuck-terminating", Severity::Warning)));
}

#[test]
fn an_old_pod_that_does_not_end_is_not_why_a_rollout_stalls() {
    let mut view = broken("", "");
    view.pods[0] = pod("web-2-a", "r.test/web:2", ContainerState::Running { since: Some(NOW) });
    view.pods[1].terminating = true;
    view.pods[1].detail = Some(Box::new(PodDetail { deletion_at: Some(before(11 * MINUTE)), ..PodDetail::default() }));
    let ids: Vec<_> = diagnose(&view, NOW).iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["rollout-stalled", "stuck-terminating"]);
}

#[test]
fn a_cause_is_as_bad_as_what_follows_from_it() {
    let mut view = broken("", "");
    view.pods[0].phase = "Pending".to_owned();
    view.pods[0].containers.clear();
    view.pods[0].conditions = vec![ConditionFacts {
        kind: "PodScheduled".to_owned(),
        status: "False".to_owned(),
        reason: "SchedulingGated".to_owned(),
        ..ConditionFacts::default()
    }];
    let findings = diagnose(&view, NOW);
    assert_eq!((findings[0].id.as_str(), findings[0].severity), ("scheduling-gated", Severity::Critical));
}

#[test]
fn a_lost_node_is_the_cause_and_said_once() {
    let down = ConditionFacts { kind: "Ready".to_owned(), status: "Unknown".to_owned(), ..ConditionFacts::default() };
    let node = NodeFacts { name: "node-1".to_owned(), conditions: vec![down], ..NodeFacts::default() };
    let mut pod = not_ready(running(20 * MINUTE), "", MINUTE);
    pod.node = Some("node-1".to_owned());
    let mut view = one(pod);
    assert_eq!(first(&view), None);
    view.around.nodes = vec![node];
    let ids: Vec<_> = diagnose_pod(&view, NOW).iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["node-lost"]);
}

#[test]
fn what_was_evicted_once_is_history_where_all_replicas_are_there() {
    let evicted = |name: &str, at: i64| PodFacts {
        phase: "Failed".to_owned(),
        reason: "Evicted".to_owned(),
        message: "The node was low on resource: memory.".to_owned(),
        created_at: Some(before(at)),
        containers: Vec::new(),
        ready: false,
        ..pod(name, "r.test/web:1", ContainerState::Unknown)
    };
    let ids = |pods: Vec<PodFacts>| {
        let mut view = healthy();
        view.pods.extend(pods);
        diagnose(&view, NOW).iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(ids(vec![evicted("a", MINUTE)]), [""; 0]);
    assert_eq!(ids(vec![evicted("a", 60 * MINUTE), evicted("b", 50 * MINUTE)]), [""; 0]);
    assert_eq!(ids(vec![evicted("a", MINUTE), evicted("b", 2 * MINUTE)]), ["evicted"]);
    let mut view = healthy();
    view.deployment.available = 1;
    view.pods.push(evicted("a", MINUTE));
    assert_eq!(diagnose(&view, NOW)[0].id.as_str(), "evicted");
}
