#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pair.sh OLD NEW [NAME|CLASS...]
# Compare two builds of pefemu: both run the same programs at the same time on one CPU of the host, so that
# whatever slows one slows the other, which taking turns does not do where the host's speed moves. Each
# program three times a boot, five programs a boot. Prints the medians of CPU time and their ratio: above 1,
# NEW is faster.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
[ $# -ge 2 ] || { sed -n '3,7s/^# //p' "$0" >&2; exit 2; }
old=$1 new=$2
shift 2
for program in "$old" "$new"; do
    [ -x "$program" ] || { echo "pair: $program can not be executed" >&2; exit 2; }
done
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
limit=${PEFEMU_BENCH_TIMEOUT:-1800} runs=3
out=$top/build/pair
"$top/scripts/guest"
rm -rf "$out"
mkdir -p "$out"
"$here/build.sh" "$out"

wanted=" $(echo "$*" | tr '[:upper:]' '[:lower:]') "
"$out/native" list | while read -r program class _; do
    case "$wanted" in
    '  ' | *" $program "* | *" $(echo "$class" | tr '[:upper:]' '[:lower:]') "*) echo "$program $class" ;;
    esac
done >"$out/programs"
[ -s "$out/programs" ] || { echo "pair: no program or class is called $*" >&2; exit 2; }

run() { # run NAME PEFEMU, in the background
    taskset -c 0 "$out/runner" "$1" "$limit" "$2" -M pseries -smp 1 -m 1G -serial stdio -stats=json \
        -stats-on BENCH- -seed 1 -kernel "$cache/guest/vmlinux" -initrd "$out/initrd.img" \
        -append "console=hvc0 quiet pefemu.test=script" >"$out/rows.$1" 2>/dev/null &
}
both() { # the programs of standard input
    {
        echo 'echo; echo BENCH-READY; mount -t tmpfs tmpfs /tmp'
        while read -r program _; do
            for _ in $(seq $runs); do echo "/bench $program full"; done
        done
    } >"$out/root/test.sh"
    (cd "$out/root" && printf 'bench\ntest.sh\n' | cpio --quiet -o -H newc --owner=0:0) >"$out/cpio"
    cat "$cache/guest/initrd.img" "$out/cpio" >"$out/initrd.img"
    run old "$old"
    first=$!
    run new "$new"
    wait $first || { echo "pair: $old failed" >&2; exit 1; }
    wait $! || { echo "pair: $new failed" >&2; exit 1; }
    cat "$out/rows.old" "$out/rows.new" >>"$out/rows"
}
: >"$out/rows"
split -l 5 "$out/programs" "$out/part."
for part in "$out"/part.*; do both <"$part"; done

awk '
    function median(name, program,    n, i, j, t, v) {
        n = split(times[name, program], v, " ")
        for (i = 1; i <= n; i++)
            for (j = i + 1; j <= n; j++)
                if (v[j] < v[i]) { t = v[i]; v[i] = v[j]; v[j] = t }
        return v[int((n + 1) / 2)]
    }
    FNR == NR { order[++programs] = $1; class[$1] = $2; next }
    $2 == "run" { times[$1, $3] = times[$1, $3] " " $5 + 0 }
    END {
        for (i = 1; i <= programs; i++) {
            p = order[i]; o = median("old", p) / 1e9; n = median("new", p) / 1e9
            printf "%-12s %8.3f %8.3f  %6.3f\n", p, o, n, o / n
            sum[class[p]] += log(o / n); count[class[p]]++
        }
        for (c in sum)
            printf "%-12s mean of %d: %.3f\n", c, count[c], exp(sum[c] / count[c])
    }' "$out/programs" "$out/rows"
