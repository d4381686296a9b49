//! The product's log, on standard error: standard output belongs to protocols and results.

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

/// Starts logging. `RUST_LOG` chooses what is logged; without it `filter` does.
pub(crate) fn start(format: Format, filter: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    match format {
        Format::Text => builder.with_target(false).init(),
        Format::Json => builder.json().init(),
    }
}
