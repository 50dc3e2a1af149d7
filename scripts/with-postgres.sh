#!/bin/sh
# Runs a command beside a Postgres of its own, which is gone afterwards:
#     scripts/with-postgres.sh COMMAND...
# The command finds the server in TAPEDECK_TEST_POSTGRES, a URL with a password.
#
# TAPEDECK_POSTGRES_DURABLE=1 has every commit survive a power cut, as a server should whose figures
# mean something; tests do without, for speed.
set -eu

find_tool() {
    command -v "$1" 2>/dev/null && return
    # The newest version of Debian's packages, which are not on the path.
    ls -d /usr/lib/postgresql/*/bin/"$1" 2>/dev/null | sort -V | tail -n 1
}

find_tools() {
    initdb=$(find_tool initdb) && postgres=$(find_tool postgres)
    [ -n "$initdb" ] && [ -n "$postgres" ]
}

install_tools() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "missing: initdb and postgres (apt-get install postgresql, or your system's equivalent)" >&2
        exit 1
    fi
    echo "installing postgresql" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y postgresql; } >&2
    find_tools || { echo "initdb or postgres is still missing after the installation" >&2; exit 1; }
}

[ $# -gt 0 ] || { echo "usage: $0 COMMAND..." >&2; exit 2; }
find_tools || install_tools

# The server refuses to run as root. A prefix and not a function: what runs in the background
# must be the server itself, to be signalled.
as_server=""
server_user=""
if [ "$(id -u)" = 0 ]; then
    server_user=postgres
    id "$server_user" >/dev/null 2>&1 || useradd --system --no-create-home "$server_user"
    group=$(id -g "$server_user")
    as_server="setpriv --reuid=$server_user --regid=$group --clear-groups"
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-postgres.XXXXXX")
data="$dir/data"
server=""
child=""
stop_server() {
    [ -n "$server" ] || return 0
    # SIGINT is the fast shutdown: clients are cut off.
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=""
}
cleanup() {
    code=$?
    trap - EXIT INT TERM
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null || true
    stop_server
    rm -rf "$dir"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && echo "$password" >"$dir/password")
[ -z "$server_user" ] || chown -R "$server_user" "$dir"
$as_server "$initdb" --pgdata="$data" --username=postgres --pwfile="$dir/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; exit 1; }

durability="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
if [ "${TAPEDECK_POSTGRES_DURABLE:-}" = 1 ]; then
    durability="-c fsync=on -c synchronous_commit=on -c full_page_writes=on"
fi

# Ready, says the file that our own server writes into our own directory once it has the port:
# whoever else listens there cannot have written it.
is_ready() { [ "$(sed -n 's/ *$//; 8p' "$data/postmaster.pid" 2>/dev/null)" = ready ]; }

start_server() {
    port=$(($(od -An -N2 -tu2 /dev/urandom) % 20000 + 20000))
    $as_server "$postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=300 $durability \
        >"$dir/server.log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        is_ready && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    stop_server
    return 1
}

started=""
for _ in 1 2 3 4 5 6 7 8; do
    # Another port, where somebody else had the first.
    if start_server; then started=yes && break; fi
done
[ -n "$started" ] || { cat "$dir/server.log" >&2; echo "postgres does not start" >&2; exit 1; }

TAPEDECK_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres"
export TAPEDECK_TEST_POSTGRES

# In the background, because a shell that waits in the foreground does not hear its signals.
"$@" <&0 &
child=$!
code=0
wait "$child" || code=$?
child=""
exit "$code"
