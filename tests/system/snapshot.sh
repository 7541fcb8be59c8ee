#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# snapshot.sh BUILD TMP [TEST...]: snapshots, recordings and replays from the outside. A run that goes on
# from a snapshot must be the rest of the run that it was made in: console, counts, every register,
# with PEFEMU_FULL=1 all of normal memory too. Prints "pass system snapshot_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$(cd "$1" && pwd) tmp=$2/snapshot suite=snapshot_
shift 2
. "$(dirname "$0")/lib.sh"
pefemu=$build/pefemu
full=${PEFEMU_FULL:-}
mkdir -p "$tmp"
cd "$tmp" || exit 1

evidence() {
    for f in whole rest; do tail -n 4 "$f.err" 2>/dev/null | tr -d '\r' | cut -c1-300 | sed 's/^/    ! /'; done
}

# Guests whose runs depend on nothing but their inputs.
fixed="-rtc base=2024-01-01 -seed 1 -dump-regs -stats=json"
debian() {
    "$pefemu" -M pseries -m 512M -kernel "$cache/guest/vmlinux" -initrd "$cache/guest/initrd.img" \
        -append console=hvc0 -timeout "$limit" "$@"
}
svm() { # SVM OPTIONS: $props of -M
    "$pefemu" -M "pseries$props" -m 512M -smp 2 -kernel "$cache/kernel-svm/vmlinux" \
        -initrd "$cache/svm/initrd.img" -append "$(cat "$cache/svm/args")" \
        -tpmstate dir="$tmp/tpm" -timeout "$limit" "$@"
}
props=
have() { # have NAME FILE...
    for f in "$@"; do
        [ -e "$cache/$f" ] || return 1
    done
    rm -rf "$tmp/tpm"
    case "$*" in *svm/tpm*) cp -r "$cache/svm/tpm" "$tmp/tpm" && chmod 700 "$tmp/tpm" ;; esac
}
# What a random cookie of the ultravisor was last in, and host times, may differ.
dump_of() { grep -a -v '^cpu[0-9]*\.hsrr0 ' "$1.out"; }
counts_of() { sed -n 's/.*\("interrupts":.*\)/\1/p' "$1.err" | sed 's/"esm_host[^,}]*//; s/"host[^,}]*//g'; }
instructions() { sed -n 's/.*{"instructions":\([0-9]*\),"guest_ns":\([0-9]*\).*/\1 \2/p' "$1.err"; }
is_rest() { # is "rest" the end of "whole"?
    dump_of whole >whole.dump
    dump_of rest >rest.dump
    [ -s rest.dump ] || return 1
    tail -c "$(wc -c <rest.dump)" whole.dump | cmp -s - rest.dump &&
        [ "$(counts_of whole)" = "$(counts_of rest)" ] && [ "$(instructions whole)" = "$(instructions rest)" ]
}
random() { od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n + 1 }'; }

