#!/bin/sh
# Starts a program with the configuration of production and with the defaults of development, each
# as often as is said, waits until it is ready, and stops it:
#     scripts/start-often.sh PROGRAM TIMES
# Only where its files and its port are is changed. A start that fails, an error or a warning that
# was not expected, and an end other than by SIGTERM and code 0 fail all of it.
set -eu
[ $# = 2 ] || { echo "usage: $0 PROGRAM TIMES" >&2; exit 2; }
program=$(realpath "$1")
times=$2
root=$(realpath "$(dirname "$0")/..")
dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-starts.XXXXXX")
pid=""
cleanup() {
    code=$?
    trap - EXIT INT TERM
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf "$dir"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "$1" >&2
    cat "$dir/log" >&2
    exit 1
}

# Becomes a command, in an environment that has the lines of a file and nothing else:
# in_env FILE NAME COMMAND... They are NAME=value, as systemd and compose read them: nothing is a quote or a variable.
in_env() {
    {
        grep -E '^[A-Z][A-Z0-9_]*=' "$1" || true
        printf '%s\n' "TAPEDECK_DATA_DIR=$dir/data" "BACKEND_PORT=$port" LOG_FORMAT=json
    } >"$dir/env.$2"
    names=$dir/env.$2
    shift 2
    while IFS= read -r line; do set -- "$line" "$@"; done <"$names"
    cd "$dir/cwd"
    exec env -i PATH="$PATH" "$@"
}

# One start: start_once NAME FILE
start_once() {
    port=0
    # Empty before it starts: the address of the start before is not this one's.
    : >"$dir/log"
    in_env "$2" serve "$program" serve >"$dir/log" 2>&1 &
    pid=$!
    address=""
    for _ in $(seq 600); do
        address=$(grep -o '"address":"[^"]*"' "$dir/log" | head -n 1 | cut -d'"' -f4) || true
        [ -z "$address" ] || break
        kill -0 "$pid" 2>/dev/null || fail "$1: it ended before it served"
        sleep 0.1
    done
    [ -n "$address" ] || fail "$1: it does not serve"
    port=${address##*:}
    ready=""
    for _ in $(seq 300); do
        (in_env "$2" healthcheck "$program" healthcheck) >"$dir/health" 2>&1 && ready=yes && break
        sleep 0.1
    done
    [ -n "$ready" ] || { cat "$dir/health" >&2; fail "$1: it does not get ready"; }
    kill -TERM "$pid"
    wait "$pid" || fail "$1: it ended with code $?"
    pid=""
    if grep -E '"level":"ERROR"|panicked' "$dir/log" >/dev/null; then fail "$1: it logged an error"; fi
}

for name in production development; do
    file=/dev/null
    [ "$name" = development ] || file=$root/deploy/production.env.example
    # As on a new machine each first time; then with what is there.
    rm -rf "$dir/data" "$dir/cwd"
    mkdir "$dir/cwd" "$dir/data"
    port=0
    [ "$name" = development ] || (in_env "$file" migrate "$program" migrate up) >"$dir/log" 2>&1 ||
        fail "$name: the migrations fail"
    for time in $(seq "$times"); do start_once "$name, start $time" "$file"; done
    echo "$name: $times starts, each ready and stopped without an error"
done
