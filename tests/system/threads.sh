#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# threads.sh BUILD TMP [TEST...]: -accel ENGINE,thread=multi, a host thread for each CPU. Prints
# "pass system threads_NAME", "FAIL ..." or "skip ..." lines. PEFEMU_ENGINES: those tested (interp jit).
set -u
build=$(cd "$1" && pwd) tmp=$2/threads suite=threads_
shift 2
. "$(dirname "$0")/lib.sh"
engines=${PEFEMU_ENGINES:-${PEFEMU_FULL:+interp }jit}
trap '' PIPE

pefemu() { # pefemu ENGINE CPUS WORDS OPTIONS...
    engine=$1 cpus=$2 words=$3
    shift 3
    exec "$build/pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
        -append "console=hvc0 $words" -accel "$engine,thread=multi" -smp "$cpus" -timeout "$limit" "$@"
}
# boot ENGINE CPUS WORDS OPTIONS...: to the end. Leaves $status, text and errors in $tmp.
boot() {
    (pefemu "$@") </dev/null >"$tmp/console" 2>"$tmp/errors"
    status=$?
    tr -d '\r' <"$tmp/console" >"$tmp/text"
}
# ends NAME STATUS: the boot ended so, and the kernel found nothing wrong on the way.
ends() {
    wrong=$(grep -a -m 1 -e 'BUG' -e 'WARNING' -e 'Oops' -e 'soft lockup' -e 'rcu.*stall' "$tmp/text")
    if [ "$status" != "$2" ]; then
        fail "$1" "exit status $status, not $2"
    elif [ -n "$wrong" ]; then
        fail "$1" "$wrong"
    else
        pass "$1"
    fi
}

# ---- the tests ----

test_boot() {
    for engine in $engines; do
        boot "$engine" 1 pefemu.test=poweroff
        ends "${engine}_smp1" 0
        boot "$engine" 2 pefemu.test=poweroff -M pseries,ic-mode=xics
        ends "${engine}_smp2_xics" 0
        boot "$engine" 8,threads=4 pefemu.test=poweroff
        grep -q 'Brought up 1 node, 8 CPUs' "$tmp/text" || status=short
        ends "${engine}_smp8_threads" 0
        boot "$engine" 2 "disable_radix pefemu.test=poweroff"
        ends "${engine}_smp2_hash" 0
    done
}

# What goes wrong once in many times.
test_again() {
    for engine in $engines; do
        n=${PEFEMU_FULL:+20}
        n=${n:-4}
        while [ "$n" -gt 0 ]; do
            boot "$engine" 4 pefemu.test=poweroff
            [ $status = 0 ] || break
            n=$((n - 1))
        done
        ends "${engine}_again" 0
    done
}

# One CPU looks at what another does: order, atomic updates, translations, code.
test_litmus() {
    guest_program litmus guest_smp || return
    echo guest_smp >"$tmp/litmus.sh"
    for how in multi single; do
        for engine in $engines; do
            boot "$engine" 4 "quiet pefemu.test=script" -accel "$engine,thread=$how" \
                -guest-file "$tmp/litmus.sh:/test.sh" \
                -guest-file "$build/tests/system/guest_smp:/bin/guest_smp"
            grep -q 'guest_smp: all [0-9]* checks passed' "$tmp/text" || status="$status, checks failed"
            ends "litmus_${engine}_$how" 0
        done
    done
}

test_console() {
    for engine in $engines; do
        talk pefemu "$engine" 2 quiet
        if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
            type_line 'echo answer $((6 * 7)) cpus $(nproc)' && expect 'answer 42 cpus 2$' &&
            type_line 'reboot -f' && expect 'pefemu guest ready' 2; then
            keys '\001x'
            talk_end
            ends "${engine}_console" 0
        else
            keys '\001x'
            talk_end
            fail "${engine}_console" "no dialogue (exit status $status)"
        fi
    done
}

# Whichever thread finds the end, all of them come to it.
test_ends() {
    for engine in $engines; do
        boot "$engine" 4 "pefemu.test=panic"
        [ $status = 3 ] && pass "${engine}_panic" || fail "${engine}_panic" "exit status $status, not 3"
        boot "$engine" 4 "" -timeout 2
        [ $status = 5 ] && pass "${engine}_timeout" || fail "${engine}_timeout" "exit status $status, not 5"
        boot "$engine" 2 "pefemu.test=reboot" -no-reboot
        ends "${engine}_no_reboot" 0
        talk pefemu "$engine" 2 quiet
        expect 'pefemu guest ready'
        kill -TERM "$child"
        talk_end
        [ "$status" = 143 ] && pass "${engine}_sigterm" ||
            fail "${engine}_sigterm" "exit status $status, not 143"
    done
}

# A secure VM whose CPUs are threads.
test_svm() {
    svm_files svm || return
    for engine in $engines; do
        svm_tpm
        talk "$build/pefemu" -M pseries -m 512M -kernel "$svm_kernel" -initrd "$made/initrd.img" \
            -append "$(cat "$made/args")" -tpmstate dir="$tmp/tpm" -timeout "$limit" \
            -accel "$engine,thread=multi" -smp 2
        if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
            type_line 'echo cpus $(nproc); grep -c . /proc/self/maps; poweroff -f' && expect 'cpus 2$'; then
            talk_end
            ends "${engine}_svm" 0
        else
            keys '\001x'
            talk_end
            fail "${engine}_svm" "exit status $status"
        fi
    done
}

# No data race while a kernel boots, guests' own in their memory aside. Slow: minutes.
test_tsan() {
    make -s -C "$top" BUILD="$build-tsan" SANITIZE=thread OPT="-O1 -g" "$build-tsan/pefemu" >/dev/null 2>&1 || {
        skip tsan "no ThreadSanitizer"
        return
    }
    (build=$build-tsan limit=1800 TSAN_OPTIONS="log_path=$tmp/race" pefemu interp 4 pefemu.test=poweroff) \
        </dev/null >"$tmp/console" 2>"$tmp/errors"
    status=$?
    cat "$tmp"/race.* >>"$tmp/errors" 2>/dev/null
    [ $status = 0 ] && ! [ -s "$tmp/errors" ] && pass tsan || fail tsan "exit status $status"
}

# ---- main ----

rm -rf "$tmp"
mkdir -p "$tmp"
# shellcheck disable=SC2086
[ $# = 0 ] && set -- boot again litmus console ends svm ${PEFEMU_FULL:+tsan}
for t in "$@"; do
    "test_$t"
done
