#!/bin/sh
# Shows the database of scripts/with-postgres.sh, and keeps it until it is interrupted.
set -eu
echo "DATABASE_URL=$TAPEDECK_TEST_POSTGRES"
echo "Ctrl-C stops it and removes its data."
exec sleep 1000000000
