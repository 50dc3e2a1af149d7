use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

/// Sealed files by the hash of their content: those used last, up to a number of bytes.
pub(super) struct Cache<T> {
    limit: u64,
    held: Mutex<Held<T>>,
}

struct Held<T> {
    files: HashMap<String, (Arc<Sealed<T>>, u64)>,
    uses: u64,
}

/// A sealed file, and what is known of it.
pub(super) struct Sealed<T> {
    pub(super) file: OwnedFd,
    pub(super) bytes: u64,
    pub(super) about: T,
}

/// Files at most, since each is an open one.
const MOST: usize = 128;

impl<T> Cache<T> {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, held: Mutex::new(Held { files: HashMap::new(), uses: 0 }) }
    }

    pub(super) fn get(&self, hash: &str) -> Option<Arc<Sealed<T>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let now = held.uses;
        let (file, used) = held.files.get_mut(hash)?;
        *used = now;
        Some(Arc::clone(file))
    }

    /// Keeps `file` if there is room for it, once others have gone.
    pub(super) fn put(&self, hash: &str, file: Sealed<T>) -> Arc<Sealed<T>> {
        let file = Arc::new(file);
        if file.bytes > self.limit {
            return file;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let now = held.uses;
        held.files.insert(hash.to_owned(), (Arc::clone(&file), now));
        while held.files.len() > MOST || held.bytes() > self.limit {
            let oldest = held.files.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(hash, _)| hash.clone()) else { break };
            held.files.remove(&oldest);
        }
        file
    }
}

impl<T> Held<T> {
    fn bytes(&self) -> u64 {
        self.files.values().map(|(file, _)| file.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::seal_bytes;

    fn sealed(bytes: u64) -> Sealed<()> {
        Sealed { file: seal_bytes(&[]).unwrap(), bytes, about: () }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first_and_what_is_too_large_never_comes() {
        let cache = Cache::new(10);
        cache.put("a", sealed(4));
        cache.put("b", sealed(4));
        assert!(cache.get("a").is_some());
        cache.put("c", sealed(4));
        assert!(cache.get("b").is_none() && cache.get("a").is_some() && cache.get("c").is_some());
        cache.put("d", sealed(11));
        assert!(cache.get("d").is_none() && cache.get("a").is_some());
        Cache::new(0).put("e", sealed(1));
    }

    #[test]
    fn files_are_bounded_in_number_too() {
        let cache = Cache::new(10);
        (0..=MOST).for_each(|i| drop(cache.put(&i.to_string(), sealed(0))));
        assert!(cache.get("0").is_none() && cache.get("1").is_some());
    }
}
