#!/bin/sh
# Copies the database and the files of a deployment into a new folder: backup.sh FOLDER
# DATABASE_URL (or DATABASE_URL_FILE) and TAPEDECK_DATA_DIR say of which. With Postgres servers may
# run on; stop them where the database is the embedded one, which is among the files.
#
# The database comes first: a result is kept before its row is, so every row of the copy finds its
# files. What retention removes in between is gone from the files, and known to be.
set -eu
[ $# = 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
. "$(dirname "$0")/database.sh"
folder=$1
[ ! -e "$folder" ] || { echo "$folder is there already" >&2; exit 2; }
data=${TAPEDECK_DATA_DIR:?names the data directory}
umask 077
mkdir -p "$folder.new"
if is_postgres; then
    postgres_tool pg_dump --format=custom --no-owner --no-privileges --file="$folder.new/database.dump"
fi
tar --create --file="$folder.new/files.tar" --directory="$data" --exclude='*.tmp' . || {
    # 1: a file went away or grew while it was read, which happens beside a server that runs.
    [ $? = 1 ]
}
mv "$folder.new" "$folder"
du -sh "$folder"
