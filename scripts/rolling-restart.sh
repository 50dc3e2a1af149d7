#!/bin/sh
# Replaces servers of another build by this one's, under load, on one Postgres and one data
# directory, and checks that nothing is lost or doubled:
#     scripts/rolling-restart.sh REV
# TAPEDECK_PREVIOUS names a program of that build, if there is one already; otherwise REV is built
# in a worktree of its own, which is gone afterwards.
set -eu
rev=${1:-}
dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-rolling.XXXXXX")
cleanup() {
    git worktree remove --force "$dir/source" 2>/dev/null || true
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -z "${TAPEDECK_PREVIOUS:-}" ]; then
    [ -n "$rev" ] || { echo "usage: make rolling REV=commit" >&2; exit 2; }
    git worktree add --quiet --detach "$dir/source" "$rev"
    (cd "$dir/source" && CARGO_TARGET_DIR="$dir/target" cargo build --locked --bin tapedeck)
    TAPEDECK_PREVIOUS="$dir/target/debug/tapedeck"
fi
"$TAPEDECK_PREVIOUS" --version
cargo build --locked --bin tapedeck
TAPEDECK_TEST_PREVIOUS=$(realpath "$TAPEDECK_PREVIOUS") scripts/with-postgres.sh \
    cargo test --locked -p tapedeck-tests --test cluster -- --ignored --nocapture mixing
