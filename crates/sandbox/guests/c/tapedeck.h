/* Tapedeck guest interface, version 1, for C. docs/guest-abi.md describes it.
 *
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o strategy.wasm strategy.c
 *
 * Include it in one file: it defines tapedeck_abi and alloc. */
#ifndef TAPEDECK_H
#define TAPEDECK_H

typedef int td_i32;
typedef long long td_i64;
typedef unsigned char td_u8;

#define TD_EXPORT(name) __attribute__((export_name(#name)))
#define TD_HOST(name) __attribute__((import_module("tapedeck"), import_name(#name)))

/* What on_bar returns; TD_LONG and TD_SHORT are also the sides of orders. */
enum { TD_HOLD = 0, TD_LONG = 1, TD_SHORT = 2, TD_EXIT = 3 };

/* What on_bars writes, one byte a bar; they may be added. */
enum { TD_ENTRY = 1, TD_LEAVE = 2, TD_ENTRY_SHORT = 4, TD_LEAVE_SHORT = 8 };

/* In init: an indicator as rule sets write it. Gives its handle. */
TD_HOST(indicator) td_i32 td_indicator_bytes(const char *json, td_i32 length);

/* In on_bar: an output of an indicator at this bar, NaN until it is defined. */
TD_HOST(value) double td_value(td_i32 handle, td_i32 output);
/* In on_bar: units held, negative when short. */
TD_HOST(position) double td_position(void);
/* In on_bar: money. */
TD_HOST(cash) double td_cash(void);
/* In on_bar: money and units at this close. */
TD_HOST(equity) double td_equity(void);
/* In on_bar: mean price of the units held, NaN when flat. */
TD_HOST(entry_price) double td_entry_price(void);

/* In on_bar, one of them a bar; on_bar then returns TD_HOLD. */
TD_HOST(enter_limit) void td_enter_limit(td_i32 side, double limit, td_i32 valid_bars);
TD_HOST(enter_stop) void td_enter_stop(td_i32 side, double stop, td_i32 valid_bars);
TD_HOST(enter_stop_limit) void td_enter_stop_limit(td_i32 side, double stop, double limit, td_i32 valid_bars);
TD_HOST(enter_trailing) void td_enter_trailing(td_i32 side, double stop, double distance, td_i32 valid_bars);
TD_HOST(exit_limit) void td_exit_limit(double limit, td_i32 valid_bars);
TD_HOST(exit_stop) void td_exit_stop(double stop, td_i32 valid_bars);
TD_HOST(exit_stop_limit) void td_exit_stop_limit(double stop, double limit, td_i32 valid_bars);
TD_HOST(exit_trailing) void td_exit_trailing(double stop, double distance, td_i32 valid_bars);

/* A line of the run's log. */
TD_HOST(log) void td_log_bytes(const char *text, td_i32 length);

static inline td_i32 td_length(const char *text) {
  td_i32 length = 0;
  while (text[length]) length++;
  return length;
}

static inline td_i32 td_indicator(const char *json) {
  return td_indicator_bytes(json, td_length(json));
}

static inline void td_log(const char *text) { td_log_bytes(text, td_length(text)); }

/* An indicator that takes a length and nothing else, such as "sma". */
static inline td_i32 td_line(const char *kind, td_i32 length) {
  char json[96], digits[12];
  td_i32 n = 0, d = 0;
  for (const char *c = "{\"kind\":\""; *c; c++) json[n++] = *c;
  for (const char *c = kind; *c && n < 48; c++) json[n++] = *c;
  for (const char *c = "\",\"length\":"; *c; c++) json[n++] = *c;
  do digits[d++] = (char)('0' + length % 10); while ((length /= 10) > 0);
  while (d > 0) json[n++] = digits[--d];
  json[n++] = '}';
  return td_indicator_bytes(json, n);
}

/* Which of two values is larger: 1, -1, or 0 where they are equal but for rounding, or where one
 * is not defined. As rule sets compare. */
static inline td_i32 td_compare(double a, double b) {
  double difference = a - b, larger = __builtin_fabs(a), other = __builtin_fabs(b);
  if (other > larger) larger = other;
  return (difference > 1e-11 * larger) - (difference < -1e-11 * larger);
}

/* 1 where a crosses above b, -1 where it crosses below, else 0. Starts with *last = 0. */
static inline td_i32 td_cross(double a, double b, td_i32 *last) {
  td_i32 side = td_compare(a, b), before = *last;
  if (side == 0) return 0;
  *last = side;
  return side == -before ? side : 0;
}

/* A block of on_bars. Behind it, in the order of handles, a column for each output of each
 * indicator. */
enum { TD_BLOCK = 1024 };
struct td_bars {
  td_i64 time[TD_BLOCK]; /* nanoseconds since 1970-01-01, UTC */
  double open[TD_BLOCK], high[TD_BLOCK], low[TD_BLOCK], close[TD_BLOCK], volume[TD_BLOCK];
  double output[][TD_BLOCK];
};

/* Says what the strategy is: TD_METADATA("{\"name\": ...}") */
#define TD_METADATA(json)                                                        \
  TD_EXPORT(metadata) td_i64 metadata(void) {                                    \
    static const char text[] = json;                                             \
    return (td_i64)(unsigned long)text << 32 | (td_i64)(sizeof text - 1);        \
  }

TD_EXPORT(tapedeck_abi) td_i32 tapedeck_abi(void) { return 1; }

extern td_u8 __heap_base;

/* Room that is never given back; the host asks for it a few times at the start. */
TD_EXPORT(alloc) void *alloc(td_i32 length) {
  static unsigned long next;
  if (!next) next = ((unsigned long)&__heap_base + 15) & ~15ul;
  unsigned long start = next;
  next = (start + (unsigned long)length + 15) & ~15ul;
  unsigned long size = __builtin_wasm_memory_size(0) * 65536;
  if (next > size && __builtin_wasm_memory_grow(0, (next - size + 65535) / 65536) == (unsigned long)-1)
    __builtin_trap();
  return (void *)start;
}

#endif
