#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gdb.sh BUILD TMP [TEST...]: gdb-multiarch and worse clients at the gdb server. Prints "pass system
# gdb_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$(cd "$1" && pwd) tmp=$2/gdb suite=gdb_
shift 2
. "$(dirname "$0")/lib.sh"
limit=${PEFEMU_TEST_TIMEOUT:-120}
heard=said
socket=$tmp/s # a path of a unix socket is at most 107 bytes
mkdir -p "$tmp"

# serve OPTIONS...: pefemu in the background, and its gdb server on $socket
serve() {
    : >"$tmp/errors"
    : >"$tmp/said"
    "$build/pefemu" -gdb "unix:$socket${endian:+,endian=$endian}" -timeout "$limit" "$@" \
        </dev/null >"$tmp/console" 2>"$tmp/errors" &
    child=$!
    tries=$((limit * 5))
    until grep -q 'gdb: listening at' "$tmp/errors"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] && kill -0 "$child" 2>/dev/null || return 1
        sleep 0.2
    done
}
# gdb [FILE]: runs the commands on standard input after connecting; what it says goes to said. An error
# does not end it, the end of the commands does: the machine goes on.
gdb() {
    timeout "$limit" gdb-multiarch -nx -q -iex "set endian ${endian:-little}" -iex 'set pagination off' \
        -iex 'set confirm off' -ex "target remote $socket" "$@" >"$tmp/said" 2>&1
}
client() { perl "$here/gdb_client.pl" "$socket" "$@" >"$tmp/said" 2>&1; }
said() { grep -q -- "$1" "$tmp/said"; }
# all TEXT...: gdb has said all of these
all() {
    for text in "$@"; do
        said "$text" || { missing=$text; return 1; }
    done
}
counts() { grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$1"; }

# A run that depends on nothing but its inputs, to the guest's power-off; then all registers.
debian="-smp 2 -m 512M -kernel $guest/vmlinux -initrd $guest/initrd.img"
words="console=hvc0 quiet pefemu.test=poweroff"
fixed="-serial stdio -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off -stats=json -dump-regs"
# alone NAME OPTIONS...: that run without a debugger, kept in NAME.text and NAME.count
alone() {
    name=$1
    shift
    "$build/pefemu" -timeout "$limit" "$@" </dev/null 2>"$tmp/errors" |
        grep -v '^hsrr0 ' >"$tmp/$name.text"
    counts "$tmp/errors" >"$tmp/$name.count"
}
# same NAME: the run that has just ended was the same. HSRR0 has what the ultravisor gave the hypervisor to
# come back with: a secret, never from -seed.
same() {
    counts "$tmp/errors" >"$tmp/now.count"
    grep -v '^hsrr0 ' "$tmp/console" >"$tmp/now.text"
    [ -s "$tmp/now.count" ] && cmp -s "$tmp/now.count" "$tmp/$1.count" && cmp -s "$tmp/now.text" "$tmp/$1.text"
}
# Where the first process of the guest begins: an ELF file's e_entry.
user_entry() { od -An -t x8 -j 24 -N 8 "$guest/busybox" | tr -d ' '; }

# ---- registers ----

# Written by gdb, read by -dump-regs; in either byte order on the wire.
test_registers() {
    for endian in little big; do
        serve -M bare,smf=on -reg pc=0x1000 -S -dump-regs || { fail registers "no server"; return; }
        gdb <<'GDB'
maint print xml-tdesc
set $r5 = 0x123456789abcdef0
set $f3 = 1.5
set $vs4.uint128 = 0x1122334455667788
set $vr7.uint128 = 0x0102030405060708
set $fpscr = 0x40
set $vrsave = 0xfffffff0
set $cr = 0x84200000
set $xer = 0x20000000
set $lr = 0x7777
set $tar = 0x88
set $usrr1 = 0x4242
set $usprg0 = 0x5151
set $hsrr0 = 0x6160
set $lpcr = $lpcr | 8
set $msr = 0x9000000000401000
print $msr
set $pc = 0x2000
printf "pc %lx r5 %lx f3 %g\n", $pc, $r5, $f3
set $pvr = $pvr + 1
kill
GDB
        ended
        missing=
        tr -d '\r' <"$tmp/console" >"$tmp/dump"
        for want in 'pc 0000000000002000' 'msr 9000000000401000' 'r5 123456789abcdef0' \
            'vs3 3ff80000000000000000000000000000' 'vs39 00000000000000000102030405060708' \
            'fpscr 0000000000000040' 'cr 84200000' 'xer 0000000020000000' 'lr 0000000000007777' \
            'vrsave fffffff0' 'tar 0000000000000088' 'usrr1 0000000000004242' 'usprg0 0000000000005151' \
            'hsrr0 0000000000006160' 'vs4 00000000000000001122334455667788'; do
            grep -qx "$want" "$tmp/dump" || missing="$missing $want,"
        done
        if [ $status != 0 ]; then
            fail "registers_$endian" "exit status $status"
        elif [ -n "$missing" ]; then
            fail "registers_$endian" "not in the dump:$missing"
        elif all 'feature name="org.gnu.gdb.power.core"' 'org.gnu.gdb.power.fpu' 'org.gnu.gdb.power.altivec' \
            'org.gnu.gdb.power.vsx' 'org.gnu.gdb.power.ppr' 'org.gnu.gdb.power.dscr' 'org.gnu.gdb.power.tar' \
            'org.pefemu.power.priv' 'flags id="pefemu_msr"' 'reg name="smfctrl"' 'reg name="ptcr"' \
            ' = \[ ME S .*HV SF \]' 'pc 2000 r5 123456789abcdef0 f3 1.5' \
            'Could not write register "pvr"'; then
            pass "registers_$endian"
        else
            fail "registers_$endian" "gdb did not say '$missing'"
        fi
    done
    endian=
}

# ---- a program of our own: big endian, no firmware ----

# li r3,5; std r3,0(r4); addi r3,r3,1; ld r5,0(r4); std r3,0(r6): the exit device
test_bare() {
    printf '\070\140\000\005\370\144\000\000\070\143\000\001\350\244\000\000\370\146\000\000' >"$tmp/code"
    endian=big
    serve -M bare,exit=0x40000000 -m 1M -device "loader,file=$tmp/code,addr=0x1000" -S \
        -reg r4=0x8000,r6=0x8000000040000000 || { fail bare "no server"; return; }
    gdb <<'GDB'
x/2i $pc
break *0x100c
watch *(unsigned long *)0x8000
continue
stepi
rwatch *(unsigned long *)0x8000
continue
printf "pc %lx r3 %lx\n", $pc, $r3
set *(unsigned long *)0x8000 = 0x77
x/1xg 0x8000
x/1xg 0x10000000000
delete
continue
GDB
    ended
    endian=
    [ $status = 6 ] && all 'li *r3,5' 'Old value = 0' 'New value = 5' 'Breakpoint 1, 0x0*100c' \
        'pc 1010 r3 6' 'Hardware read watchpoint' '0x8000:.*0x0000000000000077' 'Cannot access memory' \
        'exited with code 06' && pass bare || fail bare "status $status, gdb did not say '$missing'"
}

# ---- kernels ----

# Stops in the kernel and in a user's program; the run is the same as without gdb.
test_kernel() {
    [ -f "$guest/vmlinux" ] || { skip kernel "no kernel in the cache"; return; }
    # shellcheck disable=SC2086
    alone debian $debian $fixed -append "$words"
    # shellcheck disable=SC2086
    serve $debian $fixed -append "$words" -S || { fail kernel "no server"; return; }
    gdb "$guest/vmlinux" <<GDB
thbreak start_kernel
continue
info threads
x/s (char *)&linux_banner
watch *(unsigned long *)&jiffies_64
continue
delete
tbreak _raw_spin_lock
continue
stepi 40
break *0x$(user_entry)
continue
info threads
stepi
stepi
delete
rwatch *(unsigned long *)&jiffies_64
ignore \$bpnum 20
continue
delete
continue
GDB
    ended
    if ! all 'hit Temporary breakpoint 1, .*start_kernel' '"CPU 0 privileged"' \
        '"CPU 1 hypervisor" (stopped' 'Linux version' 'hit Hardware watchpoint' 'New value' \
        'hit Breakpoint' '"CPU [01] problem" (running' 'hit Hardware read watchpoint' 'exited normally'; then
        fail kernel "gdb did not say '$missing'"
    elif [ $status != 0 ] || ! same debian; then
        fail kernel "status $status; alone $(cat "$tmp/debian.count"), under gdb $(cat "$tmp/now.count")"
    else
        pass kernel
    fi
}

# The kernel of a secure VM: its memory is secure, gdb sees it as the kernel does.
test_svm() {
    svm_files svm || return
    # Its command line is measured, and the guest waits for input: ended in its first processes.
    svm="-m 512M -kernel $svm_kernel -initrd $made/initrd.img -icount-limit 50000000"
    # shellcheck disable=SC2086
    svm_tpm && alone svm $svm $fixed -append "$(cat "$made/args")" -tpmstate dir="$tmp/tpm"
    # shellcheck disable=SC2086
    svm_tpm && serve $svm $fixed -append "$(cat "$made/args")" -tpmstate dir="$tmp/tpm" -S ||
        { fail svm "no server"; return; }
    gdb "$svm_kernel" <<GDB
monitor catch ucall UV_ESM
continue
info threads
set \$r3 = 1
monitor ustep
monitor ubt
monitor ufinish
maintenance flush register-cache
monitor delete
tbreak start_kernel
continue
info threads
print \$msr
x/s (char *)&linux_banner
printf "urmor %lx\n", \$urmor
watch *(unsigned long *)&jiffies_64
continue
delete
break *0x$(user_entry)
continue
info threads
x/1i \$pc
stepi
delete
detach
GDB
    ended
    rm -rf "$made" "$tmp/tpm"
    if ! all 'ucall UV_ESM' '"CPU 0 ultravisor"' 'Could not write register "r3"' 'UV_ESM(kbase 0x400000' \
        'UV_ESM returns U_SUCCESS' '"CPU 0 secure privileged"' ' = \[.* S .*\]' 'Linux version' 'urmor 1000000000000' \
        'Hardware watchpoint 2' 'New value' '"CPU 0 secure problem"' '=> 0x0*'"$(user_entry | sed 's/^0*//')" 'detached'; then
        fail svm "gdb did not say '$missing'"
    elif [ $status != 5 ] || ! same svm; then
        fail svm "status $status; alone $(cat "$tmp/svm.count"), under gdb $(cat "$tmp/now.count")"
    else
        pass svm
    fi
}

# Back and forth, and on to the same end.
test_reverse() {
    [ -f "$svm_kernel" ] && [ -f "$guest/initrd.img" ] || { skip reverse "no kernel for secure VMs in the cache"; return; }
    plain="-m 512M -kernel $svm_kernel -initrd $guest/initrd.img"
    # shellcheck disable=SC2086
    alone reverse $plain $fixed -append "$words"
    # shellcheck disable=SC2086
    serve $plain $fixed -append "$words" -reverse -S || { fail reverse "no server"; return; }
    gdb "$svm_kernel" <<'GDB'
tbreak start_kernel
continue
set $begin = $pc
stepi 5
reverse-stepi 5
printf "back %d\n", $pc == $begin
watch *(unsigned long *)&jiffies_64
continue
set $after = $pc
reverse-continue
x/1i $pc
printf "store %d\n", $pc + 4 == $after
reverse-continue
continue
printf "again %d\n", $pc == $after
delete
break do_timer
reverse-continue
delete
continue
GDB
    ended
    if ! all 'back 1' 'Old value = 4294937296' 'Old value = 4294937297' '=> .*std ' 'store 1' \
        'No more reverse-execution history' 'again 1' 'Breakpoint 3, .*do_timer' 'exited normally'; then
        fail reverse "gdb did not say '$missing'"
    elif [ $status != 0 ] || ! same reverse; then
        fail reverse "status $status; alone $(cat "$tmp/reverse.count"), under gdb $(cat "$tmp/now.count")"
    else
        pass reverse
    fi
}

# ---- clients come and go ----

# Bytes that are no packets, half packets, bad checksums, a second client, a lost one: the same run.
test_bad_clients() {
    [ -f "$guest/vmlinux" ] || { skip bad_clients "no kernel in the cache"; return; }
    # shellcheck disable=SC2086
    [ -s "$tmp/debian.count" ] || alone debian $debian $fixed -append "$words"
    # shellcheck disable=SC2086
    serve $debian $fixed -append "$words" -S || { fail bad_clients "no server"; return; }
    step='random bytes'
    client 'raw:GET / HTTP/1.1\x0d\x0a\x00\xff\xfe}}##$$$' nothing &&
        step='a half packet' && client 'raw:$m0,10' &&
        step='bad checksum' && client 'raw:$?#00' 'expect:^-' 'packet:?' 'expect:\+\$T05thread:1;' 'raw:-' 'expect:\$T05' &&
        step='malformed packets' && client packet:QStartNoAckMode 'expect:OK' 'raw:+' packet:m 'expect:\$E16#' \
        packet:mx,y 'expect:\$E16#' packet:P=1 'expect:\$E16#' packet:Pffff=00 'expect:\$E16#' packet:G00 'expect:\$E16#' \
        packet:Z9,0,0 'expect:\$E16#' packet:Z0,0 'expect:\$E16#' 'packet:vCont;q' 'expect:\$E16#' packet:Hg99 'expect:\$E16#' \
        packet:vNonsense 'expect:\$#00' packet:qXfer:features:read:target.xml:ffffff,10 'expect:\$E16#' \
        'packet:X0,4:}' 'expect:\$E16#' packet:qRcmd,4 'expect:\$E16#' packet:bs 'expect:\$(E01|T)' &&
        step='interrupted, then lost while it runs' &&
        client packet:QStartNoAckMode expect:OK packet:Z0,c000000000004c00,4 expect:OK 'packet:vCont;c' 'raw:\x03' \
            'expect:\$T0[25]thread:' 'packet:vCont;s:1' 'expect:\$T05' 'packet:vCont;c' 'raw:$m0,' || {
        fail bad_clients "$step"
        kill "$child"
        ended
        return
    }
    ended
    [ $status = 0 ] && same debian && pass bad_clients ||
        fail bad_clients "status $status; alone $(cat "$tmp/debian.count"), here $(cat "$tmp/now.count")"
}

# Detached and attached again; the end by gdb.
test_reattach() {
    endian=big
    serve -M bare -m 1M -reg pc=0x1000 -device "loader,file=$tmp/loop,addr=0x1000" 2>/dev/null
    gdb <<'GDB'
printf "first %lx\n", $pc
break *0x1000
continue
detach
GDB
    all 'first 1000' 'Breakpoint 1, 0x0*1000' detached || { fail reattach "first: no '$missing'"; return; }
    endian=
    client packet:QStartNoAckMode expect:OK packet:\? 'expect:T05thread:1;' 'packet:vKill;1' 'expect:\$OK'
    ended
    [ $status = 0 ] && pass reattach || fail reattach "exit status $status"
}

# Only loopback, unless told otherwise; wrong values are refused with one line.
test_addresses() {
    for bad in tcp: tcp:x tcp::99999 udp::1 unix: tcp::1,endian=middle 'tcp:[::1:1'; do
        "$build/pefemu" -M bare -reg pc=0 -gdb "$bad" >"$tmp/said" 2>"$tmp/errors" </dev/null
        [ $? = 2 ] && [ "$(wc -l <"$tmp/errors")" = 1 ] || { fail addresses "$bad is not refused"; return; }
    done
    "$build/pefemu" -M bare -reg pc=0 -gdb tcp:256.1.1.1:1 >"$tmp/said" 2>"$tmp/errors" </dev/null && {
        fail addresses "an address that nobody has"
        return
    }
    "$build/pefemu" -M bare -m 1M -reg pc=0x1000 -S -gdb tcp::0 -timeout 1 >"$tmp/said" 2>"$tmp/errors" </dev/null
    grep -q 'listening at 127.0.0.1:[1-9]' "$tmp/errors" && grep -q "target remote 127.0.0.1:[1-9]" "$tmp/errors" &&
        pass addresses || fail addresses "not on this host only"
}

# ---- main ----

printf '\110\000\000\000' >"$tmp/loop" # b .
if [ $# = 0 ]; then
    set -- addresses bad_clients reattach
    if command -v gdb-multiarch >/dev/null; then
        set -- "$@" registers bare kernel svm reverse
    else
        skip all "gdb-multiarch is not installed"
        set -- addresses bad_clients
    fi
fi
for t in "$@"; do
    "test_$t"
done
