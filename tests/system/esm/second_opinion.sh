# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: a second opinion: openssl, dtc and gcm.pl.

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
    tag=$("$here/esm/gcm.pl" "$(hex symkey)" "$(hex d.iv)" d.ciphertext digests -d 2>err)
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
    tag=$("$here/esm/gcm.pl" "$(hex symkey)" "$(hex f.iv)" f.ciphertext f.plain -d 2>err)
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
        "$here/esm/gcm.pl" "$(hex symkey2)" "$(hex "$1.iv")" "$2" "$1.ciphertext" |
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
