//! Each layer alone.

use std::fs::File;
use std::io::{Read as _, Write as _, pipe};
use std::sync::mpsc::channel;

use libc::{EACCES, EPERM};

use super::attempts::{self as attempt, Outside, call};
use super::{EVERYBODY, FIRST_UID, Who, inside};
use crate::layers::seccomp::Purpose;
use crate::layers::{landlock, network, privileges, seccomp, uid};

#[test]
fn nothing_answers_in_a_network_of_ones_own() {
    for who in EVERYBODY {
        let outside = Outside::open();
        let (before, left, after) = inside(who, || {
            let before = (outside.tcp(), outside.udp());
            let left = network::leave_as_root().or_else(|_| network::leave_as_anybody());
            (before, left, [outside.tcp(), outside.udp(), outside.abstract_unix()])
        });
        assert_eq!(before, (0, 0), "{who:?}: they answer otherwise");
        let [tcp, udp, abstract_unix] = after;
        match left {
            Ok(_) => {
                assert_eq!((tcp, udp), (libc::ENETUNREACH, libc::ENETUNREACH), "{who:?}");
                assert_eq!(abstract_unix, libc::ECONNREFUSED, "{who:?}");
            }
            // Such a kernel; then it says so, and means it.
            Err(reason) => assert!(reason.contains("refuses") && tcp == 0, "{who:?}: {reason}"),
        }
    }
}

#[test]
fn a_run_of_root_is_a_user_of_its_own_and_stays_it() {
    let outside = Outside::open();
    let (changed, groups, tried) = inside(Who::AsIs, || {
        let changed = uid::become_nobody(FIRST_UID);
        let groups = rustix::process::getgroups().unwrap().len();
        let id = rustix::process::getpid().as_raw_pid();
        let ids = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw(), id);
        let tried = (attempt::become_root(), outside.signal(), ids);
        (changed, groups, tried)
    });
    let (root, signal, (uid, gid, pid)) = tried;
    assert_eq!(root, EPERM);
    if rustix::process::geteuid().is_root() {
        let own = FIRST_UID + u32::try_from(pid).unwrap() % 65_536;
        assert_eq!((uid, gid, groups), (own, own, 0), "{changed:?}");
        assert_eq!(signal, EPERM);
        assert!(changed.unwrap().contains(&own.to_string()));
    } else {
        assert!(changed.unwrap().contains("already not root"));
    }
}

#[test]
fn an_ordinary_user_stays_who_it_is() {
    let (changed, same) = inside(Who::Ordinary, || {
        let before = rustix::process::geteuid().as_raw();
        (uid::become_nobody(FIRST_UID), rustix::process::geteuid().as_raw() == before)
    });
    assert!(changed.unwrap().starts_with("already not root") && same);
}

#[test]
fn no_rights_are_left_not_even_those_within_a_user_namespace() {
    for who in EVERYBODY {
        let (status, done) = inside(who, || {
            let mut status = File::open("/proc/self/status").unwrap();
            // It makes this process an administrator of that namespace, where it may.
            let _ = network::leave_as_anybody();
            let done = privileges::renounce();
            let mut text = String::new();
            status.read_to_string(&mut text).unwrap();
            let core = rustix::process::getrlimit(rustix::process::Resource::Core).maximum;
            let dumpable = rustix::process::dumpable_behavior().unwrap();
            let dumpable = dumpable != rustix::process::DumpableBehavior::NotDumpable;
            (text, (done, core, dumpable, attempt::mount()))
        });
        let (done, core, dumpable, mount) = done;
        assert!(done.is_ok(), "{who:?}: {done:?}");
        for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
            assert!(status.contains(line), "{who:?}: {status}");
        }
        assert_eq!((core, dumpable, mount), (Some(0), false, EPERM), "{who:?}");
    }
}

