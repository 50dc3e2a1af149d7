//! Guests that look at blocks of bars.

use tapedeck_domain::spec::Check;

use super::*;

/// For each `$k` below `$count`, `body` leaves the flags.
fn each(body: &str) -> String {
    format!(
        "(loop $more local.get $k local.get $count i32.ge_u if return end \
         local.get $out local.get $k i32.add {body} i32.store8 \
         local.get $k i32.const 1 i32.add local.set $k br $more)"
    )
}

/// The price of column `column` at bar `$k` plus `ahead`.
fn price(column: u32, ahead: u32) -> String {
    let offset = column * 8192 + ahead * 8;
    format!("local.get $bars local.get $k i32.const 3 i32.shl i32.add f64.load offset={offset}")
}

/// Enters when the next close is higher, leaves when it is lower: nobody can know.
fn cheat() -> Vec<u8> {
    let (now, next) = (price(4, 0), price(4, 1));
    Wat::default().batch(&each(&format!(
        "{next} {now} f64.gt {now} {next} f64.gt i32.const 1 i32.shl i32.or"
    )))
}

#[test]
fn looking_ahead_inside_a_block_is_found_by_the_check() {
    let mut spec = spec();
    spec.checks = vec![Check::Lookahead];
    let (report, _) = run(&cheat(), &bars(3_000), &spec).unwrap();
    assert!(report.trades.len() > 100);
    assert!(!report.checks[0].passed, "{:?}", report.checks);
    assert!(report.checks[0].detail.contains("looks ahead"));
    let honest = each(&format!("{} {} f64.gt", price(4, 0), price(1, 0)));
    let (report, _) = run(&Wat::default().batch(&honest), &bars(3_000), &spec).unwrap();
    assert!(report.checks[0].passed, "{:?}", report.checks);
}

#[test]
fn an_unknown_signal_is_a_trap_at_its_bar() {
    let body = each("local.get $k i32.const 30 i32.eq i32.const 4 i32.shl");
    let outcome = run(&Wat::default().batch(&body), &bars(100), &spec()).unwrap();
    assert_eq!(outcome.0.bars_done, 1);
    let said = "trap in the block from bar 0 (2024-01-01): on_bars wrote 16 for bar 30: 0 to 15 is \
                wanted";
    assert_eq!(outcome.1, Some(BrokeOff::Strategy(said.to_owned())));
}

#[test]
fn a_trap_in_a_later_block_keeps_the_blocks_before_it() {
    let body = "local.get $bars i64.load i64.const 1704067200000000000 i64.ne if unreachable end";
    let (report, broke_off) = run(&Wat::default().batch(body), &bars(2_000), &spec()).unwrap();
    assert_eq!(report.bars_done, 1025);
    let Some(BrokeOff::Strategy(what)) = broke_off else { panic!("{broke_off:?}") };
    assert!(what.starts_with("trap in the block from bar 1024 (2026-10-21): "), "{what}");
}

#[test]
fn the_account_is_not_known_in_a_block() {
    let imports = r#"(import "tapedeck" "cash" (func $cash (result f64)))"#;
    let module = Wat { imports, ..Wat::default() }.batch("call $cash drop");
    let (_, broke_off) = run(&module, &bars(100), &spec()).unwrap();
    let Some(BrokeOff::Strategy(what)) = broke_off else { panic!("{broke_off:?}") };
    assert!(what.contains("`cash` may be called in on_bar only, and was called in on_bars"));
}
