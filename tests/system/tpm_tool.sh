#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tpm_tool.sh PEFEMU-TPM TMP: the program pefemu-tpm from the outside. A failure is exactly one line on
# stderr that begins "pefemu-tpm: ", nothing on stdout, and status 2 (command line) or 1 (all else).
set -u
tool=$(realpath "$1") tmp=$2/tpm_tool
rm -rf "$tmp"
mkdir -p "$tmp"
cd "$tmp" || exit 1

pass() { echo "pass tpm_tool $1"; }
fail() { echo "FAIL tpm_tool $1: $2"; }
skip() { echo "skip tpm_tool $1: $2"; }
check() { # check NAME COMMAND...: its status decides
    name=$1
    shift
    "$@" && pass "$name" || fail "$name" "$*"
}
bad() { # bad NAME STATUS WORD ARGUMENTS...
    name=$1 want=$2 word=$3
    shift 3
    timeout 120 "$tool" "$@" </dev/null >out 2>err
    status=$?
    if [ $status != "$want" ]; then
        fail "$name" "exit status $status, not $want"
    elif [ "$(wc -l <err)" != 1 ] || ! grep -q '^pefemu-tpm: ' err; then
        fail "$name" "not one line: $(head -n 3 err)"
    elif [ -s out ]; then
        fail "$name" "output on stdout"
    elif ! grep -q -- "$word" err; then
        fail "$name" "no '$word' in: $(cat err)"
    else
        pass "$name"
    fi
}
mode() { stat -c %a "$1"; }

bad usage_nothing 2 'no such command'
bad usage_command 2 'no such command' frobnicate tpm
bad usage_folder 2 'folder is missing' show
bad usage_two_folders 2 'one folder only' show a b
bad usage_option 2 'no such option' show -x tpm
bad usage_output 2 'takes none' show tpm -o x
bad usage_output_value 2 'needs a file' pubkey tpm -o
bad no_folder 1 'provision' show nowhere
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "stale", Listen => 1) or die'
bad stale_socket 1 'no swtpm there' show stale
bad no_parent 1 'can not be made' provision nowhere/below

umask 0
"$tool" provision tpm >name 2>err
check provision test $? = 0
umask 022
check provision_name grep -q '^name  *000b[0-9a-f]\{64\}$' name
check folder_mode test "$(mode tpm)" = 700
check file_mode test "$(mode tpm/permanent)" = 600
check lock_mode test "$(mode tpm/lock)" = 600

"$tool" pubkey tpm >key.pem 2>err
check pubkey test $? = 0
"$tool" pubkey tpm -o file.pem && cmp -s key.pem file.pem
check pubkey_to_file test $? = 0
if command -v openssl >/dev/null; then
    check openssl_reads_it sh -c 'openssl rsa -pubin -in key.pem -noout -text | grep -q "(2048 bit)"'
    openssl rsa -pubin -in key.pem -out again.pem 2>/dev/null
    check openssl_writes_the_same cmp -s key.pem again.pem
    head -c 32 /dev/urandom >secret
    check openssl_encrypts_to_it openssl pkeyutl -encrypt -pubin -inkey key.pem -in secret -out box \
        -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
else
    skip openssl "openssl is not installed"
fi
"$tool" show tpm >shown
check show_fingerprint grep -q "^fingerprint  *$(sha256sum <key.pem | cut -d' ' -f1)\$" shown
check show_policy grep -q \
    '^policy  *f5c37afbcb47eec916b0f2b96472e92453e841e37f508e771acb2257d7e6b0f9$' shown
check show_handles grep -q '^handles  *0x81800000 0x81800001$' shown
"$tool" pcrs tpm >pcrs
check pcrs_count test "$(wc -l <pcrs)" = 24
check pcrs_measured sh -c 'grep "^ 4 " pcrs | grep -q "[1-9a-f]" && grep "^ 6 " pcrs | grep -q "[1-9a-f]"'
check pcrs_rest sh -c 'grep "^ 5 " pcrs | grep -q " 0\{64\}$"'
"$tool" pcrs tpm >pcrs.again
check pcrs_are_the_same cmp -s pcrs pcrs.again
"$tool" provision tpm >name.again
check provision_keeps_the_key cmp -s name name.again
check help_names_the_commands sh -c "'$tool' --help | grep -q provision"
check version sh -c "'$tool' --version | grep -q '^pefemu-tpm .*(commit'"

# An swtpm instead of a folder; it ends with each command.
if command -v swtpm >/dev/null; then
    mkdir swtpm
    for command in provision pubkey show; do
        timeout 120 swtpm socket --tpm2 --tpmstate dir=swtpm --ctrl type=unixio,path=ctrl >/dev/null 2>&1 &
        tries=200
        until [ -S ctrl ] || [ $tries = 0 ]; do
            tries=$((tries - 1))
            sleep 0.05
        done
        "$tool" $command ctrl >"swtpm.$command" 2>err && wait $!
        check swtpm_$command test $? = 0
        rm -f ctrl
    done
    check swtpm_is_another_tpm sh -c '! cmp -s swtpm.pubkey key.pem'
    check swtpm_fingerprint \
        grep -q "^fingerprint  *$(sha256sum <swtpm.pubkey | cut -d' ' -f1)\$" swtpm.show
else
    skip swtpm "swtpm is not installed"
fi

# Another process has it.
flock tpm/lock sh -c 'touch held; while [ ! -e done ]; do sleep 0.05; done' &
while [ ! -e held ]; do sleep 0.05; done
bad in_use 1 'in use' show tpm
bad in_use_provision 1 'in use' provision tpm
touch done
wait

# Killed at any moment: the key is still there.
n=0
while [ $n -lt 12 ]; do
    "$tool" provision tpm >/dev/null 2>&1 &
    sleep "0.0$((n * 8 / 10))$((n * 8 % 10))"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
    n=$((n + 1))
done
"$tool" provision tpm >name.again
check killed_keeps_the_key cmp -s name name.again

# Damage: refused, and the file is left as it is.
cp tpm/permanent good
damaged() { # damaged NAME: tpm/permanent is
    cp tpm/permanent before
    bad "$1" 1 'left as it is' provision tpm
    check "$1_is_left" cmp -s before tpm/permanent
}
: >tpm/permanent
damaged empty
head -c 200 good >tpm/permanent
damaged truncated
{ cat good; echo; } >tpm/permanent
damaged longer
{ head -c 700 good; printf X; tail -c +702 good; } >tpm/permanent
cmp -s good tpm/permanent && { head -c 700 good; printf Y; tail -c +702 good; } >tpm/permanent
damaged altered
head -c 4000 /dev/urandom >tpm/permanent
damaged foreign
cp good tpm/permanent
chmod 777 tpm
bad writable_by_others 1 'chmod 700' show tpm
chmod 700 tpm
"$tool" provision tpm >name.again
check restored_copy_works cmp -s name name.again

bad unwritable_output 1 'nowhere' pubkey tpm -o nowhere/key.pem
if [ -e /dev/full ]; then
    "$tool" pubkey tpm >/dev/full 2>err
    check full_output test $? = 1 -a "$(wc -l <err)" = 1
fi

"$tool" reset tpm
check reset test $? = 0
bad no_key_after_reset 1 'no wrapping key' pubkey tpm
"$tool" provision tpm >name.again
check another_key_after_reset sh -c '! cmp -s name name.again && test -s name.again'
