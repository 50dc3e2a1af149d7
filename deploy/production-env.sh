#!/bin/sh
# Prints production.env.example: every setting of .env.example, with the values below in place of
# the defaults. `make env-example` writes both, and a test compares them.
set -eu
cd "$(dirname "$0")/.."

# NAME|the value in production|why it is another one than the default
values() {
    cat <<'VALUES'
BACKEND_HOST|127.0.0.1|Behind a proxy on this machine, or with keys and TLS on another address.
CORS_ORIGINS||No page of another origin may call the API.
TAPEDECK__DATABASE__MIGRATE_ON_START|false|A release migrates, once, before its processes start.
LOG_FORMAT|json|For machines, on a terminal, too.
TAPEDECK__EXECUTOR__DRAIN_MS|20000|Less than the 40 seconds that the unit and compose.yaml wait.
TAPEDECK__SANDBOX__UID|required|No run is ever root.
TAPEDECK_DATA_DIR|/var/lib/tapedeck|On a disk that is backed up, shared by all processes.
TAPEDECK__FILES__MIN_FREE_MB|1024|Before the disk is full, nothing new is accepted.
VALUES
}

cat <<'HEAD'
# Every setting, as a server in production would have it: what differs from the default is set, and
# says why; the rest is as .env.example shows it. No secret belongs here: name a file that holds it,
# as in DATABASE_URL_FILE=/run/secrets/database_url.
#     systemd: /etc/tapedeck/common.env (tapedeck@.service names the database's file itself)
#     compose: deploy/production.env
HEAD
values | awk -F'|' '
    NR == FNR { value[$1] = $2; why[$1] = $3; next }
    # The head of .env.example ends with its first empty line.
    !body && $0 == "" { body = 1 }
    !body { next }
    match($0, /^# [A-Z][A-Z0-9_]*=/) {
        name = substr($0, 3, RLENGTH - 3)
        if (name in why) {
            print "# In production: " why[name]
            print name "=" value[name]
            delete why[name]
            next
        }
    }
    { print }
    END {
        for (name in why) { print name " is no setting" > "/dev/stderr"; wrong = 1 }
        exit wrong
    }
' - .env.example
