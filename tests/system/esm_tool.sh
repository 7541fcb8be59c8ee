#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# esm_tool.sh BUILD: pefemu-esm as a user runs it, against openssl, dtc, cpio, objcopy and gcm.pl.
# The commands of docs/esm-blob.md are run too. Ends with a count.
# shellcheck disable=SC2015,SC2034
set -u
build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../data/esm
doc=$here/../../docs/esm-blob.md
gcc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
objcopy=$(echo "$gcc" | sed 's/gcc$/objcopy/')
guest=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}/guest
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 skipped=0
esm=$build/pefemu-esm
cd "$tmp" || exit 1

pass() { passed=$((passed + 1)); echo "pass esm_tool $1"; }
skip() { skipped=$((skipped + 1)); echo "skip esm_tool $1: $2"; }
fail() {
    failed=$((failed + 1))
    echo "FAIL esm_tool $1: ${2-}"
    head -n 5 err 2>/dev/null | sed 's/^/    ! /'
}
# good NAME COMMAND...: must succeed; output in out and err
good() {
    name=$1
    shift
    "$@" >out 2>err </dev/null && pass "$name" || fail "$name" "status $?: $*"
}
# is NAME: the last command's status
is() { [ $? = 0 ] && pass "$1" || fail "$1" "${2-}"; }
# bad STATUS WORD ARGUMENTS...: one line on stderr that contains WORD, nothing on stdout
bad() {
    want=$1 word=$2
    shift 2
    label=$(echo "bad: $*" | tr '\n' ' ')
    "$esm" "$@" >out 2>err </dev/null
    got=$?
    if [ $got != "$want" ]; then
        fail "$label" "status $got, not $want"
    elif [ "$(wc -l <err)" != 1 ] || ! grep -q '^pefemu-esm: ' err || ! grep -q -- "$word" err; then
        fail "$label" "not one line with '$word'"
    elif [ -s out ]; then
        fail "$label" "output on stdout"
    else
        pass "$label"
    fi
}
have() { command -v "$1" >/dev/null 2>&1; }

# In this order: later parts use the files of earlier ones.
for part in command_line keys terminal blob digests initrd make second_opinion manual; do
    # shellcheck disable=SC1090
    . "$here/esm/$part.sh"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
