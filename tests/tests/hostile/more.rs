//! Attacks that take more than one upload and one run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tapedeck_tests::binary;

use crate::attack::unharmed;
use crate::modules::{Wat, on_bar, slow};
use crate::server::{PATIENCE, Server, beside};

fn run_of(strategy: &str) -> Value {
    json!({"dataset_id": "aapl-1d", "strategy_id": strategy, "force_new": true})
}

/// Cancels a run that does not end by itself, and says how long after that it has ended.
pub(crate) async fn cancelled(server: &Server, request: &Value) -> Duration {
    let mut request = request.clone();
    request["force_new"] = json!(true);
    let id = server.submit(&request).await;
    assert_eq!(server.started(&id).await["status"], "running");
    // Once a process spins.
    let spins = || server.footprint().processes.iter().any(|(_, state)| *state == 'R');
    while !spins() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let asked = Instant::now();
    let (status, job) = server.post(&format!("/api/v1/backtests/{id}/cancel"), &json!({})).await;
    assert_eq!(status, 202, "{job}");
    let job = server.ended(&id).await;
    assert_eq!(job["status"], "cancelled", "{job}");
    asked.elapsed()
}

#[tokio::test]
async fn a_guest_that_will_not_stop() {
    let server = Server::start(&binary(), &[]);
    let (status, answer) = server.upload("spins", on_bar("(loop $more br $more)")).await;
    assert_eq!(status, 201, "{answer}");
    for _ in 0..3 {
        let took = cancelled(&server, &run_of("spins")).await;
        eprintln!("a guest that spins had ended {} ms after", took.as_millis());
        assert!(took < PATIENCE / 6, "{took:?}");
    }
    server.quiet().await;
    server.stop().await;
}

#[tokio::test]
async fn a_guest_that_would_come_out_differently() {
    // Trades by the bits of NaN, by what memory holds before it was written, and by what is left
    // of its stack.
    let body = "local.get $c f64.const nan:0x123 f64.add f64.const -nan f64.mul
                i64.reinterpret_f64 i64.const 0x7ff8000000000000 i64.ne
                if i32.const 3 return end
                i32.const 98304 i32.load local.get $i i32.add i32.const 7 i32.rem_u i32.eqz
                if i32.const 1 return end
                memory.size local.get $i i32.add i32.const 5 i32.rem_u i32.eqz
                if i32.const 3 return end";
    let mut found = Vec::new();
    for _ in 0..2 {
        let server = Server::start(&binary(), &[]);
        assert_eq!(server.upload("same", on_bar(body)).await.0, 201);
        for _ in 0..2 {
            let job = server.run(&run_of("same")).await;
            assert_eq!(job["status"], "succeeded", "{job}");
            let path = format!("/api/v1/backtests/{}", job["id"].as_str().unwrap());
            let (_, metrics) = server.get(&format!("{path}/metrics")).await;
            assert!(metrics["chain"]["head"].is_string(), "{metrics}");
            let (status, verdict) = server.post(&format!("{path}/verify"), &json!({})).await;
            assert_eq!((status, &verdict["identical"]), (200, &json!(true)), "{verdict}");
            found.push((metrics.to_string(), fuel_of(&server, &job)));
        }
        server.stop().await;
    }
    assert!(found[0].1 > 0, "{found:?}");
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
}

/// What a run has burnt, from the summary of its report in the store.
fn fuel_of(server: &Server, job: &Value) -> u64 {
    let id = job["id"].as_str().unwrap();
    let mut looked = vec![server.data()];
    while let Some(path) = looked.pop() {
        if path.is_dir() {
            looked.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.to_str().unwrap().contains(id) && path.extension() == Some("json".as_ref()) {
            let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            if let Some(fuel) = value["fuel"].as_u64() {
                return fuel;
            }
        }
    }
    panic!("nothing says what {id} has burnt");
}

/// A module with one to three bytes changed, by a number.
fn mutant(sound: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..=seed % 3 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (at, byte) = ((state >> 33) as usize % bytes.len(), (state >> 24) as u8);
        match state >> 62 {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, byte),
            _ => bytes[at] = byte,
        }
    }
    bytes
}

#[tokio::test]
async fn mutants_of_a_module() {
    let server = Server::start(&binary(), &[]);
    let sound = Wat {
        on_bar: "local.get $c local.get $o f64.gt if i32.const 1 return end i32.const 3",
        ..Wat::default()
    };
    let (sound, mut refused) = (sound.bytes(), 0);
    for n in 0..48 {
        let id = format!("mutant-{n}");
        let (status, answer) = server.upload(&id, mutant(&sound, n)).await;
        if status == 422 {
            assert!(answer["detail"].as_str().unwrap().len() > 10, "{answer}");
            refused += 1;
            continue;
        }
        assert_eq!(status, 201, "{answer}");
        let mut request = run_of(&id);
        request["limits"] = json!({"timeout_ms": 2000, "memory_mb": 256});
        let job = server.run(&request).await;
        let reason = job["failure"]["reason"].as_str().unwrap_or("none");
        assert!(["none", "strategy_error", "limit_exceeded"].contains(&reason), "{job}");
    }
    assert!((10..48).contains(&refused), "{refused} refused");
    unharmed(&server.run(&beside()).await);
    server.quiet().await;
    server.stop().await;
}

#[tokio::test]
async fn many_uploads_at_once() {
    let timeout = ("TAPEDECK__SANDBOX__COMPILE_TIMEOUT_MS".to_owned(), "600".to_owned());
    let server = Server::start(&binary(), &[timeout]);
    let before = server.quiet().await;
    // They differ by a custom section.
    let sound = slow(60);
    let modules = (0..8).map(|n| (n, [&sound[..], &[0, 2, 1, b'a' + n]].concat()));
    let uploads = modules.map(|(n, module)| {
        let server = &server;
        async move { server.upload(&format!("slow-{n}"), module).await }
    });
    let uploads = futures_util::future::join_all(uploads);
    let mut most = 0;
    let looks = async {
        loop {
            most = most.max(server.footprint().processes.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let answers = tokio::select! { answers = uploads => answers, () = looks => Vec::new() };
    for (status, answer) in &answers {
        let detail = answer["detail"].as_str().unwrap();
        assert!(*status == 422 && detail.contains("takes longer than 600 ms"), "{answer}");
    }
    assert_eq!(answers.len(), 8);
    // Those that wait, two that compile, and as many that are just going or coming.
    assert!(most <= before.processes.len() + 4, "{most} processes at once");
    unharmed(&server.run(&beside()).await);
    server.quiet().await;
    server.stop().await;
}