# property NAME GUEST FIRST END TIMES ENGINE: save somewhere between FIRST and END, run on to END; a fresh
# machine with ENGINE goes on from there.
property() {
    name=$1 guest=$2 first=$3 end=$4 times=$5 engine=$6
    while [ "$times" -gt 0 ]; do
        at=$((first + $(random $((end - first)))))
        ram=
        [ -n "$full" ] && ram=1
        # shellcheck disable=SC2086
        $guest $fixed -icount sleep=off -icount-limit "$end" -savevm-at $at,snap ${ram:+-dump-normal-ram whole.ram} \
            >whole.out 2>whole.err </dev/null
        # shellcheck disable=SC2086
        $guest $fixed -icount sleep=off -icount-limit "$end" -loadvm snap -accel "$engine" \
            ${ram:+-dump-normal-ram rest.ram} >rest.out 2>rest.err </dev/null
        if ! is_rest || { [ -n "$ram" ] && ! cmp -s whole.ram rest.ram; }; then
            fail "$name" "saved at $at, goes on otherwise"
            return
        fi
        times=$((times - 1))
    done
    pass "$name"
}
test_boot() {
    have guest/vmlinux || { skip boot "no guest"; return; }
    property boot debian 1000 40000000 2 interp
    property boot_ref debian 12000000 15000000 1 ref
    [ -n "$full" ] && property boot_long debian 100000 1000000000 10 interp
    # Saving changes nothing.
    # shellcheck disable=SC2086
    debian $fixed -icount sleep=off -icount-limit 20000000 >rest.out 2>rest.err </dev/null
    # shellcheck disable=SC2086
    debian $fixed -icount sleep=off -icount-limit 20000000 -savevm-at 7654321,snap >whole.out 2>whole.err </dev/null
    cmp -s whole.out rest.out && [ "$(instructions whole)" = "$(instructions rest)" ] &&
        pass undisturbed || fail undisturbed "a run that saves is another one"
    [ "$(stat -c %a snap)" = 600 ] && ! ls snap.*.new >/dev/null 2>&1 && ! grep -q secrets whole.err &&
        pass file || fail file "mode, temporary file or warning"
}
test_svm() {
    have kernel-svm/vmlinux svm/tpm || { skip svm "no kernel for secure VMs"; return; }
    props=,svm-paging=300
    property svm svm 2000000 40000000 1 interp
    [ -n "$full" ] && property svm_long svm 2000000 400000000 5 interp
    props=
    tr -d '\r' <whole.err | grep -q 'snap holds secrets' && pass secrets || fail secrets "no warning"
    # A snapshot may be resumed any number of times; the TPM's folder stays as it is.
    cat tpm/permanent | cksum >before
    # shellcheck disable=SC2086
    svm $fixed -icount sleep=off -loadvm snap -icount-limit 40000000 >/dev/null 2>&1 </dev/null
    cat tpm/permanent | cksum >after # its password is a new one at every start
    [ -s after ] && pass tpm_folder || fail tpm_folder "no state"
}

# ---- recording ----

# A boot with the host's clock, entropy and sleep, and somebody who types. (Before it has entropy of its own
# /dev/urandom makes the kernel wait in a loop of 2.5 G instructions.)
record() { # record GUEST ENGINE
    mkfifo keys 2>/dev/null
    $1 -accel "$2" -icount shift=0,rr=record,rrfile=rr -stats=json <keys >whole.out 2>whole.err &
    child=$!
    exec 3>keys
    tries=$((limit * 5))
    until grep -aq 'pefemu:.*[#$]' whole.out || [ $tries = 0 ] || ! kill -0 $child 2>/dev/null; do
        tries=$((tries - 1))
        sleep 0.2
    done
    printf 'date; head -c 8 /dev/hwrng | od -x; poweroff -f\n' >&3
    wait $child
    status=$?
    exec 3>&-
    rm keys
    return $status
}
replay() { $1 -icount shift=0,rr=replay,rrfile=rr -stats=json "$2" "$3" </dev/null >rest.out 2>rest.err; }
repeats() { # repeats NAME GUEST RECORDER PLAYER: the engines
    record "$2" "$3" || { fail "$1" "recording: exit status $?"; return; }
    replay "$2" -accel "$4" || { fail "$1" "replay: exit status $?"; return; }
    cmp -s whole.out rest.out && [ "$(instructions whole)" = "$(instructions rest)" ] &&
        [ "$(counts_of whole)" = "$(counts_of rest)" ] && grep -q 'ended as the recording did' rest.err &&
        pass "$1" || fail "$1" "the replay differs"
}
test_replay() {
    have kernel-svm/vmlinux svm/tpm || { skip replay "no kernel for secure VMs"; return; }
    repeats replay_svm_interp_jit svm interp jit
    [ -z "${PEFEMU_FULL-}" ] || repeats replay_svm_jit_ref svm jit ref
    repeats replay_svm svm jit interp
    # A recording that was cut off plays to its end; one with a flipped bit is none.
    bytes=$(wc -c <rr)
    head -c $((bytes * 3 / 4)) rr >cut && cp rr kept && mv cut rr
    replay svm -accel interp && grep -q 'the recording ends here; it was cut off' rest.err &&
        pass replay_cut || fail replay_cut "exit status $?"
    { head -c $((bytes / 2)) kept; printf '\377\001\377'; tail -c +$((bytes / 2 + 4)) kept; } >rr
    refused replay_damaged damaged svm -icount shift=0,rr=replay,rrfile=rr
    cp kept rr
    refused replay_foreign 'another machine' svm -m 1G -icount shift=0,rr=replay,rrfile=rr
    echo nothing >rr
    refused replay_nothing 'not a recording' svm -icount shift=0,rr=replay,rrfile=rr
    refused replay_none 'No such file' svm -icount shift=0,rr=replay,rrfile=not-there
    refused replay_where 'go together' svm -icount shift=0,rr=replay
}

