#!/bin/sh
# Runs every test beside a Postgres of its own, with nextest where it is installed. Arguments go
# to the runner.
set -eu
scripts/need.sh cargo cc curl
cargo build --locked --workspace --bins
if cargo nextest --version >/dev/null 2>&1; then
    exec scripts/with-postgres.sh cargo nextest run --locked "$@"
else
    exec scripts/with-postgres.sh cargo test --locked --lib --bins --tests "$@"
fi
