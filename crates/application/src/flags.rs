//! Feature flags: what they are now, and how that is changed.

mod configured;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use serde_json::{Value, json};
use tapedeck_domain::flag::Flag;
use tapedeck_domain::port::{
    Clock, EvaluationContext, FlagError, FlagProvider, Override, Reason, StorageError,
};

pub use configured::ConfiguredFlags;

use crate::overrides::{Decider, Decision, Overrides};

/// Feature flags. Cloning shares them.
///
/// What was set at run time wins; then what the provider decided; that is the configuration,
/// unless another one is plugged in. Asking is cheap and asks nobody: providers are asked ahead
/// of time, by [`Flags::ask_provider`].
#[derive(Clone)]
pub struct Flags(Arc<Inner>);

struct Inner {
    overrides: Overrides,
    provider: Arc<dyn FlagProvider>,
    clock: Arc<dyn Clock>,
    configured: ConfiguredFlags,
    context: EvaluationContext,
    decided: RwLock<BTreeMap<Flag, Decided>>,
}

/// What was decided about a flag, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decided {
    value: bool,
    source: FlagSource,
}

/// Where a flag's value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagSource {
    /// Somebody set it at run time.
    Override,
    /// A provider decided.
    Provider,
    /// It is configured.
    Config,
    /// Nobody said anything.
    Default,
}

impl FlagSource {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Provider => "provider",
            Self::Config => "config",
            Self::Default => "default",
        }
    }
}

/// A flag at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct FlagView {
    /// Which one.
    pub flag: Flag,
    /// What it is.
    pub value: bool,
    /// Where that is from.
    pub source: FlagSource,
    /// The override, where there is one.
    pub set: Option<Override>,
}

impl Flags {
    /// Decided by `provider`, or by the configuration while it has said nothing.
    pub fn new(
        overrides: Overrides,
        configured: ConfiguredFlags,
        provider: Arc<dyn FlagProvider>,
        context: EvaluationContext,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let decided = RwLock::default();
        Self(Arc::new(Inner { overrides, provider, clock, configured, context, decided }))
    }

    /// Whether a flag is on in this process at this moment.
    pub fn is_on(&self, flag: Flag) -> bool {
        let set = self.0.overrides.get(&key(flag)).and_then(|held| held.value.as_bool());
        set.unwrap_or_else(|| self.decided(flag).value)
    }

    /// All flags, as this process knows them.
    pub fn known(&self) -> Vec<FlagView> {
        Flag::ALL.into_iter().map(|flag| self.view(flag)).collect()
    }

    /// One, after a look at what others may have set.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(&self, flag: Flag) -> Result<FlagView, StorageError> {
        self.0.overrides.refresh().await?;
        Ok(self.view(flag))
    }

    /// All of them, after such a look.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<FlagView>, StorageError> {
        self.0.overrides.refresh().await?;
        Ok(self.known())
    }

    /// Sets a flag for every process; with `None`, leaves it to the provider again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set(
        &self,
        flag: Flag,
        value: Option<bool>,
        decider: Decider,
    ) -> Result<FlagView, StorageError> {
        let decided = self.decided(flag);
        let effect = move |set: Option<&Value>| match set {
            Some(value) => json!({"value": value, "source": FlagSource::Override.as_str()}),
            None => json!({"value": decided.value, "source": decided.source.as_str()}),
        };
        let decision = Decision {
            key: key(flag),
            value: value.map(Value::Bool),
            action: if value.is_some() { "flag.set" } else { "flag.clear" },
            subject: key(flag).replace('.', "/"),
            effect: &effect,
        };
        let changed = self.0.overrides.decide(decision, decider).await?;
        let view = self.view(flag);
        if changed {
            let (key, source) = (flag.key(), view.source.as_str());
            tracing::info!(flag.key = key, flag.value = view.value, source, "a flag was changed");
        }
        Ok(view)
    }

    /// Asks the provider about every flag, each with a deadline. One that it cannot decide keeps
    /// what it was.
    ///
    /// # Errors
    /// What went wrong with the first of them.
    pub async fn ask_provider(&self, deadline: Duration) -> Result<(), FlagError> {
        let asked = Flag::ALL.into_iter().map(|flag| self.ask(flag, deadline));
        let answers = join_all(asked).await;
        let mut decided = self.0.decided.write().unwrap_or_else(PoisonError::into_inner);
        let mut failed = None;
        for (flag, answer) in Flag::ALL.into_iter().zip(answers) {
            match answer {
                Ok(answer) => drop(decided.insert(flag, answer)),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// The provider's name.
    pub fn provider(&self) -> &'static str {
        self.0.provider.name()
    }

    async fn ask(&self, flag: Flag, deadline: Duration) -> Result<Decided, FlagError> {
        let default = self.0.configured.value(flag);
        let asked = self.0.provider.resolve_boolean(flag.key(), default, &self.0.context);
        let resolution = match select(asked, self.0.clock.sleep(deadline)).await {
            Either::Left((resolution, _)) => resolution,
            Either::Right(((), _)) => return Err(late(deadline)),
        };
        if let Some(error) = resolution.error {
            return Err(error);
        }
        Ok(Decided { value: resolution.value, source: self.source(resolution.reason) })
    }

    fn source(&self, reason: Reason) -> FlagSource {
        let own = self.0.provider.name() == ConfiguredFlags::NAME;
        match reason {
            Reason::Default => FlagSource::Default,
            Reason::Static if own => FlagSource::Config,
            Reason::Static
            | Reason::TargetingMatch
            | Reason::Split
            | Reason::Cached
            | Reason::Disabled
            | Reason::Stale
            | Reason::Unknown
            | Reason::Error => FlagSource::Provider,
        }
    }

    fn decided(&self, flag: Flag) -> Decided {
        let decided = self.0.decided.read().unwrap_or_else(PoisonError::into_inner);
        decided.get(&flag).copied().unwrap_or_else(|| self.0.configured.decided(flag))
    }

    fn view(&self, flag: Flag) -> FlagView {
        let set = self.0.overrides.get(&key(flag));
        let value = set.as_ref().and_then(|held| held.value.as_bool());
        let Decided { value, source } = match value {
            Some(value) => Decided { value, source: FlagSource::Override },
            None => self.decided(flag),
        };
        FlagView { flag, value, source, set }
    }
}

fn late(deadline: Duration) -> FlagError {
    let message = format!("no answer within {} ms", deadline.as_millis());
    FlagError { code: tapedeck_domain::port::FlagErrorCode::General, message }
}

/// Under which an override is kept.
fn key(flag: Flag) -> String {
    format!("flags.{}", flag.key())
}
