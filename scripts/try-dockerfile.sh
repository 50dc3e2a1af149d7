#!/bin/sh
# Runs deploy/Dockerfile without Docker: its own build commands in a fresh clone of the commit that
# is checked out, and what comes out of it as its final stage would: under chroot, as its user, with
# its environment, on a root file system that cannot be written, without a shell. Needs root.
#     scripts/try-dockerfile.sh [PROFILE]
# What only Docker does is not tried: its base images, its networks, its own confinement.
# TAPEDECK_TRY_TARGET names a folder of cargo's to build in; without it, everything is built anew.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "chroot needs root" >&2; exit 1; }
scripts/need.sh cargo cc curl
dockerfile=deploy/Dockerfile
# The value of an instruction of the final stage: last INSTRUCTION
last() { sed -n "s/^$1 //p" "$dockerfile" | tail -n 1; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/tapedeck-image.XXXXXX")
source=$dir/src
pid=""
cleanup() {
    code=$?
    trap - EXIT INT TERM
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    rm -rf "$dir"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

git clone --quiet . "$source"
[ -z "${TAPEDECK_TRY_TARGET:-}" ] || ln -s "$(realpath "$TAPEDECK_TRY_TARGET")" "$source/target"
PROFILE=${1:-$(sed -n 's/^ARG PROFILE=//p' "$dockerfile")}
export PROFILE
# COPY moves the pages from stage to stage; here all stages share one folder.
sed -n 's/^RUN //p' "$dockerfile" | while IFS= read -r command; do
    echo "+ $command"
    (cd "$source" && sh -euc "$command" </dev/null)
done
image=$source/image
du -sh "$image" | cut -f1
find "$image" \( -name 'sh' -o -name 'bash' -o -name 'busybox' \) | grep . && { echo "there is a shell" >&2; exit 1; }

# The final stage's own words.
user=$(last USER)
workdir=$(last WORKDIR)
state=$(last VOLUME | tr -d '[]"')
environment=$(sed -n '/^ENV /,/[^\\]$/p' "$dockerfile" | sed 's/^ENV//; s/\\$//; s/^ *//')
health=$(sed -n 's/^HEALTHCHECK.* CMD //p' "$dockerfile" | tr -d '[]",')
command="$(last ENTRYPOINT | tr -d '[]",') $(last CMD | tr -d '[]",')"
mkdir "$dir/state" "$dir/root"
chown "$user" "$dir/state"
echo "user $user, in $workdir, state in $state: $command"

# In a mount namespace of its own: the image read-only, its state and /tmp writable, no new rights.
# The process is the program itself, to be signalled: inside ARGUMENTS... of the program
inside() {
    exec unshare --mount --propagation private sh -euc '
        root=$1 user=$2 environment=$3 image=$4 state=$5 data=$6 workdir=$7
        shift 7
        setpriv=$(command -v setpriv)
        unshare=$(command -v unshare)
        mount --bind "$image" "$root"
        mount -o remount,bind,ro,nosuid,nodev "$root"
        mount --bind "$data" "$root$state"
        mount -t proc proc "$root/proc"
        mount -t tmpfs -o size=16m,mode=1777,noexec,nosuid,nodev tmpfs "$root/tmp"
        mount -t tmpfs -o size=64k,mode=755 tmpfs "$root/dev"
        for device in null zero random urandom; do
            touch "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"
        done
        # The words of the environment have no spaces.
        exec env -i $environment BACKEND_PORT="${PORT:-0}" "$setpriv" --no-new-privs \
            "$unshare" --root="$root" --wd="$workdir" --setgid="${user#*:}" --setuid="${user%:*}" "$@"
    ' inside "$dir/root" "$user" "$environment" "$image" "$state" "$dir/state" "$workdir" "$@"
}

(inside tapedeck migrate up)
# shellcheck disable=SC2086 # the words of the image's command
inside $command >"$dir/log" 2>&1 &
pid=$!
address=""
for _ in $(seq 300); do
    address=$(grep -o '"address":"[^"]*"' "$dir/log" | head -n 1 | cut -d'"' -f4) || true
    [ -z "$address" ] || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
[ -n "$address" ] || { cat "$dir/log" >&2; echo "it does not serve" >&2; exit 1; }

export PORT="${address##*:}"
healthy=""
for _ in $(seq 300); do
    # shellcheck disable=SC2086
    (inside $health) >"$dir/health" 2>&1 && healthy=yes && break
    sleep 0.1
done
cat "$dir/health"
[ -n "$healthy" ] || { cat "$dir/log" >&2; exit 1; }
echo "$health: ready"

status=$(curl -sf "http://$address/api/v1/backtests" -H 'content-type: application/json' \
    -H 'prefer: wait=60' -d '{"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"}' |
    grep -o '"status":"[a-z_]*"' | head -n 1 | cut -d'"' -f4)
echo "one backtest: $status"
[ "$status" = succeeded ] || { cat "$dir/log" >&2; exit 1; }

# As root, from outside: it is the mount that refuses.
if touch "/proc/$pid/root/etc/written" 2>/dev/null; then echo "the root can be written" >&2; exit 1; fi
[ "$(stat -c %u:%g "/proc/$pid")" = "$user" ] || { echo "it is another user" >&2; exit 1; }
grep -q '^NoNewPrivs:.1' "/proc/$pid/status" || { echo "it may gain rights" >&2; exit 1; }
grep -q '^CapEff:.0*$' "/proc/$pid/status" || { echo "it has capabilities" >&2; exit 1; }

kill "-$(last STOPSIGNAL | sed s/SIG//)" "$pid"
code=0
wait "$pid" || code=$?
pid=""
[ "$code" = 0 ] || { cat "$dir/log" >&2; echo "it ended with code $code" >&2; exit 1; }
echo "stopped; user $user, no capabilities, nothing written but $state"
