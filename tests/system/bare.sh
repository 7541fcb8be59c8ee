#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bare.sh PEFEMU TMP: -M bare as a user sees it, with the small programs of bare/ and the commands of
# docs/bare.md. One line per test: pass, FAIL or skip.
set -u
here=$(cd "$(dirname "$0")" && pwd)
pefemu=$(realpath "$1") tmp=$2/bare
mkdir -p "$tmp"
cd "$tmp" || exit 1
if ! command -v powerpc64-linux-gnu-as >/dev/null; then
    echo "skip system bare: powerpc64-linux-gnu-as is not installed"
    exit 0
fi

pass() { echo "pass system bare_$1"; }
fail() { echo "FAIL system bare_$1: $2"; tail -n 5 out err 2>/dev/null | sed 's/^/    | /'; }
check() { # check NAME COMMAND...: passes when the command does
    name=$1
    shift
    "$@" && pass "$name" || fail "$name" "not: $*"
}
# bare OPTIONS...: leaves $status, out and err. Input from the file "in".
: >in
bare() {
    timeout 60 "$pefemu" -M bare "$@" <in >out 2>err
    status=$?
}
# ends STATUS OUTPUT: as the last bare did, without a word on stderr
ends() { [ "$status" = "$1" ] && [ "$(cat out)" = "$2" ] && [ ! -s err ]; }
reg() { sed -n "s/^$1 //p" out; } # of a dump
# refuses WORD OPTIONS...: status 2, one line that has the word, nothing on stdout
refuses() {
    word=$1
    shift
    bare "$@"
    [ "$status" = 2 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ] &&
        grep -q "^pefemu: .*$word" err && return
    fail refuses "$word ($*): status $status"
    refused=
}

# build NAME OUTPUT big|little LDFLAGS...
build() {
    source=$1 output=$2 order=$3
    shift 3
    emulation=elf64ppc flag=-EB
    [ "$order" = little ] && emulation=elf64lppc flag=-EL
    powerpc64-linux-gnu-as -mpower9 -mregnames -a64 "-m$order" "$here/bare/$source.S" -o x.o &&
        powerpc64-linux-gnu-ld $flag -m $emulation -e _start -z noexecstack "$@" x.o -o "$output" ||
        fail build "$source $order"
}
for order in big little; do
    build hello hello.$order $order -Ttext=0x10000
    build hello high.$order $order -Ttext=0x20000000
    build hello dyn.$order $order -pie --no-dynamic-linker -Ttext=0x10000
    build hello kernel.$order $order -Ttext=0xc000000000100000
    powerpc64-linux-gnu-objcopy -O binary hello.$order hello.$order.bin
    build echo echo.$order $order -Ttext=0x10000
done
build hello secure big -Ttext=0x1000000010000
build fault fault big -Ttext=0
build count count big -Ttext=0
build cpus cpus big -Ttext=0
base="-device uart16550,addr=0x400003f8 -m 64M"
exitat="-M bare,exit=0x40010000"

# ---- images ----
for engine in ref interp; do
    for order in big little; do
        for image in hello dyn kernel; do
            # shellcheck disable=SC2086
            bare $exitat $base -accel $engine -kernel $image.$order -reg r3=7
            check "kernel_${image}_${order}_$engine" ends 7 hello
            # shellcheck disable=SC2086
            bare $exitat $base -accel $engine -device loader,file=$image.$order -reg r3=7
            check "loader_${image}_${order}_$engine" ends 7 hello
        done
        # shellcheck disable=SC2086
        bare $exitat $base -accel $engine -m 600M -kernel high.$order
        check "elf_at_512M_${order}_$engine" ends 0 hello
        le=$([ $order = little ] && echo 1 || echo 0)
        for addr in 0 0x4 0x3ff0000 67043324; do
            # shellcheck disable=SC2086
            bare $exitat $base -accel $engine -device loader,file=hello.$order.bin,addr=$addr \
                -reg msr=0x900000000000100$le,r3=0x11
            check "raw_at_${addr}_${order}_$engine" ends 17 hello
        done
    done
    # shellcheck disable=SC2086
    bare $exitat,smf=on,secure-mem=1M $base -accel $engine -kernel secure
    check "elf_in_secure_memory_$engine" ends 0 hello
