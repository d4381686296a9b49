//! Arguments of the long-running processes.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Clone, Copy)]
pub(crate) struct Lifetime {
    /// End when standard input closes: for a supervisor
    #[arg(long, hide = true)]
    pub(crate) exit_with_stdin: bool,
}

#[derive(Args)]
pub(crate) struct ServerArgs {
    /// Kubeconfig of the reading identity
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// Context of that kubeconfig; its current one by default
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Namespaces that may be read, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Speak the gateway's private protocol on stdio instead of MCP
    #[arg(long, requires = "planner_kubeconfig")]
    pub(crate) link: bool,
    /// Kubeconfig of the planning identity, with --link
    #[arg(long, value_name = "FILE", requires = "link")]
    pub(crate) planner_kubeconfig: Option<PathBuf>,
    /// Registries that images may come from besides the ones in use, separated by commas
    #[arg(long, value_delimiter = ',', requires = "link")]
    pub(crate) registries: Vec<String>,
    /// Plan even where the cluster does not fence the planner; development only
    #[arg(long, requires = "link")]
    pub(crate) insecure_unfenced: bool,
    /// Journal of the stand-alone server; by default in the state folder (see FILES)
    #[arg(long, value_name = "FILE", conflicts_with = "link")]
    pub(crate) journal: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ExecutorArgs {
    /// Kubeconfig of the writing identity
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// The executor's own trust file
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: PathBuf,
    /// Folder of the executor's own keys
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keys: PathBuf,
    /// Folder of the executor's journal and of sealed copies of what it replaced
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Listen on this Unix socket for the gateway, as production wants it, instead of speaking on stdio
    #[arg(long, value_name = "PATH", requires = "gateway_uid")]
    pub(crate) socket: Option<PathBuf>,
    /// The only user id whose process may connect to the socket
    #[arg(long, value_name = "UID", requires = "socket")]
    pub(crate) gateway_uid: Option<u32>,
}
