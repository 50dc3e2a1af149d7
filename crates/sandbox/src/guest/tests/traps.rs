//! Guests that fail: the run ends at that bar and says why.

use tapedeck_domain::job::{Exceeded, LimitKind};
use tapedeck_domain::report::LogLevel;

use super::*;

/// A module that does `what` at bar 17.
fn at_17(what: &str) -> String {
    format!("local.get $i i32.const 17 i32.eq if {what} end i32.const 0")
}

#[test]
fn a_trap_ends_the_run_at_its_bar_and_says_where() {
    let on_bar = at_17("call $deep");
    let module = Wat { on_bar: &on_bar, rest: "(func $deep unreachable)", ..Wat::default() };
    let (report, broke_off) = run(&module.bytes(), &bars(100), &spec()).unwrap();
    assert_eq!((report.bars_done, report.bars_total), (18, 100));
    assert!(report.fuel.is_some());
    let expected = "trap at bar 17 (2024-01-18): wasm `unreachable` instruction executed in `deep`";
    assert_eq!(broke_off, Some(BrokeOff::Strategy(expected.to_owned())));
}

#[test]
fn every_kind_of_trap_is_told() {
    let told = [
        ("i32.const -1 i32.load drop", "out of bounds memory access"),
        ("i32.const 1 i32.const 0 i32.div_s drop", "integer divide by zero"),
        ("i32.const 0x80000000 i32.const -1 i32.div_s drop", "integer overflow"),
        ("f64.const nan i32.trunc_f64_s drop", "invalid conversion to integer"),
        ("i32.const 9 call_indirect (type $f)", "out of bounds table access"),
        ("i32.const 0 call_indirect (type $f)", "uninitialized element"),
        ("i32.const 1 call_indirect (type $f)", "indirect call type mismatch"),
        ("call $forever", "call stack exhausted"),
        ("i32.const 0 i32.const 0 i32.const -1 memory.fill", "out of bounds memory access"),
    ];
    let rest = "(type $f (func)) (table 2 funcref) (elem (i32.const 1) $alloc)
                (func $forever call $forever)";
    for (what, said) in told {
        let on_bar = at_17(what);
        let module = Wat { on_bar: &on_bar, rest, ..Wat::default() };
        let fault = fault(&module);
        assert!(fault.starts_with("trap at bar 17 (2024-01-18): "), "{fault}");
        assert!(fault.contains(said), "{what}: {fault}");
    }
}

const HOST: &str = r#"
    (import "tapedeck" "indicator" (func $indicator (param i32 i32) (result i32)))
    (import "tapedeck" "value" (func $value (param i32 i32) (result f64)))
    (import "tapedeck" "position" (func $position (result f64)))
    (import "tapedeck" "log" (func $log (param i32 i32)))"#;

#[test]
fn what_the_host_is_asked_wrongly_is_a_trap() {
    let told = [
        ("i32.const 0 i32.const 0 call $value drop", "there is no indicator 0: init asked for 0"),
        ("i32.const 0 i32.const 2 call $indicator drop", "`indicator` may be called in init only"),
        ("i32.const -8 i32.const 16 call $log", "`log` was given 16 bytes at 4294967288"),
        ("i32.const 0 i32.const -1 call $log", "`log` was given 4294967295 bytes at 0"),
        ("i32.const 7 return", "on_bar returned 7: 0 to 3 is wanted"),
        ("i32.const -1 return", "on_bar returned -1: 0 to 3 is wanted"),
    ];
    for (what, said) in told {
        let on_bar = at_17(what);
        let module = Wat { imports: HOST, on_bar: &on_bar, ..Wat::default() };
        let fault = fault(&module);
        assert!(fault.starts_with("trap at bar 17"), "{fault}");
        assert!(fault.contains(said), "{what}: {fault}");
    }
}

#[test]
fn a_call_at_the_wrong_time_is_a_trap() {
    for part in ["call $position drop", "i32.const 0 i32.const 0 call $value drop"] {
        let module = Wat { imports: HOST, init: part, ..Wat::default() };
        let why = refusal(&module.bytes());
        assert!(why.starts_with("trap in init: ") && why.contains("in on_bar only"), "{why}");
    }
    let rest = "(start $go) (func $go i32.const 0 i32.const 1 call $log)";
    let why = refusal(&Wat { imports: HOST, rest, ..Wat::default() }.bytes());
    assert!(why.contains("`log` may not be called in the start function"), "{why}");
}

