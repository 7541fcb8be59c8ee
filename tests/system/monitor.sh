#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# monitor.sh BUILD TMP [TEST...]: sessions at pefemu's prompt, with a kernel that becomes a secure VM: through
# a pipe, a terminal and a socket. Prints "pass system monitor_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$(cd "$1" && pwd) tmp=$2/monitor suite=monitor_
shift 2
. "$(dirname "$0")/lib.sh"
heard=answers
trap '' PIPE

# As scripts/run starts it, with a TPM of our own; -S: the first commands come before the first instruction.
# pefemu_svm MEMORY OPTIONS...
pefemu_svm() {
    svm_tpm
    size=$1
    shift
    set -- "$build/pefemu" -M pseries -m "$size" -kernel "$svm_kernel" -initrd "$made/initrd.img" \
        -append "$(cat "$made/args")" -tpmstate "dir=$tmp/tpm" -rtc base=2024-01-01 -seed 7 \
        -timeout "$limit" -S "$@"
    "$@"
}
# session MEMORY OPTIONS... <COMMANDS: leaves $tmp/answers, console, errors, $status
session() {
    pefemu_svm "$@" -serial "file:$tmp/console" -monitor stdio >"$tmp/answers" 2>"$tmp/errors"
    status=$?
}

# ---- docs/debugging.md: its commands are run, its answers compared ----
test_tutorial() {
    perl "$here/session.pl" commands "$top/docs/debugging.md" >"$tmp/commands"
    session 1G -smp 2 <"$tmp/commands"
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
    session 512M <"$tmp/commands"
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
        session 512M -icount shift=0,sleep=off -icount-limit 60000000 -stats=json <"$tmp/commands"
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
    session 512M <"$tmp/commands"
    perl "$here/views.pl" "$tmp/answers" "$tmp/as-svm" "$tmp/as-hv" "$tmp/as-real" >"$tmp/found" 2>&1 &&
        [ $status = 0 ] && pass views || fail views "$(head -n 3 "$tmp/found")"
    rm -f "$tmp"/as-*
}

# ---- every kind of event halts, where and as what it was asked for ----
test_catches() {
    cat >"$tmp/commands" <<'COMMANDS'
catch state-change hypervisor once
cont
catch hcall H_SVM_PAGE_IN count=3 once
cont
catch tpm RSA_Decrypt once
cont
catch page-in 0x400000 once
cont
catch esm-step DIGESTS once
cont
catch state-change "SVM privileged" once
cont
catch share lpid=1 once
cont
catch hcall-return once secure=0
cont
catch vector 0x900 once
cont
catch secure-fault
quit
COMMANDS
    session 512M <"$tmp/commands"
    sed -n 's/^\[[0-9]*\] cpu [0-9]*: //p' "$tmp/answers" | sed 's/\(hcall-return\) .*/\1/' >"$tmp/halts"
    cat >"$tmp/expected" <<'HALTS'
state-change hypervisor
hcall H_SVM_PAGE_IN
tpm RSA_Decrypt
page-in clear
esm-step DIGESTS
state-change SVM privileged
share
hcall-return
interrupt decrementer
HALTS
    if [ $status = 0 ] && cmp -s "$tmp/halts" "$tmp/expected" &&
        [ "$(grep -c '; gpa 0x400000, lpid 0x1, ' "$tmp/answers")" = 1 ]; then
        pass catches
    else
        fail catches "halts: $(tr '\n' ';' <"$tmp/halts")"
    fi
}

# ---- a terminal: Ctrl-A c, keys, completion, history, and back to the guest's shell ----
test_terminal() {
    command -v script >/dev/null || { skip terminal "no program script"; return; }
    pefemu_svm 512M -version >/dev/null # makes the TPM's folder
    cat >"$tmp/start" <<START
exec "$build/pefemu" -M pseries -m 512M -kernel "$svm_kernel" -initrd "$made/initrd.img" \
    -append "$(cat "$made/args")" -tpmstate "dir=$tmp/tpm" -timeout "$limit" 2>"$tmp/errors"
START
    talk script -qec "sh $tmp/start" /dev/null
    if expect 'pefemu guest ready' && expect '[$#]' &&
        keys '\001cstx\177op\r' && expect 'cpu 0: stop' &&     # Ctrl-A c; a key too many, Backspace
        keys 'info svm\r' && expect 'secure memory' &&
        keys 'catch ucall UV_PAGE_\t' && expect 'UV_PAGE_INVAL' && # Tab lists what there is
        keys 'INV\t\r' && expect 'ucall UV_PAGE_INVAL  *true' &&
        keys '\033[A\033[A\r' && expect 'suspended' &&              # arrow up: info svm again
        keys 'cont\r\001c' && keys 'echo back $((6 * 7))\r' && expect 'back 42' &&
        keys '\001csystem_powerdown\r' && expect 'Power off requested' && expect 'shutting down'; then
        talk_end
        [ $status = 0 ] && pass terminal || fail terminal "exit status $status"
    else
        keys '\001x'
        talk_end
        fail terminal "no dialogue"
    fi
}

# ---- a socket, for programs ----
test_socket() {
    pefemu_svm 512M -serial "file:$tmp/console" -monitor "unix:$tmp/socket,json=on" \
        >"$tmp/output" 2>"$tmp/errors" </dev/null &
    child=$!
    perl "$here/monitor_client.pl" "$tmp/socket" >"$tmp/answers" 2>&1
    ok=$?
    ended
    if [ $ok = 0 ] && [ $status = 0 ] && [ ! -e "$tmp/socket" ]; then
        pass socket
    else
        fail socket "exit status $status"
    fi
}

# ---- main ----

rm -rf "$tmp"
mkdir -p "$tmp"
svm_files || exit 0

[ $# = 0 ] && set -- tutorial ustep undisturbed views catches terminal socket
for t in "$@"; do
    "test_$t"
done
