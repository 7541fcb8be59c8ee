#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh OUT [tools]: compile the benchmark programs for the guest (OUT/root/bench) and for this
# machine (OUT/native), and the tools OUT/runner and OUT/report; with "tools" only these.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
guest_cc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
host_cc=${CC:-gcc}
# Those of the overhead laboratory that are benchmark programs too.
lab="compress events floating game graph raytrace text"
# Scalar floating point stays scalar. The vector class is what becomes of loops: of square roots and
# comparisons too, if neither errno nor exceptions matter (no result depends on it).
scalar="fp scalar floating raytrace"

mkdir -p "$out/root" "$out/objects"

# Without contraction and reassociation every machine computes the same bits.
compile() { # compile OUTPUT COMPILER...
    output=$1
    shift
    rm -f "$out/objects"/*
    for source in "$here"/*.c "$here"/overhead/*.c; do
        name=$(basename "$source" .c)
        case $source in
        */pef.c | */runner.c | */report*.c) continue ;;
        */overhead/*) case " $lab " in *" $name "*) ;; *) continue ;; esac ;;
        esac
        shape="-fno-math-errno -fno-trapping-math"
        case " $scalar " in *" $name "*) shape=-fno-tree-vectorize ;; esac
        # shellcheck disable=SC2086
        "$@" -std=gnu11 -O3 -ffp-contract=off $shape -D_GNU_SOURCE -Wall -Wextra -c \
            -o "$out/objects/$name.o" "$source"
    done
    "$@" -static -pthread -o "$output" "$out/objects"/*.o -lm
}
# shellcheck disable=SC2086
$host_cc -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$out/runner" "$here/runner.c"
# shellcheck disable=SC2086
$host_cc -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$out/report" "$here/report.c" \
    "$here/report_write.c" -lm
[ "${2-}" != tools ] || exit 0
# shellcheck disable=SC2086
compile "$out/root/bench" $guest_cc -mcpu=power9
# shellcheck disable=SC2086
compile "$out/native" $host_cc
