#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bad_input.sh PEFEMU GUEST TMP: each bad command line or file ends with status 2, exactly one line
# on stderr that begins "pefemu: ", and nothing on stdout.
set -u
pefemu=$(realpath "$1") guest=$(realpath "$2") tmp=$3/bad_input
mkdir -p "$tmp"
cd "$tmp" || exit 1

n=0
bad() { # bad WORD OPTIONS...: the message must contain WORD
    word=$1
    shift
    n=$((n + 1))
    timeout 60 "$pefemu" "$@" </dev/null >out 2>err
    status=$?
    if [ $status != 2 ]; then
        echo "FAIL bad_input $n ($*): exit status $status, not 2"
    elif [ "$(wc -l <err)" != 1 ] || ! grep -q '^pefemu: ' err; then
        echo "FAIL bad_input $n ($*): not one line: $(head -n 3 err)"
    elif [ -s out ]; then
        echo "FAIL bad_input $n ($*): output on stdout"
    elif ! grep -q -- "$word" err; then
        echo "FAIL bad_input $n ($*): no '$word' in: $(cat err)"
    else
        echo "pass bad_input $n"
    fi
}

: >empty
printf 'hello, world\n' >text
mkdir -p folder
head -c 1000 /dev/zero >zeros
head -c 300 /dev/urandom >noise.tail
printf '\037\213\010\000' | cat - noise.tail >damaged.gz
printf '\050\265\057\375' | cat - noise.tail >damaged.zst
printf '\177ELF' >four
# A 64-bit little-endian header (machine $1, type $2, program headers at $3, count $4).
header() {
    printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000'
    printf "\\$2\\000\\$1\\000\\001\\000\\000\\000"
    printf '\000\000\000\000\000\000\000\000'
    printf "\\$3\\000\\000\\000\\000\\000\\000\\000"
    printf '\000\000\000\000\000\000\000\000\002\000\000\000'
    printf "\\100\\000\\070\\000\\$4\\000\\100\\000\\000\\000\\000\\000"
}
le64() { # octal bytes of a small number or of all ones
    case $1 in
    huge) printf '\377\377\377\377\377\377\377\177' ;;
    *) printf "\\$1\\000\\000\\000\\000\\000\\000\\000" ;;
    esac
}
# One PT_LOAD: offset filesz memsz.
load() {
    printf '\001\000\000\000\007\000\000\000'
    le64 "$1"; le64 0; le64 0; le64 "$2"; le64 "$3"; le64 1
}
header 076 002 100 001 >x86; load 0 100 100 >>x86
header 025 001 100 001 >object; load 0 100 100 >>object
header 025 002 100 000 >nothing
header 025 002 377 011 >phdrs_beyond
{ header 025 002 100 001; load 0 huge huge; } >absurd
{ header 025 002 100 001; load 0 100 huge; } >absurd_memory
{ header 025 002 100 001; load 0 100 040; } >shrinking
{ header 025 002 100 001; load huge 100 100; } >beyond
{ header 025 002 100 002; load 0 100 100; load 0 100 100; } >overlapping
{ header 025 002 100 001; load 0 020 100; } >good_header
kernel=$guest/vmlinux
if [ -f "$kernel" ]; then
    head -c 1000000 "$kernel" >truncated
    gzip -1 -c "$kernel" | head -c 2000000 >truncated.gz
fi

# command line
bad 'no kernel'
bad 'unknown option' -frobnicate
bad 'unknown option' --
bad 'not an option' vmlinux
bad 'not an option' ''
bad 'needs a value' -kernel
bad 'needs a value' -m
bad 'takes no value' -nographic=1
bad 'no such machine' -M powernv
bad 'unknown property' -M pseries,colour=red
bad 'ic-mode' -M pseries,ic-mode=apic
bad 'dumpdtb' -M pseries,dumpdtb=
bad 'not a size' -m lots
bad 'not a size' -m 2X
bad 'not a size' -m -1
bad 'too little' -m 1
bad 'at most' -m 4096T
bad 'at most' -m 2T
bad 'multiple' -m 257M
bad 'only a size' -m 2G,slots=2
bad 'positive' -smp 0
bad 'positive' -smp many
bad '1 to 16' -smp 17
bad 'threads' -smp 3,threads=3
bad 'agree' -smp 4,cores=3
bad 'unknown key' -smp 4,dies=2
bad 'no such processor' -cpu power8
bad 'no such engine' -accel tcg
bad 'use fast=jit|interp' -accel lockstep,fast=ref
bad 'use fast=jit|interp' -accel lockstep,fast=tcg
bad 'use fast=jit|interp' -accel lockstep,slow=ref
bad 'at least 1' -accel lockstep,check=0
bad 'at least 1' -accel lockstep,check
bad 'base=interp|ref' -accel lockstep,base=jit
bad 'the same engine' -accel lockstep,fast=interp,base=interp
bad 'hot is a number' -accel lockstep,hot=0
bad 'hot is a number' -accel jit,hot=
for option in "-gdb tcp::1234" -S -reverse=1000 "-savevm-at 1,file" "-tracefile file" \
    "-icount shift=0,rr=record,rrfile=file" "-monitor unix:monitor"; do
    # shellcheck disable=SC2086
    bad 'not with -accel lockstep' -accel lockstep $option -kernel text
