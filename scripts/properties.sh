#!/bin/sh
# Tries the property tests that need no server on other random cases than `make test` does, as often
# as the argument says. What fails is written beside the test, to be kept.
set -eu
times=${1:-20}
cargo test --locked --no-run -p tapedeck-engine -p tapedeck-domain -p tapedeck-sqlite
for _ in $(seq "$times"); do
    cargo test --locked -q -p tapedeck-engine --test properties --test programs --test indicator_properties
    cargo test --locked -q -p tapedeck-domain --test transitions
    cargo test --locked -q -p tapedeck-sqlite --test model
done
