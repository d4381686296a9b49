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
    ///
    /// It reads without locking and needs nothing but the file and the public keys: no cluster, no gateway. It prints
    /// one line: how many records, where the head is, which intents have no final outcome yet.
    #[command(after_long_help = super::examples::AUDIT_VERIFY)]
    Verify {
        /// The journal
        #[arg(value_name = "JOURNAL")]
        journal: PathBuf,
        /// The other process's journal: each holds positions of the other
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// Public key of the checkpoints (64 hexadecimal digits), or a file that holds it; may be given several times
        #[arg(long = "key", value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its default and meaning
    ///
    /// What is printed is a file to begin with: a setting that must be given stands as a comment.
    #[command(after_long_help = super::examples::CONFIG_REFERENCE)]
    Reference {
        /// Of which file
        #[arg(value_enum, default_value_t = crate::commands::Of::Gateway)]
        of: crate::commands::Of,
    },
    /// Check a settings file and report every problem at once
    ///
    /// Only the settings themselves, with the environment over them; `kmg doctor` looks at what they name.
    #[command(after_long_help = super::examples::CONFIG_CHECK)]
    Check {
        /// The settings file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
