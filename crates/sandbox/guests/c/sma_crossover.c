/* In when the fast average crosses above the slow one, out when it crosses below. */
#include "tapedeck.h"

TD_METADATA(
    "{\"name\": \"SMA crossover in C\","
    " \"description\": \"In when the fast average crosses above the slow one, out when it crosses below.\","
    " \"params\": ["
    "  {\"name\": \"fast\", \"kind\": \"integer\", \"min\": 1, \"max\": 1000, \"default\": 20, \"description\": \"Bars of the fast average.\"},"
    "  {\"name\": \"slow\", \"kind\": \"integer\", \"min\": 2, \"max\": 1000, \"default\": 50, \"description\": \"Bars of the slow average.\"}]}")

static td_i32 fast, slow, last;

TD_EXPORT(init) void init(const double *params, td_i32 count) {
  (void)count;
  fast = td_line("sma", (td_i32)params[0]);
  slow = td_line("sma", (td_i32)params[1]);
}

TD_EXPORT(on_bar)
td_i32 on_bar(td_i32 index, td_i64 time, double open, double high, double low, double close, double volume) {
  (void)index, (void)time, (void)open, (void)high, (void)low, (void)close, (void)volume;
  td_i32 cross = td_cross(td_value(fast, 0), td_value(slow, 0), &last);
  if (td_position() == 0) return cross > 0 ? TD_LONG : TD_HOLD;
  return cross < 0 ? TD_EXIT : TD_HOLD;
}
