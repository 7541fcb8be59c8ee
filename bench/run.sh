#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [BUILD] [--quick] [--only "NAME|CLASS..."] [--rounds N] [--engine NAME] [--json FILE]
#        [--svm] [--no-qemu]
# Boot pefemu and, where it is installed, QEMU with the same kernel and the same initramfs, run the
# benchmark programs inside and report host CPU time, guest MIPS, the ratio and the gates of class.def.
# Every checksum is compared to that of a native build, whose time is shown too. With --svm: the programs
# that compute, in a secure VM and in a normal one of pefemu. Results also in BUILD/bench/ (bench.json and
# bench.md, or svm.json and svm.md). docs/performance.md explains the figures.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
build=build rounds=3 size=full only='' json='' qemu=yes engine='' svm=''
usage() { sed -n '3,9s/^# //p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
    --only | --rounds | --engine | --json) [ $# -gt 1 ] || usage ;;
    esac
    case $1 in
    --quick) rounds=1 size=quick ;;
    --only) only=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    --engine) engine=$2; shift ;;
    --json) json=$2; shift ;;
    --svm) svm=yes ;;
    --no-qemu) qemu= ;;
    -*) usage ;;
    *) build=$1 ;;
    esac
    shift
done
case $rounds in [1-9] | [12][0-9]) ;; *) echo "bench: --rounds is 1 to 29, not '$rounds'" >&2; exit 2 ;; esac
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
limit=${PEFEMU_BENCH_TIMEOUT:-1800}
out=$build/bench
kernel=$cache/guest/vmlinux subject=pefemu base=qemu name=bench
[ -z "$svm" ] || { kernel=$cache/kernel-svm/vmlinux subject=svm base=nvm name=svm; }
json=${json:-$out/$name.json}

compiler=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
command -v "${compiler%% *}" >/dev/null || { echo "bench: $compiler is not installed" >&2; exit 1; }
[ -x "$build/pefemu" ] || { echo "bench: $build/pefemu is not built" >&2; exit 1; }
"$top/scripts/guest"
if [ -n "$svm" ]; then
    [ -f "$kernel" ] || "$top/scripts/kernel" svm
    make -s -C "$top" BUILD="$build" "$build/esm-file" >/dev/null
fi
rm -rf "$out/root" "$out/objects" "$out/rows"
mkdir -p "$out"
"$here/build.sh" "$out"

# ---- which programs, and what comes out ----
"$out/native" list >"$out/all"
while read -r program class kind rest; do
    [ -z "$svm" ] || [ "$kind" = computes ] || continue
    lower=$(echo "$class" | tr '[:upper:]' '[:lower:]')
    case " $only " in
    '  ' | *" $program "* | *" $class "* | *" $lower "*) echo "$program $class $kind $rest" ;;
    esac
done <"$out/all" >"$out/programs"
[ -s "$out/programs" ] || { echo "bench: no program or class is called $only" >&2; exit 2; }
while read -r program _; do
    # shellcheck disable=SC2016 # for the inner shell; the runner wants a boot
    "$out/runner" native "$limit" sh -c 'echo "pefemu guest ready"; exec "$0" "$@"' \
        "$out/native" "$program" "$size" </dev/null 2>/dev/null ||
        { echo "bench: the native $program did not end" >&2; exit 1; }
done <"$out/programs" >"$out/expected"

# ---- all get the same bytes: the guest's initramfs and one more archive behind it ----
{
    echo 'echo; echo BENCH-READY; mount -t tmpfs tmpfs /tmp'
    sed "s,^\([^ ]*\) .*,/bench \1 $size," "$out/programs"
} >"$out/root/test.sh"
(cd "$out/root" && printf 'bench\ntest.sh\n' | cpio --quiet -o -H newc --owner=0:0) >"$out/cpio"
words="quiet pefemu.test=script"
if [ -n "$svm" ]; then
    words="xive=off $words"
    cat "$cache/guest/initrd.img" "$out/cpio" >"$out/plain.img"
    "$here/secure.sh" "$build" "$out" "$kernel" "console=hvc0 svm=on $words"
else
    cat "$cache/guest/initrd.img" "$out/cpio" >"$out/initrd.img"
fi

# ---- the runs ----
# shellcheck disable=SC2317 # called as run_$who
pefemu() { # pefemu ROW-NAME KERNEL-WORDS OPTIONS...
    row=$1 append=$2
    shift 2
    "$out/runner" "$row" "$limit" "$build/pefemu" -M pseries${svm:+,ic-mode=xics} ${engine:+-accel "$engine"} \
        -smp 1 -m 1G -serial stdio -stats=json -stats-on BENCH- -seed 1 -kernel "$kernel" \
        -initrd "$out/initrd.img" -append "console=hvc0 $append" "$@" >>"$out/rows"
}
# shellcheck disable=SC2317
run_pefemu() { pefemu pefemu "$words"; }
# shellcheck disable=SC2317
run_nvm() { pefemu nvm "svm=off $words"; }
# shellcheck disable=SC2317
run_svm() { pefemu svm "svm=on $words" -tpmstate "dir=$out/tpm"; }
# shellcheck disable=SC2317
run_qemu() {
    "$out/runner" qemu "$limit" qemu-system-ppc64 -M pseries -cpu power9 -accel tcg -smp 1 -m 1G \
        -nographic -vga none -nodefaults -serial stdio -kernel "$kernel" \
        -initrd "$out/initrd.img" -append "console=hvc0 $words" >>"$out/rows"
}

status=0 version=$("$build/pefemu" --version | head -n 1) base_version=
: >"$out/rows"
if [ $base = nvm ]; then
    base_version="$base and $subject: the same program and kernel"
elif [ -n "$qemu" ] && command -v qemu-system-ppc64 >/dev/null; then
    base_version=$(qemu-system-ppc64 --version | head -n 1)
else
    [ -z "$qemu" ] || echo "bench: skipped: QEMU (qemu-system-ppc64 is not installed)" >&2
    base=
fi
# In turn, so that whatever else the host does disturbs both.
i=0
while [ $i -lt "$rounds" ]; do
    for who in $subject $base; do
        "run_$who" || status=1
    done
    i=$((i + 1))
done

"$out/report" "$out" $subject "${base:-qemu}" $size "$version" "$base_version" "$json" \
    "$out/$name.md" || status=1
echo "written: $json, $out/$name.md"
[ $status = 0 ] || echo "bench: FAILED (see above)" >&2
exit $status
