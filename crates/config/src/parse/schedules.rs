//! Schedules, and the service that one of them asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use tapedeck_cron::{CronTimes, Zone};
use tapedeck_domain::id::DatasetId;
use tapedeck_domain::schedule::ScheduleName;

use super::{Parser, http_url};
use crate::problem::Problem;
use crate::settings::{CronSetting, MarketDataSettings, ScheduleSettings};
use crate::table::SETTINGS;

impl Parser {
    pub(super) fn schedules(&mut self) -> Option<ScheduleSettings> {
        let timezone = self.get("schedules.timezone", |text| text.parse::<Zone>().ok());
        let jitter = self.millis("schedules.jitter_ms", 0, 3_600_000);
        let (mut crons, mut all) = (BTreeMap::new(), true);
        for setting in SETTINGS.iter().filter(|setting| setting.section() == "schedules") {
            let name = setting.key.trim_start_matches("schedules.").parse::<ScheduleName>();
            let Ok(name) = name else { continue };
            match self.cron(setting.key, setting.accepts, timezone) {
                Some(cron) => drop(crons.insert(name, cron)),
                None => all = false,
            }
        }
        let (timezone, jitter) = (timezone?, jitter?);
        all.then_some(ScheduleSettings { timezone, jitter, crons })
    }

    /// An expression, or `Some(None)` for `off`. A problem says why it is none.
    fn cron(
        &mut self,
        key: &'static str,
        accepts: &str,
        zone: Option<Zone>,
    ) -> Option<Option<CronSetting>> {
        let found = self.values.get(key)?;
        let text = found.value.trim();
        if text == "off" {
            return Some(None);
        }
        // Where the time zone is the problem, the expression is looked at all the same.
        let zone = zone.or_else(|| "UTC".parse().ok())?;
        match CronTimes::parse(text, zone) {
            Ok(times) => Some(Some(CronSetting { text: text.into(), times: Arc::new(times) })),
            Err(error) => {
                let (name, value) = (found.name.clone(), found.value.clone());
                let expected = format!("{accepts}; {error}");
                self.problems.push(Problem { name, value, expected });
                None
            }
        }
    }

    pub(super) fn market_data(&mut self) -> Option<MarketDataSettings> {
        let url = self.get("market_data.url", |text| match text {
            "" => Some(None),
            text => http_url(text).map(Some),
        });
        let token = self.get("market_data.token", |text| {
            let sendable = text.bytes().all(|byte| byte.is_ascii_graphic());
            sendable.then(|| (!text.is_empty()).then(|| text.into()))
        });
        let datasets = self.get("market_data.datasets", datasets);
        Some(MarketDataSettings { url: url?, token: token?, datasets: datasets? })
    }
}

fn datasets(text: &str) -> Option<Vec<DatasetId>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}
