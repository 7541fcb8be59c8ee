#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh BUILD TMP: the tools of make bench with made-up input: what the runner notes of an emulator,
# what the report says about it, and when a run fails. With PEFEMU_FULL=1 every benchmark program in
# qemu-ppc64le against a native build. Prints pass, FAIL and skip lines; no speed is tested.
# Expressions for perl stand in quotes.
# shellcheck disable=SC2016
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$2/bench
mkdir -p "$out"

pass() { echo "pass system $1"; }
skip() { echo "skip system $1: $2"; }
fail() { echo "FAIL system $1: $2"; }
# verdict NAME STATUS: of the command before
verdict() { if [ "$2" = 0 ]; then pass "$1"; else fail "$1" "see above"; fi; }

"$top/bench/build.sh" "$out" tools || { fail bench_tools "they do not build"; exit 0; }

# ---- report ----

# Samples in ns; two of three of QEMU's are worse than its best.
canned() {
    cat >"$out/programs" <<'EOF'
crc INTEGER computes 0 table-driven CRC
divide INTEGER computes 1 quotients
touch FAULTS calls 0 pages
EOF
    cat >"$out/expected" <<'EOF'
native boot 1000
native run crc 00000000000000aa 150000000
native run divide 00000000000000bb 215000000
native run touch 00000000000000cc 10000000
EOF
    cat >"$out/rows" <<'EOF'
pefemu engine jit
pefemu boot 1000000000
pefemu start 1100000000
pefemu idle 102400
pefemu count boot instructions 900000000
pefemu count boot jit.translation_ns 50000000
pefemu run crc 00000000000000aa 300000000
pefemu count crc instructions 600000000
pefemu count crc jit.translation_ns 2000000
pefemu run crc 00000000000000aa 200000000
pefemu run crc 00000000000000aa 100000000
pefemu run divide 00000000000000bb 200000000
pefemu run touch 00000000000000cc 200000000
pefemu memory 204800
pefemu touched 51200
pefemu count all jit.translation_ns 90000000
qemu boot 1300000000
qemu start 5000000000
qemu run crc 00000000000000aa 500000000
qemu run crc 00000000000000aa 300000000
qemu run crc 00000000000000aa 400000000
qemu run divide 00000000000000bb 210000000
qemu run touch 00000000000000cc 240000000
EOF
}

report() { # report SUBJECT BASE: status of the report, its table in $out/table
    "$out/report" "$out" "$1" "$2" full "the subject" "the base" "$out/json" "$out/md" >"$out/table" 2>&1
}

# has PATTERN...: the table has a line like each
has() {
    for pattern; do
        grep -q -e "$pattern" "$out/table" || { echo "no line '$pattern' in:"; cat "$out/table"; return 1; }
    done
}

# json EXPRESSION: true of the decoded JSON $j; %p its programs, %c its classes by name
json() {
    perl -MJSON::PP -e '
        local $/; open my $f, "<", $ARGV[0] or die; my $j = decode_json(<$f>);
        my %p = map { $_->{name} => $_ } @{$j->{programs}};
        my %c = map { $_->{class} => $_ } @{$j->{classes}};
        sub near { abs($_[0] - $_[1]) < 1e-4 }
        exit(eval($ARGV[1]) ? 0 : 1)' "$out/json" "$1" || { echo "not true: $1"; return 1; }
}

test_figures() { # median of ours, best of theirs; a floor of its own; means; a missed gate is no failure
    canned
    report pefemu qemu || { echo "status $?"; return 1; }
    has '^crc .* 0.200  *0.300  *0.150 .* 1.50 *1.1  met$' '^divide .* 1.05 *1.0  met$' \
        '^touch .* 1.20 *1.3  below$' '^integer  *2 *1.1 *0 *1.25 *1.7 *missed' 'engine jit' \
        '^page faults  *1 *1.3 *1 ' '^entry to init .* 1.30 *1.3 *reached' \
        'translating code took 90.0 ms of a whole run, 50.0 ms of the boot' \
        'host memory 100 MiB at /init, 200 MiB at the end' || return 1
    json 'near($p{crc}{ratio}, 1.5) && $p{crc}{floor_met} && $p{divide}{floor_met} &&
        !$p{touch}{floor_met} && near($c{INTEGER}{mean_ratio}, sqrt(1.5 * 1.05))' &&
        json '$c{FAULTS}{below_floor} == 1 && !$c{FAULTS}{reached} && $c{BOOT}{reached} &&
        $j->{engine} eq "jit" && $p{crc}{counts}{"jit.translation_ns"} == 2e6 &&
        $p{crc}{native_s} == 0.15 && !defined $p{touch}{native_s} && $p{crc}{instructions} == 6e8 &&
        @{$p{crc}{cpu_s}{qemu}} == 3 && $j->{memory_kib}{pefemu} == 204800' &&
        grep -q '^| touch |.* \*\*1.20\*\* | 1.3 |$' "$out/md"
}

test_limit() { # a floor that native code would not reach either is missed, and that is said
    canned
    sed -i '/pefemu run divide/s/200000000/220000000/' "$out/rows"
    report pefemu qemu || { echo "status $?"; return 1; }
    has '^divide .* 0.95 *1.0  below, native too$' '^touch .* 1.20 *1.3  below$'
}

