//! Arguments of `kmg demo`.

use std::path::PathBuf;

use clap::Args;

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
