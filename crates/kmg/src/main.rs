//! The `kmg` binary.

mod cli;
mod commands;
mod demo;
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
    log::start(cli.log_format());
    match commands::run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            files::complain(&format!("kmg: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
