//! The guest interface, version 1: names, types and codes. `docs/guest-abi.md` is its description.

use tapedeck_engine::program::flag;

/// The version that this host speaks.
pub(super) const VERSION: i32 = 1;
/// The name that imports are taken from.
pub(super) const HOST: &str = "tapedeck";

/// What every module exports beside its memory, with types.
pub(super) const EXPORTS: [(&str, &str); 4] = [
    ("tapedeck_abi", "() -> i32"),
    ("alloc", "(i32) -> i32"),
    ("metadata", "() -> i64"),
    ("init", "(i32, i32) -> ()"),
];
/// What a module that takes one bar a call exports.
pub(super) const ON_BAR: (&str, &str) = ("on_bar", "(i32, i64, f64, f64, f64, f64, f64) -> i32");
/// What a module that takes many bars a call exports.
pub(super) const ON_BARS: (&str, &str) = ("on_bars", "(i32, i32, i32) -> ()");

/// What a module may import.
pub(super) const IMPORTS: [(&str, &str); 15] = [
    ("indicator", "(i32, i32) -> i32"),
    ("value", "(i32, i32) -> f64"),
    ("position", "() -> f64"),
    ("cash", "() -> f64"),
    ("equity", "() -> f64"),
    ("entry_price", "() -> f64"),
    ("log", "(i32, i32) -> ()"),
    ("enter_limit", "(i32, f64, i32) -> ()"),
    ("enter_stop", "(i32, f64, i32) -> ()"),
    ("enter_stop_limit", "(i32, f64, f64, i32) -> ()"),
    ("enter_trailing", "(i32, f64, f64, i32) -> ()"),
    ("exit_limit", "(f64, i32) -> ()"),
    ("exit_stop", "(f64, i32) -> ()"),
    ("exit_stop_limit", "(f64, f64, i32) -> ()"),
    ("exit_trailing", "(f64, f64, i32) -> ()"),
];

/// What `on_bar` returns to do nothing.
pub(super) const HOLD: i32 = 0;
/// To open a long position; also the long side.
pub(super) const LONG: i32 = 1;
/// To open a short position; also the short side.
pub(super) const SHORT: i32 = 2;
/// To close the position.
pub(super) const EXIT: i32 = 3;

/// All signals that `on_bars` may write.
pub(super) const SIGNALS: u8 = flag::ENTRY | flag::EXIT | flag::ENTRY_SHORT | flag::EXIT_SHORT;
/// Columns of a block before those of indicators: time, open, high, low, close, volume.
pub(super) const BAR_COLUMNS: usize = 6;

/// Indicators that a module may ask for, as many as a rule set.
pub(super) const MAX_INDICATORS: usize = 64;
/// Bytes of an indicator's expression.
pub(super) const MAX_EXPRESSION: usize = 4 << 10;
/// Bytes of what a module says of itself.
pub(super) const MAX_METADATA: usize = 64 << 10;
/// Bytes of a line of its log; the rest is cut off.
pub(super) const MAX_LINE: usize = 1 << 10;
/// Elements of its table.
pub(super) const MAX_TABLE: usize = 10_000;
/// Memory that it may have before its first bar, in MiB.
pub(super) const MAX_START_MB: u64 = 64;
