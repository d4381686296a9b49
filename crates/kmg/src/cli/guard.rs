//! Arguments of `kmg guard`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::examples;

/// Where a text comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// Lines of a container's log
    Log,
    /// The message of an Event
    Event,
    /// The value of an annotation
    Annotation,
    /// The value of an environment variable
    Env,
    /// A whole answer of a tool
    #[default]
    ToolText,
}

#[derive(Subcommand)]
pub(crate) enum GuardCommand {
    /// Look at one text, and print what is left of it
    #[command(after_long_help = examples::GUARD_SCAN)]
    Scan {
        /// The text; `-` is standard input
        #[arg(value_name = "FILE", default_value = "-")]
        file: PathBuf,
        /// Print what was found instead: rule, place, action, and the rule's reason
        #[arg(long)]
        explain: bool,
        /// Where the text comes from; no rule differs by it yet
        #[arg(long = "as", value_name = "SOURCE", value_enum, default_value_t)]
        source: Source,
    },
    /// Look at every row of a file of JSON lines, and measure
    ///
    /// A row is `{id, text, label?}`, where label 1 is an attack and 0 is none; with --secrets it is
    /// `{text, secrets}`, where secrets are the texts that must be gone. Each row gives one line on standard output:
    /// `{id, action, score, findings, text_out}`; places are bytes of the row's text. The summary is one JSON line on
    /// standard error.
    #[command(after_long_help = examples::GUARD_EVAL)]
    Eval {
        /// JSON lines, perhaps packed by gzip; `-` is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Rows tell the secrets that must be gone
        #[arg(long)]
        secrets: bool,
        /// Where the texts come from; no rule differs by it yet
        #[arg(long = "as", value_name = "SOURCE", value_enum, default_value_t)]
        source: Source,
    },
    /// Prove every rule on the examples that it brings
    #[command(after_long_help = examples::GUARD_TEST_RULES)]
    TestRules,
    /// Measure how fast the texts of a file are looked at
    #[command(after_long_help = examples::GUARD_BENCH)]
    Bench {
        /// JSON lines as for eval
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
