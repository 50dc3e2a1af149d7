//! Who calls, while keys come and go and the store is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_application::{
    Access, AccessError, AccessPorts, Caller, Credential, Decider, Keys, NewKey,
};
use tapedeck_domain::access::{AccessKey, KeyText, Scope};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::KeyId;
use tapedeck_domain::port::{Entropy, KeyStore, NameTaken, NoEntropy, Revoked, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_testkit::memory::{MemoryAccess, MemoryJobs};
use tapedeck_testkit::{FakeClock, SequentialIds, drive, settle};

/// Other bits each time.
#[derive(Default)]
struct Bits(AtomicU64);

impl Entropy for Bits {
    fn bits(&self) -> Result<[u8; 32], NoEntropy> {
        let mut bits = [0; 32];
        bits[..8].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        // The beginning of the text is the same in all: what is shown tells none apart.
        bits.reverse();
        Ok(bits)
    }
}

/// A store that may be away, and counts how often it is asked.
struct Store {
    keys: Arc<MemoryAccess>,
    away: AtomicBool,
    asked: AtomicU64,
}

impl Store {
    fn look<T>(&self, found: T) -> Result<T, StorageError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return Err(StorageError::unavailable("away"));
        }
        Ok(found)
    }
}

#[async_trait]
impl KeyStore for Store {
    async fn add(
        &self,
        key: AccessKey,
        audit: AuditEntry,
    ) -> Result<Result<(), NameTaken>, StorageError> {
        self.keys.add(key, audit).await
    }

    async fn all(&self) -> Result<Vec<AccessKey>, StorageError> {
        self.look(self.keys.all().await?)
    }

    async fn revoke(
        &self,
        id: KeyId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<Revoked, StorageError> {
        self.keys.revoke(id, at, audit).await
    }

    async fn touch(&self, uses: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        self.keys.touch(uses).await
    }
}

/// Two processes on one store: keys are made in one, and used in the other.
struct Scene {
    clock: Arc<FakeClock>,
    store: Arc<Store>,
    access: Access,
    keys: Keys,
}

fn scene() -> Scene {
    let clock = Arc::new(FakeClock::default());
    let memory = Arc::new(MemoryAccess::new(Arc::new(MemoryJobs::default())));
    let (away, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let store = Arc::new(Store { keys: memory.clone(), away, asked });
    let ports = AccessPorts {
        keys: store.clone(),
        tickets: memory,
        clock: clock.clone(),
        ids: Arc::new(SequentialIds::default()),
        entropy: Arc::new(Bits::default()),
    };
    let keys = Keys::new(Access::new(ports.clone()));
    Scene { clock, store, access: Access::new(ports), keys }
}

impl Scene {
    async fn key(&self, name: &str) -> (KeyId, KeyText) {
        let by = Decider::command_line();
        let new = NewKey { name: name.parse().unwrap(), scope: Scope::Run, expires_in: None };
        let (key, text) = self.keys.create(by, new).await.unwrap();
        (key.id, text)
    }

    async fn caller(&self, text: &KeyText) -> Result<Caller, AccessError> {
        self.access.caller(Credential::Key(text.expose().to_owned())).await
    }

    fn known(&self, text: &KeyText) -> Option<Result<Caller, AccessError>> {
        self.access.known_caller(&Credential::Key(text.expose().to_owned()))
    }
}

#[tokio::test]
async fn nothing_is_decided_before_the_keys_were_read() {
    let scene = scene();
    scene.store.away.store(true, Ordering::Relaxed);
    assert_eq!(scene.access.is_closed(), None);
    let caller = scene.access.caller(Credential::None).await;
    assert!(matches!(caller, Err(AccessError::Storage(_))), "{caller:?}");
    scene.store.away.store(false, Ordering::Relaxed);
    let (_, asked) = tokio::join!(
        drive(&scene.clock, Duration::from_millis(10), async || scene.access.is_closed().is_some()),
        scene.access.caller(Credential::None),
    );
    assert_eq!(asked.unwrap(), Caller::Anonymous);
}

#[tokio::test]
async fn a_key_of_another_process_is_known_at_once_and_strangers_ask_little() {
    let scene = scene();
    scene.access.refresh().await.unwrap();
    let (_, text) = scene.key("ci").await;
    scene.access.refresh().await.unwrap();
    assert!(matches!(scene.known(&text), Some(Ok(Caller::Key { .. }))));
    let (_, other) = scene.key("other").await;
    assert!(scene.known(&other).is_none(), "here it is not known yet");
    let done = AtomicBool::new(false);
    let wait =
        drive(&scene.clock, Duration::from_millis(10), async || done.load(Ordering::Relaxed));
    let ask = async {
        let caller = scene.caller(&other).await;
        done.store(true, Ordering::Relaxed);
        caller
    };
    let (_, caller) = tokio::join!(wait, ask);
    assert_eq!(caller.unwrap().actor().as_str(), "key:other");

    let before = scene.store.asked.load(Ordering::Relaxed);
    let strangers = (0..50_u8).map(|n| KeyText::from_random([n + 100; 32])).collect::<Vec<_>>();
    let all = futures_util::future::join_all(strangers.iter().map(|text| scene.caller(text)));
    let done = AtomicBool::new(false);
    let wait =
        drive(&scene.clock, Duration::from_millis(10), async || done.load(Ordering::Relaxed));
    let ask = async {
        let all = all.await;
        done.store(true, Ordering::Relaxed);
        all
    };
    let (_, callers) = tokio::join!(wait, ask);
    assert!(callers.iter().all(|caller| matches!(caller, Err(AccessError::Unknown))));
    let asked = scene.store.asked.load(Ordering::Relaxed) - before;
    assert!(asked <= 2, "fifty strangers asked {asked} times");
}

#[tokio::test]
async fn what_is_known_holds_while_the_store_is_away_and_is_fresh_within_a_second() {
    let scene = scene();
    let (id, text) = scene.key("ci").await;
    scene.access.refresh().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let kept = tokio::spawn(scene.access.clone().keep(async move {
        let _ = stopped.await;
    }));
    scene.store.away.store(true, Ordering::Relaxed);
    for _ in 0..20 {
        settle().await;
        scene.clock.advance(Duration::from_millis(400));
    }
    assert!(matches!(scene.known(&text), Some(Ok(_))), "it holds");
    scene.store.away.store(false, Ordering::Relaxed);
    let by = Decider::command_line();
    assert!(scene.keys.revoke(by, id).await.unwrap());
    for _ in 0..2 {
        settle().await;
        scene.clock.advance(Duration::from_millis(400));
    }
    settle().await;
    assert!(matches!(scene.known(&text), Some(Err(AccessError::Revoked))));
    assert_eq!(scene.access.is_closed(), Some(true), "revoking the last key opens nothing");
    stop.send(()).unwrap();
    kept.await.unwrap();
    let keys = scene.keys.list().await.unwrap();
    assert!(keys[0].last_used_at.is_some(), "its use was written down when this ended");
}
