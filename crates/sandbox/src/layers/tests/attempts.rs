//! What a run might try.

use std::fs::File;
use std::io::{Error, Result};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, test_kill_process};

/// What listens outside.
pub(super) struct Outside {
    _listen: (TcpListener, UdpSocket, UnixListener),
    tcp: SocketAddr,
    udp: SocketAddr,
    unix: UnixAddr,
    pid: Pid,
}

impl Outside {
    pub(super) fn open() -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let name = format!("tapedeck-layers-{}", udp.local_addr().unwrap());
        let name = UnixAddr::from_abstract_name(&name).unwrap();
        let unix = UnixListener::bind_addr(&name).unwrap();
        Self {
            tcp: tcp.local_addr().unwrap(),
            udp: udp.local_addr().unwrap(),
            unix: name,
            pid: rustix::process::getpid(),
            _listen: (tcp, udp, unix),
        }
    }

    pub(super) fn tcp(&self) -> i32 {
        errno(TcpStream::connect(self.tcp))
    }

    pub(super) fn udp(&self) -> i32 {
        let any: SocketAddr = "0.0.0.0:0".parse().unwrap();
        errno(UdpSocket::bind(any).and_then(|socket| socket.send_to(b"hello", self.udp)))
    }

    pub(super) fn abstract_unix(&self) -> i32 {
        errno(UnixStream::connect_addr(&self.unix))
    }

    pub(super) fn signal(&self) -> i32 {
        errno(test_kill_process(self.pid))
    }

    pub(super) fn trace(&self) -> i32 {
        let (seize, pid) = (i64::from(libc::PTRACE_SEIZE), i64::from(self.pid.as_raw_pid()));
        call(libc::SYS_ptrace, [seize, pid, 0, 0, 0, 0])
    }
}

pub(super) fn open() -> i32 {
    errno(File::open("/etc/passwd"))
}

pub(super) fn create() -> i32 {
    let path = std::env::temp_dir().join(format!("tapedeck-layers-{}", std::process::id()));
    let created = errno(File::create_new(&path));
    let _ = std::fs::remove_file(path);
    created
}

pub(super) fn become_root() -> i32 {
    errno(rustix::thread::set_thread_uid(rustix::process::Uid::ROOT))
}

pub(super) fn thread() -> i32 {
    errno(std::thread::Builder::new().spawn(|| ()).map(|thread| thread.join().unwrap()))
}

#[expect(clippy::disallowed_methods, reason = "what a run is not to do")]
pub(super) fn process() -> i32 {
    errno(Command::new("/bin/true").status())
}

/// Comes back only if it fails.
#[expect(clippy::disallowed_methods, reason = "what a run is not to do")]
pub(super) fn exec() -> i32 {
    errno::<(), _>(Err(Command::new("/bin/true").exec()))
}

pub(super) fn mount() -> i32 {
    let [what, place] =
        [c"tmpfs", c"/mnt"].map(|text| i64::try_from(text.as_ptr().addr()).unwrap());
    call(libc::SYS_mount, [what, place, what, 0, 0, 0])
}

pub(super) fn map(protection: i32, flags: i32, bytes: i64) -> i32 {
    let flags = i64::from(libc::MAP_ANONYMOUS | flags);
    call(libc::SYS_mmap, [0, bytes, i64::from(protection), flags, -1, 0])
}

/// A page that can be written becomes one that can be executed.
pub(super) fn turn_into_code() -> i32 {
    let page = vec![0_u8; 8192];
    let start = (page.as_ptr().addr() + 4095) & !4095;
    let both = i64::from(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC);
    call(libc::SYS_mprotect, [i64::try_from(start).unwrap(), 4096, both, 0, 0, 0])
}

/// 0 for success, or the number of the error.
pub(super) fn errno<T, E: Into<Error>>(done: std::result::Result<T, E>) -> i32 {
    let done: Result<T> = done.map_err(Into::into);
    done.err().map_or(0, |error| error.raw_os_error().unwrap())
}

#[expect(unsafe_code, reason = "calls that nothing has a safe name for")]
pub(super) fn call(number: libc::c_long, a: [i64; 6]) -> i32 {
    // SAFETY: of the callers' arguments, none points to memory that they do not own, and what is
    // mapped is new.
    let done = unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) };
    if done == -1 { Error::last_os_error().raw_os_error().unwrap() } else { 0 }
}