done
bad 'single or multi' -accel jit,thread=many
bad 'single or multi' -accel interp,thread
bad 'no such property' -accel interp,threads=multi
bad 'no such property' -accel interp,hot=1
bad 'hot is a number' -accel jit,hot=0
bad 'fast=jit|interp' -accel lockstep,thread=multi
bad 'thread=single' -accel ref,thread=multi -kernel text
for option in "-gdb tcp::1234" -S -reverse=1000 "-savevm-at 1,file" "-tracefile file" "-icount shift=0" \
    "-icount rr=replay,rrfile=file" "-icount-limit 5" "-profile file" "-monitor unix:monitor"; do
    # shellcheck disable=SC2086
    bad 'thread=single' -accel interp,thread=multi $option -kernel text
done
bad 'shift' -icount shift=99
bad 'sleep' -icount shift=1,sleep=maybe
bad 'unknown key' -icount rrr=record
bad 'go together' -icount rr=record
bad 'record or replay' -icount rr=back,rrfile=x
bad 'not a date' -rtc base=yesterday
bad 'not a date' -rtc base=2024-02-31
bad 'base=' -rtc clock=vm
bad 'not a number' -seed abc
bad 'not a number' -timeout 0
bad 'not a number' -timeout soon
bad 'unknown event' -action panic=dance
bad 'log item' -d int,everything
bad 'can be written' -kernel text -D /nonexistent/log
bad 'can be written' -kernel text -dump-normal-ram /nonexistent/ram
bad 'can be written' -kernel text -dump-as-hypervisor /nonexistent/ram
bad 'no file' -kernel text -profile ,every=5
bad 'unknown key' -kernel text -profile p,depth=3
bad 'not a number' -kernel text -profile p,every=0
bad 'not a number' -kernel text -profile p,every=often
bad 'can be written' -M bare -reg pc=0 -profile /nonexistent/p
bad 'can be written' -M bare -reg pc=0 -profile folder
bad 'no TPM' -M bare -tpmstate dir=state
bad 'no TPM' -chardev socket,id=t,path=t -tpmdev emulator,id=t,chardev=t -M bare
bad '-chardev: -M bare has no TPM' -M bare -chardev socket,id=t,path=t
for word in pef=off secure-mem=2304M svm-paging=4 svm-paging-seed=1 hv-fault=refuse ic-mode=xics; do
    bad 'properties in front' -M "pseries,$word" -M bare
done
for word in svm-paging=4 svm-paging-seed=1 hv-fault=refuse pef=on; do
    bad 'unknown property' -M "bare,$word"
done
bad 'properties in front' -M bare,smf=on -M pseries -kernel text
bad 'no hypervisor' -M bare -dump-as-hypervisor ram
bad 'delay, corrupt or rtas' -kernel text -M pseries,hv-fault=often
bad 'not supported' -serial pty
bad 'second console' -serial null -serial null
bad 'give -serial null or file:PATH' -monitor stdio -kernel text
bad 'stdio or unix:PATH' -monitor tcp:1
bad 'at most 107' -monitor "unix:/$(printf '%0200d' 1)"
bad 'may follow' -monitor unix:/tmp/x,nonsense
bad 'display' -display gtk
bad 'unknown form' -stats=xml
bad 'HOST:GUEST' -guest-file prog
bad 'empty' -kernel ''
# files
bad 'not found' -kernel /nonexistent/vmlinux
bad 'folder' -kernel folder
bad 'empty' -kernel empty
bad 'neither' -kernel text
bad 'neither' -kernel zeros
bad 'damaged' -kernel damaged.gz
bad 'damaged' -kernel damaged.zst
bad 'damaged' -kernel four
bad 'another machine' -kernel x86
bad 'not a program' -kernel object
bad 'damaged' -kernel nothing
bad 'damaged' -kernel phdrs_beyond
bad 'truncated' -kernel absurd
bad 'absurd' -kernel absurd_memory
bad 'larger in the file' -kernel shrinking
bad 'truncated' -kernel beyond
bad 'overlap' -kernel overlapping
bad 'can not be written' -serial file:/nonexistent/out -kernel text
if [ -f "$kernel" ]; then
    bad 'truncated' -kernel truncated
    bad 'truncated' -kernel truncated.gz
    bad 'not found' -kernel "$kernel" -initrd /nonexistent/initrd
    bad 'folder' -kernel "$kernel" -initrd folder
    bad 'not found' -kernel "$kernel" -guest-file /nonexistent/prog:/bin/prog
    bad 'absolute path' -kernel "$kernel" -guest-file text:/../etc/passwd
    bad 'dtb' -kernel "$kernel" -dtb /nonexistent/dtb
fi
