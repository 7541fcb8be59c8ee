#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# svm.sh BUILD TMP [TEST...]: secure VMs from the outside: blob, TPM, a kernel that asks for secure mode, and
# a hypervisor short of memory or hostile. Prints "pass system svm_NAME", "FAIL ..." or "skip ..." lines.
# "# attack NN" before a test: the test covers that row of docs/security.md (tests/uv/attacks.sh).
set -u
build=$(cd "$1" && pwd) tmp=$2/svm suite=svm_
shift 2
. "$(dirname "$0")/lib.sh"
kernel=$svm_kernel
args="console=hvc0 svm=on xive=off quiet"
mem=512M
tpm="-tpmstate dir=$tmp/tpm"
trap '' PIPE # an emulator that ended does not take what is typed

# ---- guests ----

# image SCRIPT NAME: the plain initramfs with SCRIPT as /test.sh
image() {
    rm -rf "$tmp/root"
    mkdir "$tmp/root"
    cp "$1" "$tmp/root/test.sh"
    { cat "$made/plain.img"; (cd "$tmp/root" && echo test.sh | cpio --quiet -o -H newc -R 0:0); } >"$tmp/$2.plain"
}
# blob NAME ARGS [RECIPIENT]: NAME.blob and NAME.img for NAME.plain, as its owner makes them
blob() {
    cat >"$tmp/blob.yml" <<YML
- origin: { pubkey: $made/owner.pem, seckey: $made/owner.key }
- recipient: { pubkey: ${3-$made/tpm.pem} }
- digest: { args: "$2", initramfs: $tmp/$1.plain, kernel: $kernel }
- file: { path: $made/passphrase, name: rootd }
YML
    rm -f "$tmp/$1.blob" "$tmp/$1.img"
    "$build/pefemu-esm" make -b "$tmp/$1.blob" -y "$tmp/blob.yml" &&
        "$build/pefemu-esm" add -i "$tmp/$1.plain" -b "$tmp/$1.blob" -f "$tmp/$1.img"
}
scripted="$args pefemu.test=script"
prepare() { # prepare NAME SCRIPT-TEXT: an initramfs and a blob for a scripted run
    printf '%s\n' "$2" >"$tmp/script"
    image "$tmp/script" "$1" && blob "$1" "$scripted"
}

# boot INITRD OPTIONS...: a scripted run to its end. Leaves $status, text, errors, stats in $tmp.
boot() {
    initrd=$1
    shift
    # shellcheck disable=SC2086
    "$build/pefemu" -M pseries -m $mem -kernel "$kernel" -initrd "$initrd" -append "$scripted" \
        $tpm -timeout "$limit" -stats=json "$@" >"$tmp/console" 2>"$tmp/errors" </dev/null
    status=$?
    tr -d '\r' <"$tmp/console" >"$tmp/text"
}
# stat NAME: a number of -stats=json; pages_NAME: of its pages
stat() {
    case $1 in
    pages_*) sed -n "s/.*\"pages\":{\([^}]*\)}.*/,\1/p" "$tmp/errors" | sed "s/.*,\"${1#pages_}\":\([0-9]*\).*/\1/" ;;
    *) sed -n "s/.*[{,]\"$1\":\([0-9]*\).*/\1/p" "$tmp/errors" ;;
    esac
}
said() { tr -d '\r' <"$tmp/errors" | grep -q -- "$1"; }
# The kernel says so, whether it is one.
is_secure() { grep -qx 'svm 1' "$tmp/text"; }
is_normal() { grep -qx 'svm 0' "$tmp/text"; }
which_vm='echo svm $(cat /sys/devices/system/cpu/svm)'

talk_begin() { # talk_begin OPTIONS...: at the guest's console
    talk "$build/pefemu" -M pseries -m $mem -kernel "$kernel" -initrd "$made/initrd.img" -append "$args" \
        -tpmstate dir="$tmp/tpm" -timeout "$limit" "$@"
}

# ---- the tests ----

