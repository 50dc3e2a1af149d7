//! What can be changed while the server runs: feature flags and the log level.

use std::time::Duration;

use tapedeck_application::{ConfiguredFlags, ConfiguredLevel, Flags, LogLevel, Overrides};
use tapedeck_config::{FlagSettings, Settings};
use tapedeck_domain::flag::Flag;
use tapedeck_domain::port::EvaluationContext;

use crate::adapters::Adapters;
use crate::build_info;

/// How long a provider of flags may hold up the start.
const PATIENCE: Duration = Duration::from_secs(1);

/// What can be changed while the server runs.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) overrides: Overrides,
    pub(crate) flags: Flags,
    pub(crate) log_level: LogLevel,
}

impl Live {
    /// As it holds already: nothing is served before.
    pub(crate) async fn open(adapters: &Adapters, settings: &Settings) -> Self {
        let live = Self::new(adapters, settings);
        live.refresh().await;
        live
    }

    /// Failures are left to whoever looks again and again.
    async fn refresh(&self) {
        if self.overrides.refresh().await.is_ok() {
            self.log_level.apply();
        }
        let _ = self.flags.ask_provider(PATIENCE).await;
    }

    fn new(adapters: &Adapters, settings: &Settings) -> Self {
        let clock = adapters.clock.clone();
        let overrides = Overrides::new(adapters.overrides.clone(), clock.clone());
        let configured = configured_flags(&settings.flags);
        let (provider, context) = (adapters.flag_provider.clone(), context(settings));
        let flags = Flags::new(overrides.clone(), configured, provider, context, clock);
        let level = ConfiguredLevel {
            level: settings.logging.level.clone(),
            is_default: settings.logging.level_is_default,
        };
        let log_level = LogLevel::new(overrides.clone(), adapters.log.clone(), level);
        Self { overrides, flags, log_level }
    }
}

/// The flags that somebody configured.
pub(crate) fn configured_flags(settings: &FlagSettings) -> ConfiguredFlags {
    let configured = settings.configured.iter();
    ConfiguredFlags::new(configured.filter_map(|(key, on)| Some((Flag::of_key(key)?, *on))))
}

/// What a provider may tell processes apart by.
fn context(settings: &Settings) -> EvaluationContext {
    let role = settings.server.role.as_str();
    let attributes = [("role", role.to_owned()), ("version", build_info::build().version)];
    EvaluationContext {
        targeting_key: Some(format!("tapedeck-{role}")),
        attributes: attributes.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

#[cfg(test)]
mod tests {
    use tapedeck_config::SETTINGS;

    use super::*;

    #[test]
    fn every_flag_has_a_setting_with_its_default() {
        let settings = SETTINGS.iter().filter_map(|s| Some((s.key.strip_prefix("flags.")?, s)));
        let settings: Vec<_> = settings.map(|(key, setting)| (key, setting.default)).collect();
        let flags = Flag::ALL.map(|flag| (flag.key(), flag.declaration().default.to_string()));
        let flags: Vec<_> = flags.iter().map(|(key, default)| (*key, default.as_str())).collect();
        assert_eq!(settings, flags);
    }
}
