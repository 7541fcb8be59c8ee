# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: a blob by hand.

printf 'a secret\nof two lines' >note.txt
printf 'initrd of the test\n' >initrd
good create "$esm" create -b blob -p owner.pub -c 'the owner'
"$esm" authorize -b blob -p machine.pub -s owner.sec -c 'the machine' --passphrase-fd 3 3<phrase 2>err
is authorize
good 'attach' "$esm" attach -b blob -f note.txt -s machine.sec -c 'a note'
good 'attach under a name' "$esm" attach -b blob -f initrd -r other-name -s machine.sec
"$esm" display -b blob >out 2>err
is display
grep -q "^origin [0-9a-f]* origin-lockbox untrusted-comment the owner$" out &&
    grep -q "^recipient [0-9a-f]* lockbox-1 untrusted-comment the machine$" out &&
    grep -q '^file note.txt 21 bytes untrusted-comment a note$' out
is 'display shows what is public' "$(cat out)"
[ "$(sed -n 's/^recipient \([0-9a-f]*\) .*/\1/p' out)" = "$(sha256sum <machine.pub | cut -d' ' -f1)" ]
is 'fingerprint is the SHA-256 of the key file'
"$esm" extract -b blob -f note.txt -s machine.sec 2>err | cmp -s - note.txt
is 'extract to standard output'
good 'extract to a file' "$esm" extract -b blob -f note.txt -s machine.sec -o extracted
cmp -s extracted note.txt && [ "$(stat -c %a extracted)" = 600 ]
is 'extracted files are for their owner only'
good detach "$esm" detach -b blob -f other-name
cp blob before
for again in \
    "'already for this key' authorize -b blob -p machine.pub -s machine.sec" \
    "'attached already' attach -b blob -f note.txt -s machine.sec" \
    "'no such file' detach -b blob -f absent" \
    "'no such file' extract -b blob -f absent -s machine.sec" \
    "'can not be revoked' revoke -b blob -p owner.pub" \
    "'name' attach -b blob -f note.txt -r 1st -s machine.sec" \
    "'one line' attach -b blob -f note.txt -r c -s machine.sec -c \"\$(printf 'a\\nb')\"" \
    "'go together\\|together' digest -b blob -a x -i initrd -k initrd" \
    "'need -s' display -b blob -i initrd"; do
    eval "bad 1 $again"
done
"$esm" display -b blob -s owner.sec --passphrase-fd 3 3<note.txt >out 2>err
[ $? = 1 ] && grep -q 'this passphrase' err
is 'wrong passphrase'
head -c 65537 /dev/zero >large
bad 1 '65536' attach -b blob -f large -s machine.sec
head -c 65300 /dev/zero >large
bad 1 'all files together' attach -b blob -f large -s machine.sec
good 'dry run' "$esm" revoke -n -b blob -p machine.pub
cmp -s blob before
is 'refused and dry commands change nothing'
good revoke "$esm" revoke -b blob -p machine.pub
bad 1 'none of them opens' display -b blob -s machine.sec
bad 1 'No such file' display -b nothing
bad 1 'not a flat device tree' display -b note.txt
head -c 600 before >short.b
bad 1 'the tree is' display -b short.b
mkdir sealed && chmod 500 sealed
if [ "$(id -u)" != 0 ]; then
    bad 1 'Permission denied' create -b sealed/blob -p owner.pub
fi
bad 1 'No such file' create -b absent/blob -p owner.pub
ln -s blob link
good 'through a symbolic link' "$esm" create -b link -p owner.pub
[ -L link ] && "$esm" display -b blob >out 2>err
is 'a symbolic link stays one'
! find . -name 'blob.??????' -o -name '*.sec.??????' -o -name '*.pub.??????' | grep -q .
is 'no temporary files are left'
