#!/bin/sh
# Looks for credentials in the files that git has or would take, and fails if there is one:
#     scripts/check-secrets.sh              this repository
#     scripts/check-secrets.sh --self-test  plants one of each kind elsewhere, and finds it
# It prints where they are, never what they are. A line that has to look like one says so with
# `not a secret`.
set -eu

# What credentials look like: NAME, a tab, an extended regular expression.
patterns() {
    cat <<'PATTERNS'
private key	-----BEGIN ([A-Z]+ )*PRIVATE KEY( BLOCK)?-----
key of AWS	(AKIA|ASIA)[0-9A-Z]{16}
token of GitHub	(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})
token of GitLab	glpat-[A-Za-z0-9_-]{20}
token of Slack	xox[abposr]-[A-Za-z0-9-]{10}
token of npm	npm_[A-Za-z0-9]{36}
token of PyPI	pypi-[A-Za-z0-9_-]{40}
token of crates.io	cio[A-Za-z0-9]{32}
key of Google	AIza[0-9A-Za-z_-]{35}
key of Stripe	[rs]k_live_[0-9A-Za-z]{20}
key of an AI service	sk-(ant-|proj-)?[A-Za-z0-9_-]{32}
JSON web token	eyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}
access key of Tapedeck	(^|[^A-Za-z0-9_])td[a-z]?_[A-Za-z0-9_-]{43}
password in a URL	[a-z][a-z0-9+.-]*://[A-Za-z0-9._%-]+:[A-Za-z0-9+/=_.~-]{16,}@
password in text	(password|passwd|secret|token|api[_-]?key|credential)["']?[ ]*[:=][ ]*["'][A-Za-z0-9+/=_.~-]{20,}["']
PATTERNS
}

# What is planted: as long as it is made here, this file has none of them.
planted() {
    x=$(printf 'a%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)
    upper=$(printf %s "$x" | tr a A)
    case "$1" in
        "private key") echo "-----BEGIN RSA PRIVATE"" KEY-----" ;;
        "key of AWS") echo "AKIA$(printf %.16s "$upper")" ;;
        "token of GitHub") echo "ghp_${x}aaaa" ;;
        "token of GitLab") echo "glpat-$x" ;;
        "token of Slack") echo "xoxb-$x" ;;
        "token of npm") echo "npm_${x}aaaa" ;;
        "token of PyPI") echo "pypi-$x$x" ;;
        "token of crates.io") echo "cio$x" ;;
        "key of Google") echo "AIza${x}aaa" ;;
        "key of Stripe") echo "sk_live_$x" ;;
        "key of an AI service") echo "sk-$x" ;;
        "JSON web token") echo "eyJ$x.eyJ$x.$x" ;;
        "access key of Tapedeck") echo "td_$x$x" ;;
        "password in a URL") echo "postgres://tapedeck:$x@db/tapedeck" ;;
        "password in text") echo "password = \"$x\"" ;;
        *) echo "nothing is planted for: $1" >&2; exit 1 ;;
    esac
}

# Every place, as NAME: FILE:LINE; fails if there is one.
scan() {
    found=$(patterns | while IFS='	' read -r name pattern; do
        # With the index and what is untracked, but not what is ignored. Lock files have hashes alone.
        git grep --untracked --line-number -I -E -e "$pattern" -- . \
            ':!*.lock' ':!*package-lock.json' 2>/dev/null |
            grep -v 'not a secret' | cut -d: -f1,2 | sed "s/^/$name: /" || true
    done)
    [ -z "$found" ] || { echo "$found" >&2; return 1; }
}

self_test() {
    dir=$(mktemp -d)
    trap 'rm -rf "$dir"' EXIT
    cd "$dir"
    git init --quiet
    echo "password = from the environment" >clean.txt
    scan || { echo "it finds what is not there" >&2; exit 1; }
    patterns | cut -f1 | while read -r name; do
        planted "$name" >planted.txt
        if said=$(scan 2>&1); then echo "not found: $name" >&2; exit 1; fi
        case "$said" in
            *"$name: planted.txt:1"*) ;;
            *) echo "$name is found as: $said" >&2; exit 1 ;;
        esac
        case "$said" in *aaaaaaaa*) echo "it shows what it finds: $name" >&2; exit 1 ;; esac
        echo "$(planted "$name") # not a secret" >planted.txt
        scan || { echo "a line that says so is found: $name" >&2; exit 1; }
        rm planted.txt
    done
    echo "$(patterns | wc -l) kinds of credentials are found"
}

case "${1:-}" in
    --self-test) self_test ;;
    "")
        cd "$(dirname "$0")/.."
        # Where git does not look, nothing would be found.
        git grep --untracked --quiet -e workspace -- Cargo.toml || { echo "this is no checkout" >&2; exit 1; }
        if scan; then
            echo "no credential in any file"
        else
            echo "credentials do not belong into the repository: revoke them, then remove them" >&2
            exit 1
        fi
        ;;
    *) echo "usage: $0 [--self-test]" >&2; exit 2 ;;
esac
