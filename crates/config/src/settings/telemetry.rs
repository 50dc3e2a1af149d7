//! What is told of the server.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LoggingSettings {
    /// A filter such as `info,tapedeck_http=debug`.
    pub level: String,
    /// Whether nobody said so.
    pub level_is_default: bool,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// Where traces and metrics go.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The collector, if there is one.
    pub otlp_endpoint: Option<url::Url>,
    /// Headers for it.
    pub otlp_headers: SecretHeaders,
    /// What they are listed under.
    pub service_name: String,
    /// How often they go.
    pub interval: Duration,
}

/// Headers with their values out of sight.
#[derive(Debug, Clone, Default)]
pub struct SecretHeaders(Vec<(String, SecretString)>);

impl SecretHeaders {
    pub(crate) fn new(headers: Vec<(String, SecretString)>) -> Self {
        Self(headers)
    }

    /// Names and values: for the client alone.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret()))
    }
}

/// How readiness is found out.
#[derive(Debug, Clone)]
pub struct ReadinessSettings {
    /// How long one check may take.
    pub deadline: Duration,
}
