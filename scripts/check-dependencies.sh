#!/bin/sh
# Licences, bans and known vulnerabilities, by cargo-deny and cargo-audit where they are installed.
# What must hold without them (who may depend on what) is a test: tests/tests/architecture.rs.
set -eu
if cargo deny --version >/dev/null 2>&1; then
    cargo deny check bans licenses sources
else
    echo "cargo-deny is not installed: licences and bans were not checked (cargo install cargo-deny)"
fi
if cargo audit --version >/dev/null 2>&1; then
    cargo audit --deny warnings
else
    echo "cargo-audit is not installed: advisories were not checked (cargo install cargo-audit)"
fi
