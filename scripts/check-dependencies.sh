#!/bin/sh
# Licences, bans, sources and known vulnerabilities, by cargo-deny and cargo-audit where they are
# installed. What must hold without them (who may depend on what) is a test:
# tests/tests/architecture.rs.
#
# TAPEDECK_ADVISORY_DB names a copy of the RustSec database to use in place of the one on the network.
set -eu
if cargo deny --version >/dev/null 2>&1; then
    cargo deny check bans licenses sources
else
    echo "cargo-deny is not installed: licences, bans and sources were not checked (cargo install --locked cargo-deny)"
fi

# A database that cannot be reached is no finding, except where nobody would read that: in CI.
audit() {
    said=$(mktemp)
    code=0
    cargo audit --deny warnings "$@" >"$said" 2>&1 || code=$?
    cat "$said"
    if [ "$code" != 0 ] && [ -z "${CI:-}" ] && grep -q "couldn't fetch advisory database" "$said"; then
        echo "the database of advisories cannot be reached: they were not checked (see TAPEDECK_ADVISORY_DB)"
        code=0
    fi
    rm -f "$said"
    return "$code"
}

if ! cargo audit --version >/dev/null 2>&1; then
    echo "cargo-audit is not installed: advisories were not checked (cargo install --locked cargo-audit)"
elif [ -n "${TAPEDECK_ADVISORY_DB:-}" ]; then
    audit --db "$TAPEDECK_ADVISORY_DB" --no-fetch --stale
else
    audit
fi
