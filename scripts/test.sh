#!/bin/sh
# Runs every test, with nextest where it is installed. Arguments go to the runner.
set -eu
scripts/need.sh cargo cc curl
cargo build --locked --workspace --bins
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace "$@"
else
    cargo test --locked --workspace --lib --bins --tests "$@"
fi
