#!/bin/sh
# Serves a debug build; rebuilds and restarts it when a source, migration or manifest changes.
set -u
stamp=$(mktemp)
server=""
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; server=""; }; }
trap 'stop; rm -f "$stamp"; exit 0' INT TERM
changed() { find crates migrations Cargo.toml .env -newer "$stamp" -type f 2>/dev/null | grep -q .; }
while :; do
    touch "$stamp"
    if cargo build --bin tapedeck; then
        stop
        "${CARGO_TARGET_DIR:-target}"/debug/tapedeck serve &
        server=$!
    fi
    until changed; do sleep 1; done
done
