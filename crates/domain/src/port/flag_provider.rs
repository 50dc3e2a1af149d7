use std::collections::BTreeMap;

use async_trait::async_trait;

/// Decides about flags, in the words of OpenFeature, so that flagd or another service can be
/// asked. Values that were set through the API win over whatever a provider says.
#[async_trait]
pub trait FlagProvider: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// The value of a flag. It may hang and it may fail: it is asked ahead of time and with a
    /// deadline, never while a request waits. With an error the value is `default`.
    async fn resolve_boolean(
        &self,
        key: &str,
        default: bool,
        context: &EvaluationContext,
    ) -> Resolution<bool>;
}

/// For whom a flag is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvaluationContext {
    /// What decides about shares of a roll-out: here the process, such as `tapedeck-api`.
    pub targeting_key: Option<String>,
    /// What else is known, such as `version`.
    pub attributes: BTreeMap<String, String>,
}

/// What a provider decided, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution<T> {
    /// The value.
    pub value: T,
    /// The provider's name of the value.
    pub variant: Option<String>,
    /// Why.
    pub reason: Reason,
    /// What went wrong, when the reason is an error.
    pub error: Option<FlagError>,
}

/// Why a flag has its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is configured, without rules.
    Static,
    /// Nothing is said about it.
    Default,
    /// A rule matched the context.
    TargetingMatch,
    /// The context fell into a share.
    Split,
    /// It was decided earlier.
    Cached,
    /// The flag is switched off at the provider.
    Disabled,
    /// The provider has lost its source and says what it said last.
    Stale,
    /// The provider does not say.
    Unknown,
    /// It could not be decided.
    Error,
}

/// Why a flag could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagError {
    /// Of which kind.
    pub code: FlagErrorCode,
    /// In words; never a secret.
    pub message: String,
}

/// The kinds of errors of OpenFeature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagErrorCode {
    /// It is still starting.
    ProviderNotReady,
    /// It knows no such flag.
    FlagNotFound,
    /// Its answer cannot be read.
    ParseError,
    /// The flag has a value of another type.
    TypeMismatch,
    /// A rule needs a targeting key, and there is none.
    TargetingKeyMissing,
    /// A rule needs something else of the context.
    InvalidContext,
    /// It will not recover.
    ProviderFatal,
    /// Anything else.
    General,
}

impl<T> Resolution<T> {
    /// A value with its reason.
    pub const fn new(value: T, reason: Reason) -> Self {
        Self { value, variant: None, reason, error: None }
    }

    /// The default, since something went wrong.
    pub fn failed(default: T, code: FlagErrorCode, message: impl Into<String>) -> Self {
        let error = FlagError { code, message: message.into() };
        Self { value: default, variant: None, reason: Reason::Error, error: Some(error) }
    }
}
