#!/bin/sh
# Every fault that the tests know, the long version: TORTURE_KILLS kills on each database (200),
# seeds from TORTURE_SEED when that is set. Arguments go to the runner. Ends with one line a fault.
set -eu
export TORTURE_KILLS="${TORTURE_KILLS:-200}"

has_faketime() { ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; }
has_fiu() { command -v fiu-ctrl >/dev/null 2>&1; }
if ! has_faketime || ! has_fiu; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "missing: faketime and fiu-utils (apt-get install faketime fiu-utils, or your system's equivalent)" >&2
        exit 1
    fi
    echo "installing faketime and fiu-utils" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y faketime fiu-utils; } >&2
fi

TORTURE_SUMMARY=$(mktemp "${TMPDIR:-/tmp}/tapedeck-torture-summary.XXXXXX")
export TORTURE_SUMMARY
code=0
# One storm at a time, so that none of them is about a busy machine.
if cargo nextest --version >/dev/null 2>&1; then
    scripts/test.sh -p tapedeck-tests --test torture --run-ignored all --no-fail-fast -j 1 "$@" || code=$?
else
    scripts/test.sh -p tapedeck-tests --test torture "$@" -- --include-ignored --test-threads 1 || code=$?
fi
echo
grep -v '^death at' "$TORTURE_SUMMARY" || true
deaths=$(grep -c '^death at' "$TORTURE_SUMMARY" || true)
broken=$(grep '^death at' "$TORTURE_SUMMARY" | grep -vc ' 0 violations' || true)
echo "death at a step of a run: $deaths deaths, $broken with violations"
rm -f "$TORTURE_SUMMARY"
exit "$code"
