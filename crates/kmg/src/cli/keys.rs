//! Arguments of `kmg keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
