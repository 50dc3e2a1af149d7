#!/bin/sh
# Attacks a server of its own with clients that are slow on purpose (slowhttptest: headers, bodies,
# reading), and asks it for its health and a list all the while. Fails when an answer does not come.
# SECONDS_EACH says how long an attack takes, CONNECTIONS how many clients it has.
set -eu
seconds=${SECONDS_EACH:-30}
connections=${CONNECTIONS:-1000}
scripts/need.sh cargo curl
command -v slowhttptest >/dev/null 2>&1 || {
    echo "missing: slowhttptest (apt-get install slowhttptest)" >&2
    exit 1
}
cargo build --locked --bin tapedeck
target=$(realpath "${CARGO_TARGET_DIR:-target}")
dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-slow.XXXXXX")
server=""
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
(ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
cd "$dir" && BACKEND_HOST=127.0.0.1 BACKEND_PORT=0 TAPEDECK_DATA_DIR="$dir/data" LOG_FORMAT=json \
    exec "$target/debug/tapedeck" serve >"$dir/log") &
server=$!
tries=0
until address=$(grep -o '"message":"serving","address":"[^"]*"' "$dir/log" 2>/dev/null | cut -d'"' -f8) && [ -n "$address" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "the server does not start" >&2; exit 1; }
    sleep 0.1
done
url=http://$address
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
failed=0

ask() {
    curl -sf -o /dev/null --max-time 5 "$url/healthz" &&
        curl -sf -o /dev/null --max-time 5 "$url/api/v1/backtests?limit=1"
}

# attack NAME ARGUMENTS OF SLOWHTTPTEST...
attack() {
    name=$1
    shift
    slowhttptest -c "$connections" -r 200 -l "$seconds" -p 5 -g -o "$dir/$name" "$@" >"$dir/$name.out" 2>&1 &
    attacker=$!
    asked=0 unanswered=0
    while kill -0 "$attacker" 2>/dev/null; do
        asked=$((asked + 1))
        ask || unanswered=$((unanswered + 1))
        sleep 0.2
    done
    most=$(cut -d, -f4 "$dir/$name.csv" | sort -n | tail -n 1)
    echo "$name: $connections clients, at most $most connected at once; asked $asked times, $unanswered without an answer"
    [ "$asked" -gt 0 ] && [ "$unanswered" = 0 ] || failed=1
}

attack headers -H -i 2 -u "$url/api/v1/backtests"
attack body -B -i 2 -s 8192 -t POST -f application/json -u "$url/api/v1/backtests"
attack reading -X -w 1 -y 16 -n 2 -z 8 -k 3 -u "$url/api/openapi.json"
ask || failed=1
kill -0 "$server" || failed=1
[ "$failed" = 0 ] || { echo "the server did not stay available" >&2; exit 1; }
