//! Modules that attack while they run.

use crate::attack::{at_fault, attacks, exceeds, guest, guests, refused, succeeded, timed_out};
use crate::modules::{HOST, ONE_PARAMETER, Wat, on_bar, on_init, saying, with};

/// A module that spins when it gets its parameters, unless they are the defaults.
fn spins_in_init_of_a_run() -> Vec<u8> {
    let init = "local.get $params f64.load f64.const 5 f64.ne if (loop $more br $more) end";
    Wat { init, metadata: ONE_PARAMETER, ..Wat::default() }.bytes()
}

/// One that does this at its 17th bar.
fn at_17(what: &str) -> Vec<u8> {
    let rest = "(type $f (func)) (table 2 funcref) (elem (i32.const 1) $alloc)
                (func $forever call $forever)";
    let on_bar = format!("local.get $i i32.const 17 i32.eq if {what} end i32.const 0");
    Wat { imports: HOST, on_bar: &on_bar, rest, ..Wat::default() }.bytes()
}

/// In and out again, bar after bar.
const TRADES: &str = "local.get $i i32.const 1 i32.and if i32.const 3 return end
                      i32.const 1 return";

/// Says the same long line without end.
const SAYS: &str = "(loop $more i32.const 0 i32.const 1024 call $log br $more)";

