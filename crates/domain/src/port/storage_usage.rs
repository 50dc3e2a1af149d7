use super::StorageError;

/// How full a store is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageUsage {
    /// What is stored.
    pub used: u64,
    /// What may be stored at most, if there is a quota.
    pub quota: Option<u64>,
    /// What the file system still takes.
    pub free: u64,
    /// How much of that is left alone.
    pub min_free: u64,
}

impl StorageUsage {
    /// Whether `bytes` more may be stored.
    ///
    /// # Errors
    /// [`StorageError::Full`], which says what stands in the way.
    pub fn room_for(&self, bytes: u64) -> Result<(), StorageError> {
        let full = |what| Err(StorageError::Full { what });
        if self.free < self.min_free.saturating_add(bytes) {
            return full(self.little_free());
        }
        match self.quota {
            Some(quota) if self.used.saturating_add(bytes) > quota => full(self.much_of(quota)),
            Some(_) | None => Ok(()),
        }
    }

    /// What an operator should see to before the store is full: from nine tenths of the quota, or
    /// below twice the space that is left alone.
    pub fn warning(&self) -> Option<String> {
        if self.free < self.min_free.saturating_mul(2) {
            return Some(self.little_free());
        }
        let quota = self.quota.filter(|quota| self.used >= quota - quota / 10)?;
        Some(self.much_of(quota))
    }

    fn little_free(&self) -> String {
        let (free, kept) = (megabytes(self.free), megabytes(self.min_free));
        format!("{free} free, {kept} are kept free (files.min_free_mb)")
    }

    fn much_of(&self, quota: u64) -> String {
        let (used, quota) = (megabytes(self.used), megabytes(quota));
        format!("{used} used, {quota} may be (files.quota_mb)")
    }
}

impl std::fmt::Display for StorageUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} used, {} free", megabytes(self.used), megabytes(self.free))
    }
}

/// In the unit of the settings, 2^20 bytes; below ten of them with one decimal, rounded down so
/// that a limit is never shown as kept when it is not.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes / (1 << 20) * 10 + bytes % (1 << 20) * 10 / (1 << 20);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} MB"),
        (whole @ 0..10, tenth) => format!("{whole}.{tenth} MB"),
        (whole, _) => format!("{whole} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    fn usage(used: u64, free: u64) -> StorageUsage {
        StorageUsage { used, quota: Some(100 * MB), free, min_free: 64 * MB }
    }

    fn refusal(usage: StorageUsage, bytes: u64) -> String {
        usage.room_for(bytes).unwrap_err().to_string()
    }

    #[test]
    fn there_is_room_up_to_the_quota_and_down_to_the_space_that_is_left_alone() {
        assert!(usage(90 * MB, 74 * MB).room_for(10 * MB).is_ok());
        assert!(usage(90 * MB, 74 * MB).room_for(10 * MB + 1).is_err());
        assert!(usage(90 * MB, 500 * MB).room_for(10 * MB + 1).is_err());
        assert!(usage(0, u64::MAX).room_for(u64::MAX).is_err(), "without overflow");
        let unlimited = StorageUsage { used: MB, quota: None, free: MB, min_free: 0 };
        assert!(unlimited.room_for(MB).is_ok());
        assert!(unlimited.room_for(MB + 1).is_err());
    }

    #[test]
    fn a_refusal_says_what_stands_in_the_way() {
        let full = refusal(usage(0, MB + MB / 4), 0);
        assert_eq!(full, "the store is full: 1.2 MB free, 64 MB are kept free (files.min_free_mb)");
        let full = refusal(usage(99 * MB + MB / 2, 500 * MB), MB);
        assert_eq!(full, "the store is full: 99 MB used, 100 MB may be (files.quota_mb)");
    }

    #[test]
    fn it_warns_before_it_is_full() {
        assert_eq!(usage(89 * MB, 128 * MB).warning(), None);
        assert!(usage(90 * MB, 128 * MB).warning().unwrap().contains("files.quota_mb"));
        assert!(usage(89 * MB, 128 * MB - 1).warning().unwrap().contains("files.min_free_mb"));
    }

    #[test]
    fn sizes_are_shown_in_the_unit_of_the_settings() {
        let shown = usage(0, 3 * MB / 2).to_string();
        assert_eq!(shown, "0 MB used, 1.5 MB free");
        assert_eq!(
            usage(u64::MAX, 12 * MB + MB / 2).to_string(),
            "17592186044415 MB used, 12 MB free"
        );
    }
}
