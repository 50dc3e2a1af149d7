use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::flag::Flag;
use tapedeck_domain::port::{EvaluationContext, FlagErrorCode, FlagProvider, Reason, Resolution};

use super::{Decided, FlagSource};

/// The flags as they are configured: the provider where no other is plugged in.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredFlags(Arc<BTreeMap<Flag, bool>>);

impl ConfiguredFlags {
    pub(super) const NAME: &'static str = "configuration";

    /// Those that somebody configured; all others have their defaults.
    pub fn new(configured: impl IntoIterator<Item = (Flag, bool)>) -> Self {
        Self(Arc::new(configured.into_iter().collect()))
    }

    pub(super) fn value(&self, flag: Flag) -> bool {
        self.decided(flag).value
    }

    pub(super) fn decided(&self, flag: Flag) -> Decided {
        match self.0.get(&flag) {
            Some(value) => Decided { value: *value, source: FlagSource::Config },
            None => Decided { value: flag.declaration().default, source: FlagSource::Default },
        }
    }
}

#[async_trait]
impl FlagProvider for ConfiguredFlags {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn resolve_boolean(
        &self,
        key: &str,
        default: bool,
        _: &EvaluationContext,
    ) -> Resolution<bool> {
        let Some(flag) = Flag::of_key(key) else {
            let message = format!("there is no flag `{key}`");
            return Resolution::failed(default, FlagErrorCode::FlagNotFound, message);
        };
        match self.0.get(&flag) {
            Some(value) => Resolution::new(*value, Reason::Static),
            None => Resolution::new(default, Reason::Default),
        }
    }
}
