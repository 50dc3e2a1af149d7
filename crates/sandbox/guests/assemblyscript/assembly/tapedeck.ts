// Tapedeck guest interface, version 1, for AssemblyScript. docs/guest-abi.md describes it.
// Your module must pass on `export { tapedeck_abi, alloc } from "./tapedeck"`.

// What on_bar returns; Long and Short are also the sides of orders.
export const Hold: i32 = 0;
export const Long: i32 = 1;
export const Short: i32 = 2;
export const Exit: i32 = 3;

@external("tapedeck", "indicator")
declare function host_indicator(json: usize, length: i32): i32;
@external("tapedeck", "log")
declare function host_log(text: usize, length: i32): void;

// In on_bar: an output of an indicator at this bar, NaN until it is defined.
@external("tapedeck", "value")
export declare function value(handle: i32, output: i32): f64;
// In on_bar: units held, negative when short.
@external("tapedeck", "position")
export declare function position(): f64;
// In on_bar: money.
@external("tapedeck", "cash")
export declare function cash(): f64;
// In on_bar: money and units at this close.
@external("tapedeck", "equity")
export declare function equity(): f64;
// In on_bar: mean price of the units held, NaN when flat.
@external("tapedeck", "entry_price")
export declare function entry_price(): f64;

// In on_bar, one of them a bar; on_bar then returns Hold.
@external("tapedeck", "enter_limit")
export declare function enter_limit(side: i32, limit: f64, valid_bars: i32): void;
@external("tapedeck", "enter_stop")
export declare function enter_stop(side: i32, stop: f64, valid_bars: i32): void;
@external("tapedeck", "enter_stop_limit")
export declare function enter_stop_limit(side: i32, stop: f64, limit: f64, valid_bars: i32): void;
@external("tapedeck", "enter_trailing")
export declare function enter_trailing(side: i32, stop: f64, distance: f64, valid_bars: i32): void;
@external("tapedeck", "exit_limit")
export declare function exit_limit(limit: f64, valid_bars: i32): void;
@external("tapedeck", "exit_stop")
export declare function exit_stop(stop: f64, valid_bars: i32): void;
@external("tapedeck", "exit_stop_limit")
export declare function exit_stop_limit(stop: f64, limit: f64, valid_bars: i32): void;
@external("tapedeck", "exit_trailing")
export declare function exit_trailing(stop: f64, distance: f64, valid_bars: i32): void;

// In init: an indicator as rule sets write it. Gives its handle.
export function indicator(json: string): i32 {
  const bytes = String.UTF8.encode(json);
  return host_indicator(changetype<usize>(bytes), bytes.byteLength);
}

// A line of the run's log.
export function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  host_log(changetype<usize>(bytes), bytes.byteLength);
}

// What metadata returns.
export function text(json: string): i64 {
  const bytes = String.UTF8.encode(json);
  return (i64(changetype<usize>(bytes)) << 32) | i64(bytes.byteLength);
}

// A parameter of init.
export function param(params: usize, index: i32): f64 {
  return load<f64>(params + (<usize>index << 3));
}

// Watches two values for crosses.
export class Cross {
  last: i32 = 0;

  // 1 where a crosses above b, -1 where it crosses below, else 0. Values that are equal but for
  // rounding are equal, as in rule sets; NaN is neither above nor below.
  next(a: f64, b: f64): i32 {
    const tie = 1e-11 * max(abs(a), abs(b));
    const side = i32(a - b > tie) - i32(a - b < -tie);
    if (side == 0) return 0;
    const before = this.last;
    this.last = side;
    return side == -before ? side : 0;
  }
}

export function tapedeck_abi(): i32 {
  return 1;
}

export function alloc(length: i32): usize {
  return heap.alloc(length);
}
