#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pef.sh [BUILD]: what PEF's operations cost. Page moves, ultracalls and reflections on the test bed
# (bench/pef.c), UV_ESM of a guest of 1 GiB through the real thing. docs/performance.md explains.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
build=${1:-build}
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
svm=$cache/svm
rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT

skip() { echo "bench: skipped: $*" >&2; }

bed() {
    if ! make -s -C "$top" BUILD="$build" "$build/bench-pef" >"$rows/log" 2>&1; then
        skip "PEF operations ($build/bench-pef does not build: libcmocka-dev?)"
        return
    fi
    "$build/bench-pef" >"$rows/bed"
    awk '{ printf "%-12s %10.0f ns host %10.0f ns virtual", $1, $2, $3
           if ($4) printf "   %.2f GB/s host", $4 / $2
           print "" }' "$rows/bed"
}

field() { sed -n "s/.*\"$1\":\\([0-9]*\\).*/\\1/p" "$rows/guest" | tail -n 1; }

esm() {
    if ! [ -f "$cache/kernel-svm/vmlinux" ]; then
        skip "ESM (no kernel for secure VMs in $cache/kernel-svm)"
        return
    fi
    "$top/scripts/guest"
    make -s -C "$top" BUILD="$build" "$build/esm-file" >"$rows/log" 2>&1
    "$top/scripts/svm" "$build"
    cp -r "$svm/tpm" "$rows/tpm"
    echo 'poweroff -f' | "$build/pefemu" -M pseries -m 1G -serial stdio -stats=json \
        -icount shift=0,sleep=off -timeout "${PEFEMU_BENCH_TIMEOUT:-300}" \
        -tpmstate "dir=$rows/tpm" -kernel "$cache/kernel-svm/vmlinux" -initrd "$svm/initrd.img" \
        -append "$(cat "$svm/args")" 2>"$rows/guest" >"$rows/console"
    [ "$(field esm_ok)" = 1 ] || { echo "bench: the guest did not become secure" >&2; exit 1; }
    printf '%-12s %10.1f ms host %10.1f ms virtual   guest of 1 GiB, %s pages of 64 KiB brought in\n' \
        esm "$(field esm_host_cpu_ns)e-6" "$(field esm_guest_ns)e-6" "$(field in_clear)"
}

echo "PEF: cost of one operation, host CPU time and virtual time"
bed
esm