test_checksum() { # a wrong result of either emulator fails the run
    for who in pefemu qemu; do
        canned
        sed -i "s/^\($who run touch\) [0-9a-f]*/\1 00000000000000cd/" "$out/rows"
        report pefemu qemu && { echo "$who's wrong checksum passes"; return 1; }
        has '^touch .*WRONG CHECKSUM' && json '!$p{touch}{right} && $p{crc}{right}' || return 1
    done
}

test_missing() { # a program without a result, a boot that was none
    canned
    sed -i '/pefemu run divide/d' "$out/rows"
    report pefemu qemu && { echo "a missing program passes"; return 1; }
    has '^divide .*DID NOT END' || return 1
    canned
    sed -i '/pefemu boot/d' "$out/rows"
    report pefemu qemu && { echo "a missing boot passes"; return 1; }
    has '^boot .*DID NOT END'
}

test_alone() { # without QEMU there is no ratio and no verdict
    canned
    sed -i '/^qemu/d' "$out/rows"
    report pefemu qemu || { echo "status $?"; return 1; }
    json '!defined $p{crc}{ratio} && !defined $p{crc}{floor_met} && !defined $c{INTEGER}{mean_ratio}'
}

test_secure() { # a secure VM against a normal one: both medians, no gates
    canned
    sed -i 's/^pefemu/svm/; s/^qemu/nvm/' "$out/rows"
    report svm nvm || { echo "status $?"; return 1; }
    has '^crc .* 0.200 .* 0.400 .* 2.00$' && ! grep -q -e below -e reached "$out/table" &&
        json '!exists $p{crc}{floor} && near($p{crc}{ratio}, 2)'
}

# ---- runner ----

# An emulator that says what a machine would say.
cat >"$out/emulator" <<'EOF'
#!/bin/sh
echo "OF stdout device is: /vdevice/vty@30000000"
[ "$1" = silent ] && exit 0
echo "pefemu guest ready"
echo '{"marker":"BENCH-READY","instructions":1000,"engine":"jit","jit":{"blocks":3,"translation_ns":70}}' >&2
printf '\r\nBENCH-START crc\r\n'
echo '{"marker":"BENCH-START crc","instructions":1500,"mips":1.5,"jit":{"blocks":3,"translation_ns":90}}' >&2
[ "$1" = fails ] && echo "BENCH-FAIL out of memory"
printf '\r\nlast words BENCH-END crc 00000000000000aa\r\n'
echo '{"marker":"BENCH-END crc 00000000000000aa","instructions":4500,"jit":{"blocks":8,"translation_ns":99}}' >&2
echo "pefemu test script ended: 0"
echo '{"instructions":5000,"jit":{"blocks":9,"translation_ns":100}}' >&2
[ "$1" = hangs ] && exec sleep 600
[ "$1" = breaks ] && exit 3
sleep 1 # its memory is looked at when the first marker has been read: it must still be there
exit 0
EOF
chmod 755 "$out/emulator"

run() { "$out/runner" pefemu "${2:-60}" "$out/emulator" "$1" >"$out/rows" 2>"$out/errors"; }

# Its two streams may come in either order.
test_rows() {
    run well || { echo "status $?"; cat "$out/errors"; return 1; }
    for row in 'engine jit' 'boot [0-9]*' 'start [0-9]*' 'idle [1-9][0-9]*' \
        'run crc 00000000000000aa [0-9]*' 'count boot instructions 1000' 'count crc instructions 3000' \
        'count crc jit.translation_ns 9' 'count crc jit.blocks 5' 'count all instructions 5000'; do
        grep -q -x "pefemu $row" "$out/rows" || { echo "no row '$row' in:"; cat "$out/rows"; return 1; }
    done
    ! grep -q mips "$out/rows"
}

test_failures() {
    for how in silent fails breaks; do
        run $how && { echo "an emulator that $how passes"; return 1; }
    done
    run hangs 1 && { echo "an emulator that hangs passes"; return 1; }
    grep -q 'not done after 1 s' "$out/errors"
}

for t in figures limit checksum missing alone secure rows failures; do
    "test_$t"
    verdict "bench_$t" $?
done

# ---- the programs: the same result on two machines, whatever the work ----
[ -n "${PEFEMU_FULL-}" ] || exit 0
if ! command -v qemu-ppc64le >/dev/null; then
    skip bench_programs "qemu-ppc64le is not installed"
    exit 0
fi
"$top/bench/build.sh" "$out" || { fail bench_programs "they do not build"; exit 0; }
"$out/native" list >"$out/all"
while read -r program _; do
    # qemu-ppc64le can not start itself anew.
    case $program in forkexec | spawn) continue ;; esac
    for work in 1 3; do
        "$out/native" "$program" $work </dev/null | grep BENCH-END
        qemu-ppc64le -cpu power9 "$out/root/bench" "$program" $work </dev/null 2>&1 | grep BENCH-END
    done
done <"$out/all" >"$out/results"
wrong=$(awk 'NR % 2 { first = $0; next } $0 != first { print first, "and", $0 }' "$out/results")
programs=$(grep -c . "$out/all")
if [ -z "$wrong" ] && [ "$(grep -c . "$out/results")" = $((4 * (programs - 2))) ]; then
    pass bench_programs
else
    fail bench_programs "$wrong, $(grep -c . "$out/results") results of $programs programs"
fi
