//! Where log lines go and how they look.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use tapedeck_config::{LogFormat, LoggingSettings, log_filter};
use tapedeck_domain::port::LogControl;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for the whole process. A second call changes nothing.
pub(crate) fn init(settings: &LoggingSettings) {
    // It was accepted when the configuration was read.
    let filter: Targets = settings.level.parse().unwrap_or_default();
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    };
    let (filter, handle) = reload::Layer::new(filter);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
        registry.with(lines.with_current_span(true).with_span_list(false)).try_init()
    } else {
        registry.with(tracing_subscriber::fmt::layer()).try_init()
    };
    // Tests of one process start it more than once; the first one holds.
    if started.is_ok() {
        let _ = LEVEL.set(handle);
    }
}

/// Changes the filter of the process, once logging has been started.
static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// What this process logs.
pub(crate) struct ProcessLog;

impl LogControl for ProcessLog {
    fn parse(&self, level: &str) -> Option<String> {
        log_filter(level.trim())
    }

    fn apply(&self, level: &str) {
        if let (Some(handle), Ok(filter)) = (LEVEL.get(), level.parse::<Targets>()) {
            // An error says that the process ends.
            let _ = handle.reload(filter);
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::{LevelFilter, Targets};

    #[test]
    fn every_filter_that_the_configuration_accepts_is_understood() {
        let quiet: Targets = "info,actix_server=warn,tapedeck_http::sse=Trace".parse().unwrap();
        let expected = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("actix_server", LevelFilter::WARN)
            .with_target("tapedeck_http::sse", LevelFilter::TRACE);
        assert_eq!(quiet, expected);
        let silent: Targets = "off".parse().unwrap();
        assert_eq!(silent, Targets::new().with_default(LevelFilter::OFF));
    }
}
