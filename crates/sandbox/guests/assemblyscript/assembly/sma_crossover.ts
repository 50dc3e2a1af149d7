// In when the fast average crosses above the slow one, out when it crosses below.
import { Cross, Exit, Hold, Long, indicator, param, position, text, value } from "./tapedeck";
export { alloc, tapedeck_abi } from "./tapedeck";

export function metadata(): i64 {
  return text(`{
    "name": "SMA crossover in AssemblyScript",
    "description": "In when the fast average crosses above the slow one, out when it crosses below.",
    "params": [
      {"name": "fast", "kind": "integer", "min": 1, "max": 1000, "default": 20, "description": "Bars of the fast average."},
      {"name": "slow", "kind": "integer", "min": 2, "max": 1000, "default": 50, "description": "Bars of the slow average."}
    ]
  }`);
}

let fast: i32 = 0;
let slow: i32 = 0;
const cross = new Cross();

export function init(params: usize, count: i32): void {
  fast = indicator(`{"kind": "sma", "length": ${i32(param(params, 0))}}`);
  slow = indicator(`{"kind": "sma", "length": ${i32(param(params, 1))}}`);
}

export function on_bar(index: i32, time: i64, open: f64, high: f64, low: f64, close: f64, volume: f64): i32 {
  const crossed = cross.next(value(fast, 0), value(slow, 0));
  if (position() == 0) return crossed > 0 ? Long : Hold;
  return crossed < 0 ? Exit : Hold;
}