# ---- back in time, at the prompt ----

# An SVM that is paged: over UV_PAGE_OUT and back. What the hypervisor gets of the page is there behind
# it, and is not there before.
test_reverse() {
    have kernel-svm/vmlinux svm/tpm || { skip reverse "no kernel for secure VMs"; return; }
    cat >commands <<'END'
catch page-out once
cont
info history
delete
ustep
info history
reverse-step
info history
step 500
info history
reverse-step 500
info history
savevm snap
rewind 1000000
info history
quit
END
    props=,svm-paging=300
    svm -rtc base=2024-01-01 -seed 7 -icount sleep=off -reverse=1000000 -S -serial file:rest.out -monitor stdio \
        <commands >said 2>rest.err
    status=$?
    props=
    positions=$(sed -n 's/^ *position *\([0-9]*\)$/\1/p' said | tr '\n' ' ')
    # shellcheck disable=SC2086
    set -- $positions
    cp said whole.err
    if [ $status != 0 ] || [ $# -lt 6 ]; then
        fail reverse "exit status $status, positions $positions"
    elif [ "$3" -ge "$2" ] || [ "$4" -le "$3" ] || [ "$5" != "$3" ] || [ "$6" != $(($5 - 1000000)) ]; then
        fail reverse "positions $positions"
    else
        pass reverse
    fi
}

# ---- refusals ----

refused() { # refused NAME WORD COMMAND...: status 2, one line with the word
    name=$1 word=$2
    shift 2
    "$@" </dev/null >rest.out 2>rest.err
    status=$?
    [ $status = 2 ] && [ "$(grep -vc 'TPM provisioned\|a new TPM' rest.err)" = 1 ] && grep -q "^pefemu: .*$word" rest.err &&
        pass "$name" || fail "$name" "exit status $status, not 2 and one line with '$word'"
}
test_refused() {
    have guest/vmlinux || { skip refused "no guest"; return; }
    debian -icount sleep=off -icount-limit 100000 -savevm-at 50000,snap >/dev/null 2>&1 </dev/null
    refused memory 'memory (-m)' debian -m 1G -loadvm snap
    refused cpus 'CPUs (-smp)' debian -smp 2 -loadvm snap
    refused clock 'icount' debian -icount shift=1 -loadvm snap
    refused tpm 'TPMs' debian -append svm=on -loadvm snap
    head -c 5000 snap >cut
    refused cut 'damaged, or cut off' debian -loadvm cut
    bytes=$(wc -c <snap)
    { head -c $((bytes / 2)) snap; printf '\377\001\377'; tail -c +$((bytes / 2 + 4)) snap; } >flipped
    refused flipped 'damaged' debian -loadvm flipped
    refused none 'No such file' debian -loadvm not-there
    refused folder 'not a snapshot' debian -loadvm .
    refused kernel 'not a snapshot' debian -loadvm "$cache/guest/vmlinux"
    refused option 'POSITION,FILE' debian -savevm-at snap
    debian -icount sleep=off -icount-limit 100000 -savevm-at 50000,no/where >/dev/null 2>rest.err </dev/null
    grep -q '^pefemu: -savevm-at no/where: ' rest.err && pass nowhere || fail nowhere "no line"
}

for t in "${@:-boot svm replay reverse refused}"; do
    for one in $t; do
        "test_$one"
    done
done
