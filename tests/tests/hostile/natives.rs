//! Processes that attack: the real process of a run, inside all its layers, taken over.

use crate::attack::{
    Attack, attacks, broken, compiler, exceeds, process, refused, succeeded, timed_out,
};
use crate::server::PATIENCE;

attacks! {
    a_process_that_forks: process("forks").ends(succeeded());
    a_process_that_hoards: process("hoards").limit("memory_mb", 192).ends(exceeds("memory_mb"));
    a_process_that_spins: process("spins").limit("timeout_ms", 700).ends(timed_out());
    a_process_that_spends_processor_time: process("spins")
        .limit("cpu_ms", 400).ends(exceeds("cpu_ms"));
    a_process_that_sleeps: process("sleeps").limit("timeout_ms", 700).ends(timed_out());
    a_process_that_kills: process("kills").ends(succeeded());
    a_process_that_dies: process("dies").ends(broken());
    a_process_that_leaves: process("leaves").ends(broken());
    a_process_that_dies_within_a_frame: process("dies-within-a-frame").ends(broken());
    a_process_that_overflows_its_stack: process("overflows-its-stack").ends(broken());
    a_process_that_floods_the_socket: process("floods-the-socket")
        .limit("output_bytes", 1 << 20).ends(exceeds("output_bytes"));
    a_process_that_chatters: process("chatters").ends(broken());
    a_process_that_says_garbage: process("says-garbage").ends(broken());
    a_process_that_announces_too_much: process("announces-too-much").ends(broken());
    a_process_that_reports_nonsense: process("reports-nonsense").ends(broken());
    a_compiler_that_forks: compiler("forks-while-it-compiles").ends(succeeded());
    a_compiler_that_kills: compiler("kills").ends(succeeded());
    a_compiler_that_hoards: compiler("hoards").ends(refused(422, "needs too much memory"));
    a_compiler_that_spins: compiler("spins")
        .env("TAPEDECK__SANDBOX__COMPILE_TIMEOUT_MS", "500")
        .ends(refused(422, "takes longer than 500 ms"));
    a_compiler_that_floods_its_words: compiler("floods-its-words").ends(succeeded());
    a_compiler_that_says_garbage: compiler("says-garbage").ends(refused(500, ""));
    a_process_that_floods_its_words: process("floods-its-words").ends(succeeded());
}

mod outside {
    //! Attacks on what is outside, which looks whether anything came.

    use std::net::{TcpListener, UdpSocket};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use tempfile::TempDir;

    use super::*;

    #[tokio::test]
    async fn a_process_that_connects() {
        connects(process("connects")).await;
    }

    #[tokio::test]
    async fn a_compiler_that_connects() {
        connects(compiler("connects")).await;
    }

    async fn connects(attack: Attack) {
        let dir = TempDir::new().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let path = dir.path().join("socket");
        let unix = UnixListener::bind(&path).unwrap();
        let attack = attack
            .env("HOSTILE_TCP", tcp.local_addr().unwrap().to_string())
            .env("HOSTILE_UDP", udp.local_addr().unwrap().to_string())
            .env("HOSTILE_UNIX", path.to_str().unwrap());
        attack.ends(succeeded()).carry_out().await;
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        unix.set_nonblocking(true).unwrap();
        assert!(tcp.accept().is_err() && unix.accept().is_err() && udp.recv(&mut [0]).is_err());
    }

    /// A file that is everybody's, and the attack on it.
    fn on_a_file(attack: Attack) -> (TempDir, Attack) {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "of others").unwrap();
        for path in [dir.path(), &file] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
        }
        let attack = attack.env("HOSTILE_FILES", file.to_str().unwrap());
        (dir, attack.ends(succeeded()))
    }

    #[tokio::test]
    async fn a_process_that_opens_files() {
        let (_dir, attack) = on_a_file(process("opens"));
        attack.carry_out().await;
    }

    #[tokio::test]
    async fn a_compiler_that_opens_files() {
        let (_dir, attack) = on_a_file(compiler("opens"));
        attack.carry_out().await;
    }

    #[tokio::test]
    async fn a_process_that_writes_files() {
        writes(process("writes")).await;
    }

    #[tokio::test]
    async fn a_compiler_that_writes_files() {
        writes(compiler("writes")).await;
    }

    async fn writes(attack: Attack) {
        let (dir, attack) = on_a_file(attack);
        attack.carry_out().await;
        let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(std::fs::read_to_string(dir.path().join("secret")).unwrap(), "of others");
    }
}

/// How long a process that does not listen may take to end once it is to be stopped.
#[tokio::test]
async fn a_process_that_will_not_stop() {
    use serde_json::json;

    use crate::more::cancelled;
    use crate::server::Server;

    let program = tapedeck_tests::binary().with_file_name("hijacked");
    let env = [("HOSTILE".to_owned(), "spins".to_owned())];
    let server = Server::start(&program, &env);
    let request = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover", "seed": 666});
    for _ in 0..3 {
        let took = cancelled(&server, &request).await;
        eprintln!("a process that will not stop was gone {} ms after", took.as_millis());
        assert!(took < PATIENCE / 6, "{took:?}");
    }
    server.quiet().await;
    server.stop().await;
}
