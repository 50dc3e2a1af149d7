//! A user of its own for each run of a server that is root: one that owns nothing and shares its
//! limits with nobody.

use std::ops::Range;

use rustix::io::Errno;
use rustix::process::{Gid, Uid, getpid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid, set_thread_uid};

use super::Tried;

/// How many users there are, from the first one on.
const USERS: u32 = 1 << 16;

pub(super) fn become_nobody(first: u32) -> Tried {
    let was = rustix::process::geteuid();
    if !was.is_root() {
        return Ok(format!("already not root, but user {}", was.as_raw()));
    }
    let number = own(first, getpid().as_raw_pid().unsigned_abs());
    change_to(number).map_err(|error| refusal(error, number))?;
    // With one thread, the thread is the process.
    if set_thread_uid(Uid::ROOT).is_ok() {
        return Err("it could become root again".to_owned());
    }
    Ok(format!("user and group {number}, no other group"))
}

/// Whether this process is a user that no other process is.
pub(super) fn is_own(first: u32) -> bool {
    users(first).contains(&rustix::process::geteuid().as_raw())
}

const fn users(first: u32) -> Range<u32> {
    first..first.saturating_add(USERS)
}

/// No two processes of a machine have one number, as long as it gives no more of them than that.
const fn own(first: u32, pid: u32) -> u32 {
    first.saturating_add(pid % USERS)
}

/// The groups while it may still change them, the user last.
fn change_to(number: u32) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(number), Gid::from_raw(number));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}

fn refusal(error: Errno, number: u32) -> String {
    match error {
        Errno::INVAL => format!("there is no user {number} in this user namespace"),
        other => format!("root here may not become user {number}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_number_has_a_user_of_its_own_within_the_range() {
        for pid in [1, 2, 65_535, 65_536, 4_194_304] {
            assert!(users(1_900_000_000).contains(&own(1_900_000_000, pid)), "{pid}");
        }
        assert_ne!(own(7, 1), own(7, 65_535));
        assert_eq!(own(u32::MAX - 1, 9), u32::MAX, "and never wraps round to root");
    }
}
