#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [OPTION...]: random instructions on both engines against qemu-ppc64le, see conformance.c.
# Without a ppc64le compiler or qemu-user the engines are compared with each other only. Seeds are fixed
# so that a run can be repeated; PEFEMU_FULL=1 takes many more cases from a seed of the day.
set -u
build=$1
shift
here=$(dirname "$0")
guest=$build/tests/conformance/guest
cc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}

set -- --guest "$guest" --defects "$here/qemu-defects.txt" "$@"
if ! command -v qemu-ppc64le >/dev/null || ! command -v "$cc" >/dev/null; then
    set -- --oracle '' "$@"
elif ! mkdir -p "$(dirname "$guest")" ||
    ! "$cc" -std=gnu11 -O2 -mcpu=power9 -static -fno-stack-protector -Wall -Wextra \
        -o "$guest" "$here/guest.c"; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
if [ -n "${PEFEMU_FULL:-}" ]; then
    set -- --seed "$(date +%Y%m%d)" --count 2000 "$@"
else
    set -- --seed 1 --count 100 "$@"
fi
exec "$build/tests/conformance/conformance" "$@"
