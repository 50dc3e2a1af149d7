use std::time::Duration;

use crate::overrides::Decider;
use serde_json::{Value, json};
use tapedeck_domain::access::{AccessKey, KeyText, Scope};

use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::{KeyId, KeyName};
use tapedeck_domain::port::{Revoked, StorageError};
use tapedeck_domain::time::Timestamp;

use super::{Access, AccessPorts, KeyError};

/// Make keys, list them, take them back.
#[derive(Clone)]
pub struct Keys(Access);

/// A key that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is called.
    pub name: KeyName,
    /// What it may do.
    pub scope: Scope,
    /// After which time it is refused, if ever.
    pub expires_in: Option<Duration>,
}

impl Keys {
    /// Over the ports of `access`, which learns at once what is decided here.
    pub const fn new(access: Access) -> Self {
        Self(access)
    }

    fn ports(&self) -> &AccessPorts {
        &self.0.0.ports
    }

    /// Makes a key. Its text is in the answer, and nowhere afterwards.
    ///
    /// # Errors
    /// See [`KeyError`]; nothing was made.
    pub async fn create(&self, by: Decider, new: NewKey) -> Result<(AccessKey, KeyText), KeyError> {
        let created_at = self.ports().clock.now();
        let expires_at = new.expires_in.map(|time| created_at.plus(time));
        if expires_at.is_some_and(|end| end <= created_at || end == Timestamp::from_nanos(i64::MAX))
        {
            return Err(KeyError::Expiry);
        }
        let text = KeyText::from_random(self.ports().entropy.bits()?);
        let key = AccessKey {
            id: KeyId::from_uuid(self.ports().ids.next()),
            name: new.name,
            prefix: text.prefix().to_owned(),
            hash: text.hash(),
            scope: new.scope,
            created_at,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let entry = entry(by, "key.create", &key, created_at, None, described(&key));
        self.ports().keys.add(key.clone(), entry).await?.map_err(|_| KeyError::NameTaken)?;
        tracing::info!(key.name = %key.name, key.scope = %key.scope, "an access key was made");
        self.learn().await;
        Ok((key, text))
    }

    /// All keys that there are or were, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<AccessKey>, StorageError> {
        self.ports().keys.all().await
    }

    /// The key of this name.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn named(&self, name: &KeyName) -> Result<AccessKey, KeyError> {
        let keys = self.list().await?;
        keys.into_iter().find(|key| key.name == *name).ok_or(KeyError::NotFound)
    }

    /// Takes a key back for good; says whether it was not before.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn revoke(&self, by: Decider, id: KeyId) -> Result<bool, KeyError> {
        let keys = self.list().await?;
        let key = keys.into_iter().find(|key| key.id == id).ok_or(KeyError::NotFound)?;
        let at = self.ports().clock.now();
        let after = json!({"revoked": true});
        let entry = entry(by, "key.revoke", &key, at, Some(json!({"revoked": false})), after);
        let revoked = self.ports().keys.revoke(id, at, entry).await?;
        if revoked == Revoked::NotFound {
            return Err(KeyError::NotFound);
        }
        if revoked == Revoked::Now {
            tracing::info!(key.name = %key.name, "an access key was revoked");
        }
        self.learn().await;
        Ok(revoked == Revoked::Now)
    }

    /// What was decided stays decided, even if this process hears of it only a moment later.
    async fn learn(&self) {
        let _ = self.0.refresh().await;
    }
}

/// Everything of a key that anybody may know.
fn described(key: &AccessKey) -> Value {
    let expires_at = key.expires_at.map(|end| end.to_string());
    json!({"scope": key.scope.as_str(), "prefix": key.prefix, "expires_at": expires_at})
}

fn entry(
    by: Decider,
    action: &str,
    key: &AccessKey,
    at: Timestamp,
    before: Option<Value>,
    after: Value,
) -> AuditEntry {
    AuditEntry {
        at,
        actor: by.actor,
        action: action.to_owned(),
        subject: format!("keys/{}", key.name),
        request_id: by.request_id,
        before,
        after: Some(after),
    }
}
