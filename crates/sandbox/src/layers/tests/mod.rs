//! Each layer from within: a process of its own puts it on and then tries what it is to keep from
//! doing, as root and as an ordinary user.

mod each;
mod limits;
mod whole;

mod attempts;

use std::io::{Read as _, Write as _, pipe};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::process::{Gid, Pid, Uid, WaitOptions, WaitStatus, waitpid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use serde::{Serialize, de::DeserializeOwned};
use tapedeck_domain::isolation::{IsolationPolicy, LayerPolicy};

use super::Plan;

const FIRST_UID: u32 = 1_900_000_000;

/// As whom the process starts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    /// As the tests are run: often root.
    AsIs,
    Ordinary,
}

const EVERYBODY: [Who; 2] = [Who::AsIs, Who::Ordinary];

impl Who {
    fn become_it(self) {
        if self == Self::Ordinary && rustix::process::geteuid().is_root() {
            let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
            set_thread_groups(&[]).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
        }
    }
}

fn plan(all: LayerPolicy) -> Plan {
    let policy = IsolationPolicy {
        uid: all,
        no_new_privs: all,
        rlimits: all,
        landlock: all,
        seccomp: all,
        network: all,
        cgroup: all,
    };
    Plan { policy, first_uid: FIRST_UID }
}

/// What a process of its own, with one thread, comes to.
fn inside<T: Serialize + DeserializeOwned>(who: Who, work: impl FnOnce() -> T) -> T {
    let (status, text) = run(who, work);
    assert!(status.exit_status() == Some(0), "{who:?} ended with {status:?}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// How such a process ends, and what it said until then.
fn run<T: Serialize>(who: Who, work: impl FnOnce() -> T) -> (WaitStatus, String) {
    let (mut from, mut to) = pipe().unwrap();
    let Some(child) = fork() else {
        drop(from);
        let done = catch_unwind(AssertUnwindSafe(|| {
            who.become_it();
            serde_json::to_string(&work()).unwrap()
        }));
        let (code, text) = match done {
            Ok(text) => (0, text),
            Err(panic) => (1, format!("{:?}", panic.downcast_ref::<String>())),
        };
        let written = to.write_all(text.as_bytes());
        exit(if written.is_ok() { code } else { 2 });
    };
    drop(to);
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    let (_, status) = waitpid(Some(child), WaitOptions::empty()).unwrap().unwrap();
    (status, text)
}

#[expect(unsafe_code, reason = "the standard library has no call for it")]
fn fork() -> Option<Pid> {
    // SAFETY: the child goes on with one thread, and ends by `exit` without returning to the
    // harness; the allocator of the C library is usable after a fork.
    match unsafe { libc::fork() } {
        0 => None,
        pid => Some(Pid::from_raw(pid).filter(|_| pid > 0).unwrap()),
    }
}

#[expect(unsafe_code, reason = "nothing of the harness may run at the end of a fork")]
fn exit(code: i32) -> ! {
    // SAFETY: it touches no memory.
    unsafe { libc::_exit(code) }
}
