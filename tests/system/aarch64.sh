#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# aarch64.sh BUILD TMP [SIZE...]: pefemu for AArch64 hosts, cross-built and run by qemu-aarch64, with each
# size that the pages of such hosts have (4096 16384 65536): unit tests, Debian's kernel to a shell and
# power-off, and a piece of a boot on either engine that must end in every register as on this host, with
# BUILD's pefemu. Prints "pass system aarch64_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$(cd "$1" && pwd) tmp=$2/aarch64 suite=aarch64_
shift 2
. "$(dirname "$0")/lib.sh"
mkdir -p "$tmp"
limit=$((limit * 6)) # qemu-aarch64 translates
cross=$build/aarch64

for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v $tool >/dev/null || { skip all "$tool is not installed"; exit 0; }
done
root=$("$top/scripts/aarch64") || { skip all "the arm64 libraries could not be fetched"; exit 0; }
make -s -C "$top" BUILD="$build" AARCH64_BUILD="$cross" aarch64-programs >"$tmp/errors" 2>&1 ||
    { fail build "make aarch64-programs"; exit 1; }

# wrap SIZE: $there/NAME runs the program NAME of the cross build with host pages of SIZE.
wrap() {
    there=$tmp/$1
    for program in "$cross/pefemu" "$cross"/tests/u*/test_* "$cross/tests/fuzz/random_words"; do
        program=${program#"$cross/"}
        case $program in *.d) continue ;; esac
        mkdir -p "$(dirname "$there/$program")"
        cat >"$there/$program" <<RUN
#!/bin/sh
exec qemu-aarch64 -p $1 -L "$root" "$cross/$program" "\$@"
RUN
        chmod +x "$there/$program"
    done
}

# Those that compute for long and ask the host for nothing; and lockstep, which compares all memory at each
# step where it can not ask which pages were touched: once, with pages of 4K.
once=" bfp esmblob estimates fixed fpscr lockstep softfp tpm "
# Each program one test: its own lines are shown when it fails.
unit_tests() {
    for program in "$there"/tests/u*/test_*; do
        name=${program##*/test_}
        case $size$once in
        4096*) ;;
        *" $name "*) continue ;;
        esac
        CMOCKA_MESSAGE_OUTPUT=TAP timeout "$limit" "$program" >"$tmp/errors" 2>&1
        status=$?
        sed -i '/^ok/d' "$tmp/errors"
        [ $status = 0 ] && pass "${size}_unit_$name" || fail "${size}_unit_$name" "exit status $status"
    done
}

guest_options() {
    echo "-M pseries -m 512M -kernel $guest/vmlinux -initrd $guest/initrd.img -timeout $limit"
}
shell() {
    # shellcheck disable=SC2046
    talk "$there/pefemu" $(guest_options) -smp 2 -accel interp -append "console=hvc0 quiet"
    if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
        type_line 'echo answer $((6 * 7)) cpus $(nproc)' && expect 'answer 42 cpus 2$' && type_line exit; then
        talk_end
        [ "$status" = 0 ] && pass "${size}_shell" || fail "${size}_shell" "exit status $status"
    else
        printf '\001x' >&3
        talk_end
        fail "${size}_shell" "no dialogue (exit status $status)"
    fi
}

# state PEFEMU ENGINE INSTRUCTIONS NAME: console, registers and counts after so many of a boot
state() {
    # shellcheck disable=SC2046
    "$1" $(guest_options) -append "console=hvc0 pefemu.test=poweroff" -accel "$2" -rtc base=2024-01-01 \
        -seed 7 -icount shift=0,sleep=off -icount-limit "$3" -dump-regs -stats=json \
        </dev/null >"$tmp/$4" 2>"$tmp/errors"
    sed -n 's/.*\("instructions":[0-9]*,"guest_ns":[0-9]*\).*/\1/p' "$tmp/errors" >>"$tmp/$4"
}
same_run() { # same_run ENGINE INSTRUCTIONS
    state "$build/pefemu" interp "$2" here
    state "$there/pefemu" "$1" "$2" there
    if grep -q "\"instructions\":$2," "$tmp/here" && cmp -s "$tmp/here" "$tmp/there"; then
        pass "${size}_same_run_$1"
    else
        diff "$tmp/here" "$tmp/there" | head -n 8 | sed 's/^/    | /'
        fail "${size}_same_run_$1" "not what this host does in $2 instructions"
    fi
}

random_words() {
    "$there/tests/fuzz/random_words" 2000 >"$tmp/errors" 2>&1
    status=$?
    [ $status = 0 ] && pass "${size}_random_words" || fail "${size}_random_words" "exit status $status"
}

[ $# != 0 ] || set -- 4096 16384 65536
for size in "$@"; do
    wrap "$size"
    unit_tests
    random_words
    if [ -f "$guest/vmlinux" ]; then
        shell
        same_run interp 300000000
        same_run ref 20000000
    else
        skip "${size}_boot" "no kernel"
    fi
done
