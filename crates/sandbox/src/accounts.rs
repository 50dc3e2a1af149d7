//! What the kernel says of a process, as text.

/// The most memory that it held, in bytes, by its `status`: in memory at one time, or in memory
/// and swapped out now.
pub(crate) fn peak_of(status: &str) -> Option<u64> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib.saturating_mul(1024))
    };
    let now = field("VmRSS:")?.saturating_add(field("VmSwap:").unwrap_or(0));
    Some(now.max(field("VmHWM:").unwrap_or(0)))
}

/// Milliseconds of a tick of the kernel's accounts: 100 a second, in every build of Linux.
const TICK_MS: u64 = 10;

/// Processor time, in milliseconds, by its `stat`.
pub(crate) fn spent_of(stat: &str) -> Option<u64> {
    // The name, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some(user.saturating_add(system).saturating_mul(TICK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_swapped_out_counts_as_held() {
        let status = "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\nVmSwap:\t 4096 kB\n";
        assert_eq!(peak_of(status), Some(5120 * 1024));
        assert_eq!(peak_of("VmHWM:\t2048 kB\nVmRSS:\t 1 kB\n"), Some(2048 * 1024));
        assert_eq!(peak_of("Name:\tzombie\n"), None);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 1 2 3 4 50 7 0 0 20 0 1 0 1";
        assert_eq!(spent_of(stat), Some(570));
        assert_eq!(spent_of("7 (cut"), None);
    }
}
