//! Orders of a guest's own.

use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::{OrderKind, OrderSide, OrderStatus, RejectReason};

use super::*;

const ORDERS: &str = r#"
    (import "tapedeck" "position" (func $position (result f64)))
    (import "tapedeck" "cash" (func $cash (result f64)))
    (import "tapedeck" "equity" (func $equity (result f64)))
    (import "tapedeck" "entry_price" (func $entry_price (result f64)))
    (import "tapedeck" "enter_limit" (func $enter_limit (param i32 f64 i32)))
    (import "tapedeck" "enter_stop" (func $enter_stop (param i32 f64 i32)))
    (import "tapedeck" "enter_stop_limit" (func $enter_stop_limit (param i32 f64 f64 i32)))
    (import "tapedeck" "enter_trailing" (func $enter_trailing (param i32 f64 f64 i32)))
    (import "tapedeck" "exit_limit" (func $exit_limit (param f64 i32)))
    (import "tapedeck" "exit_stop" (func $exit_stop (param f64 i32)))
    (import "tapedeck" "exit_stop_limit" (func $exit_stop_limit (param f64 f64 i32)))
    (import "tapedeck" "exit_trailing" (func $exit_trailing (param f64 f64 i32)))"#;

fn orders(on_bar: &str) -> Report {
    let module = Wat { imports: ORDERS, on_bar, ..Wat::default() };
    let mut spec = spec();
    spec.direction = Direction::Both;
    let (report, broke_off) = run(&module.bytes(), &bars(50), &spec).unwrap();
    assert_eq!(broke_off, None);
    report
}

#[test]
fn every_kind_of_entry_reaches_the_market_as_it_was_ordered() {
    let kinds = [
        (
            "i32.const 1 f64.const 1 i32.const 3 call $enter_limit",
            OrderKind::Limit,
            Some(1.0),
            None,
        ),
        (
            "i32.const 1 f64.const 900 i32.const 3 call $enter_stop",
            OrderKind::Stop,
            None,
            Some(900.0),
        ),
        (
            "i32.const 1 f64.const 900 f64.const 901 i32.const 3 call $enter_stop_limit",
            OrderKind::StopLimit,
            Some(901.0),
            Some(900.0),
        ),
        (
            "i32.const 2 f64.const 1 f64.const 0.5 i32.const 3 call $enter_trailing",
            OrderKind::TrailingStop,
            None,
            Some(1.0),
        ),
    ];
    for (call, kind, limit, stop) in kinds {
        let on_bar = format!("local.get $i i32.const 5 i32.eq if {call} end i32.const 0");
        let report = orders(&on_bar);
        let [order] = &report.orders[..] else { panic!("{:?}", report.orders) };
        assert_eq!((order.bar, order.kind, order.status), (5, kind, OrderStatus::Expired));
        assert_eq!((order.limit_price, order.stop_price, order.ended_bar), (limit, stop, Some(8)));
    }
}

#[test]
fn every_kind_of_exit_reaches_the_market_as_it_was_ordered() {
    let kinds = [
        ("f64.const 900 i32.const 3 call $exit_limit", OrderKind::Limit, Some(900.0), None),
        ("f64.const 1 i32.const 3 call $exit_stop", OrderKind::Stop, None, Some(1.0)),
        (
            "f64.const 2 f64.const 1 i32.const 3 call $exit_stop_limit",
            OrderKind::StopLimit,
            Some(1.0),
            Some(2.0),
        ),
        (
            "f64.const 1 f64.const 0.9 i32.const 3 call $exit_trailing",
            OrderKind::TrailingStop,
            None,
            Some(1.0),
        ),
    ];
    for (call, kind, limit, stop) in kinds {
        let on_bar = format!(
            "local.get $i i32.eqz if i32.const 1 return end \
             local.get $i i32.const 5 i32.eq if {call} end i32.const 0"
        );
        let report = orders(&on_bar);
        let [entry, order] = &report.orders[..] else { panic!("{:?}", report.orders) };
        assert_eq!((entry.kind, entry.side), (OrderKind::Market, OrderSide::Buy));
        assert_eq!((order.bar, order.kind, order.side), (5, kind, OrderSide::Sell));
        assert_eq!((order.limit_price, order.stop_price, order.ended_bar), (limit, stop, Some(8)));
    }
}

#[test]
fn a_price_that_is_none_is_refused_by_the_market_and_not_by_a_trap() {
    for price in ["nan", "-1", "0", "inf"] {
        let on_bar = format!(
            "local.get $i i32.eqz if i32.const 1 f64.const {price} i32.const 1 call $enter_limit \
             end i32.const 0"
        );
        let report = orders(&on_bar);
        assert_eq!(report.orders[0].reject_reason, Some(RejectReason::InvalidPrice), "{price}");
    }
}

#[test]
fn orders_that_contradict_themselves_are_traps() {
    let told = [
        ("i32.const 3 f64.const 1 i32.const 1 call $enter_limit i32.const 0", "side 3"),
        ("i32.const 1 f64.const 1 i32.const 0 call $enter_limit i32.const 0", "valid_bars below 1"),
        ("f64.const 1 f64.const nan i32.const 1 call $exit_trailing i32.const 0", "distance NaN"),
        ("i32.const 1 f64.const 1 i32.const 1 call $enter_limit i32.const 1", "after an order"),
        (
            "i32.const 1 f64.const 1 i32.const 1 call $enter_limit \
             f64.const 1 i32.const 1 call $exit_stop i32.const 0",
            "`exit_stop` was called after another order",
        ),
    ];
    for (on_bar, said) in told {
        let fault = fault(&Wat { imports: ORDERS, on_bar, ..Wat::default() });
        assert!(fault.contains(said), "{fault}");
    }
}

#[test]
fn a_guest_sees_its_account_at_the_close() {
    // Traps unless what it sees at each bar fits together.
    let on_bar = "local.get $i i32.eqz if \
                    call $position f64.const 0 f64.ne if unreachable end \
                    call $cash f64.const 100000 f64.ne if unreachable end \
                    call $equity f64.const 100000 f64.ne if unreachable end \
                    call $entry_price call $entry_price f64.eq if unreachable end \
                    i32.const 1 return end \
                  call $position f64.const 1 f64.ne if unreachable end \
                  call $cash call $entry_price f64.add f64.const 100000 f64.sub f64.abs \
                  f64.const 1e-6 f64.gt if unreachable end \
                  call $equity call $cash local.get $c f64.add f64.ne if unreachable end \
                  i32.const 0";
    assert!(orders(on_bar).open_trade.is_some());
}

#[test]
fn a_side_that_the_run_does_not_trade_is_left_out_and_said_once() {
    let module = Wat { on_bar: "i32.const 2", ..Wat::default() };
    let (report, broke_off) = run(&module.bytes(), &bars(50), &spec()).unwrap();
    assert_eq!((report.orders.len(), report.log.len(), broke_off), (0, 1, None));
    assert!(report.log[0].message.contains("go short"), "{:?}", report.log);
}
