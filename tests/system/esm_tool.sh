#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# esm_tool.sh BUILD: pefemu-esm as a user runs it, against openssl, dtc, cpio, objcopy and gcm.pl.
# The commands of docs/esm-blob.md are run too. Ends with a count.
# shellcheck disable=SC2015
set -u
build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../data/esm
doc=$here/../../docs/esm-blob.md
gcc=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
objcopy=$(echo "$gcc" | sed 's/gcc$/objcopy/')
guest=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}/guest
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
passed=0 failed=0 skipped=0
esm=$build/pefemu-esm
cd "$tmp" || exit 1

pass() { passed=$((passed + 1)); echo "pass esm_tool $1"; }
skip() { skipped=$((skipped + 1)); echo "skip esm_tool $1: $2"; }
fail() {
    failed=$((failed + 1))
    echo "FAIL esm_tool $1: ${2-}"
    head -n 5 err 2>/dev/null | sed 's/^/    ! /'
}
# good NAME COMMAND...: must succeed; output in out and err
good() {
    name=$1
    shift
    "$@" >out 2>err </dev/null && pass "$name" || fail "$name" "status $?: $*"
}
# is NAME: the last command's status
is() { [ $? = 0 ] && pass "$1" || fail "$1" "${2-}"; }
# bad STATUS WORD ARGUMENTS...: one line on stderr that contains WORD, nothing on stdout
bad() {
    want=$1 word=$2
    shift 2
    label=$(echo "bad: $*" | tr '\n' ' ')
    "$esm" "$@" >out 2>err </dev/null
    got=$?
    if [ $got != "$want" ]; then
        fail "$label" "status $got, not $want"
    elif [ "$(wc -l <err)" != 1 ] || ! grep -q '^pefemu-esm: ' err || ! grep -q -- "$word" err; then
        fail "$label" "not one line with '$word'"
    elif [ -s out ]; then
        fail "$label" "output on stdout"
    else
        pass "$label"
    fi
}
have() { command -v "$1" >/dev/null 2>&1; }

# ---- the command line ----

