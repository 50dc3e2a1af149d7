#!/bin/sh
# Puts the scripts that pages of the server embed where the build finds them. Without Node the
# build goes on without them, and the pages say so.
set -u
cd "$(dirname "$0")/../crates/http/web" || exit 1
script=redoc.standalone.js
[ "bundle/$script" -nt package-lock.json ] && exit 0
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not installed: /redoc will say how to get its script" >&2
    exit 0
fi
echo "fetching the script of /redoc"
if npm ci --silent && cp "node_modules/redoc/bundles/$script" "bundle/$script.new"; then
    mv "bundle/$script.new" "bundle/$script"
    touch "bundle/$script"
else
    echo "the script of /redoc could not be fetched; the page will say how to get it" >&2
fi
