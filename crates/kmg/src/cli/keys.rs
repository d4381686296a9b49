//! Arguments of `kmg keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make the gateway's or the executor's keys in a new private folder
    ///
    /// Gateway and executor each have a folder of their own, which the other cannot read.
    #[command(after_long_help = super::examples::KEYS_INIT)]
    Init {
        /// The folder; it must not hold keys yet
        #[arg(long, value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print a trust file for the executor
    ///
    /// It says whose approvals the executor believes, for which cluster and namespaces. The executor's operator makes
    /// it, and makes it anew before the key's days are over.
    #[command(after_long_help = super::examples::KEYS_TRUST)]
    Trust(TrustArgs),
}

#[derive(Args)]
pub(crate) struct TrustArgs {
    /// The gateway's public approval key: 64 hexadecimal digits, or the file approval.pub
    #[arg(long, value_name = "KEY")]
    pub(crate) approval_key: String,
    /// Days for which that key is trusted, 1 to 730
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=730))]
    pub(crate) days: u16,
    /// Uid of the namespace kube-system: the one cluster the executor writes to
    #[arg(long, value_name = "UID")]
    pub(crate) cluster_id: String,
    /// Namespaces the executor may write in, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) namespaces: Vec<String>,
    /// Registries that images may come from besides the ones in use, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub(crate) registries: Vec<String>,
    /// Issuer identifier of the identity provider
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: String,
    /// OIDC client used for approving and for nothing else
    #[arg(long, value_name = "CLIENT", default_value = "kmg-approve")]
    pub(crate) approve_client: String,
    /// Subjects at the issuer who may approve, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) approvers: Vec<String>,
    /// Another person than the requester must approve; without this only the requester may
    #[arg(long)]
    pub(crate) four_eyes: bool,
}
