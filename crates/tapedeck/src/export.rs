//! Traces and metrics on their way to a collector.

use std::sync::Arc;

use tapedeck_config::TelemetrySettings;
use tapedeck_domain::port::{Clock, Ids as _};
use tapedeck_telemetry::{Collector, Exporter, ExporterHandle, SpanSource};

use crate::build_info;
use crate::metrics::Scraper;
use crate::system::{SystemClock, SystemIds};

/// Starts sending what was taken up.
pub(crate) fn start(
    spans: SpanSource,
    settings: &TelemetrySettings,
    scraper: Arc<Scraper>,
) -> anyhow::Result<ExporterHandle> {
    let endpoint = settings.otlp_endpoint.as_ref().map(AsRef::as_ref).unwrap_or_default();
    tapedeck_market_data::install_tls();
    let collector = Collector::new(endpoint, settings.otlp_headers.expose())
        .map_err(|why| anyhow::anyhow!("telemetry cannot be exported: {why}"))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let exporter = Exporter {
        collector,
        every: settings.interval,
        service: settings.service_name.clone(),
        version: build_info::build().version,
        instance: SystemIds.next().to_string(),
        clock,
        metrics: Arc::new(move || scraper.families()),
    };
    Ok(exporter.start(spans))
}