# A shell in the SVM; the owner's file opens once, for one process.
test_shell() {
    secret=$(cat "$made/passphrase")
    for cpus in 1 4; do
        talk_begin -smp $cpus
        if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
            type_line 'stty -echo; echo cpus $(nproc) svm $(cat /sys/devices/system/cpu/svm)' &&
            expect "cpus $cpus svm 1\$" &&
            type_line 'for i in 1 2; do echo "file $(esm-file rootd 2>&1)"; done' &&
            expect "file $secret\$" && expect 'file esm-file: rootd: the ultravisor answers' &&
            type_line 'exit'; then
            talk_end
            times=$(grep -c "$secret" "$tmp/text")
            if [ "$status" != 0 ]; then
                fail "shell_smp$cpus" "exit status $status, not 0"
            elif [ "$times" != 1 ]; then
                fail "shell_smp$cpus" "the passphrase was seen $times times"
            else
                pass "shell_smp$cpus"
            fi
        else
            printf "\001x" >&3 2>/dev/null
            talk_end
            fail "shell_smp$cpus" "no dialogue (exit status $status)"
        fi
    done
}

# Two runs are one: what the guest prints, with its time stamps, and what was counted.
test_determinism() {
    prepare det "$which_vm; dmesg; od -An -N32 -tx1 /proc/sys/kernel/random/uuid" || { fail determinism "no blob"; return; }
    for cpus in 1 4; do
        for n in 1 2; do
            boot "$tmp/det.img" -smp $cpus -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off
            sed 's/"\(host_[a-z_]*\|mips\|max_rss_kib\|esm_host_cpu_ns\)":[0-9.]*//g' "$tmp/errors" >"$tmp/count$n"
            cp "$tmp/text" "$tmp/text$n"
        done
        if [ $status != 0 ] || ! is_secure; then
            fail "determinism_smp$cpus" "exit status $status"
        elif ! cmp -s "$tmp/text1" "$tmp/text2" || ! cmp -s "$tmp/count1" "$tmp/count2"; then
            diff "$tmp/text1" "$tmp/text2" | head -n 6
            diff "$tmp/count1" "$tmp/count2"
            fail "determinism_smp$cpus" "runs differ"
        else
            pass "determinism_smp$cpus"
        fi
    done
}

# Context switches, hypercalls and ultracalls flush nothing: after thousands of them, all translations are
# still there. (A process that ends is another matter: so the loop is the shell's own.)
test_tlb_stays() {
    prepare stays "$which_vm; echo STAY begin; i=0; while [ \$i -lt 1000 ]; do read up </proc/uptime; echo \$up; i=\$((i + 1)); done; echo STAY end" ||
        { fail tlb_stays "no blob"; return; }
    boot "$tmp/stays.img" -stats-on 'STAY '
    ultracalls=$(grown UV_RETURN) syscalls=$(grown 'system call vectored') \
        flushes=$(grown 'tlb":{"fills":[0-9]*,"flushes')
    if [ $status != 0 ] || ! is_secure; then
        fail tlb_stays "exit status $status"
    elif [ "$ultracalls" -lt 1000 ] || [ "$syscalls" -lt 2000 ] ||
        [ "$flushes" -lt 0 ] || [ "$flushes" -gt 20 ]; then
        fail tlb_stays "$flushes flushes in $ultracalls UV_RETURN, $syscalls system calls"
    else
        pass tlb_stays
        echo "    $flushes flushes in $ultracalls UV_RETURN, $syscalls system calls"
    fi
}
# grown NAME: by how much that number grew from "STAY begin" to "STAY end"
grown() { stat "$1" | { read -r from && read -r to && echo $((to - from)) || echo -1; }; }

# ---- a hypervisor short of memory, or hostile ----

work='
echo svm $(cat /sys/devices/system/cpu/svm)
i=0
while [ $i -lt $rounds ]; do
    dd if=/dev/zero bs=64k count=$size 2>/dev/null | tr "\0" "$i" >/tmp/a
    gzip -1 -c /tmp/a >/tmp/a.gz
    gunzip -c /tmp/a.gz | cmp - /tmp/a && echo round $i: $(cat /tmp/a /bin/busybox | sha256sum)
    for n in 1 2 3 4 5 6 7 8; do (echo $n; sha256sum /tmp/a.gz) >/tmp/sum.$n & done
    wait
    cat /tmp/sum.* | sha256sum
    i=$((i + 1))
done'

