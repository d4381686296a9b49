//! The command line: one module for each group of commands.

mod check;
mod demo;
mod keys;
mod processes;
mod rbac;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(crate) use check::{AuditCommand, ConfigCommand, DoctorArgs};
pub(crate) use demo::{DemoArgs, SandboxArgs};
pub(crate) use keys::{KeysCommand, TrustArgs};
pub(crate) use processes::{ExecutorArgs, Lifetime, ServerArgs};
pub(crate) use rbac::{RbacArgs, RbacCommand};

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
    /// Run everything with a broken Deployment to repair: on a sandbox, or on a cluster of yours
    Demo(DemoArgs),
    /// Run the sandbox alone: a small Kubernetes API in memory, on loopback. It is no cluster
    Sandbox(SandboxArgs),
    /// Check everything a gateway stands on, and say what to do about what was found
    Doctor(DoctorArgs),
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

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise: the doctor's report is its log.
    pub(crate) const fn log_filter(&self) -> &'static str {
        if matches!(self, Self::Doctor(_)) { "off" } else { "info" }
    }
}
