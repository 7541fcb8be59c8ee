#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# debian.sh [BUILD] [--rounds N]
# Programs that nobody wrote for a benchmark: Debian's own for ppc64el, in a guest of pefemu and in one of
# QEMU, compared like bench/run.sh's: host CPU time, QEMU's best over pefemu's median. What a program
# prints has to be the same in both. The first run of each after a boot counts, cold as it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
# name: read by the messages of scripts/debian.sh
# shellcheck disable=SC2034
name=debian
build=build rounds=3
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) [ $# -gt 1 ] || { sed -n '3,6s/^# //p' "$0" >&2; exit 2; }; rounds=$2; shift ;;
    -*) sed -n '3,6s/^# //p' "$0" >&2; exit 2 ;;
    *) build=$1 ;;
    esac
    shift
done
case $rounds in [1-9] | [12][0-9]) ;; *) echo "debian: --rounds is 1 to 29, not '$rounds'" >&2; exit 2 ;; esac
[ -x "$build/pefemu" ] || { echo "debian: $build/pefemu is not built" >&2; exit 1; }
command -v qemu-system-ppc64 >/dev/null || { echo "debian: qemu-system-ppc64 is not installed" >&2; exit 1; }
"$top/scripts/guest"
# shellcheck source=scripts/debian.sh
. "$top/scripts/debian.sh"
limit=${PEFEMU_BENCH_TIMEOUT:-1800}
work=$build/bench/debian
rm -rf "$work"
mkdir -p "$work"
"${CC:-cc}" -O2 -o "$work/runner" "$here/runner.c"

# ---- the programs, with what they need ----
programs="bash bc bzip2 coreutils gawk gzip grep lua5.4 mawk openssl perl-base python3-minimal sed sqlite3 tar xz-utils zstd"
if [ ! -f "$cache/programs.cpio" ]; then
    apt_begin linux-image-powerpc64le 'linux-image-[^ ,]*'
    # shellcheck disable=SC2086
    apt-cache -c "$apt/apt.conf" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances $programs | grep '^[a-z]' | sort -u >"$work/packages"
    while read -r package; do
        fetch "$package" "$work/unpack" </dev/null
        mkdir -p "$work/root"
        cp -a "$work/unpack/." "$work/root/"
    done <"$work/packages"
    apt_end
    for useless in usr/share/doc usr/share/locale usr/share/man usr/share/info usr/share/i18n boot dev proc sys run; do
        rm -rf "${work:?}/root/$useless"
    done
    (cd "$work/root" && find . | cpio --quiet -o -H newc --owner=0:0) >"$work/programs.cpio"
    mv "$work/programs.cpio" "$cache/programs.cpio"
    rm -rf "$work/root" "$work/unpack"
fi

# ---- the guest ----
mkdir -p "$work/more"
cp "$here/debian-guest.sh" "$work/more/"
echo 'exec /bin/bash /debian-guest.sh' >"$work/more/test.sh" # busybox would take its own programs
find "$top/src" "$top/include" -name '*.[ch]' | LC_ALL=C sort | xargs cat | head -c 3000000 >"$work/more/debian-text"
(cd "$work/more" && find . | cpio --quiet -o -H newc --owner=0:0) >"$work/more.cpio"
cat "$cache/guest/initrd.img" "$cache/programs.cpio" "$work/more.cpio" >"$work/initrd.img"
words="console=hvc0 quiet pefemu.test=script"

status=0 i=0
while [ $i -lt "$rounds" ]; do
    "$work/runner" pefemu "$limit" "$build/pefemu" -M pseries -smp 1 -m 2G -serial stdio -seed 1 \
        -kernel "$cache/guest/vmlinux" -initrd "$work/initrd.img" -append "$words" >>"$work/rows" || status=1
    "$work/runner" qemu "$limit" qemu-system-ppc64 -M pseries -cpu power9 -accel tcg -smp 1 -m 2G -nographic \
        -vga none -nodefaults -serial stdio -kernel "$cache/guest/vmlinux" -initrd "$work/initrd.img" \
        -append "$words" >>"$work/rows" || status=1
    i=$((i + 1))
done

awk '
    $2 == "run" {
        if (!($3 in seen)) { seen[$3] = 1; order[++n] = $3 }
        times[$1, $3] = times[$1, $3] " " $5
        if ($3 in sum && sum[$3] != $4) differs[$3] = 1
        sum[$3] = $4
    }
    function sorted(name, program, v,    m, i, j, t) {
        m = split(times[name, program], v, " ")
        for (i = 1; i <= m; i++)
            for (j = i + 1; j <= m; j++)
                if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
        return m
    }
    END {
        print "| | pefemu s | qemu s | ratio |"
        print "|---|---|---|---|"
        for (i = 1; i <= n; i++) {
            p = order[i]
            m = sorted("pefemu", p, a)
            if (!m || !sorted("qemu", p, b)) { print "debian: " p " did not end" >"/dev/stderr"; bad = 1; continue }
            median = a[int((m + 1) / 2)] / 1e9
            printf "| %s | %.3f | %.3f | %.2f |\n", p, median, b[1] / 1e9, b[1] / 1e9 / median
            logs += log(b[1] / 1e9 / median); count++
            if (p in differs) { print "debian: " p " printed different things" >"/dev/stderr"; bad = 1 }
        }
        if (count) printf "| mean of %d | | | %.2f |\n", count, exp(logs / count)
        exit bad || !count
    }' "$work/rows" || status=1
[ $status = 0 ] || echo "debian: FAILED (see above)" >&2
exit $status
