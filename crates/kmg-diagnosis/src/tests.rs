use kmg_core::observe::{
    ConditionFacts, ContainerFacts, ContainerImage, ContainerState, DeploymentFacts, DeploymentView, EventFacts, PodFacts, ReplicaSetFacts,
    Terminated,
};

use super::*;

mod around;
mod guards;
mod service;

const NOW: Millis = Millis(1_800_000_000_000);

fn image(image: &str) -> Vec<ContainerImage> {
    vec![ContainerImage { name: "app".to_owned(), image: image.to_owned() }]
}

fn progressing(status: &str, reason: &str) -> ConditionFacts {
    ConditionFacts { kind: "Progressing".to_owned(), status: status.to_owned(), reason: reason.to_owned(), ..ConditionFacts::default() }
}

/// A Deployment of two ready replicas.
fn healthy() -> DeploymentView {
    let deployment = DeploymentFacts {
        name: "web".to_owned(),
        generation: 3,
        observed_generation: 3,
        replicas: 2,
        updated: 2,
        ready: 2,
        available: 2,
        current: 2,
        progress_deadline_seconds: 600,
        containers: image("r.test/web:1"),
        conditions: vec![progressing("True", "NewReplicaSetAvailable")],
        ..DeploymentFacts::default()
    };
    DeploymentView {
        as_of: NOW,
        namespace: "demo".parse().unwrap(),
        deployment,
        replica_sets: vec![ReplicaSetFacts {
            name: "web-1".to_owned(),
            ready: 2,
            replicas: 2,
            containers: image("r.test/web:1"),
            ..ReplicaSetFacts::default()
        }],
        pods: vec![
            pod("web-1-a", "r.test/web:1", ContainerState::Running { since: None }),
            pod("web-1-b", "r.test/web:1", ContainerState::Running { since: None }),
        ],
        pods_total: 2,
        events: Vec::new(),
        logs: Vec::new(),
        around: kmg_core::observe::Around::default(),
        checked: Vec::new(),
        not_checked: Vec::new(),
    }
}

fn pod(name: &str, image: &str, state: ContainerState) -> PodFacts {
    let ready = matches!(state, ContainerState::Running { .. });
    PodFacts {
        name: name.to_owned(),
        uid: format!("uid-{name}"),
        phase: "Running".to_owned(),
        ready,
        created_at: Some(NOW.plus(-60_000)),
        containers: vec![ContainerFacts { name: "app".to_owned(), image: image.to_owned(), ready, state, ..ContainerFacts::default() }],
        ..PodFacts::default()
    }
}

fn waiting(reason: &str, message: &str) -> ContainerState {
    ContainerState::Waiting { reason: reason.to_owned(), message: message.to_owned() }
}

/// A rollout to an image that cannot be pulled, with the old replicas still there.
fn broken(reason: &str, message: &str) -> DeploymentView {
    let mut view = healthy();
    view.deployment.updated = 1;
    view.deployment.current = 3;
    view.deployment.containers = image("r.test/web:2");
    view.deployment.conditions = vec![progressing("False", "ProgressDeadlineExceeded")];
    view.replica_sets.insert(
        0,
        ReplicaSetFacts { name: "web-2".to_owned(), replicas: 1, containers: image("r.test/web:2"), ..ReplicaSetFacts::default() },
    );
    view.pods.insert(0, pod("web-2-a", "r.test/web:2", waiting(reason, message)));
    view.pods_total = 3;
    view
}

fn text(phrase: &Phrase) -> String {
    phrase
        .parts()
        .iter()
        .map(|part| match part {
            Part::Own(words) => (*words).to_owned(),
            Part::Number(number) => number.to_string(),
            Part::Name(text) | Part::Quote(text) => text.clone(),
        })
        .collect()
}

#[test]
fn healthy_has_no_findings() {
    assert_eq!(diagnose(&healthy(), NOW), Vec::new());
    let mut scaled_to_zero = healthy();
    scaled_to_zero.deployment =
        DeploymentFacts { replicas: 0, updated: 0, ready: 0, available: 0, current: 0, ..scaled_to_zero.deployment };
    scaled_to_zero.pods.clear();
    assert_eq!(diagnose(&scaled_to_zero, NOW), Vec::new());
}

#[test]
fn a_failing_pull_is_the_cause_and_the_rollout_its_consequence() {
    let findings = diagnose(&broken("ImagePullBackOff", "Back-off pulling image: manifest unknown: not found"), NOW);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!((finding.id.as_str(), finding.cause, finding.severity), ("image-pull-failed", Some("not-found"), Severity::Critical));
    assert_eq!(
        text(&finding.summary),
        "1 of 3 Pods cannot get the image r.test/web:2 of container app: the registry has no such repository or tag."
    );
    assert_eq!(finding.since, Some(NOW.plus(-60_000)));
    assert!(finding.evidence.iter().any(|one| one.path.ends_with("state.waiting.reason") && one.value == "ImagePullBackOff"));
    assert!(finding.next.iter().any(|next| text(next).contains("r.test/web:1")), "the last good image is named");
    assert_eq!(finding.consequences.len(), 1);
    assert_eq!(finding.consequences[0].id.as_str(), "rollout-stalled");
}

#[test]
fn the_words_of_runtimes_and_registries_are_told_apart() {
    for (reason, message, cause) in [
        ("ErrImagePull", "rpc error: code = NotFound desc = failed to pull and unpack image \"x\": x: not found", Some("not-found")),
        ("ErrImagePull", "pull access denied, repository does not exist or may require authorization", Some("no-credentials")),
        ("ErrImagePull", "tls: failed to verify certificate: x509: certificate signed by unknown authority", Some("tls")),
        ("ErrImagePull", "dial tcp: lookup r.test: no such host", Some("network")),
        ("ErrImagePull", "toomanyrequests: You have reached your pull rate limit", Some("rate-limited")),
        ("ErrImagePull", "no match for platform in manifest: not found", Some("wrong-platform")),
        ("ErrImageNeverPull", "Container image is not present with pull policy of Never", Some("never-pulled")),
        ("InvalidImageName", "", Some("invalid-name")),
        ("ImagePullBackOff", "Back-off pulling image", None),
    ] {
        assert_eq!(diagnose(&broken(reason, message), NOW)[0].cause, cause, "{message}");
    }
}

