//! The `kmg` binary.

mod cli;
mod commands;
mod demo;
mod doctor;
mod files;
mod issuer_file;
mod keys;
mod listen;
mod log;
mod progress;
mod rest;
mod settings;
mod wire;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    log::start(cli.log_format(), cli.command.log_filter());
    match commands::run(cli.command) {
        Ok(status) => status,
        Err(error) => {
            files::complain(&format!("kmg: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
