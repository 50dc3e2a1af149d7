//! The program of the tests: an honest process, and processes that misbehave in one way each.

use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use serde_json::{Value, json};

type Result<T> = std::io::Result<T>;

const READY: u8 = 65;
const PROGRESS: u8 = 66;
const PART: u8 = 67;
const END: u8 = 68;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let socket = std::io::stdin().as_fd().try_clone_to_owned();
    let done = match arguments.first().map(String::as_str) {
        Some("run-one") | None => socket.and_then(tapedeck_sandbox::run_one),
        Some(behaviour) => socket.and_then(|socket| Fake(socket.into()).play(behaviour)),
    };
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Fake(UnixStream);

impl Fake {
    fn play(mut self, behaviour: &str) -> Result<()> {
        if behaviour == "dies-at-once" {
            return Ok(());
        }
        self.hear()?;
        match behaviour {
            "dies-before-ready" => std::process::abort(),
            "speaks-another-version" => return self.say(READY, &json!({"version": 3, "news": 1})),
            "starts-with-garbage" => return self.write(&[7; 4096]),
            _ => self.say(READY, &json!({"version": 2, "layers": []}))?,
        }
        self.hear()?;
        self.answer(behaviour)
    }

    fn answer(&mut self, behaviour: &str) -> Result<()> {
        match behaviour {
            "dies-at-the-request" => std::process::abort(),
            "says-nothing" => loop {
                std::thread::park();
            },
            "answers-garbage" => self.write(&[0xfe; 1 << 16]),
            "sends-a-frame-too-long" => self.write(&[PROGRESS, 0xff, 0xff, 0xff, 0xff]),
            "answers-without-end" => loop {
                self.frame(PART, &[1; 1 << 18])?;
            },
            "chatters" => (0..10_000_u64).try_for_each(|i| self.progress(i)),
            "goes-back" => [5, 4].into_iter().try_for_each(|bars| self.progress(bars)),
            "reports-before-progress" => {
                self.frame(PART, &[1])?;
                self.progress(1)
            }
            "says-ready-twice" => self.say(READY, &json!({"version": 2, "layers": []})),
            "sends-an-empty-part" => self.frame(PART, &[]),
            "dies-after-progress" => {
                self.progress(1)?;
                std::process::abort()
            }
            "dies-within-its-report" => {
                self.frame(PART, &[1; 100])?;
                std::process::abort()
            }
            "dies-within-a-frame" => self.write(&[PART, 9, 0, 0, 0, 1]),
            "ends-without-a-report" => self.end(),
            "reports-nonsense" => {
                self.frame(PART, &[0xc1; 100])?;
                self.end()
            }
            "floods-its-words" => loop {
                std::io::stderr().write_all(&[b'x'; 1 << 16])?;
            },
            "spins" => loop {
                std::hint::spin_loop();
            },
            "hoards" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(std::hint::black_box(vec![1; 1 << 20]));
                }
            }
            "asks-for-too-much" => {
                std::hint::black_box(Vec::<u8>::with_capacity(1 << 50));
                Ok(())
            }
            other => Err(std::io::Error::other(format!("{other} is not known"))),
        }
    }

    fn hear(&mut self) -> Result<()> {
        let mut header = [0; 5];
        self.0.read_exact(&mut header)?;
        let [_, a, b, c, d] = header;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        std::io::copy(&mut (&mut self.0).take(length), &mut std::io::sink()).map(drop)
    }

    fn progress(&mut self, bars: u64) -> Result<()> {
        self.say(PROGRESS, &json!({"bars_done": bars, "sim_time": bars}))
    }

    fn end(&mut self) -> Result<()> {
        let usage = json!({"peak_rss_bytes": null, "cpu_ms": null});
        self.say(END, &json!({"how": {"Ran": null}, "usage": usage}))
    }

    fn say(&mut self, kind: u8, message: &Value) -> Result<()> {
        let payload = rmp_serde::to_vec_named(message).map_err(std::io::Error::other)?;
        self.frame(kind, &payload)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        let length = u32::try_from(payload.len()).map_err(std::io::Error::other)?;
        self.write(&[kind])?;
        self.write(&length.to_le_bytes())?;
        self.write(payload)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes)
    }
}
