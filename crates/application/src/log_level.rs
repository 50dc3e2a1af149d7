//! What is logged, and how that is changed at run time.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tapedeck_domain::port::{LogControl, Override, StorageError};

use crate::overrides::{Decider, Decision, Overrides};

/// What is logged. Cloning shares it.
#[derive(Clone)]
pub struct LogLevel {
    overrides: Overrides,
    control: Arc<dyn LogControl>,
    configured: Arc<ConfiguredLevel>,
    applied: Arc<Mutex<String>>,
}

/// The level that holds while nobody has set another.
#[derive(Debug, Clone)]
pub struct ConfiguredLevel {
    /// The level.
    pub level: String,
    /// Whether somebody configured it.
    pub is_default: bool,
}

/// The level at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLevelView {
    /// The level.
    pub level: String,
    /// Where it is from: `override`, `config` or `default`.
    pub source: &'static str,
    /// What holds without an override.
    pub configured: String,
    /// The override, where there is one.
    pub set: Option<Override>,
}

/// Why a level was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetLevelError {
    /// It is none.
    #[error("not a log level")]
    Invalid,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Under which an override is kept; its subject in the audit trail, too.
const KEY: &str = "logging";

impl LogLevel {
    /// Applied through `control`, which applies the configured level already.
    pub fn new(
        overrides: Overrides,
        control: Arc<dyn LogControl>,
        configured: ConfiguredLevel,
    ) -> Self {
        let applied = Arc::new(Mutex::new(configured.level.clone()));
        Self { overrides, control, configured: Arc::new(configured), applied }
    }

    /// Logs as this process knows it should.
    pub fn apply(&self) {
        let level = self.view().level;
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        if *applied == level {
            return;
        }
        self.control.apply(&level);
        let before = std::mem::replace(&mut *applied, level);
        tracing::info!(log.before = before, log.level = *applied, "the log level was changed");
    }

    /// The level, after a look at what others may have set.
    ///
    /// # Errors
    /// The store failed.
    pub async fn look(&self) -> Result<LogLevelView, StorageError> {
        self.overrides.refresh().await?;
        self.apply();
        Ok(self.view())
    }

    /// Sets it for every process.
    ///
    /// # Errors
    /// See [`SetLevelError`].
    pub async fn set(&self, level: &str, decider: Decider) -> Result<LogLevelView, SetLevelError> {
        let level = self.control.parse(level).ok_or(SetLevelError::Invalid)?;
        Ok(self.decide(Some(level), decider).await?)
    }

    /// Back to what is configured, in every process.
    ///
    /// # Errors
    /// The store failed.
    pub async fn clear(&self, decider: Decider) -> Result<LogLevelView, StorageError> {
        self.decide(None, decider).await
    }

    async fn decide(
        &self,
        level: Option<String>,
        decider: Decider,
    ) -> Result<LogLevelView, StorageError> {
        let configured = self.configured.clone();
        let effect = move |set: Option<&Value>| match set {
            Some(level) => json!({"level": level, "source": "override"}),
            None => json!({"level": configured.level, "source": configured.source()}),
        };
        let decision = Decision {
            key: KEY.to_owned(),
            action: if level.is_some() { "logging.set" } else { "logging.clear" },
            value: level.map(Value::String),
            subject: KEY.to_owned(),
            effect: &effect,
        };
        self.overrides.decide(decision, decider).await?;
        self.apply();
        Ok(self.view())
    }

    /// One that this build cannot read, since a newer one set it, is passed over.
    fn view(&self) -> LogLevelView {
        let set = self.overrides.get(KEY);
        let level = set.as_ref().and_then(|held| self.control.parse(held.value.as_str()?));
        let configured = self.configured.level.clone();
        let source = if level.is_some() { "override" } else { self.configured.source() };
        let level = level.unwrap_or_else(|| configured.clone());
        LogLevelView { level, source, configured, set }
    }
}

impl ConfiguredLevel {
    const fn source(&self) -> &'static str {
        if self.is_default { "default" } else { "config" }
    }
}
