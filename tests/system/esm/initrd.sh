# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: the blob in front of an initrd.

"$esm" add -i initrd -b golden -f svm-initrd 2>err
is add
size=$(($(stat -c %s svm-initrd) - $(stat -c %s initrd)))
[ $((size % 512)) = 0 ] && tail -c +$((size + 1)) svm-initrd | cmp -s - initrd
is 'the initrd follows the archive'
"$esm" add -i svm-initrd -b golden -f svm-initrd2 2>err && cmp -s svm-initrd svm-initrd2
is 'a second blob replaces the first'
if [ -f kernel ]; then
    a=$("$esm" digest -k kernel -i initrd -a x) b=$("$esm" digest -k kernel -i svm-initrd -a x)
    [ "$a" = "$b" ]
    is 'the archive is not part of the digest'
fi
if have cpio; then
    mkdir unpacked && (cd unpacked && cpio -id --quiet <../svm-initrd 2>../err)
    cmp -s unpacked/opt/ibm/pef/golden golden
    is 'cpio unpacks the archive'
    (cd unpacked && find . | LC_ALL=C sort | cpio -o -H newc --quiet 2>/dev/null) >by-cpio
    cat by-cpio initrd >svm-initrd3
    "$esm" add -i svm-initrd3 -b golden -f svm-initrd2 2>err && cmp -s svm-initrd svm-initrd2
    is "an archive of cpio's is recognised"
else
    skip 'archives of cpio' 'cpio is not installed'
fi
head -c 700 svm-initrd >short.initrd
bad 1 'damaged or cut short' add -i short.initrd -b golden -f x
