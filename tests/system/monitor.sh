#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# monitor.sh BUILD TMP [TEST...]: sessions at pefemu's prompt, with a kernel that becomes a secure VM: through
# a pipe, a terminal and a socket. Prints "pass system monitor_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$1 tmp=$2/monitor
shift 2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
kernel=$cache/kernel-svm/vmlinux
limit=${PEFEMU_TEST_TIMEOUT:-300}
child=

pass() { echo "pass system monitor_$1"; }
skip() { echo "skip system monitor_$1: $2"; }
fail() {
    echo "FAIL system monitor_$1: $2"
    [ -f "$tmp/answers" ] && tail -n 25 "$tmp/answers" | tr -d '\r' | sed 's/^/    | /'
    [ -s "$tmp/errors" ] && tail -n 5 "$tmp/errors" | tr -d '\r' | sed 's/^/    ! /'
}
# shellcheck disable=SC2317
finish() { [ -z "$child" ] || kill "$child" 2>/dev/null; }
trap finish EXIT
trap 'exit 1' INT TERM
trap '' PIPE

# As scripts/run starts it, with a TPM of our own; -S: the first commands come before the first instruction.
# pefemu_svm MEMORY OPTIONS...
pefemu_svm() {
    rm -rf "$tmp/tpm"
    cp -r "$tmp/svm/tpm" "$tmp/tpm"
    rm -f "$tmp/tpm/lock"
    size=$1
    shift
    set -- "$build/pefemu" -M pseries -m "$size" -kernel "$kernel" -initrd "$tmp/svm/initrd.img" \
        -append "$(cat "$tmp/svm/args")" -tpmstate "dir=$tmp/tpm" -rtc base=2024-01-01 -seed 7 \
        -timeout "$limit" -S "$@"
    "$@"
}
# script MEMORY OPTIONS... <COMMANDS: leaves $tmp/answers, console, errors, $status
script() {
    pefemu_svm "$@" -serial "file:$tmp/console" -monitor stdio >"$tmp/answers" 2>"$tmp/errors"
    status=$?
}

# ---- docs/debugging.md: its commands are run, its answers compared ----
test_tutorial() {
    perl "$here/session.pl" commands "$top/docs/debugging.md" >"$tmp/commands"
    script 1G -smp 2 <"$tmp/commands"
    if [ $status != 0 ]; then
        fail tutorial "exit status $status"
    elif perl "$here/session.pl" compare "$top/docs/debugging.md" "$tmp/answers" >"$tmp/differences"; then
        pass tutorial
    else
        fail tutorial "$(head -n 3 "$tmp/differences")"
    fi
}

# ---- ustep through all of UV_ESM ----
usteps() { awk -v n="$1" 'BEGIN { while (n--) print "ustep" }'; }
# Every step is seen, in order, every page that is asked for comes in, and the TPM is spoken to.
test_ustep() {
    { printf 'catch ucall UV_ESM\ncont\ndelete\n'; usteps 1500; } >"$tmp/commands"
    script 512M <"$tmp/commands"
    sed -n 's/^cpu 0: esm-step //p' "$tmp/answers" >"$tmp/steps"
    { sed -n 's/^ESM_STEP(\([A-Z_]*\),.*/\1/p' "$top/include/pefemu/esmstep.def"; echo COMMIT; } >"$tmp/expected"
    asked=$(grep -c ': reflect H_SVM_PAGE_IN$' "$tmp/answers")
    came=$(grep -c ': page-in ' "$tmp/answers")
    if ! cmp -s "$tmp/steps" "$tmp/expected"; then
        fail ustep "steps: $(tr '\n' ' ' <"$tmp/steps")"
    elif ! grep -q '^UV_ESM returns U_SUCCESS (0)$' "$tmp/answers"; then
        fail ustep "UV_ESM has not returned"
    elif [ "$asked" -lt 100 ] || [ "$came" -lt "$asked" ]; then
        fail ustep "$asked pages asked for, $came came"
    elif [ "$(grep -c ': tpm [A-Z]' "$tmp/answers")" -lt 7 ]; then
        fail ustep "TPM commands are missing"
    else
        pass ustep
    fi
}

# The guest can not tell that it was stepped: the same instructions, the same time.
test_undisturbed() {
    for how in plain stepped; do
        if [ $how = plain ]; then
            echo cont >"$tmp/commands"
        else
            { printf 'catch ucall UV_ESM\ncont\ndelete\n'; usteps 200; echo cont; } >"$tmp/commands"
        fi
        script 512M -icount shift=0,sleep=off -icount-limit 60000000 -stats=json <"$tmp/commands"
        grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$tmp/errors" >"$tmp/count.$how"
        cp "$tmp/console" "$tmp/console.$how"
    done
    if [ -s "$tmp/count.plain" ] && cmp -s "$tmp/count.plain" "$tmp/count.stepped" &&
        cmp -s "$tmp/console.plain" "$tmp/console.stepped"; then
        pass undisturbed
    else
        fail undisturbed "$(cat "$tmp/count.plain" "$tmp/count.stepped")"
    fi
}

