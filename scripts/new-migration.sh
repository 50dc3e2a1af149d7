#!/bin/sh
# Makes an empty migration of the same name for every database.
set -eu
case "${1:-}" in
    "" | *[!a-z0-9_]*)
        echo "usage: make migration NAME=verb_noun (a-z, 0-9 and _)" >&2
        exit 1
        ;;
esac
stamp=$(date -u +%Y%m%d%H%M%S)
for tree in migrations/*/; do
    folder="$tree${stamp}_$1"
    mkdir "$folder"
    : > "$folder/up.sql"
    : > "$folder/down.sql"
    echo "$folder"
done
echo "name it in STEPS of crates/postgres/src/migrations.rs, too"
