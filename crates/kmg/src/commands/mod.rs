//! One module for each subcommand.

pub(crate) mod audit;
mod completions;
mod config;
mod executor;
pub(crate) mod gateway;
mod guard;
mod issuer;
pub(crate) mod lifetime;
pub(crate) mod rbac;
mod sandbox;
mod server;
mod tools;
pub(crate) mod trust;

use std::process::ExitCode;

pub(crate) use config::Of;

use crate::cli::{AuditCommand, Command, ConfigCommand, GuardCommand, KeysCommand, RbacCommand};
use crate::{demo, doctor, keys};

/// Runs one command to its end, and says the exit status.
///
/// # Errors
/// What a person should read; the exit status is 1 then.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::Config { command: ConfigCommand::Reference { of } } => config::reference(of),
        Command::Config { command: ConfigCommand::Check { file } } => config::check(&file),
        Command::Completions { shell } => completions::print(shell),
        Command::Tools { json } => tools::print(json),
        Command::Guard { command: GuardCommand::Eval { file, secrets, source } } => guard::eval(&file, secrets, source),
        Command::Guard { command: GuardCommand::Scan { file, explain, source } } => guard::scan(&file, explain, source),
        Command::Guard { command: GuardCommand::TestRules } => guard::test_rules(),
        Command::Guard { command: GuardCommand::Bench { file } } => guard::bench(&file),
        Command::Keys { command: KeysCommand::Init { folder } } => keys::init(&folder),
        Command::Keys { command: KeysCommand::Trust(args) } => trust::print(&args),
        Command::Audit { command: AuditCommand::Verify { journal, witness, keys } } => block_on(audit::verify(journal, witness, &keys)),
        Command::Rbac { command: RbacCommand::Manifests(args) } => rbac::print(&args),
        Command::Rbac { command: RbacCommand::Apply { rbac, kubeconfig, context, out, seconds } } => {
            block_on(rbac::apply(&rbac, kubeconfig, context, &out, seconds))
        }
        Command::Gateway { config, lifetime } => block_on(gateway::run(&config, lifetime)),
        Command::Issuer { config, lifetime } => block_on(issuer::run(&config, lifetime)),
        Command::Server(args) => block_on(server::run(args)),
        Command::Executor(args) => block_on(executor::run(args)),
        Command::Demo(args) => block_on(demo::run(args)),
        Command::Sandbox(args) => block_on(sandbox::run(args)),
        Command::Doctor(args) => return block_on(doctor::run(&args)),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    runtime.block_on(work)
}
