//! The command line: one module for each group of commands.

mod check;
mod demo;
mod examples;
mod guard;
mod keys;
mod processes;
mod rbac;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use check::{AuditCommand, ConfigCommand, DoctorArgs};
pub(crate) use demo::{DemoArgs, SandboxArgs};
pub(crate) use guard::{GuardCommand, Source};
pub(crate) use keys::{KeysCommand, TrustArgs};
pub(crate) use processes::{ExecutorArgs, Lifetime, ServerArgs};
pub(crate) use rbac::{RbacArgs, RbacCommand};

/// A gate between AI agents and a Kubernetes cluster: agents read and propose, a person approves the exact
/// bytes by a fresh sign-in, and only those are applied, once.
#[derive(Parser)]
#[command(name = "kmg", version, propagate_version = true, max_term_width = 110, after_long_help = examples::KMG)]
pub(crate) struct Cli {
    /// Log as JSON lines on standard error
    #[arg(long, global = true, display_order = 900)]
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
    ///
    /// It listens on the two addresses of its settings, starts `kmg server`, and starts `kmg executor` unless that runs
    /// as another user behind a socket. It says `ready` on standard output once both listen, and logs on standard
    /// error. A signal ends it: requests that are open have 10 seconds.
    #[command(after_long_help = examples::GATEWAY)]
    Gateway {
        /// Settings file; `kmg config reference` prints every setting
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        #[command(flatten)]
        lifetime: Lifetime,
    },
    /// Run the reading process: alone a read-only MCP server on stdio, with --link the gateway's child
    ///
    /// Alone it is what an MCP client's configuration starts: it speaks MCP on standard input and output, has the
    /// reading tools only, and writes every call to its journal before it answers.
    #[command(after_long_help = examples::SERVER)]
    Server(ServerArgs),
    /// Run the writing process; started by the gateway, or by another user with --socket
    ///
    /// It proves every approval for itself, by its own trust file and the identity provider's keys, and sends one
    /// request for one approval. On a socket it serves one gateway at a time.
    #[command(after_long_help = examples::EXECUTOR)]
    Executor(ExecutorArgs),
    /// Run the development OAuth and OpenID Connect issuer, on loopback only
    ///
    /// One person, one password, and sign-ins that are always fresh: for trying things out. It says `ready` on
    /// standard output once it listens.
    #[command(after_long_help = examples::ISSUER)]
    Issuer {
        /// Settings file of the issuer, as `kmg demo` writes it
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        #[command(flatten)]
        lifetime: Lifetime,
    },
    /// Run everything with a broken Deployment to repair: on a sandbox, or on a cluster of yours
    ///
    /// Without more words it needs no cluster: it starts a sandbox, which is a small Kubernetes API in memory, the
    /// development issuer and the gateway, each a process of its own. With --context or --kubeconfig it says what it
    /// would create in that cluster and asks; then it installs accounts, roles and the fence, mints credentials that live
    /// an hour and are renewed, and waits for the fence to hold. Your own credential is given to no other process. It
    /// prints the addresses, the password, and what to paste into an agent.
    #[command(after_long_help = examples::DEMO)]
    Demo(DemoArgs),
    /// Run the sandbox alone: a small Kubernetes API in memory, on loopback. It is no cluster
    ///
    /// It holds what `kmg rbac apply` would install and the broken Deployment, answers a declared part of the API as a
    /// real server does, and 501 to the rest. It says `ready` on standard output once it listens.
    #[command(after_long_help = examples::SANDBOX)]
    Sandbox(SandboxArgs),
    /// Check everything a gateway stands on, and say what to do about what was found
    ///
    /// Run it as the gateway's user, before the first start and whenever something is wrong. It makes every check it
    /// can and does not stop at the first problem; a gateway that runs is not disturbed.
    #[command(after_long_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Check journals
    #[command(after_long_help = examples::AUDIT)]
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// About the settings of `kmg gateway`
    #[command(after_long_help = examples::CONFIG)]
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make key files, and a trust file of them
    #[command(after_long_help = examples::KEYS)]
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at texts the way the gateway does before a model sees them
    #[command(after_long_help = examples::GUARD)]
    Guard {
        #[command(subcommand)]
        command: GuardCommand,
    },
    /// The accounts, roles and the fence in the cluster
    #[command(after_long_help = examples::RBAC)]
    Rbac {
        #[command(subcommand)]
        command: RbacCommand,
    },
    /// Print what each MCP tool takes, gives, and needs of the cluster
    ///
    /// It is what this program would serve, and needs neither settings nor a cluster. `tools/list` has the same names,
    /// descriptions and arguments; of results it has the members only.
    #[command(after_long_help = examples::TOOLS)]
    Tools {
        /// Print one JSON document instead: names, descriptions, whole schemas, annotations
        #[arg(long)]
        json: bool,
    },
    /// Print a script that completes commands and options in a shell
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise: the doctor's report is its log.
    pub(crate) const fn log_filter(&self) -> &'static str {
        if matches!(self, Self::Doctor(_)) { "off" } else { "info" }
    }
}
