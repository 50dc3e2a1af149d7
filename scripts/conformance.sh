#!/bin/sh
# Holds running servers against the API's description, with schemathesis: all checks, all phases, on
# both databases. Arguments go to schemathesis, such as `--include-path /api/v1/queue`.
# TAPEDECK_CONFORMANCE=sqlite or postgres takes one database alone.
set -eu
version=4.32.5
tools=${CARGO_TARGET_DIR:-target}/conformance
scripts/need.sh cargo curl python3
if ! "$tools/bin/schemathesis" --version 2>/dev/null | grep -q " $version\$"; then
    echo "installing schemathesis $version into $tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "schemathesis==$version"
fi
cargo build --locked --bin tapedeck
only=${TAPEDECK_CONFORMANCE:-all}
if [ "$only" != postgres ]; then
    scripts/conformance-one.sh sqlite "$@"
fi
if [ "$only" != sqlite ]; then
    scripts/with-postgres.sh scripts/conformance-one.sh postgres "$@"
fi
