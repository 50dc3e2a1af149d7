#!/bin/sh
# Runs every test beside a Postgres of its own, with nextest where it is installed. Arguments go
# to the runner.
set -eu
# The same random cases in every run: a change that breaks nothing must not fail by luck. `make
# properties` looks at others.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-20261121}"
scripts/need.sh cargo cc curl
scripts/fetch-kits.sh
# With the tests: they ask for other features of what both are built from, and would have it built anew.
cargo build --locked --workspace --bins --tests
if cargo nextest --version >/dev/null 2>&1; then
    exec scripts/with-postgres.sh cargo nextest run --locked "$@"
else
    exec scripts/with-postgres.sh cargo test --locked --lib --bins --tests "$@"
fi
