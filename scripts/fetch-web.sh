#!/bin/sh
# Puts the files that pages of the server embed where the build finds them. Without Node the
# build goes on without them, and the pages say so. No package runs a script of its own here
# (.npmrc).
set -u
cd "$(dirname "$0")/../crates/http/web" || exit 1
files="redoc/bundles/redoc.standalone.js swagger-ui-dist/swagger-ui-bundle.js
    swagger-ui-dist/swagger-ui.css swagger-ui-dist/favicon-32x32.png"

is_current() {
    for file in $files; do
        [ -n "$(find "bundle/${file##*/}" -newer package-lock.json 2>/dev/null)" ] || return 1
    done
}

# A file gets its name when all of it is there.
take() {
    for file in $files; do
        cp "node_modules/$file" bundle/new && mv bundle/new "bundle/${file##*/}" || return 1
        touch "bundle/${file##*/}"
    done
}

if is_current; then exit 0; fi
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not installed: /docs and /redoc will say how to get their files" >&2
    exit 0
fi
echo "fetching the files of /docs and /redoc"
if ! { npm ci --silent && take; }; then
    echo "the files of /docs and /redoc could not be fetched; the pages will say how to get them" >&2
fi
