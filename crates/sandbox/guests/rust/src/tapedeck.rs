//! Tapedeck guest interface, version 1, for Rust. `docs/guest-abi.md` describes it.
#![allow(dead_code, unused_imports)]

/// What `on_bar` returns; `LONG` and `SHORT` are also the sides of orders.
pub const HOLD: i32 = 0;
pub const LONG: i32 = 1;
pub const SHORT: i32 = 2;
pub const EXIT: i32 = 3;

mod host {
    #[link(wasm_import_module = "tapedeck")]
    unsafe extern "C" {
        pub fn indicator(json: *const u8, length: usize) -> i32;
        pub fn log(text: *const u8, length: usize);
        pub safe fn value(handle: i32, output: i32) -> f64;
        pub safe fn position() -> f64;
        pub safe fn cash() -> f64;
        pub safe fn equity() -> f64;
        pub safe fn entry_price() -> f64;
        pub safe fn enter_limit(side: i32, limit: f64, valid_bars: i32);
        pub safe fn enter_stop(side: i32, stop: f64, valid_bars: i32);
        pub safe fn enter_stop_limit(side: i32, stop: f64, limit: f64, valid_bars: i32);
        pub safe fn enter_trailing(side: i32, stop: f64, distance: f64, valid_bars: i32);
        pub safe fn exit_limit(limit: f64, valid_bars: i32);
        pub safe fn exit_stop(stop: f64, valid_bars: i32);
        pub safe fn exit_stop_limit(stop: f64, limit: f64, valid_bars: i32);
        pub safe fn exit_trailing(stop: f64, distance: f64, valid_bars: i32);
    }
}

pub use host::{
    cash, enter_limit, enter_stop, enter_stop_limit, enter_trailing, entry_price, equity,
    exit_limit, exit_stop, exit_stop_limit, exit_trailing, position, value,
};

/// In `init`: an indicator as rule sets write it. Gives its handle.
pub fn indicator(json: &str) -> i32 {
    // SAFETY: the host reads the text during the call.
    unsafe { host::indicator(json.as_ptr(), json.len()) }
}

/// A line of the run's log.
pub fn log(text: &str) {
    // SAFETY: the host reads the text during the call.
    unsafe { host::log(text.as_ptr(), text.len()) }
}

/// What `metadata` returns.
pub fn text(json: &'static str) -> i64 {
    ((json.as_ptr() as u64) << 32 | json.len() as u64) as i64
}

/// The parameters that `init` is handed.
pub fn params<'a>(params: *const f64, count: i32) -> &'a [f64] {
    // SAFETY: the host wrote so many numbers there, into room that `alloc` made.
    unsafe { std::slice::from_raw_parts(params, count as usize) }
}

/// Watches two values for crosses.
#[derive(Default)]
pub struct Cross(i32);

impl Cross {
    pub const fn new() -> Self {
        Self(0)
    }

    /// 1 where `a` crosses above `b`, -1 where it crosses below, else 0. Values that are equal but
    /// for rounding are equal, as in rule sets; NaN is neither above nor below.
    pub fn next(&mut self, a: f64, b: f64) -> i32 {
        let tie = 1e-11 * a.abs().max(b.abs());
        let side = i32::from(a - b > tie) - i32::from(a - b < -tie);
        if side == 0 {
            return 0;
        }
        let before = std::mem::replace(&mut self.0, side);
        if side == -before { side } else { 0 }
    }
}

#[unsafe(no_mangle)]
extern "C" fn tapedeck_abi() -> i32 {
    1
}

/// Room that is never given back; the host asks for it a few times at the start.
#[unsafe(no_mangle)]
extern "C" fn alloc(length: i32) -> *mut u64 {
    let room = vec![0_u64; (length as usize).div_ceil(8).max(1)];
    Box::leak(room.into_boxed_slice()).as_mut_ptr()
}
