//! In when the fast average crosses above the slow one, out when it crosses below.

mod tapedeck;

use std::cell::RefCell;

use tapedeck::{Cross, EXIT, HOLD, LONG, indicator, params, position, text, value};

#[unsafe(no_mangle)]
extern "C" fn metadata() -> i64 {
    text(
        r#"{
            "name": "SMA crossover in Rust",
            "description": "In when the fast average crosses above the slow one, out when it crosses below.",
            "params": [
                {"name": "fast", "kind": "integer", "min": 1, "max": 1000, "default": 20, "description": "Bars of the fast average."},
                {"name": "slow", "kind": "integer", "min": 2, "max": 1000, "default": 50, "description": "Bars of the slow average."}
            ]
        }"#,
    )
}

#[derive(Default)]
struct Strategy {
    fast: i32,
    slow: i32,
    cross: Cross,
}

thread_local! {
    static STRATEGY: RefCell<Strategy> = RefCell::default();
}

#[unsafe(no_mangle)]
extern "C" fn init(values: *const f64, count: i32) {
    let line = |length: f64| indicator(&format!(r#"{{"kind": "sma", "length": {length}}}"#));
    let [fast, slow] = [0, 1].map(|i| line(params(values, count)[i]));
    STRATEGY.set(Strategy { fast, slow, cross: Cross::new() });
}

#[unsafe(no_mangle)]
extern "C" fn on_bar(_: i32, _: i64, _: f64, _: f64, _: f64, _: f64, _: f64) -> i32 {
    STRATEGY.with_borrow_mut(|strategy| {
        let cross = strategy.cross.next(value(strategy.fast, 0), value(strategy.slow, 0));
        match (position() == 0.0, cross) {
            (true, 1) => LONG,
            (false, -1) => EXIT,
            _ => HOLD,
        }
    })
}