# calm NAME ROUNDS SIZE: the work without pressure; its console is what all others have to show
calm() {
    prepare "$1" "rounds=$2 size=$3 $work" || { fail "$1" "no blob"; return 1; }
    boot "$tmp/$1.img"
    if [ $status != 0 ] || ! is_secure; then
        fail "$1" "without pressure: exit status $status"
        return 1
    fi
    plain_text >"$tmp/$1.text"
}
# The console but for the firmware's messages and time stamps.
plain_text() { sed -n '/^pefemu guest ready/,$p' "$tmp/text" | sed 's/^\[ *[0-9.]*\] //'; }
# pressed NAME IMAGE LEAST STAT OPTIONS...: the same console, and at least LEAST in the ultravisor's STAT
pressed() {
    name=$1 image=$2 least=$3 what=$4
    shift 4
    boot "$tmp/$image.img" "$@"
    count=$(stat "$what")
    plain_text >"$tmp/now"
    if [ $status != 0 ]; then
        fail "$name" "exit status $status"
    elif ! cmp -s "$tmp/$image.text" "$tmp/now"; then
        diff "$tmp/$image.text" "$tmp/now" | head -n 10
        fail "$name" "console differs"
    elif [ "${count:-0}" -lt "$least" ]; then
        fail "$name" "only ${count:-0} $what"
    else
        pass "$name"
        echo "    $count $what, $(stat instructions) instructions"
    fi
}
test_paging() {
    mem=256M
    calm paging 6 40 && pressed paging paging 2000 pages_out -M pseries,svm-paging=3000
    mem=512M
}
# Other guests, other choices of the hypervisor.
test_paging_smp() {
    mem=320M
    if calm paging_smp 2 30; then
        for seed in 1 2 3; do
            pressed paging_smp2_$seed paging_smp 2000 pages_out -smp 2 \
                -M "pseries,svm-paging=4000,svm-paging-seed=$seed"
            pressed paging_smp8_$seed paging_smp 1000 pages_out -smp 8,threads=4 \
                -M "pseries,svm-paging=2000,svm-paging-seed=$seed,hv-fault=refuse"
        done
    fi
    mem=512M
}
# Both engines agree to the last count.
test_ref_engine() {
    prepare ref "$which_vm" || { fail ref_engine "no blob"; return; }
    for engine in interp ref; do
        limit=1200 boot "$tmp/ref.img" -accel $engine -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off
        grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$tmp/errors" >"$tmp/count$engine"
        cp "$tmp/text" "$tmp/text$engine"
    done
    [ $status = 0 ] && is_secure && cmp -s "$tmp/textinterp" "$tmp/textref" &&
        cmp -s "$tmp/countinterp" "$tmp/countref" && pass ref_engine ||
        fail ref_engine "exit status $status, $(cat "$tmp/countinterp" "$tmp/countref")"
}
# attack 50
test_hostile() {
    mem=256M
    if calm hostile 2 20; then
        for fault in refuse delay corrupt; do
            pressed "hostile_$fault" hostile 200 pages_out -M "pseries,svm-paging=1000,hv-fault=$fault"
        done
        pressed hostile_smp4 hostile 200 pages_out -M pseries,svm-paging=1000,hv-fault=corrupt -smp 4
    fi
    mem=512M
}

# ---- what the hypervisor gets to see ----

