//! Where log lines go and how they look.

use std::io::IsTerminal as _;

use tapedeck_config::{LogFormat, LoggingSettings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for the whole process. A second call changes nothing.
pub(crate) fn init(settings: &LoggingSettings) {
    let filter = EnvFilter::new(&settings.level);
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
        registry.with(lines.with_current_span(true).with_span_list(false)).try_init()
    } else {
        registry.with(tracing_subscriber::fmt::layer()).try_init()
    };
    // Tests of one process start it more than once; the first one holds.
    drop(started);
}
