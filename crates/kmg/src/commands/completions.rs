//! `kmg completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::files;

/// Prints the completion script for `shell`.
///
/// # Errors
/// It cannot be written.
pub(crate) fn print(shell: Shell) -> anyhow::Result<()> {
    files::print(script(shell).trim_end())
}

fn script(shell: Shell) -> String {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "kmg", &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_knows_every_command() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for command in Cli::command().get_subcommands() {
                let name = command.get_name();
                assert!(script.contains(name), "{shell} does not know {name}");
                for inner in command.get_subcommands().map(clap::Command::get_name) {
                    assert!(script.contains(inner), "{shell} does not know {name} {inner}");
                }
            }
        }
        assert_eq!(Shell::value_variants().len(), 5);
    }
}