# The marker is computed in the guest; it is in no image, on no command line and not on the console.
marker_text='pefemu marker'
marker() { printf '%s' "$marker_text" | sha256sum | cut -c 1-40; }
# The hypervisor and whoever reads normal memory see no byte of it.
test_secret() {
    prepare secret "$which_vm
m=\$(printf '%s' '$marker_text' | sha256sum | cut -c 1-40)
i=0; while [ \$i -lt 2000 ]; do echo \$m; i=\$((i + 1)); done >/tmp/marker
esm-file rootd >/tmp/file 2>/dev/null
sha256sum /tmp/marker /tmp/file" || { fail secret "no blob"; return; }
    secret=$(cat "$made/passphrase")
    # A normal VM first: without the marker in its dumps the test could not fail.
    : >"$tmp/found"
    for vm in normal secure; do
        [ $vm = secure ] && pef=on || pef=off
        boot "$tmp/secret.img" -M pseries,pef=$pef,svm-paging=2000 -action panic=none \
            -dump-normal-ram "$tmp/ram" -dump-as-hypervisor "$tmp/dump"
        is_$vm && [ $status = 0 ] || { fail secret "$vm VM: exit status $status"; return; }
        for file in ram dump; do
            echo "$vm $file $(grep -a -o -F "$(marker)" "$tmp/$file" | wc -l) $(grep -a -o -F "$secret" "$tmp/$file" | wc -l)" \
                >>"$tmp/found"
        done
    done
    if ! awk '/^normal/ && $3 < 1000 { exit 1 }' "$tmp/found"; then
        fail secret "not to be found in a normal VM: $(cat "$tmp/found")"
    elif ! awk '/^secure/ && $3 + $4 { exit 1 }' "$tmp/found"; then
        fail secret "seen outside: $(cat "$tmp/found")"
    elif ! grep -q "$(printf %s "$secret" | sha256sum | cut -c 1-64)  /tmp/file" "$tmp/text"; then
        fail secret "the SVM does not have its file"
    elif [ "$(stat pages_out)" -lt 100 ]; then
        fail secret "only $(stat pages_out) pages went out"
    else
        pass secret
    fi
    rm -f "$tmp/ram" "$tmp/dump"
}

# ---- ESM refused ----

# refused NAME LINE OPTIONS...: one line with LINE; the VM goes on as a normal one, if it may
refused() {
    name=$1 line=$2
    shift 2
    boot "$@" -action panic=none
    if [ $status != 0 ] || ! is_normal; then
        fail "refused_$name" "as a normal VM: exit status $status"
    elif [ "$(tr -d '\r' <"$tmp/errors" | grep -c 'ESM failed')" != 1 ] || ! said "$line"; then
        fail "refused_$name" "no line with '$line'"
    elif [ "$(stat esm_ok)" != 0 ] || [ "$(stat esm_failed)" != 1 ]; then
        fail "refused_$name" "it became secure"
    else
        pass "refused_$name"
    fi
}
property() { fdtget -t bx "$tmp/ok.blob" "$1" "$2"; }
# tampered NAME LINE NODE PROPERTY: a bit of the blob
tampered() {
    cp "$tmp/ok.img" "$tmp/bad.img"
    # shellcheck disable=SC2046
    perl "$here/flip.pl" "$tmp/bad.img" $(property "$3" "$4") || { fail "refused_$1" "no such bytes"; return; }
    refused "$1" "$2" "$tmp/bad.img"
}
hex() { printf '%s' "$1" | od -An -v -tx1; }
# attack 59: one bit anywhere.
test_refused() {
    prepare ok "$which_vm" || { fail refused "no blob"; return; }
    digest='Step 11, .*: '
    # The banner: a kernel that is wrong and works.
    cp "$kernel" "$tmp/vmlinux"
    perl -e 'open F, "+<:raw", $ARGV[0] or die; local $/; $a = <F>;
        $i = rindex $a, "Linux version "; die if $i < 0; seek F, $i, 0; print F chr(ord("L") ^ 1)' "$tmp/vmlinux"
    refused kernel "${digest}kernel: not what" "$tmp/ok.img" -kernel "$tmp/vmlinux"
    rm -f "$tmp/vmlinux"
    cp "$tmp/ok.img" "$tmp/bad.img"
    # shellcheck disable=SC2046
    perl "$here/flip.pl" "$tmp/bad.img" $(hex 'SPDX-License') || fail refused_initrd "no such bytes"
    refused initrd "${digest}initrd: not what" "$tmp/bad.img"
    refused bootargs "${digest}bootargs: not what" "$tmp/ok.img" -append "$scripted "
    refused rtas "${digest}rtas: not what" "$tmp/ok.img" -M pseries,hv-fault=rtas
    refused two "${digest}rtas, bootargs: not what" "$tmp/ok.img" -M pseries,hv-fault=rtas -append "$scripted 1"
    sealed=/digest/digests-fdt
    for item in ciphertext iv mac; do
        tampered $item 'Step 9, .*digests-fdt' $sealed $item
    done
    tampered lockbox 'Step 9, .*lockbox' /lockboxes/lockbox-1 encrypted-symkey
    refused guest_file "${digest}initrd: not what" "$tmp/ok.img" -guest-file "$here/flip.pl:/flip.pl"
    refused hash 'Step 1, .*refused' "$tmp/ok.img" -append "$args disable_radix pefemu.test=script"
    refused no_blob 'Step 8, .*no ESM blob in front' "$tmp/ok.plain"
    refused secure_mem 'secure memory too small: .* use -M pseries,secure-mem=' "$tmp/ok.img" -M pseries,secure-mem=64M
    # Without -action the guest's os-term is the end.
    boot "$tmp/ok.plain"
    [ $status = 3 ] && said 'ESM failed' && pass refused_panics || fail refused_panics "exit status $status, not 3"
}
# attack 60: what ESM needs is not there, or is another's.
test_refused_early() {
    prepare ok "$which_vm" || { fail refused_early "no blob"; return; }
    "$build/pefemu" -M pseries -m $mem -kernel "$kernel" -append "$scripted" $tpm -timeout "$limit" \
        </dev/null >"$tmp/console" 2>"$tmp/errors"
    status=$?
    tr -d '\r' <"$tmp/console" >"$tmp/text"
    [ $status = 3 ] && said 'Step 7, .*names no initrd' && pass refused_no_initrd ||
        fail refused_no_initrd "exit status $status"
    # The owner measured a shorter kernel, and a longer one.
    for other in "$build/esm-file" "$cache/guest/vmlinux"; do
        [ -f "$other" ] || continue
        (kernel=$other && blob ok "$scripted") || { fail refused_other_kernel "no blob"; return; }
        refused "other_kernel_$(basename "$other")" "Step 11, .*kernel: not what" "$tmp/ok.img"
    done
}
# attack 63: the TPM of somebody else
test_other_tpm() {
    prepare ok "$which_vm" || { fail other_tpm "no blob"; return; }
    "$build/pefemu-tpm" provision "$tmp/tpm2" >/dev/null
    refused other_tpm 'Step 9, .*lockbox' "$tmp/ok.img" -tpmstate dir="$tmp/tpm2"
    "$build/pefemu-tpm" pubkey "$tmp/tpm2" -o "$tmp/tpm2.pem"
    blob ok "$scripted" "$tmp/tpm2.pem"
    boot "$tmp/ok.img" -tpmstate dir="$tmp/tpm2"
    [ $status = 0 ] && is_secure && pass its_tpm || fail its_tpm "exit status $status"
    rm -rf "$tmp/tpm2"
}