done
# An ELF is moved up by addr=; a later image lies over an earlier; bytes at an odd address are data.
printf 'HELLO\n' >upper
at=$(powerpc64-linux-gnu-nm hello.big | sed -n 's/ t text$//p')
# shellcheck disable=SC2086
bare $exitat $base -device loader,file=hello.big,addr=0x100000
check elf_moved ends 0 hello
# shellcheck disable=SC2086
bare $exitat $base -kernel hello.big -device "loader,file=upper,addr=0x$at"
check images_overlap ends 0 HELLO
printf 'u' >letter
# shellcheck disable=SC2086
bare $exitat $base -kernel hello.big \
    -device "loader,file=letter,addr=$(printf '0x%x' $((0x$at + 1)))"
check one_byte_at_an_odd_address ends 0 hullo
gzip -k -f hello.big.bin
# shellcheck disable=SC2086
bare --machine bare,exit=0x40010000 $base --device loader,file=hello.big.bin.gz,addr=0x2000 \
    --reg=r3=5 --accel=ref
check two_dashes_and_gzip ends 5 hello

# ---- exit ----
for code in 0 1 255; do
    # shellcheck disable=SC2086
    bare $exitat $base -kernel hello.little -reg r3=$code
    check exit_$code ends $code hello
done
for code in 256 0xffffffff; do
    # shellcheck disable=SC2086
    bare $exitat $base -kernel hello.big -reg r3=$code
    check exit_$code [ "$status" = 255 ]
    check exit_${code}_says_so grep -q '^pefemu: .*255' err
done
bare -kernel fault -reg r20=3 -exit-on trap --dump-regs
check exit_on_trap [ "$status" = 7 ]
at=$(powerpc64-linux-gnu-nm fault | sed -n 's/ t trapping$//p')
check exit_on_trap_leaves_pc [ "$(reg pc)" = "$at" ]
bare -kernel fault -reg r20=3 --dump-regs
check attn [ "$status $(reg r31)" = "0 0000000000000700" ]
for engine in ref interp; do
    for n in 1 2 3000 4097 8192 8193 1000001; do
        bare -accel $engine -kernel count -icount-limit $n --dump-regs
        want=$(printf '%016x' $((n / 3 * 2 + n % 3)))
        check "icount_limit_${n}_$engine" [ "$status $(reg r3)" = "5 $want" ]
    done
done
head -c 4096 /dev/zero >zeros
bare -device loader,file=zeros,addr=0 -icount-limit 1000
check icount_limit_ends_faults [ "$status" = 5 ]
bare -kernel count -timeout 0.3
check timeout [ "$status" = 5 ]

# ---- nothing there ----
for engine in ref interp; do
    for addr in 0x4000000 0x7fff0000 0x1000000000000 0x00fffffffffffff8; do
        for what in 0 1 2; do
            bare -accel $engine -kernel fault -reg r20=$what,r21=$addr --dump-regs
            want=$(printf '%016x' "$addr")
            check "machine_check_${what}_${addr}_$engine" \
                [ "$status $(reg r31) $(reg r6)" = "0 0000000000000200 $want" ]
        done
    done
    bare -accel $engine -kernel fault -reg r20=1,r21=0x40000000,msr=0x9000000000000000
    check "checkstop_$engine" [ "$status" = 4 ]
done

# ---- serial ports ----
printf 'Good morning.' >in
for order in big little; do
    for size in 0 1 4 8; do
        kind=uart
        [ $size = 0 ] && kind=uart16550
        bare -kernel echo.$order -device $kind,addr=0x40002000 -reg r4=0x40002000,r5=$size
        check "${kind}_${size}_$order" ends 0 'Good morning.'
    done
done
bare -kernel echo.big -device uart,addr=0x40002000 -reg r4=0x40002000,r5=8 -serial stdio
check serial_stdio ends 0 'Good morning.'
(sleep 1; printf 'Late.') | timeout 60 "$pefemu" -M bare -kernel echo.big \
    -device uart,addr=0x40002000 -reg r4=0x40002000,r5=8 >out 2>err
