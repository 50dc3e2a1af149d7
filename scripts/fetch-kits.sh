#!/bin/sh
# Puts there what builds the kits of guest strategies, so that their tests can build them: clang and
# wasm-ld for C, the AssemblyScript compiler for AssemblyScript. What cannot be had is named, here and
# by the tests that fail for want of it.
set -u
cd "$(dirname "$0")/../crates/sandbox/guests" || exit 1

if ! command -v clang-14 >/dev/null 2>&1 || ! command -v wasm-ld-14 >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing clang-14 and lld-14"
        { apt-get install -y -qq clang-14 lld-14 || { apt-get update -qq && apt-get install -y -qq clang-14 lld-14; }; } \
            >/dev/null 2>&1 || echo "clang-14 and lld-14 could not be installed: its tests will fail" >&2
    else
        echo "missing: clang-14, lld-14 (apt-get install clang-14 lld-14): its tests will fail" >&2
    fi
fi

[ assemblyscript/node_modules/.package-lock.json -nt assemblyscript/package-lock.json ] && exit 0
if command -v npm >/dev/null 2>&1; then
    echo "fetching the AssemblyScript compiler"
    (cd assemblyscript && npm ci --silent && touch node_modules/.package-lock.json) ||
        echo "the AssemblyScript compiler could not be fetched: its tests will fail" >&2
else
    echo "missing: npm: the tests of the kit in AssemblyScript will fail" >&2
fi
