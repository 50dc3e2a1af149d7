#!/bin/sh
# Makes the root file system of the image: deploy/assemble-image.sh PROGRAM FOLDER
# What the program is linked with comes from the machine that built it.
set -eu
[ $# = 2 ] || { echo "usage: $0 PROGRAM FOLDER" >&2; exit 2; }
program=$1
root=$2
rm -rf "$root"
mkdir -p "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/etc/tapedeck" "$root/usr/share/doc/tapedeck" \
    "$root/var/lib/tapedeck" "$root/proc" "$root/dev" "$root/tmp"
chmod 1777 "$root/tmp"
cp "$program" "$root/usr/local/bin/tapedeck"
cp LICENSE LICENSE-MIT LICENSE-APACHE "$root/usr/share/doc/tapedeck/"

# Each library under the path at which the loader looks for it, the loader included.
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
done

# Names are resolved by files and DNS, which the C library can do without further modules.
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
echo 'tapedeck:x:65532:65532:Tapedeck:/var/lib/tapedeck:/sbin/nologin' >"$root/etc/passwd"
echo 'tapedeck:x:65532:' >"$root/etc/group"

# For market-data services over https.
certificates=/etc/ssl/certs/ca-certificates.crt
[ -s "$certificates" ] || { echo "missing: $certificates (apt-get install ca-certificates)" >&2; exit 1; }
cp -L "$certificates" "$root$certificates"
