//! Arguments of `kmg rbac`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct RbacArgs {
    /// Namespaces to read and change, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Namespace of the three accounts
    #[arg(long, default_value = "kmg-system")]
    pub(crate) system_namespace: String,
    /// Let the reader look at nodes too, by a cluster-wide role; diagnoses then say what is wrong with a Pod's node
    #[arg(long)]
    pub(crate) with_nodes: bool,
}

#[derive(Subcommand)]
pub(crate) enum RbacCommand {
    /// Print what would be installed, as a List that kubectl applies
    #[command(after_long_help = super::examples::RBAC_MANIFESTS)]
    Manifests(RbacArgs),
    /// Install it and write short-lived kubeconfigs of reader, planner and executor
    ///
    /// Server-side apply, so that repeating it repairs what was changed. The three files are printed, one a line. The
    /// tokens end; run it again in time, from a timer.
    #[command(after_long_help = super::examples::RBAC_APPLY)]
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
