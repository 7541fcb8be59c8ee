#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [FOLDER...]: the tests of -M bare on every engine, or those of $ENGINES, lockstep among
# them with PEFEMU_FULL. Native code is made of all that is jumped to. Last line: the counts.
# A test is a label test_NAME in a .S file; it passes when pefemu ends with 0 (see bare.inc). A line
# "options: ..." in the comment at the file's top adds to the command line, "status: N" is another end.
set -u
build=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")" || exit 1
if ! command -v powerpc64-linux-gnu-gcc >/dev/null; then
    echo "tests/isa: powerpc64-linux-gnu-gcc is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
export ENGINES="${ENGINES-ref interp jit${PEFEMU_FULL:+ lockstep}}"
out=$build/tests/isa/$(echo "$ENGINES" | tr ' ' -) # runs with other engines may go on beside this one
mkdir -p "$out"
export PEFEMU="$build/pefemu" OUT="$out"

# The registers, for spr/permissions.S.
sed -n 's/^SPR(\([0-9]*\), *\([A-Z0-9_]*\), *[0-9]*, \(.\), \(.\),.*/ROW \1, \2, R\3, R\4/p' \
    ../../include/pefemu/spr.def >"$out/rows.inc"

assemble() { # assemble FILE: $OUT/NAME.bin and a line "NAME LABEL ADDRESS" per test
    name=$(echo "${1%.S}" | tr / _)
    sed -n 's/^ \* options: //p' "$1" >"$out/$name.options"
    sed -n 's/^ \* status: //p' "$1" | grep . >"$out/$name.status" || echo 0 >"$out/$name.status"
    powerpc64-linux-gnu-gcc -mcpu=power9 -mregnames -mbig -I. -I"$out" -nostdlib -c "$1" \
        -o "$out/$name.o" &&
        powerpc64-linux-gnu-ld -Ttext=0 --oformat binary "$out/$name.o" -o "$out/$name.bin" &&
        powerpc64-linux-gnu-ld -Ttext=0 "$out/$name.o" -o "$out/$name.elf" &&
        powerpc64-linux-gnu-nm "$out/$name.elf" |
        sed -n "s/^\([0-9a-f]*\) . test_\(.*\)/$name \2 0x\1/p"
}

list=$out/list
: >"$list"
bad=0
for dir in "${@:-*/}"; do
    for file in ${dir%/}/*.S; do
        assemble "$file" >>"$list" || bad=$((bad + 1))
    done
done

# One line per test and engine that fails.
# shellcheck disable=SC2016
xargs -P "$(nproc)" -n 60 sh -c '
while [ $# -ge 3 ]; do
    for engine in $ENGINES; do
        accel=$engine
        case $engine in jit | lockstep) accel=$engine,hot=1 ;; esac
        "$PEFEMU" -M bare,smf=on,secure-mem=16M,exit=0x40000000 -m 64M -accel $accel \
            -icount sleep=off -icount-limit 400000 -timeout 60 -serial null -no-reboot \
            -device irq,addr=0x40010000 -device loader,file="$OUT/$1.bin",addr=0 \
            -reg pc=0x6000,r12="$3" $(cat "$OUT/$1.options") >/dev/null 2>&1
        status=$?
        [ $status = "$(cat "$OUT/$1.status")" ] && echo ok || echo "not ok $1 $2 ($engine): $status"
    done
    shift 3
done' sh <"$list" >"$out/results"
passed=$(grep -c '^ok' "$out/results")
failed=$(($(grep -c '^not ok' "$out/results") + bad))
expected=$(($(wc -l <"$list") * $(echo "$ENGINES" | wc -w)))
[ $((passed + failed - bad)) = "$expected" ] || failed=$((failed + 1))
grep '^not ok' "$out/results" | sort | head -n 60
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
