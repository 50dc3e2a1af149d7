#!/bin/sh
# Measures what the README states under Facts: start-up, idle memory and the health paths of the
# release binary, on a fresh data directory and a port of its own.
set -eu
binary=${CARGO_TARGET_DIR:-target}/release/tapedeck
[ -x "$binary" ] || { echo "build it first: cargo build --release" >&2; exit 1; }
binary=$(realpath "$binary")
dir=$(mktemp -d)
export BACKEND_PORT="${BACKEND_PORT:-8123}" TAPEDECK_DATA_DIR="$dir/data" LOG_LEVEL=warn
url=http://127.0.0.1:$BACKEND_PORT
server=""
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT INT TERM
ls -l "$binary" | awk '{ printf "binary: %.1f MB\n", $5 / 1e6 }'
for start in first second; do
    begin=$(date +%s%N)
    "$binary" serve &
    server=$!
    until curl -sf -o /dev/null "$url/api/health/ready"; do sleep 0.01; done
    end=$(date +%s%N)
    echo "$start start: $(( (end - begin) / 1000000 )) ms"
    sleep 3
    awk '/VmRSS/ { printf "idle memory: %.1f MB\n", $2 / 1024 }' "/proc/$server/status"
    for path in /healthz /api/health/live /api/health /api/health/ready; do
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            curl -s -o /dev/null -w '%{time_total}\n' "$url$path"
        done | sort -n | tail -n 1 | awk -v path="$path" '{ printf "%s: %.1f ms, the slowest of 10\n", path, $1 * 1000 }'
    done
    kill "$server" && wait "$server"
done
cut -d' ' -f1-3 /proc/loadavg | sed 's/^/load: /'