status=$?
check serial_pipe ends 0 Late.
: >in
# Four ports share the console.
bare $exitat -kernel hello.big -device uart16550,addr=0x400003f8 -device uart,addr=0x400002f8 \
    -device uart,addr=0x40003000 -device uart16550,addr=0x40004000 -serial file:written
check four_ports ends 0 ''
check serial_file_output [ "$(cat written)" = hello ]

# ---- registers ----
wide=0123456789abcdeffedcba9876543210
bare -kernel count -icount-limit 1 --dump-regs -reg "v0=0x$wide,vs0=0x$wide,f1=0x3ff0000000000000" \
    -reg r31=0xffffffffffffffff,gpr30=12,cr=0x12345678,xer=0xe0000000,fpscr=0x80,vscr=1,LR=0x10 \
    -reg ctr=7,srr0=0x100,lpcr=0x4000,hid=0x0800000000000000,sprg3=3,dec=0x7fffffff,lpidr=5 \
    -reg msr=0x9000000000003000,pidr=9,amr=0xc000000000000000,psscr=0x300000,tbu40=0x1000000
for want in "vs32 $wide" "vs0 $wide" 'vs1 3ff00000000000000000000000000000' 'r31 ffffffffffffffff' \
    'r30 000000000000000c' 'cr 12345678' 'xer 00000000e0000000' 'fpscr 0000000000000080' \
    'vscr 00000001' 'lr 0000000000000010' 'ctr 0000000000000007' 'srr0 0000000000000100' \
    'lpcr 0000000000004000' 'hid 0800000000000000' 'sprg3 0000000000000003' 'lpidr 00000005' \
    'msr 9000000000003000' 'pidr 00000009' 'amr c000000000000000' 'psscr 0000000000300000' \
    'tb_ro 0000000001000000' 'r3 0000000000000001' 'pc 0000000000000004'; do
    check "reg_${want%% *}" grep -qx "$want" out
done
# All that can be read is in the dump, once, and the JSON form says the same.
"$pefemu" -cpu power9,help | awk '$1 + 0 && $4 != "-" { print tolower($2) }' | sort >sprs
{ cat sprs; echo pc; echo msr; echo cr; echo fpscr; echo vscr
  seq -f 'r%.0f' 0 31; seq -f 'vs%.0f' 0 63; } | sort >names
cut -d ' ' -f 1 out | sort | diff names - >out.diff
check dump_has_every_register [ ! -s out.diff ]
check dump_is_name_and_hex [ "$(grep -cvE '^[a-z0-9_]+ ([0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{32})$' out)" = 0 ]
bare -kernel count -icount-limit 1 --dump-regs -serial null
sort out >text
bare -kernel count -icount-limit 1 --dump-regs=json -serial null
# shellcheck disable=SC2016
perl -MJSON::PP -e 'local $/; my ($cpu, @others) = @{decode_json(<STDIN>)->{cpus}};
    print "$_ $cpu->{$_}\n" for keys %$cpu, @others' <out | sort >json
check dump_json cmp text json
printf 'no newline.' >in
bare -kernel echo.big -device uart,addr=0x40002000 -reg r4=0x40002000,r5=1 --dump-regs
check dump_begins_a_line grep -q '^pc ' out
: >in
# A little-endian interrupt handler, by HID[HILE] (bit 4): its attn, read so, is no instruction twice.
bare -kernel fault -reg r20=3,hid=0x0800000000000000 --dump-regs -icount-limit 100
check hile [ "$(reg msr | cut -c 16)" = 1 ]

# ---- CPUs ----
for engine in ref interp; do
    bare $exitat -accel $engine -smp 4 -kernel cpus -reg cpu0.r5=1,cpu1.r5=2,cpu2.r5=3,cpu3.r5=4 \
        -reg pc=0,r4=4
    check "smp_reg_pc_$engine" ends 10 ''
    bare $exitat -accel $engine -smp 4,threads=4 -kernel cpus -device loader,addr=0,cpu-num=2 \
        -reg r4=2,r5=9
    check "smp_cpu_num_$engine" ends 18 ''
