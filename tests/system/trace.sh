#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trace.sh BUILD TMP [TEST...]: traces and symbols of whole runs, most of them of a kernel that becomes a secure
# VM. Prints "pass system trace_NAME", "FAIL ..." or "skip ..." lines.
set -u
build=$(cd "$1" && pwd) tmp=$2/trace suite=trace_
shift 2
. "$(dirname "$0")/lib.sh"

# svm INSTRUCTIONS OPTIONS...: the secure guest, which waits for input at the end
svm() {
    insns=$1
    shift
    exec "$build/pefemu" -M pseries -m 512M -kernel "$svm_kernel" -initrd "$made/initrd.img" \
        -append "$(cat "$made/args")" -tpmstate dir="$tmp/tpm" -timeout "$limit" \
        -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off -icount-limit "$insns" -stats=json "$@" </dev/null
}
# run NAME INSTRUCTIONS OPTIONS...: leaves NAME.console, NAME.count and errors in $tmp
run() {
    name=$1
    shift
    (svm "$@") >"$tmp/$name.console" 2>"$tmp/errors"
    sed -n 's/^{\("instructions":[0-9]*,"guest_ns":[0-9]*\),.*\("interrupts":{.*\),"esm_guest_ns.*/\1 \2/p' \
        "$tmp/errors" >"$tmp/$name.count"
    [ -s "$tmp/$name.count" ]
}
same() { cmp -s "$tmp/$1.count" "$tmp/$2.count" && cmp -s "$tmp/$1.console" "$tmp/$2.console"; }

# An independent reader.
json() {
    perl -MJSON::PP -e 'local $/; open F, shift; exit ref(JSON::PP->new->decode(<F>)) ne "ARRAY"' "$1"
}
at_least() { # at_least COUNT "CATEGORY NAME": inside UV_ESM
    n=$(sed -n "s/^$2 \([0-9]*\)$/\1/p" "$tmp/nested")
    [ "${n:-0}" -ge "$1" ] || { why="${why}${n:-no} $2 inside UV_ESM; "; false; }
}

# ---- the tests ----

# All formats at once of a boot to the shell of the secure VM: it is the run that it is without them.
test_boot() {
    run plain 60000000 || { fail boot "no run"; return; }
    grep -q 'pefemu guest ready' "$tmp/plain.console" || { fail boot "the guest did not get ready"; return; }
    run traced 60000000 -tracefile "$tmp/t.json" -tracefile "$tmp/t.txt" -tracefile "$tmp/t.vcd" \
        -tracefile "$tmp/t.csv,events=ucall+tpm"
    same plain traced && pass same_run || fail same_run "$(cat "$tmp/plain.count" "$tmp/traced.count")"
    json "$tmp/t.json" && pass chrome_json || fail chrome_json "not valid"
    why=
    perl "$here/nested.pl" "$tmp/t.json" >"$tmp/nested" 2>&1 || why="$(cat "$tmp/nested"); "
    at_least 100 'hcall H_SVM_PAGE_IN'
    at_least 100 'ucall UV_PAGE_IN'
    at_least 100 'page-in page-in clear'
    at_least 1 'reflect H_SVM_INIT_DONE'
    at_least 1 'tpm RSA_Decrypt'
    at_least 1 'tpm StartAuthSession'
    at_least 1 'esm-step COMMIT'
    [ "$(grep -c '^esm-step ' "$tmp/nested")" = 15 ] || why="${why}not 15 steps; "
    grep -qx 'rc U_SUCCESS' "$tmp/nested" || why="${why}$(grep '^rc ' "$tmp/nested")"
    # What a thread switch leaves open, and UV_RETURN, must not pile up.
    [ "$(sed -n 's/^deepest //p' "$tmp/nested")" -le 6 ] || why="${why}$(grep '^deepest ' "$tmp/nested")"
    [ -z "$why" ] && pass chrome_nested || fail chrome_nested "$why"
    grep -q '^ *0[.]0*  *tpm Startup code' "$tmp/t.txt" && pass power_on || fail power_on "no TPM command at time 0"
    grep -q 'interrupt system call vector 0xc00 pc 0x[0-9a-f]* <prom_init+0x[0-9a-f]*>' "$tmp/t.txt" &&
        grep -q '^# end: [0-9]* records, 0 dropped, 0 not repeated$' "$tmp/t.txt" && pass txt || fail txt "$(tail -n 1 "$tmp/t.txt")"
    head -n 1 "$tmp/t.vcd" | grep -q '^\$version' && grep -q '^b111 ' "$tmp/t.vcd" && pass vcd || fail vcd "no ultravisor"
    events=$(cut -d, -f5 "$tmp/t.csv" | sort -u | tr '\n' ' ')
    [ "$events" = "end event tpm ucall " ] && pass csv || fail csv "events: $events"
}

