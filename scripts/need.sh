#!/bin/sh
# Names every tool that is missing, with the way to get it, and fails if one is.
set -eu
missing=0
for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 && continue
    missing=1
    case "$tool" in
        cargo) hint="a Rust toolchain, by rustup; rust-toolchain.toml names the version" ;;
        cc) hint="a C compiler: apt-get install gcc libc6-dev, or your system's equivalent" ;;
        curl) hint="apt-get install curl, or your system's equivalent" ;;
        *) hint="" ;;
    esac
    echo "missing: $tool ($hint)" >&2
done
exit "$missing"
