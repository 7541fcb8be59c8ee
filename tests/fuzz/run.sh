#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [--smoke | SECONDS]: builds the fuzz targets into BUILD/fuzz and runs them.
# --smoke: the seeds and a few seconds of mutations, from a fixed state of the generator, nothing kept.
# Otherwise SECONDS for each target; what it learns stays in BUILD/fuzz/corpus for the next time.
# PEFEMU_FUZZ_TARGETS="hcall of" runs only those. An input that fails stays in BUILD/fuzz/failed.
set -u
build=$1
mode=${2:-60}
here=$(dirname "$0")
out=$build/fuzz
all=$(for f in "$here"/fuzz_*.c; do basename "$f" .c; done)
targets=$all
[ -n "${PEFEMU_FUZZ_TARGETS:-}" ] && targets=$(printf 'fuzz_%s\n' $PEFEMU_FUZZ_TARGETS)
passed=0 failed=0 skipped=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS=abort_on_error=1:detect_odr_violation=0

have_fuzzer() {
    printf 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n){return p&&n>9&&p[0];}' |
        clang -fsanitize=fuzzer,address,undefined -x c -o "$out/probe" - 2>/dev/null
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
    exit
}

mkdir -p "$out/failed" || exit 1
if ! have_fuzzer; then
    for t in $targets; do
        echo "$t: skipped, clang with its fuzzer runtime is not installed"
        skipped=$((skipped + 1))
    done
    finish
fi
if ! ${MAKE:-make} --no-print-directory BUILD="$build" fuzz-programs >"$out/make.log" 2>&1; then
    tail -n 20 "$out/make.log"
    echo "the fuzz targets do not build"
    failed=1
    finish
fi

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
perl "$here/seeds.pl" "$scratch" || exit 1

run_target() {
    if [ "$mode" = --smoke ]; then
        set -- "$1" -seed=1 -max_total_time=4 "$scratch/$1"
    else
        mkdir -p "$out/corpus/$1"
        set -- "$1" -max_total_time="$mode" "$out/corpus/$1" "$scratch/$1"
    fi
    t=$1
    shift
    max_len=1200
    [ "$t" = fuzz_tpm ] && max_len=2000 # all responses of a boot
    "$out/tests/fuzz/$t" -max_len=$max_len -entropic=0 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
        -artifact_prefix="$out/failed/$t-" "$@" >"$out/$t.log" 2>&1
}

for t in $targets; do
    if run_target "$t"; then
        passed=$((passed + 1))
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$t.log")
        echo "$t: passed, $runs inputs"
    else
        failed=$((failed + 1))
        echo "$t: failed"
        grep -E 'ref [0-9a-f]*, interp|^flags|^ +[0-9a-f]+: |broken promise|ERROR|runtime error|#[0-9] |Test unit' \
            "$out/$t.log" | head -n 60
    fi
done
finish
