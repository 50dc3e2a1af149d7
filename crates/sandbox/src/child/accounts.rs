use std::fs::File;
use std::io::Result;
use std::os::unix::fs::FileExt as _;

use rustix::time::{ClockId, clock_gettime};
use tapedeck_domain::job::Usage;

use crate::accounts::peak_of;

/// What this process uses, by the accounts of the kernel. Opened early: later it may open nothing.
pub(super) struct Accounts {
    status: File,
}

impl Accounts {
    pub(super) fn open() -> Result<Self> {
        Ok(Self { status: File::open("/proc/self/status")? })
    }

    pub(super) fn usage(&self) -> Usage {
        let mut text = [0; 4096];
        let read = self.status.read_at(&mut text, 0).unwrap_or(0);
        let spent = clock_gettime(ClockId::ProcessCPUTime);
        let ms = spent.tv_sec.saturating_mul(1000).saturating_add(spent.tv_nsec / 1_000_000);
        Usage {
            peak_rss_bytes: peak_of(&String::from_utf8_lossy(&text[..read])),
            cpu_ms: u64::try_from(ms).ok(),
        }
    }
}
