#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# binutils.sh BUILD: the instruction table and the disassembler against objdump, see binutils.c.
set -u
for objdump in powerpc64le-linux-gnu-objdump powerpc64-linux-gnu-objdump objdump; do
    if "$objdump" --help 2>/dev/null | grep -q 'powerpc:common64\|elf64-powerpc'; then
        exec "$1/tests/conformance/binutils" "$objdump"
    fi
done
echo "skipped: binutils: no objdump for PowerPC (package binutils-powerpc64le-linux-gnu)"
echo "0 passed, 0 failed, 1 skipped"
