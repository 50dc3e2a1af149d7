//! The kernel's limits.

use std::io::Write as _;

use rustix::process::Signal;
use tapedeck_domain::job::Limits;

use super::attempts::{self as attempt, errno};
use super::{EVERYBODY, FIRST_UID, Who, inside, run};
use crate::layers::{rlimits, uid};

fn limits(memory_mb: u64, cpu_ms: u64) -> Limits {
    Limits { cpu_ms, ..Limits::of_time_and_memory(1000, memory_mb) }
}

const WRITABLE: i32 = libc::PROT_READ | libc::PROT_WRITE;

#[test]
fn memory_that_is_used_is_limited_and_memory_that_is_reserved_is_not() {
    for who in EVERYBODY {
        let (bound, reserved, small, large) = inside(who, || {
            let bound = rlimits::bind(&limits(256, 1000), FIRST_UID);
            let reserve = libc::MAP_PRIVATE | libc::MAP_NORESERVE;
            let reserved = attempt::map(libc::PROT_NONE, reserve, 16 << 30);
            let small = attempt::map(WRITABLE, libc::MAP_PRIVATE, 200 << 20);
            (bound, reserved, small, attempt::map(WRITABLE, libc::MAP_PRIVATE, 400 << 20))
        });
        assert!(bound.is_ok(), "{who:?}: {bound:?}");
        assert_eq!((reserved, small, large), (0, 0, libc::ENOMEM), "{who:?}");
    }
}

#[test]
fn a_user_of_its_own_has_few_threads_and_later_none() {
    let (first, many, none) = inside(Who::AsIs, || {
        let own = uid::become_nobody(FIRST_UID).unwrap().starts_with("user");
        rlimits::bind(&limits(64, 1000), FIRST_UID).unwrap();
        let first = attempt::thread();
        let many = own.then(|| {
            let (hold, held) = std::sync::mpsc::channel::<()>();
            let held = std::sync::Arc::new(std::sync::Mutex::new(held));
            let waiting = |held: &std::sync::Arc<std::sync::Mutex<_>>| {
                let held = std::sync::Arc::clone(held);
                std::thread::Builder::new().spawn(move || {
                    let _: Result<(), _> = std::sync::mpsc::Receiver::recv(&*held.lock().unwrap());
                })
            };
            let threads: Vec<_> = (0..16).map(|_| waiting(&held)).collect();
            drop(hold);
            threads.into_iter().map(|thread| errno(thread.map(drop))).collect::<Vec<i32>>()
        });
        rlimits::no_more_threads().unwrap();
        (first, many, attempt::thread())
    });
    assert_eq!(first, 0);
    if let Some(many) = many {
        assert_eq!((many[0], many[15]), (0, libc::EAGAIN), "{many:?}");
        assert_eq!(none, libc::EAGAIN);
    }
}

#[test]
fn an_ordinary_user_starts_no_thread_after_the_last_layer_either() {
    let (before, after) = inside(Who::Ordinary, || {
        rlimits::bind(&limits(64, 1000), FIRST_UID).unwrap();
        let before = attempt::thread();
        rlimits::no_more_threads().unwrap();
        (before, attempt::thread())
    });
    assert_eq!((before, after), (0, libc::EAGAIN));
}

#[test]
fn descriptors_run_out() {
    for who in EVERYBODY {
        let last = inside(who, || {
            rlimits::bind(&limits(64, 1000), FIRST_UID).unwrap();
            let held: Vec<_> = (0..64).map(|_| std::io::stdin().try_clone_to_owned()).collect();
            errno(held.into_iter().last().unwrap())
        });
        assert_eq!(last, libc::EMFILE, "{who:?}");
    }
}

trait CloneDescriptor {
    fn try_clone_to_owned(&self) -> std::io::Result<std::os::fd::OwnedFd>;
}

impl CloneDescriptor for std::io::Stdin {
    fn try_clone_to_owned(&self) -> std::io::Result<std::os::fd::OwnedFd> {
        std::os::fd::AsFd::as_fd(self).try_clone_to_owned()
    }
}

#[test]
fn what_grows_a_file_is_killed_and_what_writes_to_a_pipe_is_not() {
    for who in EVERYBODY {
        let (status, _) = run(who, || {
            let mut file = tempfile::tempfile().unwrap();
            rlimits::bind(&limits(64, 1000), FIRST_UID).unwrap();
            errno(file.write_all(b"too much"))
        });
        assert_eq!(status.terminating_signal(), Some(Signal::XFSZ.as_raw()), "{who:?}");
        let (status, text) = run(who, || {
            rlimits::bind(&limits(64, 1000), FIRST_UID).unwrap();
            "x".repeat(100_000)
        });
        assert_eq!((status.exit_status(), text.len()), (Some(0), 100_002), "{who:?}");
    }
}

#[test]
fn processor_time_runs_out() {
    let (status, _) = run::<()>(Who::AsIs, || {
        rlimits::bind(&limits(64, 1), FIRST_UID).unwrap();
        let mut n = 0_u64;
        loop {
            n = std::hint::black_box(n.wrapping_add(1));
        }
    });
    assert_eq!(status.terminating_signal(), Some(Signal::XCPU.as_raw()));
}
