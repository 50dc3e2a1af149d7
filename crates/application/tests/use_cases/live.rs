//! Flags and the log level: what is set, what is decided elsewhere, and what holds when neither
//! can be asked.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::{
    ConfiguredFlags, ConfiguredLevel, Decider, FlagSource, Flags, LogLevel, Overrides,
    SetLevelError,
};
use tapedeck_domain::flag::Flag;
use tapedeck_domain::port::{
    EvaluationContext, FlagErrorCode, FlagProvider, LogControl, Override, OverrideChange,
    OverrideStore, Reason, Resolution, StorageError,
};
use tapedeck_testkit::memory::MemoryJobs;
use tapedeck_testkit::{FakeClock, settle};

const DEADLINE: Duration = Duration::from_millis(100);

fn decider() -> Decider {
    Decider::command_line()
}

/// What is on, to what a provider makes of it.
#[derive(Default)]
struct Provider {
    mode: AtomicU32,
}

const ON: u32 = 0;
const HANGS: u32 = 1;
const FAILS: u32 = 2;

#[async_trait]
impl FlagProvider for Provider {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn resolve_boolean(
        &self,
        key: &str,
        default: bool,
        context: &EvaluationContext,
    ) -> Resolution<bool> {
        assert_eq!(context.targeting_key.as_deref(), Some("process"));
        assert!(Flag::of_key(key).is_some_and(|flag| flag.declaration().default == default));
        match self.mode.load(Ordering::SeqCst) {
            ON => Resolution::new(true, Reason::Split),
            HANGS => std::future::pending().await,
            _ => Resolution::failed(default, FlagErrorCode::General, "as the test says"),
        }
    }
}

fn flags(
    store: Arc<dyn OverrideStore>,
    clock: &Arc<FakeClock>,
    provider: Arc<dyn FlagProvider>,
) -> Flags {
    let overrides = Overrides::new(store, clock.clone());
    let context =
        EvaluationContext { targeting_key: Some("process".to_owned()), ..Default::default() };
    Flags::new(overrides, ConfiguredFlags::default(), provider, context, clock.clone())
}

#[tokio::test]
async fn what_is_set_wins_over_the_provider_and_that_over_the_configuration() {
    let (clock, provider) = (Arc::new(FakeClock::default()), Arc::new(Provider::default()));
    let flags = flags(Arc::new(MemoryJobs::default()), &clock, provider);
    let seen = |flags: &Flags| {
        let view = flags.known().into_iter().find(|view| view.flag == Flag::TightLimits).unwrap();
        assert_eq!(view.value, flags.is_on(Flag::TightLimits));
        (view.value, view.source)
    };
    assert_eq!(seen(&flags), (false, FlagSource::Default), "before the provider was asked");
    flags.ask_provider(DEADLINE).await.unwrap();
    assert_eq!(seen(&flags), (true, FlagSource::Provider));
    flags.set(Flag::TightLimits, Some(false), decider()).await.unwrap();
    assert_eq!(seen(&flags), (false, FlagSource::Override));
    flags.set(Flag::TightLimits, None, decider()).await.unwrap();
    assert_eq!(seen(&flags), (true, FlagSource::Provider));
}

#[tokio::test]
async fn a_provider_that_hangs_or_fails_leaves_flags_as_they_were() {
    let (clock, provider) = (Arc::new(FakeClock::default()), Arc::new(Provider::default()));
    let flags = flags(Arc::new(MemoryJobs::default()), &clock, provider.clone());
    flags.ask_provider(DEADLINE).await.unwrap();
    provider.mode.store(HANGS, Ordering::SeqCst);
    let asking = tokio::spawn({
        let flags = flags.clone();
        async move { flags.ask_provider(DEADLINE).await }
    });
    settle().await;
    assert!(flags.is_on(Flag::TightLimits), "nobody who asks a flag waits for the provider");
    clock.advance(DEADLINE);
    let late = asking.await.unwrap().unwrap_err();
    assert_eq!(late.message, "no answer within 100 ms");
    assert!(flags.is_on(Flag::TightLimits));
    provider.mode.store(FAILS, Ordering::SeqCst);
    assert_eq!(flags.ask_provider(DEADLINE).await.unwrap_err().message, "as the test says");
    assert!(flags.is_on(Flag::TightLimits));
}

