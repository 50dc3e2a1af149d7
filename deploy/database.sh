# For backup.sh and restore.sh: the database that the configuration names, and Postgres's tools on it.
url=${DATABASE_URL:-}
[ -n "$url" ] || [ -z "${DATABASE_URL_FILE:-}" ] || url=$(cat "$DATABASE_URL_FILE")

is_postgres() { case "$url" in postgres://* | postgresql://*) return 0 ;; *) return 1 ;; esac }

# Where it is, on the path or among Debian's packages, which are not.
find_tool() {
    command -v "$1" 2>/dev/null && return
    found=$(ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -n 1)
    [ -n "$found" ] || { echo "missing: $1 (apt-get install postgresql-client)" >&2; return 1; }
    echo "$found"
}

# The password goes by the environment: others see the arguments of a process.
postgres_tool() {
    tool=$(find_tool "$1") || exit 1
    shift
    password=$(printf %s "$url" | sed -n 's#^[a-z]*://[^:@/]*:\([^@/]*\)@.*#\1#p')
    # Undone as a URL writes it: %40 is @.
    PGPASSWORD=$(env printf '%b' "$(printf %s "$password" | sed 's/\\/\\\\/g; s/%/\\x/g')")
    export PGPASSWORD
    "$tool" --dbname="$(printf %s "$url" | sed 's#^\([a-z]*://[^:@/]*\):[^@/]*@#\1@#')" "$@"
    unset PGPASSWORD
}
