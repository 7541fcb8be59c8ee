# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: the digests of a guest.

cp "$data/owner.pub" "$data/recipient.sec" "$data/recipient.pub" .
perl -e 'local $/; $_ = <STDIN>; s/\s//g; print pack "H*", $_' <"$data/blob.hex" >golden
printf 'the initrd of the golden blob\n' >golden.initrd
"$esm" display -b golden -s recipient.sec -i golden.initrd -a 'console=hvc0 svm=on' >out 2>err &&
    grep -q 'check initrd: ok' out && grep -q 'check bootargs: ok' out && grep -q 'check rtas: ok' out
is "a blob of IBM's tool"
[ "$("$esm" extract -b golden -f secret.txt -s recipient.sec)" = 'a secret file' ]
is "a file in a blob of IBM's tool"
"$esm" display -b golden -s recipient.sec -a 'console=hvc0 svm=on ' >out 2>err
[ $? = 1 ] && grep -q 'check bootargs: differs' out && [ "$(wc -l <err)" = 1 ]
is 'another command line is told'
if have fdtput; then
    cp golden flipped
    fdtput -t bx flipped /digest/digests-fdt mac 1 2 3 4 5 6 7 8 9 a b c d e f 10
    "$esm" display -b flipped -s recipient.sec >out 2>err
    [ $? = 1 ] && [ "$(wc -l <err)" = 1 ] && grep -q '/digest/digests-fdt: changed' err
    is 'a changed blob is told'
    fdtput -t bx flipped /digest/digests-fdt mac 1 2 3
    bad 1 '/digest/digests-fdt/mac: 3 bytes, not 16' display -b flipped
else
    skip 'a changed blob is told' 'fdtput (device-tree-compiler) is not installed'
fi
if have "$gcc"; then
    "$gcc" -nostdlib -static -Wl,--build-id=none,-Ttext=0,-Tdata=0x1000,-Tbss=0x2000 \
        -o kernel "$data/kernel.S" 2>err
    is 'the miniature kernel builds'
    good "kernel in a blob of IBM's tool" "$esm" display -b golden -s recipient.sec -k kernel
    # kernel_digest NAME FILE: ours is that of objcopy's output
    kernel_digest() {
        "$objcopy" -O binary -S "$2" flat 2>err &&
            "$esm" digest -k "$2" -i initrd -a '' >out 2>err &&
            grep -q "^kernel *$(sha512sum <flat | cut -d' ' -f1)$" out &&
            grep -q "^kernel-size *$(stat -c %s flat)$" out
        is "$1"
    }
    kernel_digest 'kernel digest is objcopy'\''s' kernel
    n=0
    for how in '-Wl,-Ttext=0x20000,-Tdata=0x10000' '-Wl,-Ttext=0x10,-Tdata=0x90008 -mbig-endian' \
        '-Wl,-z,max-page-size=4096' '-Wl,-N' '-Wl,-z,separate-code -g -Wl,--build-id'; do
        n=$((n + 1))
        # shellcheck disable=SC2086
        "$gcc" -nostdlib -static $how -o kernel$n "$data/kernel.S" 2>err ||
            { skip "kernel digest, $how" 'does not link'; continue; }
        kernel_digest "kernel digest, $how" kernel$n
    done
    gzip -c kernel >kernel.gz
    "$esm" digest -k kernel -i initrd -a '' >plain.out && "$esm" digest -k kernel.gz -i initrd -a '' |
        cmp -s - plain.out
    is 'packed kernel'
else
    skip 'digests of kernels' "$gcc is not installed"
fi
if [ -f "$guest/vmlinux" ] && have "$objcopy"; then
    kernel_digest "kernel digest of Debian's kernel" "$guest/vmlinux"
else
    skip "kernel digest of Debian's kernel" "no $guest/vmlinux or no $objcopy"
fi
bad 1 'not a 64-bit PowerPC ELF' digest -k initrd -i initrd -a x
bad 1 'not a 64-bit PowerPC ELF' digest -k "$esm" -i initrd -a x
