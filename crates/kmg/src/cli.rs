//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A gate between AI agents and a Kubernetes cluster: agents read and propose, a person approves the exact
/// bytes by a fresh sign-in, and only those are applied, once.
#[derive(Parser)]
#[command(name = "kmg", version, propagate_version = true)]
pub(crate) struct Cli {
    /// Log as JSON lines on standard error
    #[arg(long, global = true)]
    pub(crate) log_json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    pub(crate) const fn log_format(&self) -> crate::log::Format {
        if self.log_json { crate::log::Format::Json } else { crate::log::Format::Text }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the gateway: the MCP endpoint, the pages, and the server and executor processes
    Gateway {
        /// Settings file; `kmg config reference` prints every setting
        #[arg(long)]
        config: PathBuf,
        #[command(flatten)]
        lifetime: Lifetime,
    },
    /// Run the reading process: alone a read-only MCP server on stdio, with --link the gateway's child
    Server(ServerArgs),
    /// Run the writing process; started by the gateway, or by another user with --socket
    Executor(ExecutorArgs),
    /// Run the development OAuth and OpenID Connect issuer, on loopback only
    Issuer {
        /// Settings file of the issuer, as `kmg demo` writes it
        #[arg(long)]
        config: PathBuf,
        #[command(flatten)]
        lifetime: Lifetime,
    },
    /// Run everything on a cluster you can reach, with a broken Deployment to repair
    Demo(DemoArgs),
    /// Check journals
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// About the settings of `kmg gateway`
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make key files
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// The accounts, roles and the fence in the cluster
    Rbac {
        #[command(subcommand)]
        command: RbacCommand,
    },
}

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
    /// Namespaces that may be read
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Speak the gateway's private protocol on stdio instead of MCP
    #[arg(long, requires = "planner_kubeconfig")]
    pub(crate) link: bool,
    /// Kubeconfig of the planning identity, with --link
    #[arg(long, value_name = "FILE", requires = "link")]
    pub(crate) planner_kubeconfig: Option<PathBuf>,
    /// Plan even where the cluster does not fence the planner; development only
    #[arg(long, requires = "link")]
    pub(crate) insecure_unfenced: bool,
    /// Journal of the stand-alone server; in the state folder by default
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
    /// Folder of the executor's journal and pre-images
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: PathBuf,
    /// Listen on this Unix socket for the gateway instead of speaking on stdio
    #[arg(long, value_name = "PATH", requires = "gateway_uid")]
    pub(crate) socket: Option<PathBuf>,
    /// The only user id whose process may connect to the socket
    #[arg(long, value_name = "UID", requires = "socket")]
    pub(crate) gateway_uid: Option<u32>,
}

#[derive(Args, Clone)]
pub(crate) struct DemoArgs {
    /// Context of the cluster to use
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Kubeconfig with the right to install the accounts, roles and the fence
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// Create what is listed without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Namespace of the broken Deployment
    #[arg(long, default_value = "demo")]
    pub(crate) namespace: String,
    /// An image the cluster can pull; the Deployment starts with a tag of it that does not exist
    #[arg(long, default_value = "registry.k8s.io/pause:3.10")]
    pub(crate) image: String,
    /// First of three ports: MCP, pages, issuer
    #[arg(long, default_value_t = 3001, value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    pub(crate) port: u16,
    /// Folder for keys, database and journals; by default a private temporary one, removed at the end
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Print one JSON line once everything is ready
    #[arg(long)]
    pub(crate) json: bool,
    /// Put the password into the JSON line: for tests
    #[arg(long, requires = "json")]
    pub(crate) insecure_print_password: bool,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify a journal's chain, checkpoints and pairs, with the other journal as witness
    Verify {
        /// The journal
        journal: PathBuf,
        /// The other process's journal: each holds positions of the other
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// Public key of the checkpoints (64 hexadecimal digits), or a file that holds it
        #[arg(long = "key", value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its default and meaning
    Reference {
        /// Which file
        #[arg(value_enum, default_value_t = crate::commands::Of::Gateway)]
        of: crate::commands::Of,
    },
    /// Check a settings file and report every problem at once
    Check {
        /// The settings file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make the gateway's or the executor's keys in a new private folder
    Init {
        /// The folder; it must not hold keys yet
        #[arg(long, value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print a trust file for the executor
    Trust(TrustArgs),
}

#[derive(Args)]
pub(crate) struct TrustArgs {
    /// The gateway's public approval key: 64 hexadecimal digits, or the file approval.pub
    #[arg(long, value_name = "KEY")]
    pub(crate) approval_key: String,
    /// Days for which that key is trusted
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=730))]
    pub(crate) days: u16,
    /// Uid of the namespace kube-system: the one cluster the executor writes to
    #[arg(long)]
    pub(crate) cluster_id: String,
    /// Namespaces the executor may write in
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Issuer identifier of the identity provider
    #[arg(long)]
    pub(crate) issuer: String,
    /// OIDC client used for approving and for nothing else
    #[arg(long, default_value = "kmg-approve")]
    pub(crate) approve_client: String,
    /// Subjects at the issuer who may approve
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) approvers: Vec<String>,
    /// Whether another person than the requester must approve
    #[arg(long)]
    pub(crate) four_eyes: bool,
}

#[derive(Args)]
pub(crate) struct RbacArgs {
    /// Namespaces to read and change
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Namespace of the three accounts
    #[arg(long, default_value = "kmg-system")]
    pub(crate) system_namespace: String,
}

#[derive(Subcommand)]
pub(crate) enum RbacCommand {
    /// Print what would be installed, as a List that kubectl applies
    Manifests(RbacArgs),
    /// Install it and write short-lived kubeconfigs of reader, planner and executor
    Apply {
        #[command(flatten)]
        rbac: RbacArgs,
        /// Kubeconfig with the right to install
        #[arg(long, value_name = "FILE")]
        kubeconfig: PathBuf,
        /// Its context; the current one by default
        #[arg(long, value_name = "NAME")]
        context: Option<String>,
        /// Folder for reader.kubeconfig, planner.kubeconfig and executor.kubeconfig
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// How long the credentials live, in seconds, 600 to 86400
        #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(u32).range(600..=86_400))]
        seconds: u32,
    },
}
