#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [BUILD] [--quick] [--only NAME|CLASS] [--json FILE] [--no-qemu]
# Boot pefemu and, where it is installed, QEMU with the same kernel and the same initramfs, run the
# benchmark programs inside and report host CPU time, guest MIPS and the ratio. Every checksum is
# compared to that of a native build. docs/performance.md explains the figures.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=build rounds=3 size=full only= json= qemu=yes
while [ $# -gt 0 ]; do
    case $1 in
    --quick) rounds=1 size=quick ;;
    --only) only=$2; shift ;;
    --json) json=$2; shift ;;
    --no-qemu) qemu= ;;
    -*) sed -n '3,6s/^# //p' "$0" >&2; exit 2 ;;
    *) build=$1 ;;
    esac
    shift
done
guest=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}/guest
limit=${PEFEMU_BENCH_TIMEOUT:-1800}
out=$build/bench
guest_cc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
host_cc=${CC:-gcc}

command -v "$guest_cc" >/dev/null || { echo "bench: $guest_cc is not installed" >&2; exit 1; }
[ -x "$build/pefemu" ] || { echo "bench: $build/pefemu is not built" >&2; exit 1; }
"$here/../scripts/guest"
rm -rf "$out"
mkdir -p "$out/root"

compile() { # compile OUTPUT COMPILER FLAGS...
    output=$1
    shift
    for name in main integer memory fp vector kernel; do
        scalar=
        [ $name != fp ] || scalar=-fno-tree-vectorize
        "$@" -std=gnu11 -O3 -ffp-contract=off $scalar -D_GNU_SOURCE -Wall -Wextra -c \
            -o "$output.$name.o" "$here/$name.c"
    done
    "$@" -static -o "$output" "$output".*.o -lm
    rm "$output".*.o
}
# Without contraction and reassociation every machine computes the same bits.
compile "$out/root/bench" "$guest_cc" -mcpu=power9
compile "$out/native" "$host_cc"
for tool in runner report; do
    "$host_cc" -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$out/$tool" "$here/$tool.c" -lm
done

"$out/native" list >"$out/programs"
names=
while read -r name class _; do
    case $only in
    '' | "$name" | "$class") names="$names $name" ;;
    esac
done <"$out/programs"
[ -n "$names" ] || { echo "bench: no program or class is called $only" >&2; exit 2; }

for name in $names; do
    "$out/native" "$name" $size
done >"$out/expected"

# Both emulators get the same bytes: the guest's initramfs and one more archive behind it.
{
    for name in $names; do
        i=0
        while [ $i -lt $rounds ]; do
            echo "/bench $name $size"
            i=$((i + 1))
        done
    done
} >"$out/root/test.sh"
(cd "$out/root" && printf 'bench\ntest.sh\n' | cpio --quiet -o -H newc --owner=0:0) >"$out/cpio"
cat "$guest/initrd.img" "$out/cpio" >"$out/initrd.img"

run_pefemu() { # run_pefemu WHAT: boot and do what pefemu.test=WHAT says
    "$out/runner" pefemu "$limit" "$build/pefemu" -M pseries -smp 1 -m 1G -serial stdio \
        -stats=json -seed 1 -kernel "$guest/vmlinux" -initrd "$out/initrd.img" \
        -append "console=hvc0 quiet pefemu.test=$1" >>"$out/rows"
}
run_qemu() {
    "$out/runner" qemu "$limit" qemu-system-ppc64 -M pseries -cpu power9 -accel tcg -smp 1 -m 1G \
        -nographic -vga none -nodefaults -serial stdio -kernel "$guest/vmlinux" \
        -initrd "$out/initrd.img" -append "console=hvc0 quiet pefemu.test=$1" >>"$out/rows"
}

status=0
: >"$out/rows"
if [ -n "$qemu" ] && ! command -v qemu-system-ppc64 >/dev/null; then
    echo "bench: skipped: QEMU (qemu-system-ppc64 is not installed)" >&2
    qemu=
fi
for emulator in pefemu ${qemu:+qemu}; do
    i=0
    while [ $i -lt $rounds ]; do
        "run_$emulator" poweroff || status=1
        i=$((i + 1))
    done
    "run_$emulator" script || status=1
done

echo "$("$build/pefemu" --version | head -n 1); size $size, median of $rounds, host CPU seconds"
[ -z "$qemu" ] || qemu-system-ppc64 --version | head -n 1
"$out/report" "$out/programs" "$out/expected" "$out/rows" ${json:+"$json"} || status=1
[ $status = 0 ] || echo "bench: FAILED (see above)" >&2
exit $status
