//! `kmg server`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kmg_audit::{Journal, JournalOptions, Purpose};
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_guard::Guard;
use kmg_rpc::reply::ServerInfo;
use kmg_server::{FencePolicy, Server, ServerOptions, StandAloneJournal, StdioOptions, serve_link, serve_stdio};
use tokio::io::BufReader;

use super::rbac::namespaces;
use crate::cli::ServerArgs;
use crate::{files, keys};

const INFO: ServerInfo = ServerInfo { name: "kmg", title: "Kubernetes MCP Guard, read-only", version: env!("CARGO_PKG_VERSION") };

/// Runs the reading process until its input closes.
pub(crate) async fn run(args: ServerArgs) -> anyhow::Result<()> {
    let clock = Clock::system();
    // Before anything can start a program: the protocol leaves the descriptors 0 and 1.
    let link = if args.link { Some(kmg_link::take_stdio().context("--link is for the gateway's child")?) } else { None };
    let reader = connect(&args.kubeconfig, args.context.clone(), &clock).await.context("the reader")?;
    let planner = match &args.planner_kubeconfig {
        Some(path) => Some(connect(path, None, &clock).await.context("the planner")?),
        None => None,
    };
    let allow = AllowList::new(namespaces(&args.namespaces)?);
    let fence = if args.insecure_unfenced { FencePolicy::Unenforced } else { FencePolicy::Required };
    let server = Server::new(ServerOptions { reader, planner, allow, clock: clock.clone(), fence, registries: args.registries.clone() })?;
    match link {
        Some((input, output)) => serve_link(input, output, server).await.context("the link"),
        None => stand_alone(&args, server, clock).await,
    }
}

async fn connect(path: &Path, context: Option<String>, clock: &Clock) -> anyhow::Result<Cluster> {
    Ok(Cluster::connect(&KubeconfigSource { path: path.to_owned(), context }, Options::new(clock.clone())).await?)
}

/// No journal, no reads.
async fn stand_alone(args: &ServerArgs, server: Server, clock: Clock) -> anyhow::Result<()> {
    let path = journal_path(args)?;
    let folder = path.parent().context("the journal's folder")?.to_owned();
    files::private_folder(&folder)?;
    if !folder.join(keys::CHECKPOINT).exists() {
        keys::init(&folder)?;
    }
    let mut options = JournalOptions::new(Purpose::Server, clock.clone());
    options.checkpoint_key = Some(keys::signing(&folder, keys::CHECKPOINT)?);
    let (journal, _replay) = Journal::open(&path, options)
        .with_context(|| format!("the journal {}; another server may hold it: --journal FILE", path.display()))?;
    let options = StdioOptions { journal: StandAloneJournal::new(journal), guard: Guard::default(), info: INFO, clock };
    serve_stdio(BufReader::new(tokio::io::stdin()), tokio::io::stdout(), server, options).await?;
    Ok(())
}

/// `--journal`, or `kmg/server/journal.jsonl` in the state folder of the XDG base directory specification.
#[expect(clippy::disallowed_methods, reason = "where a user's state folder is, is the environment's to say")]
fn journal_path(args: &ServerArgs) -> anyhow::Result<PathBuf> {
    if let Some(path) = &args.journal {
        return Ok(std::path::absolute(path)?);
    }
    let state = std::env::var("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    Ok(state.context("neither XDG_STATE_HOME nor HOME is set; --journal FILE names the journal")?.join("kmg/server/journal.jsonl"))
}