good help "$esm" --help
commands=$("$esm" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
for c in $commands; do
    good "help of $c" "$esm" "$c" --help
    grep -q "^.TP$" "$build/pefemu-esm.1" && grep -q "fB$c.fR" "$build/pefemu-esm.1"
    is "manual has $c"
done
good version "$esm" --version
bad 2 'no command'
bad 2 'no such command' frobnicate
bad 2 'missing' create -b x
bad 2 'needs a value' create -b
bad 2 'given twice' create -b x -b y -p z
bad 2 'no option' create -b x -p y -k z
bad 2 'not an option' create blob
bad 2 'not an option' create --blob=x
bad 2 'empty' create -b '' -p y
bad 2 'file descriptor' display -b x -s y --passphrase-fd many
bad 2 'no passphrase' create -b x -p y --passphrase-fd 3
if have bash; then
    words=$(bash -c '. "$1"; COMP_WORDS=(pefemu-esm aut); COMP_CWORD=1; _pefemu_esm
        echo "${COMPREPLY[@]}"; COMP_WORDS=(pefemu-esm add -); COMP_CWORD=2; _pefemu_esm
        echo "${COMPREPLY[@]}"' - "$build/pefemu-esm.bash" 2>&1)
    [ "$words" = "authorize
-i -b -f -n -v --help" ]
    is completion "$words"
else
    skip completion 'bash is not installed'
fi

# ---- keys ----

umask 022
echo 'a pass phrase' >phrase
"$esm" generate -p owner.pub -s owner.sec --passphrase-fd 3 3<phrase 2>err
is generate
[ "$(stat -c %a owner.sec)" = 600 ] && [ "$(stat -c %a owner.pub)" = 644 ]
is 'secret keys are for their owner only'
head -n 1 owner.sec | grep -q ENCRYPTED
is 'secret key is encrypted'
bad 1 'already there' generate -p owner.pub -s new.sec
bad 1 'one file' generate -p k -s k
"$esm" generate -n -p n.pub -s n.sec --passphrase-fd 3 3<phrase 2>err
is 'generate, dry run'
[ ! -e n.pub ] && [ ! -e n.sec ]
is 'dry run writes no keys'
echo | "$esm" generate -p machine.pub -s machine.sec --passphrase-fd 0 2>err
is 'generate without a passphrase'
if have openssl; then
    openssl pkey -in owner.sec -passin file:phrase -pubout 2>err | cmp -s - owner.pub
    is 'openssl reads our keys'
    openssl pkey -in machine.sec -pubout 2>err | cmp -s - machine.pub
    is 'openssl reads our plain key'
    for how in '-v2 aes-128-cbc -v2prf hmacWithSHA1' '-v2 des3' \
        '-v2 aes-256-cbc -v2prf hmacWithSHA512' '-v1 PBE-MD5-DES'; do
        # shellcheck disable=SC2086
        openssl pkcs8 -topk8 $how -provider default -provider legacy -in machine.sec \
            -passout file:phrase -out form.sec 2>err || { skip "key in form $how" 'not of this openssl'; continue; }
        "$esm" create -b form.b -p machine.pub 2>err
        "$esm" display -b form.b -s form.sec --passphrase-fd 3 3<phrase >out 2>err
        case $how in
        *v1*) [ $? = 1 ] && grep -q 'not known' err ;;
        *) [ $? = 0 ] ;;
        esac
        is "key in form $how"
    done
    openssl genrsa -traditional -aes256 -passout file:phrase -out trad.sec 2048 2>err &&
        openssl rsa -in trad.sec -passin file:phrase -pubout -out trad.pub 2>err &&
        "$esm" create -b form.b -p trad.pub 2>err &&
        "$esm" display -b form.b -s trad.sec --passphrase-fd 3 3<phrase >out 2>err
    is 'traditional key with AES'
    openssl genrsa -out small.sec 1024 2>err && openssl rsa -in small.sec -pubout -out small.pub 2>err
    bad 1 '1024 bits' create -b x -p small.pub
    openssl ecparam -genkey -name prime256v1 -noout -out ec.sec 2>err
    openssl ec -in ec.sec -pubout -out ec.pub 2>err
    bad 1 'not an RSA key' create -b x -p ec.pub
else
    skip 'keys of openssl' 'openssl is not installed'
fi
bad 1 'secret key' create -b x -p machine.sec
bad 1 'No such file' create -b x -p nothing.pub
bad 1 'not an RSA key' create -b x -p phrase

# ---- a passphrase from the terminal ----

# terminal INPUT-FUNCTION: runs inner.sh on a terminal of its own; its output comes into screen
terminal() {
    mkfifo keys
    : >screen
    # shellcheck disable=SC2094
    # a shell's background jobs ignore SIGINT; timeout: a failure must not hang
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
        timeout -s KILL 60 script -qfec "sh inner.sh" /dev/null <keys >screen 2>&1 &
    child=$!
    exec 4>keys
    "$1"
    exec 4>&-
    wait "$child"
    rm -f keys
}
# Returns when the text is on the screen, or the terminal has ended.
until_shown() {
    while ! grep -q "$1" screen && kill -0 "$child" 2>/dev/null; do sleep 0.1; done
}
# shellcheck disable=SC2317
answer_right() { until_shown 'Passphrase for'; echo 'a pass phrase' >&4; until_shown 'status'; }
# shellcheck disable=SC2317
answer_interrupt() { until_shown 'Passphrase for'; printf '\003' >&4; until_shown 'status'; }
# shellcheck disable=SC2317
answer_twice() {
    until_shown 'new secret key'
    echo 'first one' >&4
    until_shown 'again'
    echo "$second" >&4
    until_shown 'status'
}
if have script; then
    "$esm" create -b terminal.b -p owner.pub 2>err
    cat >inner.sh <<EOF
trap : INT
"$esm" display -b terminal.b -s owner.sec
echo "status \$? \$(stty -a | grep -o -- '-*echo ')"
EOF
    terminal answer_right
    grep -q 'status 0 echo' screen && ! grep -q 'a pass phrase' screen
    is 'passphrase asked, not echoed' "$(cat screen)"
    terminal answer_interrupt
    grep -q 'status 130 echo' screen
    is 'interrupt restores the terminal' "$(cat screen)"
    cat >inner.sh <<EOF
"$esm" generate -p asked.pub -s asked.sec
echo "status \$?"
EOF
    second='other one'
    terminal answer_twice
    grep -q 'not the same' screen && grep -q 'status 1' screen && [ ! -e asked.sec ]
    is 'two different passphrases' "$(cat screen)"
    second='first one'
    terminal answer_twice
    grep -q 'status 0' screen && [ -s asked.sec ] && [ -s asked.pub ]
    is 'passphrase of a new key asked twice' "$(cat screen)"
else
    skip 'passphrase from the terminal' 'script (bsdutils) is not installed'
fi
if have setsid; then
    setsid "$esm" display -b terminal.b -s owner.sec </dev/null >out 2>err
    [ $? = 1 ] && grep -q 'no terminal' err
    is 'no terminal, no passphrase'
fi

# ---- a blob by hand ----

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
head -c 600 before >cut
bad 1 'the tree is' display -b cut
mkdir sealed && chmod 500 sealed
if [ "$(id -u)" != 0 ]; then
    bad 1 'Permission denied' create -b sealed/blob -p owner.pub
fi
bad 1 'No such file' create -b absent/blob -p owner.pub
ln -s blob link
good 'through a symbolic link' "$esm" create -b link -p owner.pub
[ -L link ] && "$esm" display -b blob >out 2>err
is 'a symbolic link stays one'
[ -z "$(find . -name '*.??????' ! -name 'owner.*' ! -name '*.sec' ! -name '*.pub' | grep -v note)" ]
is 'no temporary files are left'

# ---- the digests of a guest ----

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

# ---- the blob in front of an initrd ----

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
head -c 700 svm-initrd >cut
bad 1 'damaged or cut short' add -i cut -b golden -f x

# ---- make ----

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

# ---- a second opinion: openssl, dtc and gcm.pl ----

oaep='-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256'
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
prop() { # prop BLOB NODE PROPERTY FILE
    fdtget -t bx "$1" "$2" "$3" | perl -ne 'print map { chr hex } split' >"$4"
}
if have openssl && have dtc && have fdtget && have perl && [ -f made ]; then
    # ours, taken apart by others
    prop made /lockboxes/lockbox-1 encrypted-symkey wrapped
    # shellcheck disable=SC2086
    openssl pkeyutl -decrypt -inkey machine.sec $oaep -in wrapped -out symkey 2>err
    is 'openssl opens our lockbox'
    for p in iv mac ciphertext; do prop made /digest/digests-fdt $p d.$p; done
    tag=$("$here/gcm.pl" "$(hex symkey)" "$(hex d.iv)" d.ciphertext digests -d 2>err)
    [ "$tag" = "$(hex d.mac)" ]
    is 'our digests are sealed as they should be' "tag $tag"
    "$objcopy" -O binary -S kernel flat
    for pair in kernel=flat initrd=initrd; do
        prop digests /digests "${pair%=*}" want
        [ "$(hex want)" = "$(sha512sum <"${pair#*=}" | cut -d' ' -f1)" ]
        is "digest of ${pair%=*} in our blob"
    done
    [ "$(fdtget -t u digests /digests kernel-size)" = "$(stat -c %s flat)" ]
    is 'kernel-size in our blob'
    prop made /file files-fdt files
    for p in iv mac ciphertext; do prop files /files/second $p f.$p; done
    tag=$("$here/gcm.pl" "$(hex symkey)" "$(hex f.iv)" f.ciphertext f.plain -d 2>err)
    [ "$tag" = "$(hex f.mac)" ] && cmp -s f.plain note.txt
    is 'our file is sealed as it should be' "tag $tag"

    # theirs, built by others, read by us
    openssl rand 32 >symkey2
    for k in o m; do
        # shellcheck disable=SC2086
        openssl pkeyutl -encrypt -pubin -inkey $k.pub $oaep -in symkey2 -out $k.wrapped 2>err
        sha256sum <$k.pub | perl -ne 'print pack "H64", $_' >$k.print
    done
    # seal NAME FILE: NAME.iv NAME.mac NAME.ciphertext
    seal() {
        openssl rand 16 >"$1.iv"
        "$here/gcm.pl" "$(hex symkey2)" "$(hex "$1.iv")" "$2" "$1.ciphertext" |
            perl -ne 'print pack "H32", $_' >"$1.mac"
    }
    sealed() { # the properties of sealed data in a .dts
        echo "algorithm = \"AES256-GCM\"; untrusted-comment = \"$1\";"
        for p in iv mac ciphertext; do echo "$p = /incbin/(\"$1.$p\");"; done
    }
    sum() { sha512sum <"$1" | perl -ne 'print join " ", /^([0-9a-f]{128})/ ? $1 =~ /../g : ()'; }
    printf 'quiet svm=on' >args
    printf '\174\144\033\170\074\140\000\000\140\143\360\000\104\000\000\042\116\200\000\040' >rtas
    dtc -q -I dts -O dtb -o d.plain - <<EOF 2>err
/dts-v1/; / { compatible = "ibm,esm"; digests { algorithm = "SHA512";
rtas = [$(sum rtas)]; kernel = [$(sum flat)]; initrd = [$(sum initrd)]; bootargs = [$(sum args)];
kernel-size = <$(stat -c %s flat)>; }; };
EOF
    seal d d.plain
    seal f note.txt
    dtc -q -I dts -O dtb -o files2 - <<EOF 2>err
/dts-v1/; / { compatible = "ibm,esm-file"; files { note.txt { $(sealed f) }; }; };
EOF
    box() {
        echo "untrusted-comment = \"$1\"; encrypted-symkey = /incbin/(\"$1.wrapped\");"
        echo "pubkey-fingerprint { algorithm = \"SHA256\"; hash = /incbin/(\"$1.print\"); };"
    }
    dtc -q -I dts -O dtb -o theirs - <<EOF 2>err
/dts-v1/; / { compatible = "ibm,esm";
lockboxes { origin-lockbox { $(box o) }; lockbox-1 { $(box m) }; };
digest { digests-fdt { $(sealed d) }; };
file { files-fdt = /incbin/("files2"); }; };
EOF
    good 'a blob of openssl and dtc' "$esm" display -b theirs -s machine.sec -k kernel -i initrd \
        -a 'quiet svm=on'
    "$esm" extract -b theirs -s o.sec -f note.txt --passphrase-fd 3 3<phrase 2>err | cmp -s - note.txt
    is 'a file in a blob of openssl and dtc'
    "$esm" authorize -b theirs -p recipient.pub -s machine.sec 2>err &&
        "$esm" display -b theirs -s recipient.sec -i initrd >out 2>err
    is 'a blob of openssl and dtc, changed by us'
else
    skip 'second opinion' 'openssl, dtc, perl or a cross compiler is not installed'
fi

# ---- the commands of the manual ----

if [ -f kernel ]; then
    mkdir manual && cp kernel manual/vmlinux && cp initrd manual/initrd.img &&
        cp m.pub manual/machine.pub && cp machine.sec manual/machine.sec &&
        cp note.txt manual/disk.key && cp recipient.pub manual/machine2.pub
    # every line of a sh block that starts with $ is run; passphrases come from the environment
    sed -n '/^```sh/,/^```$/s/^\$ //p; /^```yaml/,/^```$/p' "$doc" |
        perl -ne 'if (/^```yaml/ .. /^```$/) { print STDERR unless /^```/ } else { print }' \
            >manual/commands 2>manual/guest.yml
    n=0
    while read -r line; do
        n=$((n + 1))
        case $line in *-s\ owner.sec* | *generate*) line="$line --passphrase-fd 3" ;; esac
        (cd manual && PATH=$build:$PATH && eval "$line" 3<../phrase) >out 2>err </dev/null
        is "manual: $line"
    done <manual/commands
    [ $n -gt 8 ]
    is 'the manual has commands'
else
    skip 'commands of the manual' 'no miniature kernel'
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
