//! Guests that do not end by themselves.

use std::thread;
use std::time::Duration;

use super::*;

/// Runs a module, tells it to stop a little later, and gives what came of it. That it comes back
/// at all is what is tested: nothing else ends it.
fn stopped(module: Vec<u8>) -> Outcome {
    let stop = Arc::new(RunControl::default());
    let compiled = compile(&module).unwrap();
    let (send, came) = std::sync::mpsc::channel();
    let control = Arc::clone(&stop);
    let runs = thread::spawn(move || {
        let guest = Guest::load(&compiled.artifact).unwrap();
        let market = bars(100);
        let market = market.view().into();
        send.send(guest.simulate(market, &spec(), &LIMITS, &control, &mut Unattended)).unwrap();
    });
    stop.stop();
    let outcome = came.recv_timeout(Duration::from_secs(30)).unwrap();
    runs.join().unwrap();
    outcome
}

#[test]
fn a_bar_without_an_end_is_stopped_and_nobody_is_blamed() {
    for on_bar in [
        "(loop $more br $more) i32.const 0",
        "(loop $more i32.const 65536 i32.const 0 i32.const 65536 memory.fill br $more) i32.const 0",
        "(loop $more call $position drop br $more) i32.const 0",
    ] {
        let imports = r#"(import "tapedeck" "position" (func $position (result f64)))"#;
        let (report, broke_off) =
            stopped(Wat { imports, on_bar, ..Wat::default() }.bytes()).unwrap();
        assert_eq!((report.bars_done, broke_off), (1, None));
    }
}

#[test]
fn a_block_without_an_end_is_stopped() {
    let (report, broke_off) = stopped(Wat::default().batch("(loop $more br $more)")).unwrap();
    assert_eq!((report.bars_done, broke_off), (1, None));
}

#[test]
fn what_does_not_end_before_the_first_bar_is_refused() {
    let forever = "(loop $more br $more)";
    let start = format!("(start $go) (func $go {forever})");
    let metadata_body = format!("{forever} i64.const 0");
    let alloc_body = format!("{forever} i32.const 0");
    let told = [
        (Wat { rest: &start, ..Wat::default() }, "in the start function"),
        (Wat { metadata_body: &metadata_body, ..Wat::default() }, "in metadata"),
        (Wat { alloc_body: &alloc_body, ..Wat::default() }, "in alloc"),
        (Wat { init: forever, ..Wat::default() }, "in init"),
    ];
    for (module, place) in told {
        let why = refusal(&module.bytes());
        assert_eq!(why, format!("trap {place}: it took longer than a second"));
    }
}

#[test]
fn a_flood_of_lines_ends_before_the_first_bar_too() {
    let imports = r#"(import "tapedeck" "log" (func $log (param i32 i32)))"#;
    let init = "(loop $more i32.const 0 i32.const 9 call $log br $more)";
    let why = refusal(&Wat { imports, init, ..Wat::default() }.bytes());
    assert_eq!(why, "it exceeded log_lines = 1000");
}
