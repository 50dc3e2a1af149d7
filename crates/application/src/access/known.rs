use std::collections::HashMap;

use tapedeck_domain::access::{AccessKey, KeyFault, KeyText};
use tapedeck_domain::id::KeyId;
use tapedeck_domain::time::Timestamp;

use super::{AccessError, Caller};

/// All keys at a moment.
pub(super) struct Known {
    keys: Vec<AccessKey>,
    by_prefix: HashMap<String, Vec<usize>>,
}

impl Known {
    pub(super) fn new(keys: Vec<AccessKey>) -> Self {
        let mut by_prefix: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            by_prefix.entry(key.prefix.clone()).or_default().push(place);
        }
        Self { keys, by_prefix }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Who has this key; `None` when nobody does. What is looked up is the part that is shown
    /// anyway; the rest is compared by hashes, in the same time wherever they differ.
    pub(super) fn holder(
        &self,
        text: &KeyText,
        now: Timestamp,
    ) -> Option<Result<Caller, AccessError>> {
        let hash = text.hash();
        let places = self.by_prefix.get(text.prefix())?;
        let mut alike = places.iter().filter_map(|place| self.keys.get(*place));
        alike.find(|key| key.hash == hash).map(|key| caller(key, now))
    }

    pub(super) fn by_id(&self, id: KeyId, now: Timestamp) -> Option<Result<Caller, AccessError>> {
        self.keys.iter().find(|key| key.id == id).map(|key| caller(key, now))
    }
}

fn caller(key: &AccessKey, now: Timestamp) -> Result<Caller, AccessError> {
    match key.usable(now) {
        Ok(()) => Ok(Caller::Key { id: key.id, name: key.name.clone(), scope: key.scope }),
        Err(KeyFault::Expired) => Err(AccessError::Expired),
        Err(KeyFault::Revoked) => Err(AccessError::Revoked),
    }
}
