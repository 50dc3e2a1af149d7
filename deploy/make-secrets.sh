#!/bin/sh
# Makes the secrets that compose.yaml mounts, at random, in deploy/secrets, which git ignores.
# What is there already stays: a database keeps the password it was made with.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 700 secrets

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# keep NAME UID: standard input becomes the secret NAME of the user that reads it in its container.
# Compose mounts the files as they are. Root gives each to its reader; others cannot, so then the
# folder alone keeps others on this machine out.
keep() {
    cat >"secrets/$1.new"
    if [ "$(id -u)" = 0 ]; then
        chown "$2:$2" "secrets/$1.new"
        chmod 400 "secrets/$1.new"
    else
        chmod 444 "secrets/$1.new"
    fi
    mv "secrets/$1.new" "secrets/$1"
    echo "made deploy/secrets/$1"
}

if [ -e secrets/database_url ]; then
    echo "deploy/secrets/database_url is there already; nothing was changed"
    exit 0
fi
# The users are those of the images: postgres and tapedeck.
random | keep postgres_password 999
password=$(random)
printf %s "$password" | keep tapedeck_password 999
# Without TLS, on a network that has these containers and nothing else.
printf 'postgres://tapedeck:%s@postgres:5432/tapedeck?sslmode=disable' "$password" | keep database_url 65532
