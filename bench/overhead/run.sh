#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [BUILD] [--runs N] [--size test|train|ref] [--only "NAME..."] [--modes "MODE..."] [--out DIR]
# The overhead laboratory: the same programs in the same kernel as a normal VM without an ultravisor
# (nopef), as a normal VM under one (nvm) and as a secure VM (svm; svm-paged: one that the hypervisor
# pages out, 200 pages a second of its time). Counts what each program did and what it cost the host;
# docs/overhead.md explains the columns. Results: BUILD/overhead or DIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=build runs=3 size=train only="" modes="nopef nvm svm" out=""
while [ $# -gt 0 ]; do
    case $1 in
    --runs) runs=$2; shift ;;
    --size) size=$2; shift ;;
    --only) only=$2; shift ;;
    --modes) modes=$2; shift ;;
    --out) out=$2; shift ;;
    -*) sed -n '3,6s/^# //p' "$0" >&2; exit 2 ;;
    *) build=$1 ;;
    esac
    shift
done
case $runs in [1-9] | 1[0-6]) ;; *) echo "overhead: RUNS is 1 to 16, not '$runs'" >&2; exit 2 ;; esac
case $size in test | train | ref) ;; *) echo "overhead: SIZE is test, train or ref, not '$size'" >&2; exit 2 ;; esac
for mode in $modes; do
    case $mode in nopef | nvm | svm | svm-paged) continue ;; esac
    echo "overhead: a mode is nopef, nvm, svm or svm-paged, not '$mode'" >&2
    exit 2
done
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
kernel=$cache/kernel-svm/vmlinux
limit=${PEFEMU_BENCH_TIMEOUT:-1800}
guest_cc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
host_cc=${CC:-gcc}
out=${out:-$build/overhead}

command -v "$guest_cc" >/dev/null || { echo "overhead: $guest_cc is not installed" >&2; exit 1; }
[ -f "$kernel" ] || ! [ -x "$top/scripts/kernel" ] || "$top/scripts/kernel" svm
[ -f "$kernel" ] || { echo "overhead: no kernel for secure VMs at $kernel" >&2; exit 1; }
"$top/scripts/guest"
rm -rf "$out"
mkdir -p "$out/root" "$out/objects" "$out/runs"

# Without contraction and reassociation every machine computes the same bits.
compile() { # compile OUTPUT COMPILER...
    output=$1
    shift
    rm -f "$out/objects"/*
    for source in "$here"/*.c "$here/../integer.c" "$here/../fp.c" "$here/../calls.c" \
        "$here/../faults.c" "$here/../processes.c"; do
        case $source in "$here"/report*) continue ;; esac
        "$@" -std=gnu11 -O3 -ffp-contract=off -fno-tree-vectorize -D_GNU_SOURCE -Wall -Wextra -c \
            -o "$out/objects/$(basename "$source" .c).o" "$source"
    done
    "$@" -static -pthread -o "$output" "$out/objects"/*.o -lm
}
compile "$out/root/lab" "$guest_cc" -mcpu=power9
# shellcheck disable=SC2086
compile "$out/native" $host_cc
# shellcheck disable=SC2086
$host_cc -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$out/report" "$here/report.c" \
    "$here/report_write.c"

"$out/native" list >"$out/all"
while read -r name rest; do
    case " $only " in
    '  ' | *" $name "*) echo "$name $rest" ;;
    esac
done <"$out/all" >"$out/programs"
[ -s "$out/programs" ] || { echo "overhead: no program is called $only" >&2; exit 2; }

# ---- one initramfs for all, with the ESM blob in front; only svm=on makes use of it ----
{
    echo "mount -t tmpfs tmpfs /tmp"
    # memset() and the like take other paths at other addresses: no randomisation, and no environment,
    # in which the kernel puts svm=on or svm=off.
    echo "echo 0 >/proc/sys/kernel/randomize_va_space"
    while read -r name _; do
        "$out/native" "$name" "$size" | grep '^LAB-END' >&3
        echo "env -i /lab $name $size"
    done <"$out/programs"
} >"$out/root/test.sh" 3>"$out/expected"
(cd "$out/root" && printf 'lab\ntest.sh\n' | cpio --quiet -o -H newc --owner=0:0) >"$out/cpio"
cat "$cache/guest/initrd.img" "$out/cpio" >"$out/plain.img"
words="xive=off quiet pefemu.test=script"
svm_args="console=hvc0 svm=on $words"
"$here/../secure.sh" "$build" "$out" "$kernel" "$svm_args"

# ---- the runs ----
# A date, a seed and no waiting for the host's clock: a run depends on nothing else.
machine() { # machine MODE NAME: one run, its markers into runs/NAME
    args="console=hvc0 svm=off $words" tpm=
    pef=on
    case $1 in
    nopef) pef=off ;;
    nvm) ;;
    svm) args=$svm_args tpm="-tpmstate dir=$out/tpm" ;;
    svm-paged) args=$svm_args tpm="-tpmstate dir=$out/tpm" pef=on,svm-paging=200 ;;
    esac
    # shellcheck disable=SC2086
    "$build/pefemu" -M pseries,ic-mode=xics,pef=$pef -smp 1 -m 1G -serial stdio -stats=json \
        -stats-on LAB- -seed 1 -rtc base=2024-01-01 -icount shift=0,sleep=off -timeout "$limit" \
        $tpm -kernel "$kernel" -initrd "$out/initrd.img" -append "$args" \
        </dev/null >"$out/runs/$2.console" 2>"$out/runs/$2"
}

status=0 i=1
while [ "$i" -le "$runs" ]; do
    for mode in $modes; do
        echo "overhead: run $i of $runs, $mode" >&2
        if ! machine "$mode" "$mode.$i"; then
            echo "overhead: $mode: pefemu ended with an error; see $out/runs/$mode.$i" >&2
            status=1
        fi
    done
    i=$((i + 1))
done

# shellcheck disable=SC2086
"$out/report" "$out" "$size" "$runs" "$("$build/pefemu" --version | head -n 1)" $modes || status=1
[ $status = 0 ] || echo "overhead: FAILED (see above)" >&2
exit $status