#[test]
fn no_file_opens_behind_landlock_and_what_is_open_stays_so() {
    for who in EVERYBODY {
        let outside = Outside::open();
        let (before, closed, after, read) = inside(who, || {
            let before = [attempt::open(), attempt::create(), outside.tcp()];
            let (mut from, mut to) = pipe().unwrap();
            let mut status = File::open("/proc/self/status").unwrap();
            rustix::thread::set_no_new_privs(true).unwrap();
            let closed = landlock::close();
            let after = [attempt::open(), attempt::create(), outside.tcp(), attempt::exec()];
            let scoped = [outside.abstract_unix(), outside.signal(), outside.trace()];
            let mut read = String::new();
            status.read_to_string(&mut read).unwrap();
            to.write_all(b"through").unwrap();
            drop(to);
            from.read_to_string(&mut read).unwrap();
            (before, closed, (after, scoped), read)
        });
        assert_eq!(before, [0, 0, 0], "{who:?}: they can be had otherwise");
        assert!(read.starts_with("Name:") && read.ends_with("through"), "{who:?}");
        let (after, scoped) = after;
        match closed {
            Ok(held) if held.starts_with("no files, no TCP, no signals") => {
                assert_eq!((after, scoped), ([EACCES; 4], [EPERM; 3]), "{who:?}");
            }
            // An older kernel.
            Ok(_) => assert_eq!(after[..2], [EACCES; 2], "{who:?}"),
            Err(reason) => assert!(reason.contains("Landlock") && after[0] == 0, "{reason}"),
        }
    }
}

#[test]
fn after_the_last_layer_hardly_a_system_call_is_left() {
    for who in EVERYBODY {
        let outside = Outside::open();
        let (closed, tried) = inside(who, || {
            let closed = seccomp::close(Purpose::Run);
            let tried = vec![
                ("open", attempt::open()),
                ("create", attempt::create()),
                ("tcp", outside.tcp()),
                ("udp", outside.udp()),
                ("abstract", outside.abstract_unix()),
                ("signal", outside.signal()),
                ("trace", outside.trace()),
                ("root", attempt::become_root()),
                ("thread", attempt::thread()),
                ("process", attempt::process()),
                ("exec", attempt::exec()),
                ("mount", attempt::mount()),
                ("unshare", call(libc::SYS_unshare, [0; 6])),
                ("io_uring", call(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0])),
                ("bpf", call(libc::SYS_bpf, [0; 6])),
                ("keyctl", call(libc::SYS_keyctl, [0; 6])),
                ("memfd", call(libc::SYS_memfd_create, [0; 6])),
                ("prctl", call(libc::SYS_prctl, [0; 6])),
                ("sendmsg", call(libc::SYS_sendmsg, [1, 0, 0, 0, 0, 0])),
                ("sendto an address", call(libc::SYS_sendto, [1, 0, 0, 0, 1, 0])),
                ("x32", call(0x4000_0000 | libc::SYS_getpid, [0; 6])),
                ("code", attempt::map(libc::PROT_EXEC, libc::MAP_PRIVATE, 4096)),
                ("turn into code", attempt::turn_into_code()),
                ("share", attempt::map(libc::PROT_READ, libc::MAP_SHARED, 4096)),
            ];
            let tried: Vec<_> = tried.into_iter().map(|(what, e)| (what.to_owned(), e)).collect();
            (closed, tried)
        });
        assert!(closed.is_ok(), "{who:?}: {closed:?}");
        for (what, errno) in tried {
            assert_eq!(errno, EPERM, "{who:?}: {what}");
        }
    }
}

#[test]
fn the_last_layer_is_on_every_thread_and_they_go_on_to_work() {
    let (other, sum, slept) = inside(Who::AsIs, || {
        let ((go, gone), (tell, told)) = (channel::<()>(), channel());
        let thread = std::thread::spawn(move || {
            gone.recv().unwrap();
            tell.send((attempt::open(), vec![1_u64; 1 << 20].iter().sum::<u64>())).unwrap();
        });
        seccomp::close(Purpose::Run).unwrap();
        go.send(()).unwrap();
        let (other, sum) = told.recv().unwrap();
        thread.join().unwrap();
        let late = told.recv_timeout(std::time::Duration::from_millis(1)).is_err();
        (other, sum, late)
    });
    assert_eq!((other, sum, slept), (EPERM, 1 << 20, true));
}

#[test]
fn a_process_that_compiles_makes_code_and_threads_and_nothing_else() {
    for who in EVERYBODY {
        let outside = Outside::open();
        let (closed, may, may_not) = inside(who, || {
            let closed = seccomp::close(Purpose::Compile);
            let code = libc::PROT_READ | libc::PROT_EXEC;
            let may = [attempt::map(code, libc::MAP_PRIVATE, 4096), attempt::thread()];
            let share = attempt::map(libc::PROT_READ, libc::MAP_SHARED, 4096);
            let reach = [attempt::open(), outside.tcp(), outside.signal(), outside.trace()];
            (closed, may, (share, reach, attempt::process(), attempt::exec()))
        });
        assert!(closed.is_ok(), "{who:?}: {closed:?}");
        assert_eq!((may, may_not), ([0; 2], (EPERM, [EPERM; 4], EPERM, EPERM)), "{who:?}");
    }
}