# A process that is gone leaves a trace of use.
test_killed() {
    (svm 2000000000 -tracefile "$tmp/k.json") >/dev/null 2>"$tmp/errors" &
    child=$!
    tries=$((limit * 5))
    while ! grep -q COMMIT "$tmp/k.json" 2>/dev/null && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.2
    done
    kill -9 $child
    wait $child 2>/dev/null
    child=
    json "$tmp/k.json" 2>/dev/null && { fail killed "it came to its end"; return; }
    echo ']' >>"$tmp/k.json"
    json "$tmp/k.json" && grep -q UV_ESM "$tmp/k.json" && pass killed || fail killed "not valid with a bracket"
}

# Every instruction, through the whole of UV_ESM; on both engines the same log, and the run as without it.
test_commit() {
    run plain 1600000 || { fail commit "no run"; return; }
    for engine in interp ref; do
        run "$engine" 1600000 -accel $engine -tracefile "$tmp/$engine.commit,from=1400000"
        same plain $engine || { fail "commit_$engine" "$(cat "$tmp/plain.count" "$tmp/$engine.count")"; return; }
    done
    # The hypervisor's calls come from cookies, which are random.
    for engine in interp ref; do
        grep -v ': interrupt 0xc00' "$tmp/$engine.commit" >"$tmp/$engine.core"
    done
    lines=$(wc -l <"$tmp/interp.core")
    cmp -s "$tmp/interp.core" "$tmp/ref.core" && [ "$lines" -ge 199000 ] &&
        grep -q '^core   0: s.os 0x0000000000400000 (0x' "$tmp/interp.core" &&
        pass commit || fail commit "$lines lines"
}

# Nobody reads: the guest goes on, and the end says so.
test_slow() {
    mkfifo "$tmp/pipe"
    sleep "$limit" <"$tmp/pipe" &
    child=$!
    exec 3>"$tmp/pipe" # when this is open, the reader is there
    run slow 60000000 -tracefile "$tmp/pipe,format=txt"
    exec 3>&-
    grep -q 'tracefile.*records were dropped: the reader was too slow' "$tmp/errors" &&
        pass slow || fail slow "nothing said"
    kill $child 2>/dev/null
    wait $child 2>/dev/null
    child=
}

test_bad() {
    bad=
    for option in "-tracefile $tmp/x,format=xml" "-tracefile $tmp/x,events=no" "-tracefile /nowhere/x" \
        "-tracefile $tmp/x.commit -tracefile $tmp/y.commit" "-sym /nowhere" "-sym $0" "-sym $svm_kernel,as=king"; do
        # shellcheck disable=SC2086
        "$build/pefemu" -M bare -m 1M -reg pc=0x1000 -icount-limit 5 $option >/dev/null 2>"$tmp/errors" </dev/null
        [ $? = 2 ] && [ "$(grep -c '^pefemu: -' "$tmp/errors")" = 1 ] || bad="$bad $option"
    done
    [ -z "$bad" ] && pass bad || fail bad "$bad"
}

# The commands of docs/debugging.md print what they print there.
test_page() {
    mkdir -p "$tmp/page" "$tmp/cache"
    ln -sf "$top/scripts" "$tmp/page/scripts"
    ln -sf "$build" "$tmp/page/build"
    ln -sf "$(dirname "$svm_kernel")" "$tmp/cache/kernel-svm"
    ln -sf "$made" "$tmp/cache/svm"
    rm -f "$made/tpm/lock"
    awk -v out="$tmp/block" '/^## / { mine = $0 == "## Traces, statistics, symbols" }
        !mine { next }
        /^```sh$/ { to = out "." ++n ".sh"; next }
        /^```text$/ { to = out "." n ".text"; next }
        /^```/ { to = ""; next }
        to { print >to }' "$top/docs/debugging.md"
    n=0
    while [ -f "$tmp/block.$((n + 1)).sh" ]; do
        n=$((n + 1))
        (cd "$tmp/page" && PEFEMU_CACHE=$tmp/cache sh "$tmp/block.$n.sh") >"$tmp/out" 2>"$tmp/errors"
        status=$?
        # What the page shows comes behind the guest's console; nothing: -icount-limit ended it.
        if [ -f "$tmp/block.$n.text" ]; then
            tail -n "$(wc -l <"$tmp/block.$n.text")" "$tmp/out" | cmp -s - "$tmp/block.$n.text"
        else
            [ $status = 5 ]
        fi && pass "page_$n" || fail "page_$n" "exit status $status: $(tail -n 3 "$tmp/out")"
    done
    [ $n -ge 5 ] || fail page "only $n blocks"
}

# ---- main ----

rm -rf "$tmp"
mkdir -p "$tmp"
svm_files || exit 0
svm_tpm

[ $# = 0 ] && set -- boot killed commit slow bad page
for t in "$@"; do
    "test_$t"
done
