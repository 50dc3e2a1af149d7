//! Workers in processes of their own: this program, started once more.

use std::mem::ManuallyDrop;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::crew::Working;
use crate::noop::Noop;
use crate::support::TestDatabase;
use crate::watched::Store;

/// The argument that makes this program a worker.
pub(crate) const WORKER: &str = "--as-worker";

/// A worker in a process of its own, which waits for a word before it starts.
pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

/// What a worker has to tell at its end.
#[derive(Default)]
pub(crate) struct Told {
    /// The seed and the moment of every start.
    pub(crate) starts: Vec<(u64, u64)>,
    /// When it claimed for the first time, and when it committed an end for the last time.
    pub(crate) span: (u64, u64),
}

impl Process {
    /// Starts the process and waits until it has its connection.
    #[expect(clippy::disallowed_methods, reason = "a worker in a process of its own")]
    pub(crate) async fn start(database: &TestDatabase, max_concurrent: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([WORKER, &database.name, &max_concurrent.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).await.unwrap();
        assert_eq!(ready, "ready\n");
        Self { child, output }
    }

    /// Lets it work.
    pub(crate) async fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    }

    /// Has it stop and tell.
    pub(crate) async fn stop(mut self) -> Told {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.output.read_to_string(&mut text).await.unwrap();
        assert!(self.child.wait().await.unwrap().success());
        let numbers = |line: &str| {
            let (first, second) = line.split_once(' ').unwrap();
            (first.parse().unwrap(), second.parse().unwrap())
        };
        let mut lines = text.lines().map(numbers);
        Told { span: lines.next().unwrap(), starts: lines.collect() }
    }
}

/// What such a process does.
pub(crate) async fn work(database: &str, max_concurrent: usize) {
    // Whoever started this process drops the database.
    let database = ManuallyDrop::new(TestDatabase { name: database.to_owned() });
    let (store, watched) = Store::postgres(&database).await.watched();
    let runner = Noop::new();
    let mut input = BufReader::new(tokio::io::stdin());
    println!("ready");
    let mut word = String::new();
    input.read_line(&mut word).await.unwrap();
    let working = Working::start(&store, runner.clone(), max_concurrent);
    input.read_to_string(&mut word).await.unwrap();
    working.stop().await;
    let (first, last) = watched.span();
    println!("{first} {last}");
    runner.starts().iter().for_each(|(seed, at)| println!("{seed} {at}"));
}
