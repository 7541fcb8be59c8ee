# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: make.

cp machine.pub m.pub
cat >good.yml <<EOF
# comments and quotes of every kind
- origin: { pubkey: owner.pub, seckey: owner.sec, comment: "the \"owner\"" }
- recipient:
    pubkey: 'm.pub'
    comment: first
- recipient: { pubkey: recipient.pub }
- digest:
    args: root=/dev/vda1 svm=on
    initramfs: svm-initrd
    kernel: kernel
- file: { path: note.txt }
- file: { path: note.txt, name: second, comment: "" }
EOF
"$esm" generate -p o.pub -s o.sec --passphrase-fd 3 3<phrase 2>err
sed -i 's/owner\.pub/o.pub/; s/owner\.sec/o.sec/' good.yml
if [ -f kernel ]; then
    good make "$esm" make -b made -y good.yml
    "$esm" display -b made -s machine.sec -k kernel -i initrd -a 'root=/dev/vda1 svm=on' >out 2>err
    is 'a made blob is complete'
    [ "$(grep -c '^recipient' out)" = 2 ] && [ "$(grep -c 'check .* ok' out)" = 4 ] &&
        [ "$(grep -c '^file .* authentic' out)" = 2 ] && grep -q 'comment the "owner"' out
    is 'a made blob has all' "$(cat out)"
    good 'make, dry run' "$esm" make -n -b dry -y good.yml
    [ ! -e dry ]
    is 'dry run makes nothing'
else
    skip make "$gcc is not installed"
fi
# yml WORD LINE...: the description is refused
yml() {
    word=$1
    shift
    printf '%s\n' "$@" >bad.yml
    rm -f refused
    bad 1 "$word" make -b refused -y bad.yml
    [ ! -e refused ]
    is "refused description writes nothing ($word)"
}
origin='- origin: {pubkey: o.pub, seckey: o.sec}'
digest='- digest: {args: x, initramfs: initrd, kernel: kernel}'
yml 'not a list' 'hello'
yml 'not a list' ''
yml 'bad.yml:' 'a: ['
yml 'more than one document' "$origin" '---' "$origin"
yml 'more than one document' "$origin" '---' '['
yml 'bad.yml:1: entry: not a map' '- a'
yml 'not a map with one key' '- {origin: {}, file: {}}'
yml 'bad.yml:2: owner: not one of' "$origin" '- owner: {pubkey: x}'
yml 'bad.yml:2: file: not a map' "$origin" '- file: note.txt'
yml 'no origin entry' "$digest"
yml 'bad.yml:2: more than one origin' "$origin" "$origin"
yml 'bad.yml:3: more than one digest' "$origin" "$digest" "$digest"
yml 'no digest entry' "$origin" '- recipient: {pubkey: m.pub}'
yml 'no digest entry' "$origin" '- file: {path: note.txt}'
yml 'seckey is missing' '- origin: {pubkey: o.pub}'
yml 'unknown key colour' '- origin: {pubkey: o.pub, seckey: o.sec, colour: red}'
yml 'unknown key kernel' '- origin: {pubkey: o.pub, seckey: o.sec, kernel: k}'
yml 'given twice' '- origin: {pubkey: o.pub, pubkey: o.pub, seckey: o.sec}'
yml 'not a plain text' '- origin: {pubkey: [o.pub], seckey: o.sec}'
yml 'empty' '- origin: {pubkey: "", seckey: o.sec}'
yml 'not a plain text' '- origin: {pubkey: "o.pub\0x", seckey: o.sec}'
yml 'absent.pub: No such file' '- origin: {pubkey: absent.pub, seckey: o.sec}'
yml 'not the secret key of o.pub' '- origin: {pubkey: o.pub, seckey: machine.sec}'
yml 'it is a public key' '- origin: {pubkey: m.pub, seckey: m.pub}'
