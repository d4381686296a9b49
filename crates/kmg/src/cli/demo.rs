//! Arguments of `kmg demo`.

use std::path::PathBuf;

use clap::Args;

use super::Lifetime;

#[derive(Args, Clone)]
pub(crate) struct DemoArgs {
    /// Use a real cluster instead of the sandbox: a context of your kubeconfig
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Use a real cluster: kubeconfig with the right to install the accounts, roles and the fence; with --context
    /// alone $KUBECONFIG or ~/.kube/config
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// On a real cluster: create what is listed without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Namespace of the broken Deployment
    #[arg(long, default_value = "demo")]
    pub(crate) namespace: String,
    /// An image the cluster can pull; the Deployment starts with a tag of it that does not exist
    /// [default: nginx:1.29 in the sandbox, registry.k8s.io/pause:3.10 on a cluster]
    #[arg(long)]
    pub(crate) image: Option<String>,
    /// First of three ports on loopback: MCP, pages, issuer; 1024 to 65000
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
    #[command(flatten)]
    pub(crate) walk: WalkArgs,
}

impl DemoArgs {
    /// Whether a real cluster was named.
    pub(crate) const fn on_a_cluster(&self) -> bool {
        self.context.is_some() || self.kubeconfig.is_some()
    }

    /// The image that can be pulled.
    pub(crate) fn image(&self) -> &str {
        let default = if self.on_a_cluster() { "registry.k8s.io/pause:3.10" } else { "nginx:1.29" };
        self.image.as_deref().unwrap_or(default)
    }
}

#[derive(Args, Clone, Copy)]
pub(crate) struct WalkArgs {
    /// Play the agent: sign in, find the fault, ask for the change, wait while you decide in the browser, apply it
    #[arg(long, conflicts_with = "json")]
    pub(crate) walkthrough: bool,
    /// Stop everything at the end of the walkthrough; the exit status says whether it went well
    #[arg(long, requires = "walkthrough")]
    pub(crate) once: bool,
    /// Print addresses and open no browser
    #[arg(long, requires = "walkthrough")]
    pub(crate) no_browser: bool,
}

#[derive(Args)]
pub(crate) struct SandboxArgs {
    /// Private folder for the credentials: admin, reader, planner and executor, each with .kubeconfig behind its name
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Port on 127.0.0.1; any free one by default
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Namespace of the broken Deployment
    #[arg(long, default_value = "demo")]
    pub(crate) namespace: String,
    /// An image that can be pulled; the Deployment starts with the tag `does-not-exist` of it, which cannot
    #[arg(long, default_value = "nginx:1.29")]
    pub(crate) image: String,
    /// Pods come and go without the delays of a real node
    #[arg(long)]
    pub(crate) instant: bool,
    /// Every answer comes this many milliseconds late, at most 10000
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub(crate) latency: u16,
    #[command(flatten)]
    pub(crate) lifetime: Lifetime,
}
