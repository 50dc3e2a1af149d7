#!/bin/sh
# Puts back what backup.sh copied, into an empty database and an empty data directory: restore.sh FOLDER
# DATABASE_URL (or DATABASE_URL_FILE) and TAPEDECK_DATA_DIR say where. Start the servers afterwards,
# with the build that made the copy or a newer one, which migrates first.
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
. "$(dirname "$0")/database.sh"
folder=$1
data=${TAPEDECK_DATA_DIR:?names the data directory}
[ -s "$folder/files.tar" ] || { echo "$folder is no copy" >&2; exit 2; }
mkdir -p "$data"
[ -z "$(ls -A "$data")" ] || { echo "$data is not empty; nothing was changed" >&2; exit 1; }
if is_postgres; then
    [ -s "$folder/database.dump" ] || { echo "the copy is of an embedded database" >&2; exit 2; }
    # One transaction: all of it, or nothing. What is there already makes it fail.
    postgres_tool pg_restore --no-owner --no-privileges --exit-on-error --single-transaction \
        "$folder/database.dump"
fi
tar --extract --file="$folder/files.tar" --directory="$data"
echo "restored from $folder"