/// A module whose `init` asks for the indicator that its metadata is followed by.
fn asking(expression: &str) -> Vec<u8> {
    let init = format!("i32.const 2048 i32.const {} call $indicator drop", expression.len());
    let escaped: String = expression.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let rest = format!(r#"(data (i32.const 2048) "{escaped}")"#);
    Wat { imports: HOST, init: &init, rest: &rest, ..Wat::default() }.bytes()
}

#[test]
fn an_indicator_that_cannot_be_computed_is_refused_with_its_faults() {
    let told = [
        ("nothing", "it is not JSON"),
        ("{}", "/kind: `kind` is required"),
        (r#"{"kind": "smma"}"#, "/kind: "),
        (r#"{"kind": "sma", "length": 0}"#, "/length: "),
        (r#"{"kind": "sma", "length": {"param": "n"}}"#, "/length"),
        (r#"{"kind": "macd", "fast": 9, "slow": 3, "signal": 2}"#, "/fast: must be below `slow`"),
    ];
    for (expression, said) in told {
        let why = refusal(&asking(expression));
        assert!(why.starts_with("trap in init: `indicator` was given what"), "{why}");
        assert!(why.contains(said), "{expression}: {why}");
    }
    assert!(compile(&asking(r#"{"kind": "bollinger", "length": 20, "mult": 2}"#)).is_ok());
}

#[test]
fn lines_of_the_log_are_kept_with_their_bars_and_bounded() {
    let on_bar = "i32.const 1024 i32.const 2 call $log i32.const 0";
    let module = Wat { imports: HOST, on_bar, ..Wat::default() }.bytes();
    let (report, broke_off) = run(&module, &bars(100), &spec()).unwrap();
    assert_eq!((report.log.len(), broke_off), (100, None));
    let line = &report.log[40];
    assert_eq!((line.bar, line.level, line.message.as_str()), (40, LogLevel::Info, "{}"));
    let limits = Limits { log_lines: 10, ..LIMITS };
    let (report, broke_off) =
        run_with(&module, &bars(100), &spec(), &limits, &Arc::default()).unwrap();
    assert_eq!((report.bars_done, report.log.len()), (11, 10));
    let exceeded = Exceeded { kind: LimitKind::LogLines, limit: 10, observed: 11 };
    assert_eq!(broke_off, Some(BrokeOff::Limit(exceeded)));
}

#[test]
fn a_long_line_is_cut_and_control_characters_are_blanks() {
    let on_bar = "i32.const 0 i32.const 65536 call $log i32.const 0";
    let module = Wat { imports: HOST, on_bar, ..Wat::default() }.bytes();
    let (report, _) = run(&module, &bars(3), &spec()).unwrap();
    assert_eq!(report.log[0].message, " ".repeat(1024));
}

#[test]
fn a_memory_bomb_hits_the_limit() {
    let on_bar = "(loop $more i32.const 1 memory.grow drop br $more) i32.const 0";
    let module = Wat { on_bar, ..Wat::default() }.bytes();
    let (report, broke_off) = run(&module, &bars(100), &spec()).unwrap();
    assert_eq!(report.bars_done, 1);
    let exceeded = Exceeded { kind: LimitKind::MemoryMb, limit: 64, observed: 65 };
    assert_eq!(broke_off, Some(BrokeOff::Limit(exceeded)));
}

#[test]
fn a_guest_that_outgrows_its_own_maximum_is_told_so() {
    let memory = r#"(memory (export "memory") 2 3)"#;
    let on_bar = "i32.const 9 memory.grow i32.const -1 i32.ne";
    let module = Wat { memory, on_bar, ..Wat::default() }.bytes();
    let (report, broke_off) = run(&module, &bars(100), &spec()).unwrap();
    assert_eq!((report.bars_done, report.orders.len(), broke_off), (100, 0, None));
}

#[test]
fn nan_has_one_form_and_runs_are_equal_to_the_byte() {
    // Computes with NaN of several forms, and trades by the bits of what comes out.
    let on_bar = "local.get $c f64.const nan:0x123 f64.add f64.const -nan f64.mul \
                  i64.reinterpret_f64 i64.const 0x7ff8000000000000 i64.ne \
                  if i32.const 3 return end \
                  local.get $i i32.const 7 i32.rem_u i32.eqz if i32.const 1 return end \
                  local.get $i i32.const 5 i32.rem_u i32.eqz if i32.const 3 return end i32.const 0";
    let module = Wat { on_bar, ..Wat::default() }.bytes();
    let runs = [(); 2].map(|()| run(&module, &bars(5_000), &spec()).unwrap());
    assert!(runs[0].0.trades.len() > 300, "{}", runs[0].0.trades.len());
    assert!(runs[0].0.fuel.is_some());
    let [a, b] = runs.map(|(report, _)| rmp_serde::to_vec(&report).unwrap());
    assert_eq!(a, b);
}
