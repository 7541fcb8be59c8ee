# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: keys.

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
