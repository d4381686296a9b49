//! The private links: each process is asked what it sees, as the gateway would ask it.

use std::path::Path;
use std::time::Duration;

use kmg_audit::is_being_written;
use kmg_link::{Event, LinkOptions, Peer, Supervisor, methods};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::watch;

use super::finding::{Finding, word};
use super::listen::Gateway;
use super::place::{Owner, Place, Want, look};
use crate::settings::{ExecutorLink, Settings};
use crate::wire;

/// How long a process may take to start, to read its journal and to greet.
const READY: Duration = Duration::from_secs(20);
/// How long its answer may take.
const ANSWER: Duration = Duration::from_secs(15);

const SERVER: &str = "link.server";
const EXECUTOR: &str = "link.executor";
const SOCKET: &str = "link.socket";

/// Asks both processes, without disturbing a gateway that runs.
pub(crate) async fn check(config: &Path, settings: &Settings, gateway: Gateway) -> Vec<Finding> {
    let own_words = format!("`RUST_LOG=info kmg doctor --config {}` shows what the process itself says", word(config));
    let (server_id, mut findings) = server(settings, &own_words).await;
    let socket = match &settings.executor {
        ExecutorLink::Socket { path, uid } => Some(socket(path, *uid)),
        ExecutorLink::Child { .. } => None,
    };
    findings.extend(socket);
    let (executor_id, finding) = match hindrance(settings, gateway) {
        Some(why) => (None, Finding::not_checked(EXECUTOR, why)),
        None => executor(settings, &own_words).await,
    };
    findings.push(finding);
    if let (Some(server), Some(executor)) = (server_id, executor_id) {
        findings.push(if server == executor {
            Finding::ok("link.cluster", "server and executor are on one cluster")
        } else {
            let seen = format!("server and executor are on different clusters: {server} and {executor}");
            Finding::problem("link.cluster", seen, "the kubeconfigs of the server and the trust file of the executor must mean one cluster")
        });
    }
    findings
}

/// Why the executor is not asked. It serves one gateway at a time, and one process at a time has its journal.
fn hindrance(settings: &Settings, gateway: Gateway) -> Option<String> {
    if gateway == Gateway::Runs {
        return Some("the running gateway has it; a second one would disturb it".to_owned());
    }
    // Another user is not let in at a socket, and a start would leave files behind that the gateway cannot open.
    let data = match &settings.executor {
        ExecutorLink::Child { data, .. } => data,
        ExecutorLink::Socket { .. } => &settings.data,
    };
    if let Some(Owner(uid)) = Owner::of(data).filter(|owner| *owner != Owner::this_process()) {
        return Some(format!("{} is user {uid}'s: run this as that user", data.display()));
    }
    let journal = data.join("journal.jsonl");
    let childs = matches!(settings.executor, ExecutorLink::Child { .. });
    let written = childs && journal.is_file() && matches!(is_being_written(&journal), Ok(true));
    written.then(|| "a process is writing its journal".to_owned())
}

async fn server(settings: &Settings, own_words: &str) -> (Option<String>, Vec<Finding>) {
    let answer = match wire::server_child(settings) {
        Ok(child) => ask::<kmg_server::ProbeResponse>("server", Peer::Child(child)).await,
        Err(error) => Err(format!("{error:#}")),
    };
    match answer {
        Ok(answer) => {
            let fence = if answer.fence == kmg_server::FenceState::Fenced { "fenced" } else { "not fenced; see cluster.fence" };
            (answer.cluster_id, vec![Finding::ok(SERVER, format!("starts and answers; the planner is {fence}"))])
        }
        Err(why) => (None, vec![Finding::problem(SERVER, why, own_words)]),
    }
}

async fn executor(settings: &Settings, own_words: &str) -> (Option<String>, Finding) {
    let remedy = match &settings.executor {
        ExecutorLink::Socket { uid, .. } => format!("as user {uid}: `kmg executor … --socket PATH --gateway-uid UID`, and look at its log"),
        ExecutorLink::Child { .. } => own_words.to_owned(),
    };
    let answer = match wire::executor_peer(settings) {
        Ok(peer) => ask::<kmg_executor::ProbeResponse>("executor", peer).await,
        Err(error) => Err(format!("{error:#}")),
    };
    match answer {
        Ok(answer) => {
            let seen = format!("answers; journal at record {}, {} plans not decided yet", answer.head.seq, answer.open_plans.len());
            (Some(answer.cluster_id), Finding::ok(EXECUTOR, seen))
        }
        Err(why) => (None, Finding::problem(EXECUTOR, why, remedy)),
    }
}

