#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [OPTION...]: random instructions on both engines against qemu-user, little-endian and
# big-endian, see conformance.c. Without a cross compiler or qemu-user for a byte order the engines are
# compared with each other only. Seeds are fixed so that a run can be repeated; PEFEMU_FULL=1 takes
# many more cases from a seed of the day.
set -u
build=$1
shift
here=$(dirname "$0")
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ -n "${PEFEMU_FULL:-}" ]; then
    set -- --seed "$(date +%Y%m%d)" --count 2000 "$@"
else
    set -- --seed 1 --count 100 "$@"
fi

# The program that the oracle runs; a compiler without a C library counts as absent.
build_guest() { # build_guest COMPILER PROGRAM
    mkdir -p "$(dirname "$2")"
    command -v "$1" >/dev/null && echo 'int main(void) { return 0; }' |
        "$1" -static -x c -o "$2" - 2>/dev/null || return 1
    "$1" -std=gnu11 -O2 -mcpu=power9 -static -fno-stack-protector -Wall -Wextra -o "$2" "$here/guest.c" ||
        failed=$((failed + 1))
}

run() { # run QEMU COMPILER PROGRAM OPTION...
    qemu=$1 cc=$2 guest=$build/tests/conformance/$3
    shift 3
    oracle=
    if command -v "$qemu" >/dev/null && build_guest "$cc" "$guest"; then
        oracle="$qemu -cpu power9"
    else
        echo "skipped: oracle: $qemu, or $cc with a C library, is not installed"
        skipped=$((skipped + 1))
    fi
    "$build/tests/conformance/conformance" --oracle "$oracle" --guest "$guest" \
        --defects "$here/qemu-defects.txt" "$@" >"$log" 2>&1
    status=$?
    sed '$d' "$log"
    counts=$(tail -n 1 "$log" |
        sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2/p')
    if [ -z "$counts" ]; then
        tail -n 1 "$log"
        echo "conformance ended with status $status and without a count"
        counts="0 1"
    fi
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
}

run qemu-ppc64le "${GUEST_CC:-powerpc64le-linux-gnu-gcc}" guest "$@"
run qemu-ppc64 "${GUEST_CC_BE:-powerpc64-linux-gnu-gcc}" guest-be --big "$@"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