#[tokio::test]
async fn a_flag_that_is_configured_says_so_even_at_its_default() {
    let clock = Arc::new(FakeClock::default());
    let store = Arc::new(MemoryJobs::default());
    let configured = ConfiguredFlags::new([(Flag::TightLimits, false)]);
    let overrides = Overrides::new(store, clock.clone());
    let provider = Arc::new(configured.clone());
    let flags = Flags::new(overrides, configured, provider, EvaluationContext::default(), clock);
    flags.ask_provider(DEADLINE).await.unwrap();
    let sources: Vec<_> = flags.known().into_iter().map(|view| view.source).collect();
    assert_eq!(sources, [FlagSource::Default, FlagSource::Default, FlagSource::Config]);
}

/// A store that is there, or not.
#[derive(Default)]
struct Shaky {
    store: MemoryJobs,
    away: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl OverrideStore for Shaky {
    async fn all(&self) -> Result<Vec<Override>, StorageError> {
        match self.away.load(Ordering::SeqCst) {
            true => Err(StorageError::away("as the test says")),
            false => self.store.all().await,
        }
    }

    async fn change(&self, change: OverrideChange) -> Result<bool, StorageError> {
        self.store.change(change).await
    }
}

#[tokio::test]
async fn while_the_store_is_away_what_was_known_holds_and_nothing_can_be_set() {
    let (clock, store) = (Arc::new(FakeClock::default()), Arc::new(Shaky::default()));
    let flags = flags(store.clone(), &clock, Arc::new(ConfiguredFlags::default()));
    flags.set(Flag::TightLimits, Some(true), decider()).await.unwrap();
    store.away.store(true, Ordering::SeqCst);
    assert!(flags.is_on(Flag::TightLimits));
    assert!(flags.list().await.unwrap_err().is_away());
    assert!(flags.set(Flag::TightLimits, Some(false), decider()).await.is_err());
    assert!(flags.is_on(Flag::TightLimits));
}

/// A log that remembers how it was to log.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl LogControl for Log {
    fn parse(&self, level: &str) -> Option<String> {
        ["info", "debug", "trace"].contains(&level).then(|| level.to_owned())
    }

    fn apply(&self, level: &str) {
        self.0.lock().unwrap().push(level.to_owned());
    }
}

#[tokio::test]
async fn a_level_is_applied_once_when_it_changes_here_or_elsewhere() {
    let clock = Arc::new(FakeClock::default());
    let store = Arc::new(MemoryJobs::default());
    let process = |log: &Arc<Log>| {
        let overrides = Overrides::new(store.clone(), clock.clone());
        let configured = ConfiguredLevel { level: "info".to_owned(), is_default: true };
        (LogLevel::new(overrides.clone(), log.clone(), configured), overrides)
    };
    let (here, there) = (Arc::new(Log::default()), Arc::new(Log::default()));
    let ((one, _), (other, overrides)) = (process(&here), process(&there));
    assert!(matches!(one.set("loud", decider()).await, Err(SetLevelError::Invalid)));
    one.set("debug", decider()).await.unwrap();
    one.set("debug", decider()).await.unwrap();
    for _ in 0..2 {
        overrides.refresh().await.unwrap();
        other.apply();
    }
    let view = other.clear(decider()).await.unwrap();
    assert_eq!((view.level.as_str(), view.source), ("info", "default"));
    one.look().await.unwrap();
    for log in [here, there] {
        assert_eq!(*log.0.lock().unwrap(), ["debug", "info"]);
    }
}
