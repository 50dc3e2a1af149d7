#!/bin/sh
# Measures the queue beside pgbench, on a Postgres of its own that loses nothing in a power cut:
#     scripts/bench-jobs.sh [--quick] [--only enqueue|drain|start|sqlite|together]
set -eu
pgbench=$(command -v pgbench || ls -d /usr/lib/postgresql/*/bin/pgbench 2>/dev/null | sort -V | tail -n 1)
[ -n "$pgbench" ] || { echo "missing: pgbench (apt-get install postgresql)" >&2; exit 1; }
cargo bench --locked --profile production -p tapedeck-worker --bench jobs --no-run
TAPEDECK_POSTGRES_DURABLE=1 exec scripts/with-postgres.sh \
    cargo bench --locked -q --profile production -p tapedeck-worker --bench jobs -- --pgbench "$pgbench" "$@"