# A TPM in a process of its own, one process for each use: pefemu and pefemu-tpm switch it off.
swtpm_start() { # swtpm_start FOLDER: waits for $tmp/ctrl and $tmp/swtpm.pid
    rm -f "$tmp/ctrl" "$tmp/swtpm.pid"
    mkdir -p "$1"
    timeout "$limit" swtpm socket --tpm2 --tpmstate dir="$1" --ctrl type=unixio,path="$tmp/ctrl" \
        --pid file="$tmp/swtpm.pid" >"$tmp/swtpm.log" 2>&1 &
    child=$!
    tries=100
    until [ -S "$tmp/ctrl" ] && [ -s "$tmp/swtpm.pid" ] || [ $tries = 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    [ $tries != 0 ]
}
swtpm_ended() { # by itself, in time, and well
    wait "$child"
    ended=$?
    child=
    [ $ended = 0 ]
}
with_swtpm() { # with_swtpm FOLDER COMMAND...
    swtpm_start "$1" || return
    shift
    "$@"
    used=$?
    swtpm_ended && [ $used = 0 ]
}
# attack 63: the same with an swtpm. Its key makes the blob; it alone opens it, also when it is switched on again.
test_swtpm() {
    command -v swtpm >/dev/null || { skip swtpm "no swtpm; scripts/install-deps test installs it"; return; }
    # The first boot makes the key; the tool reads it.
    tpm="-chardev socket,id=tpm,path=$tmp/ctrl -tpmdev emulator,id=tpm0,chardev=tpm"
    if ! prepare ok "$which_vm; esm-file rootd" ||
        ! with_swtpm "$tmp/swtpm" refused swtpm_new_key 'Step 9, .*lockbox' "$tmp/ok.img" ||
        ! with_swtpm "$tmp/swtpm" "$build/pefemu-tpm" pubkey "$tmp/ctrl" -o "$tmp/swtpm.pem" ||
        ! blob ok "$scripted" "$tmp/swtpm.pem"; then
        fail swtpm "no blob for it: $(cat "$tmp/swtpm.log")"
        tpm="-tpmstate dir=$tmp/tpm"
        return
    fi
    for cpus in 1 4; do
        with_swtpm "$tmp/swtpm" boot "$tmp/ok.img" -smp $cpus
        ended=$?
        if [ $ended != 0 ] || [ $status != 0 ] || ! is_secure || ! said 'lockbox opened' ||
            ! grep -q "$(cat "$made/passphrase")" "$tmp/text"; then
            fail "swtpm_smp$cpus" "exit status $status; swtpm: $ended $(cat "$tmp/swtpm.log")"
        else
            pass "swtpm_smp$cpus"
        fi
    done
    # Another's swtpm, provisioned by the tool.
    with_swtpm "$tmp/swtpm2" "$build/pefemu-tpm" provision "$tmp/ctrl" >/dev/null || fail swtpm_provision "$?"
    with_swtpm "$tmp/swtpm2" refused swtpm_other 'Step 9, .*lockbox' "$tmp/ok.img" || fail swtpm_other "swtpm did not end"
    # It dies before the boot: nothing but one line. (A timeout that was not yet told its child's number
    # would leave that alive.)
    swtpm_start "$tmp/swtpm" && kill "$(cat "$tmp/swtpm.pid")"
    wait "$child" 2>/dev/null
    child=
    boot "$tmp/ok.img"
    [ $status != 0 ] && [ ! -s "$tmp/console" ] && [ "$(wc -l <"$tmp/errors")" = 1 ] && said 'no swtpm there' &&
        pass swtpm_gone || fail swtpm_gone "exit status $status"
    tpm="-tpmstate dir=$tmp/tpm"
}

# shellcheck disable=SC2086
# attack 58: refused after the lockbox was opened, normal memory has none of what the ultravisor saw then.
test_leftovers() {
    prepare ok "$which_vm; esm-file rootd" || { fail leftovers "no blob"; return; }
    "$build/pefemu-esm" digest -a "$scripted" -i "$tmp/ok.plain" -k "$kernel" -o "$tmp/digests.dtb" >/dev/null
    digest=$(fdtget -t bx "$tmp/digests.dtb" /digests kernel)
    boot "$tmp/ok.img" -append "$scripted " -action panic=none -dump-normal-ram "$tmp/ram" \
        -dump-as-hypervisor "$tmp/dump"
    if [ $status != 0 ] || ! is_normal || ! said 'lockbox opened'; then
        fail leftovers "exit status $status"
    elif grep -q "$(cat "$made/passphrase")" "$tmp/text"; then
        fail leftovers "a normal VM got the file"
    # The tree of digests: the digest of the kernel.
    elif ! perl "$here/find.pl" "$tmp/digests.dtb" $digest; then
        fail leftovers "the digest is not where it has to be"
    elif perl "$here/find.pl" "$tmp/ram" $digest ||
        perl "$here/find.pl" "$tmp/dump" $digest; then
        fail leftovers "the blob's digests are in normal memory"
    elif grep -a -q -F "$(cat "$made/passphrase")" "$tmp/ram" "$tmp/dump"; then
        fail leftovers "the owner's file is in normal memory"
    else
        pass leftovers
    fi
    rm -f "$tmp/ram" "$tmp/dump"
}

# A new TPM opens nothing, and pefemu says so at once.
test_fresh_tpm() {
    prepare ok "$which_vm" || { fail fresh_tpm "no blob"; return; }
    tpm=
    refused fresh_tpm 'a new TPM: no blob made for another key opens; keep one with -tpmstate' "$tmp/ok.img"
    tpm="-tpmstate dir=$tmp/tpm"
}

# attack 59: after a refusal the VM has all of its memory: it does what it would have done as an SVM.
test_intact() {
    calm intact 1 20 || return
    boot "$tmp/intact.plain" -action panic=none
    plain_text >"$tmp/now"
    sed 's/^svm 1$/svm 0/' "$tmp/intact.text" | sed '/^Returned/d' >"$tmp/want"
    if [ $status != 0 ] || ! is_normal; then
        fail intact "exit status $status"
    elif ! cmp -s "$tmp/want" "$tmp/now"; then
        diff "$tmp/want" "$tmp/now" | head -n 10
        fail intact "console differs"
    else
        pass intact
    fi
}

# ---- the machine around it ----

# The second SVM is a new one; nobody has read the owner's file in it.
test_reboot() {
    secret=$(cat "$made/passphrase")
    talk_begin -smp 2
    ok=
    for n in 1 2; do
        expect 'pefemu guest ready' $n && expect "pefemu:.*[\$#]" $n &&
            type_line 'stty -echo; echo svm $(cat /sys/devices/system/cpu/svm) file $(esm-file rootd)' &&
            expect "svm 1 file $secret\$" $n || break
        [ $n = 1 ] && type_line 'reboot -f' || { type_line 'exit'; ok=1; }
    done
    [ -n "$ok" ] || printf '\001x' >&3
    talk_end
    [ -n "$ok" ] && [ "$status" = 0 ] && [ "$(tr -d '\r' <"$tmp/errors" | grep -c ': secure$')" = 2 ] &&
        pass reboot || fail reboot "no second SVM (exit status $status)"
}

# XIVE by way of H_LOGICAL_CI, which the published ultravisor leaves out; and all the CPUs there can be.
test_xive() {
    scripted="console=hvc0 svm=on quiet pefemu.test=script"
    if prepare xive "$which_vm; cat /proc/interrupts"; then
        boot "$tmp/xive.img" -smp 16,threads=4 -M pseries,ic-mode=xive
        is_secure && [ $status = 0 ] && grep -q 'XIVE-IPI' "$tmp/text" && pass xive_smp16 ||
            fail xive_smp16 "exit status $status"
        boot "$tmp/xive.img" -smp 16,threads=4
        is_secure && [ $status = 0 ] && grep -q 'XICS.*IPI' "$tmp/text" && pass xics_smp16 ||
            fail xics_smp16 "exit status $status"
    else
        fail xive "no blob"
    fi
    scripted="$args pefemu.test=script"
}

# Without PEF the kernel's ultracall is an unknown hypercall. A normal VM can not tell the difference.
test_pef_off() {
    prepare ok "$which_vm" || { fail pef_off "no blob"; return; }
    boot "$tmp/ok.img" -M pseries,pef=off -action panic=none
    grep -q 'Returned -2 from switching to secure mode' "$tmp/text" && is_normal && [ $status = 0 ] &&
        ! said ESM && pass pef_off || fail pef_off "exit status $status"
    guest=$cache/guest
    [ -f "$guest/vmlinux" ] || { skip pef_off_same "no kernel of Debian's in the cache"; return; }
    for pef in on off; do
        "$build/pefemu" -M pseries,pef=$pef -smp 2 -m 512M -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
            -append "console=hvc0 pefemu.test=poweroff" -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off \
            -stats=json -timeout "$limit" </dev/null >"$tmp/console" 2>"$tmp/errors"
        status=$?
        tr -d '\r' <"$tmp/console" >"$tmp/text$pef"
        grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$tmp/errors" >"$tmp/count$pef"
    done
    cp "$tmp/textoff" "$tmp/text"
    [ $status = 0 ] && [ -s "$tmp/countoff" ] && cmp -s "$tmp/texton" "$tmp/textoff" &&
        cmp -s "$tmp/counton" "$tmp/countoff" && pass pef_off_same ||
        fail pef_off_same "exit status $status, $(cat "$tmp/counton" "$tmp/countoff")"
}

# ---- main ----

rm -rf "$tmp"
mkdir -p "$tmp"
svm_files || exit 0
svm_tpm

if [ $# = 0 ]; then
    set -- shell determinism tlb_stays paging hostile secret refused refused_early other_tpm swtpm fresh_tpm leftovers intact reboot xive pef_off
    [ -n "${PEFEMU_FULL-}" ] && set -- "$@" paging_smp ref_engine
fi
for t in "$@"; do
    "test_$t"
done
