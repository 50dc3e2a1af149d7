#!/bin/sh
# W1 through the server: a million generated bars, a 20/50 crossover of one unit at 10 bps. Prints
# the median `duration_ms` of some runs (read the bars, simulate, store, commit) beside the plain
# loop, measured right after it.
set -eu
binary=${CARGO_TARGET_DIR:-target}/release/tapedeck
[ -x "$binary" ] || { echo "build it first: cargo build --release --bin tapedeck" >&2; exit 1; }
binary=$(realpath "$binary")
dir=$(mktemp -d)
export BACKEND_PORT="${BACKEND_PORT:-8124}" TAPEDECK_DATA_DIR="$dir/data" LOG_LEVEL=warn
url=http://127.0.0.1:$BACKEND_PORT
server=""
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT INT TERM
"$binary" dataset generate --id w1 --rows 1000000 --seed 42 --interval 1m >/dev/null
"$binary" serve &
server=$!
until curl -sf -o /dev/null "$url/api/health/ready"; do sleep 0.01; done
run() {
    curl -s "$url/api/v1/backtests" -H 'content-type: application/json' -H 'prefer: wait=60' -d '
        {"dataset_id": "w1", "strategy_id": "sma_crossover", "params": {"fast": 20, "slow": 50},
         "capital": 1000000, "costs": {"commission_bps": 10}, "force_new": true}'
}
for _ in 1 2 3 4 5 6 7 8 9; do
    run | grep -o '"duration_ms":[0-9]*' | cut -d: -f2
done | sort -n | sed -n 5p > "$dir/median"
# Backtests that do next to nothing, from the first start to the last end: the queue is paused while
# they are submitted.
jobs=500
now() { date +%s.%N; }
of_queue() { curl -s "$url/api/v1/queue" | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }
curl -s -X POST "$url/api/v1/queue/pause" >/dev/null
seq "$jobs" | while read -r seed; do
    echo "next
url = \"$url/api/v1/backtests\"
header = \"content-type: application/json\"
data = \"{\\\"dataset_id\\\": \\\"aapl-1d\\\", \\\"strategy_id\\\": \\\"buy_and_hold\\\", \\\"seed\\\": $seed}\"
output = \"/dev/null\""
done | sed 1d > "$dir/submissions"
curl -s --config "$dir/submissions"
[ "$(of_queue queued)" = "$jobs" ] || { echo "not all were accepted" >&2; exit 1; }
start=$(now)
curl -s -X POST "$url/api/v1/queue/resume" >/dev/null
until [ "$(of_queue queued)" = 0 ] && [ "$(of_queue running)" = 0 ]; do sleep 0.02; done
awk -v from="$start" -v to="$(now)" -v jobs="$jobs" \
    'BEGIN { printf "buy and hold over %d runs, each in its process: %.0f a second\n", jobs, jobs / (to - from) }'
kill "$server" && wait "$server"
reference=$(cargo bench -q -p tapedeck-engine --bench w1 | awk '/^reference loop/ { sub("ms", "", $3); print $3 }')
awk -v reference="$reference" '{ printf "duration_ms %d, reference loop %.1f ms, ratio %.1f\n", $1, reference, $1 / reference }' "$dir/median"
cut -d' ' -f1-3 /proc/loadavg | sed 's/^/load: /'
