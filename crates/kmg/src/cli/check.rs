//! Arguments of the commands that only look: `kmg doctor`, `kmg audit` and `kmg config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// Settings file of the gateway
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Print one JSON document instead of lines
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify a journal's chain, checkpoints and pairs, with the other journal as witness
    Verify {
        /// The journal
        journal: PathBuf,
        /// The other process's journal: each holds positions of the other
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// Public key of the checkpoints (64 hexadecimal digits), or a file that holds it
        #[arg(long = "key", value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its default and meaning
    Reference {
        /// Which file
        #[arg(value_enum, default_value_t = crate::commands::Of::Gateway)]
        of: crate::commands::Of,
    },
    /// Check a settings file and report every problem at once
    Check {
        /// The settings file
        file: PathBuf,
    },
}
