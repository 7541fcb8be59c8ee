#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# secure.sh BUILD OUT KERNEL ARGS: OUT/initrd.img is OUT/plain.img with an ESM blob in front that vouches
# for kernel, command line and initramfs; OUT/tpm is a copy of the TPM's state that opens it. Keys and
# TPM are those of scripts/svm.
set -eu
build=$1 out=$2 kernel=$3 args=$4
top=$(cd "$(dirname "$0")/.." && pwd)
svm=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}/svm

"$top/scripts/svm" "$build"
cat >"$out/blob.yml" <<YML
- origin: { pubkey: $svm/owner.pem, seckey: $svm/owner.key, comment: the owner of the example guest }
- recipient: { pubkey: $svm/tpm.pem, comment: the TPM of this host }
- digest: { args: "$args", initramfs: $out/plain.img, kernel: $kernel }
YML
rm -rf "$out/guest.blob" "$out/initrd.img" "$out/tpm"
"$build/pefemu-esm" make -b "$out/guest.blob" -y "$out/blob.yml"
"$build/pefemu-esm" add -i "$out/plain.img" -b "$out/guest.blob" -f "$out/initrd.img"
cp -r "$svm/tpm" "$out/tpm"
