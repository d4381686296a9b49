//! Logs of real containers on the real node.

use http::Method;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::pod_log;
use kmg_cluster::{Cluster, ClusterError};
use kmg_core::observe::{Chosen, LogAbsence, LogQuery, PodLog};
use kmg_testkit::lane;
use serde_json::{Value, json};

use crate::lab::{Lab, eventually, lab, send};

const WRITES: &str = r#"i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); done; printf 'red \033[31m nul \000 bad \377\n'"#;

fn query(lab: &Lab, pod: &str, tail_lines: u32) -> LogQuery {
    LogQuery {
        namespace: lab.namespace.clone(),
        pod: pod.parse().unwrap(),
        container: None,
        tail_lines,
        previous: false,
        since_seconds: None,
        contains: None,
    }
}

fn sleeper(name: &str, script: &str) -> Value {
    let command = ["sh", "-c", &format!("{script}; sleep 1000")];
    json!({"name": name, "image": "registry.test/sleeper:1", "imagePullPolicy": "IfNotPresent", "command": command})
}

async fn start(lab: &Lab, name: &str, annotation: Option<&str>, containers: &[Value]) {
    let annotations = annotation.map(|container| json!({"kubectl.kubernetes.io/default-container": container}));
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations},
        "spec": {"nodeName": lab.test_cluster.node.name, "terminationGracePeriodSeconds": 0, "containers": containers}
    });
    let created = send(&lab.raw(None).await, Method::POST, &lab.core("pods"), Some(("application/json", pod))).await;
    assert_eq!(created.0, 201, "{}", created.1);
}

async fn until(reader: &Cluster, lab: &Lab, query: &LogQuery, is: impl Fn(&PodLog) -> bool) -> PodLog {
    eventually("a log", || async { pod_log(reader, &lab.permit, query).await.ok().filter(&is) }).await
}

fn texts(log: &PodLog) -> Vec<&str> {
    log.lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn the_newest_lines_of_a_container_are_read() {
    let case = "logs of real containers";
    if lane::node(case).is_none() {
        return;
    }
    let Some(lab) = lab(case, "logs").await else { return };
    let reader = lab.identity(Identity::Reader).await;
    let crash = json!({"name": "crash", "image": "registry.test/crash:1", "imagePullPolicy": "IfNotPresent"});
    let absent = json!({"name": "app", "image": "registry.test/web:does-not-exist"});
    start(&lab, "one", None, &[sleeper("app", WRITES)]).await;
    start(&lab, "two", Some("side"), &[sleeper("app", "echo app"), sleeper("side", "echo side")]).await;
    start(&lab, "crash", None, &[crash]).await;
    start(&lab, "waits", None, &[absent]).await;
    start(&lab, "huge", None, &[sleeper("app", "echo first; head -c 3000000 /dev/zero | tr '\\000' x; echo; echo last")]).await;

    let log = until(&reader, &lab, &query(&lab, "one", 3), |log| texts(log).last().is_some_and(|line| line.starts_with("red"))).await;
    assert_eq!((log.container.as_str(), log.chosen, log.others.len(), log.more), ("app", Chosen::Only, 0, true));
    assert_eq!(texts(&log), ["line 298", "line 299", "red \u{1b}[31m nul \0 bad \u{fffd}"]);
    assert!(log.lines.iter().all(|line| line.time.is_some_and(|time| (log.as_of.since(time)).abs() < 600_000)), "{:?}", log.lines);
    let whole = pod_log(&reader, &lab.permit, &query(&lab, "one", 500)).await.unwrap();
    assert_eq!((whole.lines.len(), whole.more, whole.read), (301, false, 301));
    let recent = LogQuery { since_seconds: Some(3_600), ..query(&lab, "one", 500) };
    assert_eq!(pod_log(&reader, &lab.permit, &recent).await.unwrap().lines.len(), 301);

    let log = until(&reader, &lab, &query(&lab, "two", 10), |log| !log.lines.is_empty()).await;
    assert_eq!((log.container.as_str(), log.chosen, log.others.as_slice()), ("side", Chosen::Annotated, &["app".to_owned()][..]));
    let other = LogQuery { container: Some("app".parse().unwrap()), ..query(&lab, "two", 10) };
    assert_eq!(texts(&until(&reader, &lab, &other, |log| !log.lines.is_empty()).await), ["app"]);
    let unknown = LogQuery { container: Some("nope".parse().unwrap()), ..query(&lab, "two", 10) };
    assert!(matches!(pod_log(&reader, &lab.permit, &unknown).await, Err(ClusterError::NoContainer)));

    let previous = LogQuery { previous: true, ..query(&lab, "one", 10) };
    assert_eq!(pod_log(&reader, &lab.permit, &previous).await.unwrap().absent, Some(LogAbsence::NoPreviousRun));
    let previous = LogQuery { previous: true, ..query(&lab, "crash", 10) };
    let log = until(&reader, &lab, &previous, |log| !log.lines.is_empty()).await;
    assert_eq!(texts(&log), ["fatal: no configuration at /etc/app/config.yaml"]);
    until(&reader, &lab, &query(&lab, "waits", 10), |log| log.absent == Some(LogAbsence::NotStarted)).await;
    assert!(matches!(pod_log(&reader, &lab.permit, &query(&lab, "nobody", 1)).await, Err(ClusterError::NotFound(_))));

    // A line of three megabytes is cut, and what is newer than it is still found.
    let log = until(&reader, &lab, &query(&lab, "huge", 100), |log| texts(log).last() == Some(&"last")).await;
    assert!(log.more && log.lines.len() <= 2, "{} lines", log.lines.len());
    assert!(log.lines.iter().all(|line| line.text.len() <= 4_096), "a line has a bound");
    let executor = lab.identity(Identity::Executor).await;
    assert!(matches!(pod_log(&executor, &lab.permit, &query(&lab, "one", 1)).await, Err(ClusterError::Forbidden(_))));
    for pod in ["one", "two", "crash", "waits", "huge"] {
        send(&lab.raw(None).await, Method::DELETE, &lab.core(&format!("pods/{pod}")), None).await;
    }
}

/// A KWOK node says that its containers run, and has no log of them.
#[tokio::test]
async fn a_log_that_no_node_keeps_is_absent() {
    let Some(lab) = lab("a log that no node keeps", "nolog").await else { return };
    let reader = lab.identity(Identity::Reader).await;
    let admin = lab.raw(None).await;
    let pod = |name: &str, place: Value| {
        let mut spec = json!({"containers": [{"name": "a", "image": "x:1"}]});
        spec.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    };
    for pod in [pod("nowhere", json!({"schedulerName": "none"})), pod("kwok", json!({"nodeName": "kwok-0"}))] {
        let created = send(&admin, Method::POST, &lab.core("pods"), Some(("application/json", pod))).await;
        assert_eq!(created.0, 201, "{}", created.1);
    }
    let log = pod_log(&reader, &lab.permit, &query(&lab, "nowhere", 10)).await.unwrap();
    assert_eq!(log.absent, Some(LogAbsence::NotStarted));
    until(&reader, &lab, &query(&lab, "kwok", 10), |log| log.absent == Some(LogAbsence::NotKept)).await;
}