#[test]
fn events_of_the_pod_tell_what_its_status_does_not() {
    let mut view = broken("ImagePullBackOff", "Back-off pulling image");
    let event = |uid: &str, note: &str| EventFacts {
        reason: "Failed".to_owned(),
        regarding_uid: uid.to_owned(),
        note: note.to_owned(),
        ..EventFacts::default()
    };
    view.events = vec![event("uid-of-an-older-pod", "x509: unknown"), event("uid-web-2-a", "Failed to pull: not found")];
    assert_eq!(diagnose(&view, NOW)[0].cause, Some("not-found"));
}

fn crashing(state: ContainerState, restarts: i32, last: Option<Terminated>) -> DeploymentView {
    let mut view = healthy();
    view.deployment.available = 1;
    view.pods[0] = pod("web-1-a", "r.test/web:1", state);
    view.pods[0].containers[0].restarts = restarts;
    view.pods[0].containers[0].ready = false;
    view.pods[0].containers[0].last = last;
    view
}

fn ended(exit_code: i32, reason: &str, ago: i64) -> Terminated {
    Terminated {
        exit_code,
        reason: reason.to_owned(),
        message: "last words".to_owned(),
        finished_at: Some(NOW.plus(-ago)),
        ..Terminated::default()
    }
}

#[test]
fn a_crash_loop_says_how_the_last_run_ended() {
    for (code, reason, cause) in
        [(1, "Error", "application-error"), (137, "Error", "signal"), (127, "Error", "cannot-start"), (0, "Completed", "ends-at-once")]
    {
        let view = crashing(waiting("CrashLoopBackOff", "back-off 40s"), 5, Some(ended(code, reason, 1_000)));
        let findings = diagnose(&view, NOW);
        assert_eq!((findings[0].id.as_str(), findings[0].cause), ("crash-loop", Some(cause)), "{code} {reason}");
        assert!(findings[0].evidence.iter().any(|one| one.value == "last words"));
        assert_eq!(findings[0].consequences[0].id.as_str(), "replicas-unavailable");
    }
}

#[test]
fn a_container_between_two_crashes_still_loops_and_a_recovered_one_does_not() {
    let running = |ago: i64| ContainerState::Running { since: Some(NOW.plus(-ago)) };
    let id = |view: &DeploymentView| diagnose(view, NOW).first().map(|finding| finding.id.as_str());
    assert_eq!(id(&crashing(running(2_000), 6, Some(ended(1, "Error", 3_000)))), Some("crash-loop"));
    assert_eq!(id(&crashing(ContainerState::Terminated(ended(1, "Error", 100)), 4, None)), Some("crash-loop"));
    assert_eq!(id(&crashing(running(400_000), 6, Some(ended(1, "Error", 401_000)))), Some("replicas-unavailable"));
    assert_eq!(id(&crashing(running(2_000), 1, Some(ended(1, "Error", 3_000)))), Some("replicas-unavailable"));
    let mut recovered = healthy();
    recovered.pods[0].containers[0].restarts = 40;
    recovered.pods[0].containers[0].last = Some(ended(1, "Error", 900_000));
    assert_eq!(id(&recovered), None);
}

#[test]
fn an_unfinished_rollout_is_named_by_its_state() {
    type Change = fn(&mut DeploymentFacts);
    let cases: [(&str, Change); 6] = [
        ("rollout-in-progress", |d| d.observed_generation = 2),
        ("rollout-in-progress", |d| d.updated = 1),
        ("rollout-in-progress", |d| d.current = 3),
        ("rollout-paused", |d| {
            d.updated = 1;
            d.paused = true;
        }),
        ("replicas-unavailable", |d| d.available = 1),
        ("rollout-stalled", |d| {
            d.available = 1;
            d.conditions = vec![progressing("False", "ProgressDeadlineExceeded")];
        }),
    ];
    for (id, change) in cases {
        let mut view = healthy();
        change(&mut view.deployment);
        assert!(!view.deployment.is_rolled_out());
        let findings = diagnose(&view, NOW);
        assert_eq!(findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(), [id]);
    }
}

#[test]
fn pods_that_may_not_be_created_are_a_cause() {
    let mut view = healthy();
    view.deployment.available = 0;
    view.deployment.conditions.push(ConditionFacts {
        kind: "ReplicaFailure".to_owned(),
        status: "True".to_owned(),
        reason: "FailedCreate".to_owned(),
        message: "exceeded quota: q".to_owned(),
        ..ConditionFacts::default()
    });
    let findings = diagnose(&view, NOW);
    assert_eq!((findings.len(), findings[0].id.as_str()), (1, "pods-not-created"));
    assert!(findings[0].summary.parts().contains(&Part::Quote("exceeded quota: q".to_owned())), "foreign text stays apart");
}

#[test]
fn the_order_is_stable_and_the_widest_cause_first() {
    let mut view = broken("ErrImagePull", "not found");
    for name in ["web-1-a", "web-1-b"] {
        let pod = view.pods.iter_mut().find(|pod| pod.name == name).unwrap();
        pod.containers[0].state = waiting("CrashLoopBackOff", "");
    }
    let ids: Vec<_> = diagnose(&view, NOW).iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["crash-loop", "image-pull-failed"]);
}
