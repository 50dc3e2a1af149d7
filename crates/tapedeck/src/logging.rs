//! Where log lines go and how they look.

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};

use tapedeck_config::{LogFormat, LoggingSettings, TelemetrySettings, log_filter};
use tapedeck_domain::port::LogControl;
use tapedeck_telemetry::{SpanSource, Spans, spans};
use tracing::Subscriber;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

use crate::system::SystemClock;

/// Starts logging for the whole process, and gathers spans where they are exported to. A second
/// call changes nothing.
pub(crate) fn init(
    settings: &LoggingSettings,
    telemetry: &TelemetrySettings,
) -> Option<SpanSource> {
    // It was accepted when the configuration was read.
    let filter = filter(&settings.level).unwrap_or_default();
    let exported = telemetry.otlp_endpoint.is_some();
    let (layer, source) = exported.then(|| spans(Arc::new(SystemClock::start()))).unzip();
    // Each with a filter of its own: what is exported does not depend on what is logged.
    let exported = layer.map(|layer| layer.with_filter(Spans::filter()));
    let (filter, handle) = reload::Layer::new(filter);
    let logged = lines(is_json(settings.format)).with_filter(filter);
    let started = tracing_subscriber::registry().with(logged).with(exported).try_init();
    // Tests of one process start it more than once; the first one holds.
    if started.is_ok() {
        let _ = LEVEL.set(handle);
    }
    source
}

/// Without what the HTTP library calls an error of the server's, a client that speaks no HTTP: the
/// lines of requests have all others. A level that names the library's part asks for it.
fn filter(level: &str) -> Option<Targets> {
    format!("actix_http::h1=off,{level}").parse().ok()
}

fn is_json(format: LogFormat) -> bool {
    match format {
        LogFormat::Json => true,
        LogFormat::Pretty => false,
        LogFormat::Auto => !std::io::stdout().is_terminal(),
    }
}

/// One line an event; in JSON, with the ids of the request or the run that it belongs to.
fn lines<S>(json: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer();
    if json {
        let lines = lines.json().flatten_event(true);
        return lines.with_current_span(true).with_span_list(false).boxed();
    }
    let fields = debug_fn(|out: &mut Writer<'_>, field, value| match field.name() {
        "message" => write!(out, "{}", one_line(&format!("{value:?}"))),
        name => write!(out, "{name}={}", one_line(&format!("{value:?}"))),
    });
    lines.fmt_fields(fields.delimited(" ")).boxed()
}

/// Without characters that would begin a line of their own, or that a terminal obeys: a value
/// that came from outside must not look like something the server said.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// Changes the filter of the process, once logging has been started.
static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// What this process logs.
pub(crate) struct ProcessLog;

impl LogControl for ProcessLog {
    fn parse(&self, level: &str) -> Option<String> {
        log_filter(level).filter(|written| written == level)
    }

    fn apply(&self, level: &str) {
        if let (Some(handle), Some(filter)) = (LEVEL.get(), filter(level)) {
            // An error says that the process ends.
            let _ = handle.reload(filter);
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn every_filter_that_the_configuration_accepts_is_understood() {
        let quiet = filter("info,actix_server=warn,tapedeck_http::sse=trace");
        let expected = Targets::new()
            .with_target("actix_http::h1", LevelFilter::OFF)
            .with_default(LevelFilter::INFO)
            .with_target("actix_server", LevelFilter::WARN)
            .with_target("tapedeck_http::sse", LevelFilter::TRACE);
        assert_eq!(quiet, Some(expected));
        let silent = filter("off").unwrap();
        assert!(!silent.would_enable("tapedeck", &tracing::Level::ERROR));
        let asked_for = filter("info,actix_http::h1=debug").unwrap();
        assert!(asked_for.would_enable("actix_http::h1::dispatcher", &tracing::Level::DEBUG));
    }

    #[test]
    fn a_level_is_set_as_it_is_written_down() {
        for level in ["info", "off,a_b::c=trace"] {
            assert_eq!(ProcessLog.parse(level).as_deref(), Some(level));
        }
        for level in ["", " info", "INFO", "info, a=debug", "info\n", "loud"] {
            assert_eq!(ProcessLog.parse(level), None, "{level:?}");
        }
    }

    #[test]
    fn no_value_begins_a_line_or_moves_a_cursor() {
        let text = "a\nWARN b\r\n\x1b[31mred\u{2028}\u{9b}";
        let line = one_line(text);
        assert_eq!(line, r"a\nWARN b\r\n\u{1b}[31mred\u{2028}\u{9b}");
        assert_eq!(one_line("as it is: ünï"), "as it is: ünï");
    }
}
