#!/bin/sh
# Replaces the build of this machine by another, and goes back to the one before should the new one
# not get ready:
#     release.sh PROGRAM VERSION
# In order: the program is put aside; it migrates the database (migrations only add, so what runs
# works on); the link `current` moves to it; the instances are restarted one by one, each waited for
# until `tapedeck healthcheck` says that it is ready. Should one of them not be, the link moves back
# and every instance that was restarted is restarted again. Exit code 0: released. 1: nothing was
# replaced. 3: rolled back. 4: the build before does not get ready either, see to it.
#
# TAPEDECK_HOME       where builds are kept (/opt/tapedeck)
# TAPEDECK_ETC        common.env, INSTANCE.env, secrets (/etc/tapedeck)
# TAPEDECK_INSTANCES  names of instances, API processes first (those of the *.env files)
# TAPEDECK_RESTART    the command that restarts the instance it is given
# TAPEDECK_STOP       the command that stops the instance it is given
# TAPEDECK_WAIT_S     how long an instance may take to be ready (60)
# TAPEDECK_RUN_AS     the user that migrates and asks (tapedeck, where root calls)
set -eu
[ $# = 2 ] || { echo "usage: $0 PROGRAM VERSION" >&2; exit 2; }
program=$(realpath "$1")
version=$2
home=${TAPEDECK_HOME:-/opt/tapedeck}
etc=${TAPEDECK_ETC:-/etc/tapedeck}
wait_s=${TAPEDECK_WAIT_S:-60}
case "$version" in
    "" | .* | *[!A-Za-z0-9._-]*) echo "a version is of letters, digits, dots, - and _: $version" >&2; exit 2 ;;
esac
[ -x "$program" ] || { echo "$program cannot be run" >&2; exit 2; }
if [ -z "${TAPEDECK_INSTANCES:-}" ]; then
    TAPEDECK_INSTANCES=$(cd "$etc" && ls -- *.env | sed 's/\.env$//' | grep -vx common | tr '\n' ' ')
fi
[ -n "$TAPEDECK_INSTANCES" ] || { echo "no instances: $etc/INSTANCE.env" >&2; exit 2; }

restart() { ${TAPEDECK_RESTART:-systemctl restart} "${TAPEDECK_UNIT-tapedeck@}$1"; }
stop() { ${TAPEDECK_STOP:-systemctl stop} "${TAPEDECK_UNIT-tapedeck@}$1"; }

# A program with the settings of an instance, as its unit has them: settings INSTANCE COMMAND...
# Lines are NAME=value; nothing in them is read by the shell.
settings() {
    instance=$1
    shift
    if [ "$(id -u)" = 0 ] && id "${TAPEDECK_RUN_AS:-tapedeck}" >/dev/null 2>&1; then
        set -- setpriv --reuid="${TAPEDECK_RUN_AS:-tapedeck}" --regid="${TAPEDECK_RUN_AS:-tapedeck}" \
            --clear-groups "$@"
    fi
    lines=$(sed -n '/^[A-Z][A-Z0-9_]*=/p' "$etc/common.env" "$etc/$instance.env")
    # Root may read the secret and its user may not: it is handed over in the environment.
    if [ -e "$etc/secrets/database_url" ]; then
        lines="$lines
DATABASE_URL=$(cat "$etc/secrets/database_url")"
    fi
    printf '%s\n' "$lines" | {
        while IFS= read -r line; do
            [ -z "$line" ] || export "${line?}"
        done
        cd "$etc"
        exec "$@"
    }
}

# Waits until an instance is ready: wait_ready PROGRAM INSTANCE
wait_ready() {
    end=$(($(date +%s) + wait_s))
    while ! said=$(settings "$2" "$1" healthcheck 2>&1); do
        if [ "$(date +%s)" -ge "$end" ]; then
            echo "$2 is not ready after $wait_s s: $said" >&2
            return 1
        fi
        sleep 0.5
    done
    echo "$2 is ready"
}

# The link moves in one step: there is always a build behind it.
point_to() { ln -sfn "$1" "$home/current.new" && mv -T "$home/current.new" "$home/current"; }

mkdir -p "$home/releases"
# One release at a time.
exec 9>"$home/release.lock"
flock -n 9 || { echo "another release is running" >&2; exit 1; }

new="$home/releases/$version"
[ ! -e "$new" ] || { echo "$version is there already: $new" >&2; exit 2; }
mkdir "$new.new"
install -m 755 "$program" "$new.new/tapedeck"
mv "$new.new" "$new"
before=""
[ ! -L "$home/current" ] || before=$(readlink "$home/current")
first=${TAPEDECK_INSTANCES%% *}

echo "migrating with $version"
if ! settings "$first" "$new/tapedeck" migrate up; then
    rm -rf "$new"
    echo "the migration failed; nothing was replaced" >&2
    exit 1
fi

point_to "releases/$version"
restarted=""
for instance in $TAPEDECK_INSTANCES; do
    restarted="$restarted $instance"
    if restart "$instance" && wait_ready "$new/tapedeck" "$instance"; then continue; fi
    if [ -z "$before" ]; then
        echo "$version does not get ready, and there is no build before it; stopped" >&2
        for one in $restarted; do stop "$one" || true; done
        rm -f "$home/current"
        rm -rf "$new"
        exit 4
    fi
    echo "going back to ${before##*/}" >&2
    point_to "$before"
    # It did get ready before: it is given the time that it needs.
    [ "$wait_s" -ge 120 ] || wait_s=120
    bad=""
    for one in $restarted; do
        { restart "$one" && wait_ready "$home/current/tapedeck" "$one"; } || bad="$bad $one"
    done
    rm -rf "$new"
    [ -z "$bad" ] || { echo "not ready with the build before:$bad" >&2; exit 4; }
    echo "rolled back to ${before##*/}" >&2
    exit 3
done
echo "released $version"

# The three latest builds stay, and the one before this.
ls -1t "$home/releases" | tail -n +4 | while read -r old; do
    [ "releases/$old" = "$before" ] || rm -rf "${home:?}/releases/$old"
done
