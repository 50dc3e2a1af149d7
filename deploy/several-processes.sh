#!/bin/sh
# Two API processes and two workers on one Postgres and one data directory, on this machine:
#     deploy/several-processes.sh            until Ctrl-C
#     deploy/several-processes.sh --check    submits one backtest, reads it elsewhere, and stops
# DATABASE_URL names the Postgres; without it, one is started and removed afterwards. TAPEDECK_BINARY
# names the program; without it, the release build is made and taken.
set -eu
cd "$(dirname "$0")/.."
mode=${1:-}
case "$mode" in
    "" | --check) ;;
    *) echo "usage: $0 [--check]" >&2; exit 2 ;;
esac
if [ -z "${TAPEDECK_BINARY:-}" ]; then
    cargo build --locked --release --bin tapedeck
    TAPEDECK_BINARY=$(realpath "${CARGO_TARGET_DIR:-target}/release/tapedeck")
    export TAPEDECK_BINARY
fi
if [ -z "${DATABASE_URL:-}" ]; then
    if [ -z "${TAPEDECK_TEST_POSTGRES:-}" ]; then
        TAPEDECK_POSTGRES_DURABLE=1 exec scripts/with-postgres.sh "$0" "$@"
    fi
    DATABASE_URL=$TAPEDECK_TEST_POSTGRES
fi
dir=$(mktemp -d)
export DATABASE_URL TAPEDECK_DATA_DIR="$dir/data" BACKEND_PORT=0 LOG_FORMAT=json
processes=""

# SIGTERM drains: requests are answered, runs finished or handed back.
stop() {
    code=$?
    trap - EXIT INT TERM
    for pid in $processes; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in $processes; do wait "$pid" || { echo "process $pid ended badly" >&2; code=1; }; done
    [ "$code" = 0 ] || tail -n 20 "$dir"/*.log >&2
    rm -rf "$dir"
    echo "all stopped"
    exit "$code"
}
trap stop EXIT
trap 'exit 0' INT TERM

# Starts a process, waits until it serves, and says where: start NAME ROLE
start() {
    TAPEDECK_ROLE=$2 "$TAPEDECK_BINARY" serve >"$dir/$1.log" 2>&1 &
    processes="$processes $!"
    address=""
    for _ in $(seq 300); do
        address=$(grep -o '"message":"serving","address":"[^"]*"' "$dir/$1.log" 2>/dev/null | cut -d'"' -f8)
        [ -z "$address" ] || break
        kill -0 "$!" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$address" ] || { echo "$1 does not start" >&2; exit 1; }
    echo "$1: http://$address"
}

"$TAPEDECK_BINARY" migrate up >/dev/null
start api-1 api
first=$address
start api-2 api
second=$address
start worker-1 worker
start worker-2 worker

if [ "$mode" = --check ]; then
    id=$(curl -sf "http://$first/api/v1/backtests" -H 'content-type: application/json' \
        -d '{"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"}' |
        grep -o '"id":"[0-9a-f-]\{36\}"' | head -n 1 | cut -d'"' -f4)
    run=$(curl -sf "http://$second/api/v1/backtests/$id?wait=30")
    status=$(echo "$run" | grep -o '"status":"[a-z_]*"' | head -n 1 | cut -d'"' -f4)
    echo "submitted to one, read from the other: $status"
    [ "$status" = succeeded ] || exit 1
    exit 0
fi
echo "Ctrl-C stops them all."
while :; do sleep 1; done