/// Starts or connects, asks once, and ends what it started. The first failure is the answer: nothing is tried again.
async fn ask<T: DeserializeOwned>(name: &'static str, peer: Peer) -> Result<T, String> {
    let (tell, mut told) = watch::channel(None);
    let supervisor = Supervisor::start(name, peer, LinkOptions::default(), move |event| {
        if let Event::Down { why } = event {
            tell.send_replace(Some(why.clone()));
        }
    });
    let asking = async {
        let link = supervisor.ready(READY).await.map_err(|_| format!("no greeting within {} s", READY.as_secs()))?;
        link.call(methods::PROBE, &json!({}), ANSWER).await.map_err(|error| error.to_string())
    };
    let answer = tokio::select! {
        answer = asking => answer,
        why = told.wait_for(Option::is_some) => Err(why.ok().and_then(|why| why.clone()).unwrap_or_else(|| "it ended".to_owned())),
    };
    supervisor.shutdown().await;
    answer
}

/// The socket itself; who serves it is checked when it is connected to.
fn socket(path: &Path, uid: u32) -> Finding {
    const START: &str = "start the executor with `--socket` on this path";
    match look(path, Want::Socket, Owner(uid)) {
        Place::Absent => Finding::problem(SOCKET, "does not exist", START).about(path.to_string_lossy()),
        place => place.finding(SOCKET, path, START),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use kmg_audit::{Journal, JournalOptions, Purpose};
    use kmg_core::clock::Clock;
    use kmg_link::{ServeOptions, WireError, serve};
    use serde_json::Value;

    use super::super::finding::Status;
    use super::super::specimen::Specimen;
    use super::*;

    #[tokio::test]
    async fn an_executor_that_is_in_use_is_not_asked() {
        let specimen = Specimen::new();
        let settings = specimen.settings(&[]);
        assert_eq!(hindrance(&settings, Gateway::DoesNotRun), None);
        assert!(hindrance(&settings, Gateway::Runs).unwrap().contains("the running gateway"));
        let path = specimen.path("executor/journal.jsonl");
        let journal = Journal::open(&path, JournalOptions::new(Purpose::Executor, Clock::system())).unwrap().0;
        assert!(hindrance(&settings, Gateway::DoesNotRun).unwrap().contains("is writing its journal"));
        journal.close().await.unwrap();
        assert_eq!(hindrance(&settings, Gateway::DoesNotRun), None);
    }

    #[tokio::test]
    async fn an_executor_on_a_socket_is_asked_if_it_is_the_right_users() {
        let specimen = Specimen::new();
        let (path, me) = (specimen.path("executor.sock"), Owner::this_process().0);
        let settings = |uid: u32| {
            let (link, uid) = (path.to_string_lossy().into_owned(), uid.to_string());
            specimen.settings(&[("KMG_EXECUTOR_LINK", &link), ("KMG_EXECUTOR_UID", &uid)])
        };
        assert_eq!(socket(&path, me).seen, "does not exist");
        let (_, finding) = executor(&settings(me), "").await;
        assert!(finding.status == Status::Problem && finding.seen.starts_with("cannot be started"), "{finding:?}");

        let listener = kmg_link::socket::listen(&path, me).await.unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (reader, writer) = listener.accept().await.unwrap();
                let probe = |_, _: Value, _| async {
                    Ok::<_, WireError>(json!({ "clusterId": "c", "head": { "seq": 7, "hash": "0".repeat(64) }, "openPlans": [] }))
                };
                let _closed = serve(reader, writer, probe, ServeOptions::new("executor")).await;
            }
        });
        assert_eq!(socket(&path, me).status, Status::Ok);
        let (id, finding) = executor(&settings(me), "").await;
        assert_eq!((id.as_deref(), finding.seen.as_str()), (Some("c"), "answers; journal at record 7, 0 plans not decided yet"));
        let (_, finding) = executor(&settings(me + 1), "").await;
        assert!(finding.seen.contains(&format!("belongs to user {me}, not {}", me + 1)), "{finding:?}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        assert_eq!(socket(&path, me).seen, "mode 0666: open to every user");
        serving.abort();
    }

    /// The program is this test's own, which does not know the command: a child that ends at once.
    #[tokio::test]
    async fn a_child_that_ends_is_not_started_again() {
        let specimen = Specimen::new();
        let (id, findings) = server(&specimen.settings(&[]), "look at its words").await;
        assert_eq!((id, findings[0].status), (None, Status::Problem));
        assert!(!findings[0].seen.is_empty() && findings[0].remedy.as_deref() == Some("look at its words"), "{findings:?}");
    }
}
