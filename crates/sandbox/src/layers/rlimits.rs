//! The kernel's own limits: what a run cannot get past even if everything above them fails.
//! Nothing is said about address space, of which the runtime of guests reserves gigabytes.

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tapedeck_domain::job::Limits;

use super::{Tried, uid};

/// For the program itself, beside what a run may have. The server looks at what is really used,
/// and ends a run at its limit; this is behind it.
const ROOM_MB: u64 = 64;
/// Largest stack of the first thread.
const STACK: u64 = 8 << 20;
/// Descriptors: a run has its socket, its bars and its module.
const FILES: u64 = 32;
/// Threads: the first, and one that listens.
const THREADS: u64 = 4;

pub(super) fn bind(limits: &Limits, first_uid: u32) -> Tried {
    let memory = memory_bytes(limits);
    let seconds = seconds(limits.cpu_ms);
    set(&[
        (Resource::Data, memory),
        (Resource::Stack, STACK),
        (Resource::Nofile, FILES),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
    ])
    .and_then(|()| lower_to(Resource::Cpu, seconds, seconds.saturating_add(1)))
    .and_then(|()| threads(first_uid))
    .map_err(|error| format!("the kernel refuses it: {error}"))?;
    let mb = memory >> 20;
    Ok(format!("{mb} MiB of data, {seconds} s of processor, {FILES} descriptors, no file written"))
}

/// What a run may have, and the program with it.
pub(super) fn memory_bytes(limits: &Limits) -> u64 {
    limits.memory_mb.saturating_add(ROOM_MB).saturating_mul(1 << 20)
}

/// More than any run takes. The kernel counts nanoseconds in 64 bits: a limit that has more
/// would be over at once.
const LONGEST_SECONDS: u64 = 1 << 30;

/// Never sooner than asked for, since the kernel counts whole seconds only.
fn seconds(cpu_ms: u64) -> u64 {
    (cpu_ms / 1000 + 1).min(LONGEST_SECONDS)
}

/// They are counted by user, so that a small number would be one for all processes of the user
/// whom a run shares with the server.
fn threads(first_uid: u32) -> Result<(), Errno> {
    if uid::is_own(first_uid) { lower(Resource::Nproc, THREADS) } else { Ok(()) }
}

/// From here on no thread and no process starts, whoever's user this is.
pub(super) fn no_more_threads() -> Result<(), Errno> {
    lower(Resource::Nproc, 0)
}

fn set(limits: &[(Resource, u64)]) -> Result<(), Errno> {
    limits.iter().try_for_each(|&(resource, value)| lower(resource, value))
}

/// A limit for good: to the value, or to what it is already if that is less.
pub(super) fn lower(resource: Resource, value: u64) -> Result<(), Errno> {
    lower_to(resource, value, value)
}

fn lower_to(resource: Resource, soft: u64, hard: u64) -> Result<(), Errno> {
    let now = getrlimit(resource);
    let hard = now.maximum.map_or(hard, |maximum| maximum.min(hard));
    let soft = now.current.map_or(soft, |current| current.min(soft)).min(hard);
    setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_round_up_and_never_overflow() {
        assert_eq!([0, 1, 999, 1000, 1500].map(seconds), [1, 1, 1, 2, 2]);
        assert!(seconds(u64::MAX) > 1 << 50);
        assert_eq!(memory_bytes(&Limits::of_time_and_memory(1, u64::MAX)), u64::MAX);
        assert_eq!(memory_bytes(&Limits::of_time_and_memory(1, 64)), 128 << 20);
    }
}
