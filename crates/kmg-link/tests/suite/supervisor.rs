//! A real child process on real pipes.

use std::path::Path;
use std::time::Duration;

use kmg_core::problem::Code;
use kmg_link::{ChildSpec, Event, Link, LinkError, LinkOptions, Peer, Supervisor};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const LONG: Duration = Duration::from_mins(1);

fn child(name: &str) -> Peer {
    Peer::Child(ChildSpec {
        program: env!("CARGO_BIN_EXE_kmg-link-testchild").into(),
        args: vec![name.into()],
        env: vec![("KMG_GIVEN".into(), "1".into())],
    })
}

fn start(name: &str, options: LinkOptions) -> (Supervisor, mpsc::UnboundedReceiver<Event>) {
    let (events, seen) = mpsc::unbounded_channel();
    let supervisor = Supervisor::start("executor", child(name), options, move |event| {
        let _test_over = events.send(event.clone());
    });
    (supervisor, seen)
}

async fn call(link: &Link, method: &str) -> Result<Value, LinkError> {
    link.call(method, &json!({}), LONG).await
}

async fn pid(link: &Link) -> Pid {
    let pid = call(link, "pid").await.unwrap().as_i64().unwrap();
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

fn down(event: Option<Event>) -> String {
    match event {
        Some(Event::Down { why }) => why,
        other => panic!("not down: {other:?}"),
    }
}

#[tokio::test]
async fn a_child_gets_what_it_is_given_and_keeps_the_protocol_to_itself() {
    let (supervisor, _events) = start("executor", LinkOptions::default());
    let link = supervisor.ready(LONG).await.unwrap();
    assert_eq!(call(&link, "environment").await.unwrap(), json!(["KMG_GIVEN"]));
    let descriptors = call(&link, "descriptors").await.unwrap();
    assert_eq!(descriptors["0"]["to"], "/dev/null");
    assert_eq!(descriptors["1"]["to"], descriptors["2"]["to"]);
    let others = descriptors.as_object().unwrap().iter().filter(|(fd, _)| fd.parse::<u32>().unwrap() > 2);
    // What whoever runs the tests passes on to every program is no matter of the child's.
    let passed_on = Path::new("/proc/self/fd");
    let (kept, inherited): (Vec<_>, Vec<_>) = others.partition(|(_, fd)| fd["closedOnExec"] == true);
    assert!(kept.iter().filter(|(_, fd)| fd["to"].as_str().unwrap().starts_with("pipe:")).count() >= 2, "{descriptors}");
    for (fd, found) in inherited {
        assert_eq!(std::fs::read_link(passed_on.join(fd)).unwrap().to_str(), found["to"].as_str(), "{descriptors}");
        let flags = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim().to_owned();
        assert_eq!(u32::from_str_radix(&flags, 8).unwrap() & 0o2_000_000, 0, "descriptor {fd} is the protocol's: {descriptors}");
    }
    call(&link, "print").await.unwrap();
    let echoed: Value = link.call("echo", &json!("still here"), LONG).await.unwrap();
    assert_eq!(echoed, "still here");
    assert_eq!(call(&link, "no-such").await.unwrap_err().code(), Code::NotFound);
    supervisor.shutdown().await;
    assert!(matches!(call(&link, "pid").await, Err(LinkError::LinkDown)));
}

#[tokio::test]
async fn a_killed_child_fails_its_calls_at_once_and_is_started_again() {
    let (supervisor, mut events) = start("executor", LinkOptions::default());
    let link = supervisor.ready(LONG).await.unwrap();
    let first = pid(&link).await;
    assert!(matches!(events.recv().await, Some(Event::Up { pid: Some(_) })));
    let hanging = tokio::spawn({
        let link = link.clone();
        async move { call(&link, "hang").await }
    });
    pid(&link).await;
    kill_process(first, Signal::KILL).unwrap();
    assert!(matches!(hanging.await.unwrap(), Err(LinkError::LinkDown)));
    let why = down(events.recv().await);
    assert!(why.contains("signal: 9"), "{why}");
    assert!(matches!(events.recv().await, Some(Event::Up { .. })));
    let link = supervisor.ready(LONG).await.unwrap();
    assert_ne!(pid(&link).await, first);
    assert_eq!(supervisor.state().borrow().restarts, 1);
    supervisor.shutdown().await;
}

#[tokio::test]
async fn a_stuck_child_is_killed_and_started_again() {
    let options = LinkOptions { heartbeat: Duration::from_secs(2), missed: 5, ..LinkOptions::default() };
    let (supervisor, mut events) = start("executor", options);
    let link = supervisor.ready(LONG).await.unwrap();
    let stuck = pid(&link).await;
    assert!(matches!(events.recv().await, Some(Event::Up { .. })));
    kill_process(stuck, Signal::STOP).unwrap();
    assert!(matches!(call(&link, "pid").await, Err(LinkError::LinkDown)), "a stuck child answers nothing");
    let why = down(events.recv().await);
    assert!(why.contains("does not answer"), "{why}");
    assert!(test_kill_process(stuck).is_err(), "the stuck child still runs");
    let link = supervisor.ready(LONG).await.unwrap();
    assert_ne!(pid(&link).await, stuck);
    supervisor.shutdown().await;
}

#[tokio::test]
async fn shutting_down_waits_for_a_write_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written");
    let (supervisor, _events) = start("executor", LinkOptions::default());
    let link = supervisor.ready(LONG).await.unwrap();
    let child = pid(&link).await;
    let writing = tokio::spawn({
        let (link, body) = (link.clone(), json!({ "file": file }));
        async move { link.call::<Value, _>("execute", &body, LONG).await }
    });
    tokio::task::yield_now().await;
    pid(&link).await;
    let stopping = tokio::spawn(supervisor.shutdown());
    assert!(matches!(writing.await.unwrap(), Err(LinkError::LinkDown)));
    assert!(!Path::new(&file).exists());
    std::fs::write(folder.path().join("written.go"), b"").unwrap();
    stopping.await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"done");
    assert!(test_kill_process(child).is_err(), "the child still runs");
}

#[tokio::test]
async fn a_child_that_leaves_or_is_another_is_never_up() {
    for (name, reason) in [("deserter", "exit status: 0"), ("server", "greeting failed")] {
        let (supervisor, mut events) = start(name, LinkOptions::default());
        for _ in 0..2 {
            let why = down(events.recv().await);
            assert!(why.contains(reason), "{why}");
        }
        assert!(matches!(supervisor.current(), Err(LinkError::LinkDown)));
        assert!(supervisor.state().borrow().restarts >= 1);
        supervisor.shutdown().await;
    }
    let nowhere = Peer::Child(ChildSpec { program: "/nonexistent/kmg".into(), args: Vec::new(), env: Vec::new() });
    let (events, mut seen) = mpsc::unbounded_channel();
    let supervisor = Supervisor::start("executor", nowhere, LinkOptions::default(), move |event| drop(events.send(event.clone())));
    assert!(down(seen.recv().await).contains("cannot be started"));
    supervisor.shutdown().await;
}
