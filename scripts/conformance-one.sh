#!/bin/sh
# Starts a server of its own on the database that is named, and holds it against its description:
#     scripts/conformance-one.sh sqlite|postgres [ARGUMENTS OF SCHEMATHESIS]
set -eu
database=$1
shift
target=$(realpath "${CARGO_TARGET_DIR:-target}")
dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-conformance.XXXXXX")
server=""
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
case $database in
sqlite) url="" ;;
postgres)
    psql=$(command -v psql || ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1)
    "$psql" -q "$TAPEDECK_TEST_POSTGRES" -c "CREATE DATABASE conformance"
    url=$(echo "$TAPEDECK_TEST_POSTGRES" | sed 's,/[^/?]*\(?.*\)\?$,/conformance\1,')
    ;;
*) echo "usage: $0 sqlite|postgres" >&2 && exit 2 ;;
esac
config=$(realpath tests/conformance/schemathesis.toml)
cd "$dir"
TAPEDECK__FLAGS__AI_ASSISTANT=true BACKEND_HOST=127.0.0.1 BACKEND_PORT=0 TAPEDECK_DATA_DIR="$dir/data" DATABASE_URL="$url" \
    LOG_FORMAT=json LOG_LEVEL=info "$target/debug/tapedeck" serve >"$dir/log" &
server=$!
tries=0
until address=$(grep -o '"message":"serving","address":"[^"]*"' "$dir/log" 2>/dev/null | cut -d'"' -f8) && [ -n "$address" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "the server does not start" >&2; exit 1; }
    sleep 0.1
done
key=$(TAPEDECK_DATA_DIR="$dir/data" DATABASE_URL="$url" "$target/debug/tapedeck" keys create conformance --scope admin)
echo "conformance: $database at $address"
"$target/conformance/bin/schemathesis" --config-file "$config" run "http://$address/api/openapi.json" \
    --header "Authorization: Bearer $key" \
    --exclude-operation-id revoke_key --exclude-operation-id pause_queue \
    --phases examples,coverage,fuzzing,stateful --max-response-time 75 "$@"
if grep '"level":"ERROR"' "$dir/log"; then
    echo "the server logged errors" >&2
    exit 1
fi
