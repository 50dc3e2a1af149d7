/* The same, many bars a call: faster, and trusted not to look ahead inside a block. */
#include "tapedeck.h"

TD_METADATA(
    "{\"name\": \"SMA crossover in C, by blocks\","
    " \"params\": ["
    "  {\"name\": \"fast\", \"kind\": \"integer\", \"min\": 1, \"max\": 1000, \"default\": 20, \"description\": \"Bars of the fast average.\"},"
    "  {\"name\": \"slow\", \"kind\": \"integer\", \"min\": 2, \"max\": 1000, \"default\": 50, \"description\": \"Bars of the slow average.\"}]}")

static td_i32 last;

TD_EXPORT(init) void init(const double *params, td_i32 count) {
  (void)count;
  td_line("sma", (td_i32)params[0]);
  td_line("sma", (td_i32)params[1]);
}

TD_EXPORT(on_bars) void on_bars(const struct td_bars *bars, td_i32 count, td_u8 *signals) {
  for (td_i32 i = 0; i < count; i++) {
    td_i32 cross = td_cross(bars->output[0][i], bars->output[1][i], &last);
    signals[i] = cross > 0 ? TD_ENTRY : cross < 0 ? TD_LEAVE : 0;
  }
}