attacks! {
    an_endless_bar: guest(on_bar("(loop $more br $more)"))
        .limit("timeout_ms", 700).ends(timed_out());
    an_endless_bar_that_spends_processor_time: guest(on_bar("(loop $more br $more)"))
        .limit("cpu_ms", 400).ends(exceeds("cpu_ms"));
    an_endless_block: guest(Wat::default().batch("(loop $more br $more)"))
        .limit("timeout_ms", 700).ends(timed_out());
    an_endless_init_of_a_run: guest(spins_in_init_of_a_run())
        .param("n", 7).limit("timeout_ms", 700).ends(timed_out());
    an_endless_recursion: guest(at_17("call $forever")).ends(at_fault("call stack exhausted"));
    traps_of_every_kind: guests([
        "unreachable",
        "i32.const 1 i32.const 0 i32.div_s drop",
        "i32.const 0x80000000 i32.const -1 i32.div_s drop",
        "f64.const nan i32.trunc_f64_s drop",
        "i32.const -1 i32.load drop",
        "i32.const 0x7fffffff i64.const 1 i64.store offset=0xfffffff0",
        "i32.const 9 call_indirect (type $f)",
        "i32.const 0 call_indirect (type $f)",
        "i32.const 1 call_indirect (type $f)",
        "i32.const 0 i32.const 0 i32.const -1 memory.fill",
        "i32.const 0 i32.const 65536 i32.const -1 memory.copy",
    ].map(at_17)).ends(at_fault("trap at bar 17"));
    memory_that_grows_page_by_page: guest(on_bar(
        "(loop $more i32.const 1 memory.grow i32.const 16 i32.shl i32.const 1 i32.store br $more)",
    )).limit("memory_mb", 128).ends(exceeds("memory_mb"));
    memory_that_grows_at_once: guest(on_bar("i32.const 65000 memory.grow drop"))
        .limit("memory_mb", 128).ends(exceeds("memory_mb"));
    memory_that_is_filled_for_ever: guest(Wat {
        memory: r#"(memory (export "memory") 512)"#,
        on_bar: "(loop $more i32.const 131072 i32.const 7 i32.const 0x1f00000 memory.fill
                 br $more) i32.const 0",
        ..Wat::default()
    }.bytes()).limit("timeout_ms", 1000).ends(timed_out());
    a_table_that_grows: guest(Wat {
        rest: "(table $t 1 funcref)",
        on_bar: "(loop $more ref.null func i32.const 5000 table.grow $t drop br $more) i32.const 0",
        ..Wat::default()
    }.bytes()).ends(at_fault("at most 10000 are allowed"));
    a_flood_of_calls_to_the_host: guest(on_bar("(loop $more call $position drop br $more)"))
        .limit("timeout_ms", 700).ends(timed_out());
    a_flood_of_log_lines: guest(on_bar(SAYS))
        .limit("log_lines", 500).ends(exceeds("log_lines"));
    a_flood_of_orders: guest(on_bar(TRADES)).limit("orders", 50).ends(exceeds("orders"));
    a_flood_of_orders_at_one_bar: guest(on_bar(
        "(loop $more i32.const 1 local.get $c i32.const 9 call $enter_limit br $more)",
    )).ends(at_fault("one a bar"));
    a_report_that_is_too_large: guest(on_bar(
        "i32.const 0 i32.const 1024 call $log",
    )).limit("output_bytes", 1 << 16).ends(exceeds("output_bytes"));
    log_lines_that_are_no_text: guest(on_bar(
        "i32.const 0 i32.const 0xff0a1b9b i32.store
         i32.const 0 i32.const 131072 call $log",
    )).ends(succeeded());
    prices_that_are_none: guests([
        "i32.const 1 f64.const nan i32.const 9 call $enter_limit",
        "i32.const 2 f64.const -inf i32.const 0x7fffffff call $enter_limit",
        "i32.const 1 f64.const 1e308 f64.const -1e308 i32.const 1 call $enter_stop_limit",
        "local.get $i i32.const 1 i32.and if i32.const 1 return end
         f64.const nan f64.const 0.5 i32.const 3 call $exit_trailing",
        "local.get $c f64.const nan:0x123 f64.mul f64.sqrt f64.const 0 f64.lt
         if i32.const 1 return end",
    ].map(on_bar)).ends(succeeded());
    orders_that_make_no_sense: guests([
        "i32.const 7 f64.const 1 i32.const 9 call $enter_limit",
        "i32.const 1 f64.const 1 i32.const 0 call $enter_limit",
        "i32.const 1 f64.const 1 i32.const -1 call $enter_limit",
        "f64.const 1 f64.const nan i32.const 3 call $exit_trailing",
        "f64.const 1 f64.const -1 i32.const 3 call $exit_trailing",
        "i32.const 99 return",
        "i32.const -1 return",
    ].map(at_17)).ends(at_fault("trap at bar 17"));
    questions_beyond_the_end: guests([
        "i32.const 0 i32.const 0 call $value drop",
        "i32.const -1 i32.const -1 call $value drop",
        "i32.const -8 i32.const 16 call $log",
        "i32.const 0 i32.const -1 call $log",
    ].map(at_17)).ends(at_fault("trap at bar 17"));
    calls_at_the_wrong_time: guests([
        on_init("call $position drop"),
        on_init("i32.const 0 i32.const 0 call $value drop"),
        on_init("i32.const 1 f64.const 1 i32.const 1 call $enter_limit"),
        with("(start $go) (func $go i32.const 0 i32.const 9 call $log)"),
        with("(start $go) (func $go i32.const 0 i32.const 9 call $indicator drop)"),
    ]).ends(refused(422, "trap in"));
    functions_of_its_own_called_again: guests([
        // From its own code, with nothing of the host in between.
        "i64.const 0 drop local.get $i local.get $t local.get $o local.get $h local.get $l
         local.get $c local.get $v call $on_bar drop",
    ].map(at_17)).ends(at_fault("call stack exhausted"));
    signals_that_there_are_not: guest(Wat::default().batch(
        "local.get $out i32.const 255 local.get $count memory.fill",
    )).ends(at_fault("on_bars wrote 255"));
    a_host_that_is_asked_for_too_many_indicators: guest(asks_for_indicators(65))
        .ends(refused(422, "at most 64 indicators"));
    an_indicator_that_looks_back_for_ever: guest(indicator(
        r#"{"kind": "sma", "length": 4000000000}"#,
    )).ends(refused(422, "/length"));
    an_expression_that_is_nested_deeply: guest(indicator(&format!(
        "{}{}", "[".repeat(2000), "]".repeat(2000),
    ))).ends(refused(422, "recursion limit"));
    a_name_that_moves_the_cursor: guest(saying(r#"{"name": "\u001b[2J\u202e"}"#))
        .ends(refused(422, ""));
}

/// A module that asks for this indicator, so often.
fn asking(expression: &str, often: usize) -> Vec<u8> {
    let length = expression.len();
    let ask = format!("i32.const 2048 i32.const {length} call $indicator drop ");
    let text = crate::modules::escaped(expression.as_bytes());
    let (init, rest) = (ask.repeat(often), format!(r#"(data (i32.const 2048) "{text}")"#));
    Wat { imports: HOST, init: &init, rest: &rest, ..Wat::default() }.bytes()
}

fn indicator(expression: &str) -> Vec<u8> {
    asking(expression, 1)
}

fn asks_for_indicators(often: usize) -> Vec<u8> {
    asking(r#"{"kind": "sma", "length": 20}"#, often)
}
