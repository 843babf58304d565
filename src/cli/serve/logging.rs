//! Log lines on standard error, which the service manager keeps. `RUST_LOG` chooses the level.

use tracing_subscriber::EnvFilter;

pub(super) fn start() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tantivy=warn,hickory_proto=error"));
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // The journal adds the time itself.
    if journal { lines.without_time().with_ansi(false).init() } else { lines.with_ansi(false).init() }
}