# ---- views: nothing of a secure page is in what the hypervisor gets ----
test_views() {
    cat >"$tmp/commands" <<COMMANDS
catch ucall UV_SHARE_PAGE
cont
ufinish
info pages
view svm 1
dump $tmp/as-svm 0 0x20000000
view hv
dump $tmp/as-hv 0 0x20000000
view real
dump $tmp/as-real 0 0x20000000
COMMANDS
    script 512M <"$tmp/commands"
    perl "$here/views.pl" "$tmp/answers" "$tmp/as-svm" "$tmp/as-hv" "$tmp/as-real" >"$tmp/found" 2>&1 &&
        [ $status = 0 ] && pass views || fail views "$(head -n 3 "$tmp/found")"
    rm -f "$tmp"/as-*
}

# ---- a terminal: Ctrl-A c, keys, completion, history, and back to the guest's shell ----
seen() { tr -d '\r' <"$tmp/answers" | grep -a -q -- "$1"; }
expect() {
    tries=$((limit * 5))
    while ! seen "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] && kill -0 "$child" 2>/dev/null || { seen "$1"; return; }
        sleep 0.2
    done
}
keys() { printf "$1" >&3; }
test_terminal() {
    command -v script >/dev/null || { skip terminal "no program script"; return; }
    rm -f "$tmp/keys"
    mkfifo "$tmp/keys"
    : >"$tmp/answers"
    pefemu_svm 512M -version >/dev/null # makes the TPM's folder
    cat >"$tmp/start" <<START
exec "$build/pefemu" -M pseries -m 512M -kernel "$kernel" -initrd "$tmp/svm/initrd.img" \
    -append "$(cat "$tmp/svm/args")" -tpmstate "dir=$tmp/tpm" -timeout "$limit" 2>"$tmp/errors"
START
    command script -qec "sh $tmp/start" /dev/null <"$tmp/keys" >"$tmp/answers" 2>&1 &
    child=$!
    exec 3>"$tmp/keys"
    if expect 'pefemu guest ready' && expect '[$#]' &&
        keys '\001cstx\177op\r' && expect 'cpu 0: stop' &&     # Ctrl-A c; a key too many, Backspace
        keys 'info svm\r' && expect 'secure memory' &&
        keys 'catch ucall UV_PAGE_\t' && expect 'UV_PAGE_INVAL' && # Tab lists what there is
        keys 'INV\t\r' && expect 'ucall UV_PAGE_INVAL  *true' &&
        keys '\033[A\033[A\r' && expect 'suspended' &&              # arrow up: info svm again
        keys 'cont\r\001c' && keys 'echo back $((6 * 7))\r' && expect 'back 42' &&
        keys '\001cquit\r'; then
        wait "$child"
        status=$?
        child=
        [ $status = 0 ] && pass terminal || fail terminal "exit status $status"
    else
        keys '\001x'
        wait "$child" 2>/dev/null
        child=
        fail terminal "no dialogue"
    fi
    exec 3>&-
}

# ---- a socket, for programs ----
test_socket() {
    pefemu_svm 512M -serial "file:$tmp/console" -monitor "unix:$tmp/socket,json=on" \
        >"$tmp/output" 2>"$tmp/errors" </dev/null &
    child=$!
    perl "$here/monitor_client.pl" "$tmp/socket" >"$tmp/answers" 2>&1
    ok=$?
    wait "$child"
    status=$?
    child=
    if [ $ok = 0 ] && [ $status = 0 ] && [ ! -e "$tmp/socket" ]; then
        pass socket
    else
        fail socket "exit status $status"
    fi
}

# ---- main ----

[ -f "$kernel" ] || {
    skip all "no kernel for secure VMs in the cache; scripts/kernel svm builds it"
    exit 0
}
make -s -C "$top" BUILD="$build" "$build/esm-file" >/dev/null
"$top/scripts/svm" "$build" || {
    fail all "scripts/svm could not make the guest"
    exit 0
}
rm -rf "$tmp"
mkdir -p "$tmp"
flock "$cache/svm/lock" cp -r "$cache/svm" "$tmp/svm"

[ $# = 0 ] && set -- tutorial ustep undisturbed views terminal socket
for t in "$@"; do
    "test_$t"
done
rm -rf "$tmp"
