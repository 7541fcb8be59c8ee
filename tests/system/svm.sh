#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# svm.sh BUILD TMP [TEST...]: secure VMs from the outside: blob, TPM, a kernel that asks for secure mode, and
# a hypervisor short of memory or hostile. Prints "pass system svm_NAME", "FAIL ..." or "skip ..." lines.
# "# attack NN" before a test: the test covers that row of docs/security.md (tests/uv/attacks.sh).
set -u
build=$1 tmp=$2/svm
shift 2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
kernel=$cache/kernel-svm/vmlinux
svm=$tmp/made # as scripts/svm made it
limit=${PEFEMU_TEST_TIMEOUT:-300}
args="console=hvc0 svm=on xive=off quiet"
mem=512M
child=

pass() { echo "pass system svm_$1"; }
skip() { echo "skip system svm_$1: $2"; }
fail() {
    echo "FAIL system svm_$1: $2"
    [ -f "$tmp/text" ] && tail -n 25 "$tmp/text" | sed 's/^/    | /'
    [ -s "$tmp/errors" ] && tail -n 8 "$tmp/errors" | tr -d '\r' | sed 's/^/    ! /'
}
# shellcheck disable=SC2317
finish() { [ -z "$child" ] || kill "$child" 2>/dev/null; }
trap finish EXIT
trap 'exit 1' INT TERM
trap '' PIPE # an emulator that ended does not take what is typed

# ---- guests ----

# image SCRIPT NAME: the plain initramfs with SCRIPT as /test.sh
image() {
    rm -rf "$tmp/root"
    mkdir "$tmp/root"
    cp "$1" "$tmp/root/test.sh"
    { cat "$svm/plain.img"; (cd "$tmp/root" && echo test.sh | cpio --quiet -o -H newc -R 0:0); } >"$tmp/$2.plain"
}
# blob NAME ARGS [RECIPIENT]: NAME.blob and NAME.img for NAME.plain, as its owner makes them
blob() {
    cat >"$tmp/blob.yml" <<YML
- origin: { pubkey: $svm/owner.pem, seckey: $svm/owner.key }
- recipient: { pubkey: ${3-$svm/tpm.pem} }
- digest: { args: "$2", initramfs: $tmp/$1.plain, kernel: $kernel }
- file: { path: $svm/passphrase, name: rootd }
YML
    rm -f "$tmp/$1.blob" "$tmp/$1.img"
    "$build/pefemu-esm" make -b "$tmp/$1.blob" -y "$tmp/blob.yml" &&
        "$build/pefemu-esm" add -i "$tmp/$1.plain" -b "$tmp/$1.blob" -f "$tmp/$1.img"
}
scripted="$args pefemu.test=script"
prepare() { # prepare NAME SCRIPT-TEXT: an initramfs and a blob for a scripted run
    printf '%s\n' "$2" >"$tmp/script"
    image "$tmp/script" "$1" && blob "$1" "$scripted"
}

# boot INITRD OPTIONS...: a scripted run to its end. Leaves $status, text, errors, stats in $tmp.
boot() {
    initrd=$1
    shift
    "$build/pefemu" -M pseries -m $mem -kernel "$kernel" -initrd "$initrd" -append "$scripted" \
        -tpmstate dir="$tmp/tpm" -timeout "$limit" -stats=json "$@" >"$tmp/console" 2>"$tmp/errors" </dev/null
    status=$?
    tr -d '\r' <"$tmp/console" >"$tmp/text"
}
stat() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$tmp/errors"; }
said() { tr -d '\r' <"$tmp/errors" | grep -q -- "$1"; }
# The kernel says so, whether it is one.
is_secure() { grep -qx 'svm 1' "$tmp/text"; }
is_normal() { grep -qx 'svm 0' "$tmp/text"; }
which_vm='echo svm $(cat /sys/devices/system/cpu/svm)'

# ---- dialogue, as run.sh has it ----

talk_begin() {
    rm -f "$tmp/keys" "$tmp/text"
    mkfifo "$tmp/keys"
    : >"$tmp/console"
    "$build/pefemu" -M pseries -m $mem -kernel "$kernel" -initrd "$svm/initrd.img" -append "$args" \
        -tpmstate dir="$tmp/tpm" -timeout "$limit" "$@" <"$tmp/keys" >"$tmp/console" 2>"$tmp/errors" &
    child=$!
    exec 3>"$tmp/keys"
}
expect() {
    tries=$((limit * 5))
    while ! tr -d '\r' <"$tmp/console" | grep -a -q -- "$1"; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ] || ! kill -0 "$child" 2>/dev/null; then
            tr -d '\r' <"$tmp/console" | grep -a -q -- "$1"
            return
        fi
        sleep 0.2
    done
}
type_line() { printf '%s\n' "$1" >&3; }
talk_end() { # sets status
    exec 3>&-
    wait "$child" 2>/dev/null
    status=$?
    child=
    tr -d '\r' <"$tmp/console" >"$tmp/text"
}

# ---- the tests ----

# A shell in the SVM; the owner's file opens once, for one process.
test_shell() {
    secret=$(cat "$svm/passphrase")
    for cpus in 1 4; do
        talk_begin -smp $cpus
        if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
            type_line 'stty -echo; echo cpus $(nproc) svm $(cat /sys/devices/system/cpu/svm)' &&
            expect "cpus $cpus svm 1\$" &&
            type_line 'for i in 1 2; do echo "file $(esm-file rootd 2>&1)"; done' &&
            expect "file $secret\$" && expect 'file esm-file: rootd: the ultravisor answers' &&
            type_line 'exit'; then
            talk_end
            times=$(grep -c "$secret" "$tmp/text")
            if [ "$status" != 0 ]; then
                fail "shell_smp$cpus" "exit status $status, not 0"
            elif [ "$times" != 1 ]; then
                fail "shell_smp$cpus" "the passphrase was seen $times times"
            else
                pass "shell_smp$cpus"
            fi
        else
            printf "\001x" >&3 2>/dev/null
            talk_end
            fail "shell_smp$cpus" "no dialogue (exit status $status)"
        fi
    done
}

# ---- main ----

[ -f "$kernel" ] || {
    skip all "no kernel for secure VMs in the cache; scripts/kernel svm builds it"
    exit 0
}
"$top/scripts/svm" "$build" || {
    fail all "scripts/svm could not make the guest"
    exit 0
}
rm -rf "$tmp"
mkdir -p "$tmp"
# Another run may make it anew.
flock "$cache/svm/lock" cp -r "$cache/svm" "$svm"
cp -r "$svm/tpm" "$tmp/tpm"
rm -f "$tmp/tpm/lock"

if [ $# = 0 ]; then
    set -- shell
    [ -n "${PEFEMU_FULL-}" ] && set -- "$@"
fi
for t in "$@"; do
    "test_$t"
done
rm -rf "$tmp"
