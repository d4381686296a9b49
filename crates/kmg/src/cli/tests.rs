//! The help of every command, and the documents made of it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Command, CommandFactory as _};

use super::Cli;

/// Width of the help in the documents, in characters.
const WIDTH: usize = 100;

/// Calls `look` for the command and every command below it, with the words that name it.
fn walk(command: &mut Command, above: &str, look: &mut impl FnMut(&str, &mut Command)) {
    let name = format!("{above}{}", command.get_name());
    look(&name, command);
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
        walk(inner, &format!("{name} "), look);
    }
}

fn cli() -> Command {
    let mut command = Cli::command().term_width(WIDTH);
    command.build();
    command
}

#[test]
fn one_can_live_without_the_documents() {
    let mut faults = Vec::new();
    walk(&mut cli(), "", &mut |name, command| {
        if command.get_about().is_none_or(|about| about.to_string().len() < 10) {
            faults.push(format!("{name} does not say what it is for"));
        }
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let help = argument.get_help().or(argument.get_long_help()).map(ToString::to_string);
            if help.is_none_or(|help| help.len() < 8) {
                faults.push(format!("{name} {} has no help", argument.get_id()));
            }
        }
        let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        let (_, examples) = after.split_once("EXAMPLES\n").unwrap_or_default();
        let words: Vec<&str> = name.split(' ').collect();
        if !examples.lines().take_while(|line| !line.is_empty()).any(|line| line.contains(&words.join(" "))) {
            faults.push(format!("{name} has no example of itself"));
        }
        if let Some(long) = after.lines().find(|line| line.chars().count() > 80) {
            faults.push(format!("{name} has a line that a terminal of 80 columns breaks: {long}"));
        }
        // What runs on or judges says more than the sentence that holds for all.
        let inherits = ["kmg audit", "kmg config", "kmg keys", "kmg rbac", "kmg completions"].iter().any(|group| name.starts_with(group));
        if !after.contains("EXIT STATUS\n  0  ") && !inherits {
            faults.push(format!("{name} does not say its exit status"));
        }
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_judges_says_what_its_verdict_is() {
    for words in [&["audit", "verify"][..], &["config", "check"], &["doctor"]] {
        let mut command = cli();
        let command = words.iter().fold(&mut command, |command, word| command.find_subcommand_mut(word).unwrap());
        let help = command.render_long_help().to_string();
        assert!(help.contains("EXIT STATUS\n  0  ") && help.contains("\n  1  ") && help.contains("\n  2  "), "{help}");
    }
}

#[test]
fn clap_finds_no_fault_with_the_command_line() {
    Cli::command().debug_assert();
}

/// Compares `text` with the document `name`, or writes it where `KMG_RECORD` is set.
fn is_documented(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if kmg_testkit::lane::prepared("KMG_RECORD").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    let document = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(document == text, "docs/reference/{name} is not what the program says; KMG_RECORD=1 cargo test -p kmg reference writes it");
}

#[test]
fn the_reference_of_commands_is_what_the_program_says() {
    let mut text = "# Commands\n\nMade from the program's own help: `kmg help COMMAND`.\n".to_owned();
    walk(&mut cli(), "", &mut |name, command| {
        let help: Vec<String> = command.render_long_help().to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()).unwrap();
    });
    is_documented("cli.md", &text);
}

#[test]
fn the_reference_of_settings_is_what_the_program_says() {
    let mut text = "# Settings\n\nMade from the program's own words: `kmg config reference`.\n".to_owned();
    for (title, of, language) in [
        ("The gateway's settings", crate::commands::Of::Gateway, "toml"),
        ("The executor's trust file", crate::commands::Of::Trust, "text"),
        ("The development issuer's settings", crate::commands::Of::Issuer, "toml"),
    ] {
        write!(text, "\n## {title}\n\n```{language}\n{}\n```\n", of.reference()).unwrap();
    }
    is_documented("settings.md", &text);
}