done
bare -smp 2 -kernel count -icount-limit 9 --dump-regs
check smp_others_stay_stopped [ "$(sed -n 's/^cpu1.r3 0*//p' out)" = '' ]
bare -smp 16 -kernel count -reg pc=0 -icount-limit 1000 --dump-regs=json -serial null
check smp_dump [ "$(grep -o '"r3":' out | wc -l)" = 16 ]

# ---- refusals ----
refused=1
printf 'hello' >hello.txt
refuses 'nothing to run'
refuses 'not found' -kernel /nonexistent/x
refuses 'not found' -device loader,file=nonexistent,addr=0
refuses 'fit' -kernel high.big
refuses 'fit' -device loader,file=hello.txt,addr=0x3fffffc
refuses 'fit' -device loader,file=hello.txt,addr=0xffffffffffffffff
refuses 'fit' -device loader,file=hello.big,addr=0xfffffffffffff000
refuses 'fit' -kernel secure
refuses 'multiple of 4' -device loader,file=hello.txt,addr=0x1001
refuses 'multiple of 4' -kernel count -reg pc=2
refuses 'loader needs file' -device loader,addr=0
refuses 'KEY=VALUE' -device loader,file
refuses 'bad value' -device loader,file=count,addr=0x
refuses 'bad value' -device loader,file=count,addr=-1
refuses 'bad value' -device loader,file=count,colour=red
refuses 'no such CPU' -device loader,file=count,cpu-num=1
refuses 'no such CPU' -kernel count -reg cpu1.r3=0
refuses 'no such device' -device teapot,addr=0x40000000 -kernel count
refuses 'addr=' -device uart -kernel count
refuses 'RAM' -device uart,addr=0x1000 -kernel count
refuses 'another device' -device uart,addr=0x40000000 -device exit,addr=0x40000010 -kernel count
refuses 'choose one' -device uart,addr=0xfffffffffffffff0 -kernel count
refuses 'a real address' -M bare,exit=x -kernel count
refuses 'unknown' -M bare,dumpdtb=x -kernel count
refuses 'too little' -m 32K -kernel count
refuses 'multiple' -m 100K -kernel count
refuses 'not a number' -kernel count -reg r3=-1
refuses 'not a number' -kernel count -reg r3=
refuses 'not a number' -kernel count -reg vs0=0x100000000000000000000000000000000
refuses 'NAME=VALUE' -kernel count -reg r3
refuses 'more bits' -kernel count -reg r3=0x10000000000000000
refuses 'more bits' -kernel count -reg cr=0x100000000
refuses 'more bits' -kernel count -reg lpidr=0x1ffffffff
refuses 'no such register' -kernel count -reg r32=0
refuses 'read-only' -kernel count -reg pvr=0
refuses 'trap' -kernel count -exit-on teatime
refuses 'positive' -kernel count -icount-limit 0
refuses 'json' -kernel count --dump-regs=xml
refuses 'pseries' -kernel count -append quiet
refuses 'pseries' -kernel count -initrd count
refuses 'pseries' -kernel count -dtb count
refuses 'not a program' -kernel x.o
[ -n "$refused" ] && pass refusals

# ---- the page: every block of commands prints what stands below it ----
awk -v dir="$tmp" '
    /^```sh$/ { n++; to = dir "/page." n ".sh"; next }
    /^```text$/ { to = dir "/page." n ".text"; next }
    /^```/ { to = ""; next }
    to { print >to }' "$here/../../docs/bare.md"
mkdir -p page bin
ln -sf "$pefemu" bin/pefemu
n=0
while [ -f "page.$((n + 1)).sh" ]; do
    n=$((n + 1))
    [ -f "page.$n.text" ] || : >"page.$n.text"
    (cd page && PATH="$tmp/bin:$PATH" timeout 60 sh "../page.$n.sh") >out 2>err </dev/null
    [ ! -s err ] && cmp -s out "page.$n.text" && pass "page_$n" || fail "page_$n" "differs"
done
check page_has_commands [ $n -ge 5 ]
