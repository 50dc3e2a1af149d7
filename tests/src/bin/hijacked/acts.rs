//! What a process does that was taken over.

use std::fmt::Debug;
use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::Command;
use std::thread;

use rustix::process::{Pid, Signal, kill_current_process_group, kill_process};

use crate::scene::Scene;

const PROGRESS: u8 = 66;
const PART: u8 = 67;
const END: u8 = 68;

/// Comes back when the attack has bounced off; the run then goes on as any other.
pub(crate) fn play() {
    match Scene::get().act.as_str() {
        "forks" => {
            forks();
            threads();
        }
        // A process that compiles may have threads.
        "forks-while-it-compiles" => forks(),
        "opens" => opens(),
        "writes" => writes(),
        "connects" => connects(),
        "kills" => kills(),
        "hoards" => hoards(),
        "spins" => loop {
            std::hint::spin_loop();
        },
        "sleeps" => loop {
            thread::park();
        },
        "floods-its-words" => floods_its_words(),
        "floods-the-socket" => say_for_ever(&frame(PART, &[1; 1 << 18])),
        "chatters" => say_for_ever(&progress()),
        "says-garbage" => say_for_ever(&[0xfe; 4096]),
        "announces-too-much" => say_for_ever(&[PART, 0xff, 0xff, 0xff, 0x7f]),
        "reports-nonsense" => reports_nonsense(),
        "dies" => std::process::abort(),
        "leaves" => std::process::exit(0),
        "dies-within-a-frame" => {
            say(&[PART, 9, 0, 0, 0, 1]);
            std::process::abort()
        }
        "overflows-its-stack" => {
            deeper(0);
        }
        other => through(&format!("{other} is not known")),
    }
}

/// Says what got through, and fails.
fn through(what: &dyn Debug) -> ! {
    eprintln!("through: {what:?}");
    std::process::abort()
}

#[track_caller]
fn bounces<T, E>(what: impl Debug, tried: Result<T, E>) {
    if tried.is_ok() {
        through(&what);
    }
}

#[expect(clippy::disallowed_methods, reason = "what a run is not to do")]
fn forks() {
    for _ in 0..500 {
        bounces("a process", Command::new("/proc/self/exe").spawn());
        bounces("a shell", Command::new("/bin/sh").arg("-c").arg("true").status());
    }
}

fn threads() {
    for _ in 0..500 {
        bounces("a thread", thread::Builder::new().spawn(|| ()));
    }
}

fn opens() {
    let Scene { files, server, .. } = Scene::get();
    let of =
        |pid: &str| ["mem", "environ", "maps", "fd/0"].map(|file| format!("/proc/{pid}/{file}"));
    let others = [of("self"), of("1"), of(&server.to_string())].concat();
    let usual =
        ["/", ".", "/etc/passwd", "/etc/hostname", "/dev/null", "/dev/shm", "/proc/self/exe"];
    for path in usual.iter().map(|path| (*path).to_owned()).chain(others).chain(files.clone()) {
        bounces(&path, File::open(&path));
        bounces(&path, std::fs::read_dir(&path));
        bounces(&path, std::fs::metadata(&path));
        bounces(&path, std::fs::read_link(&path));
    }
    // And as many descriptors as it can have.
    for _ in 0..500 {
        bounces("a descriptor", std::io::stdin().as_fd().try_clone_to_owned());
        bounces("a pipe", std::io::pipe());
    }
}

fn writes() {
    for path in &Scene::get().files {
        let beside = format!("{path}.hostile");
        bounces(path, std::fs::write(path, "hostile"));
        bounces(path, File::options().append(true).open(path));
        bounces(path, std::fs::rename(path, &beside));
        bounces(path, std::fs::hard_link(path, &beside));
        bounces(path, std::os::unix::fs::symlink(path, &beside));
        bounces(path, std::fs::remove_file(path));
        bounces(path, std::fs::remove_dir_all(path));
        bounces(path, std::fs::create_dir(&beside));
        bounces(path, File::create_new(&beside));
        bounces(path, std::os::unix::fs::chown(path, Some(1), None));
    }
    for place in ["/tmp", "/dev/shm", "/var/tmp", "."] {
        bounces(place, File::create_new(format!("{place}/hostile")));
    }
}

fn connects() {
    let Scene { tcp, udp, unix, .. } = Scene::get();
    bounces("TCP", TcpStream::connect(tcp));
    bounces("UDP", UdpSocket::bind("0.0.0.0:0").and_then(|own| own.send_to(b"hostile", udp)));
    bounces("a name", TcpStream::connect("localhost:80"));
    bounces("an address outside", TcpStream::connect("192.0.2.1:80"));
    bounces("a Unix socket", UnixStream::connect(unix));
    bounces("a Unix datagram", UnixDatagram::unbound().and_then(|own| own.connect(unix)));
    bounces("a pair", UnixStream::pair());
    bounces("a listener", TcpListener::bind("127.0.0.1:0"));
    bounces("a Unix listener", UnixListener::bind("/tmp/hostile.socket"));
}

fn kills() {
    let server = i32::try_from(Scene::get().server).ok().and_then(Pid::from_raw);
    for signal in [Signal::KILL, Signal::STOP, Signal::TERM] {
        if let Some(server) = server {
            bounces("the server", kill_process(server, signal));
        }
        bounces("its group", kill_current_process_group(signal));
    }
}

fn hoards() {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

/// Sixteen MiB to where nobody should listen for long.
fn floods_its_words() {
    let much = [b'x'; 1 << 16];
    for _ in 0..256 {
        let _ = std::io::stderr().write_all(&much);
        let _ = std::io::stdout().write_all(&much);
    }
}

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&[kind], &length.to_le_bytes()[..], payload].concat()
}

/// `{"bars_done": 1, "sim_time": 1}` in MessagePack.
fn progress() -> Vec<u8> {
    let message = [b"\x82\xa9bars_done\x01".as_slice(), b"\xa8sim_time\x01"].concat();
    frame(PROGRESS, &message)
}

/// A report of bytes that are none, and `{"how": {"Ran": null}, "usage": {}}`.
fn reports_nonsense() {
    say(&frame(PART, &[0xc1; 1000]));
    let end = [b"\x82\xa3how\x81\xa3Ran\xc0".as_slice(), b"\xa5usage\x80"].concat();
    say(&frame(END, &end));
    std::process::exit(0)
}

/// To the server, past everything that keeps the order of words.
fn say(bytes: &[u8]) {
    let mut socket = &Scene::get().socket;
    if socket.write_all(bytes).is_err() {
        std::process::exit(0);
    }
}

fn say_for_ever(bytes: &[u8]) {
    loop {
        say(bytes);
    }
}

fn deeper(n: u64) -> u64 {
    let here = std::hint::black_box([n; 512]);
    if n == u64::MAX { 0 } else { std::hint::black_box(deeper(n + 1)) ^ here[7] }
}
