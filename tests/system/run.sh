#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [TEST...]: boots the real kernel under pefemu in many ways, and feeds it bad input.
# Without names, all tests; with PEFEMU_FULL=1 the long ones too. Ends with a count.
# run.sh BUILD --list: the names of those, which run one by one as well.
set -u
# Under nohup SIGHUP stays ignored, and one test needs it.
case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status 2>/dev/null) in
[13579bdf]) [ -n "${PEFEMU_HUP-}" ] || PEFEMU_HUP=1 exec env --default-signal=HUP sh "$0" "$@" ;;
esac
build=$(cd "$1" && pwd) || exit 2
shift
pefemu=$build/pefemu
tmp=$(mktemp -d) suite=
. "$(dirname "$0")/lib.sh"

# boot APPEND OPTIONS...: runs to the end. Leaves $status, console and errors in $tmp.
boot() {
    words=$1
    shift
    "$pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
        -append "console=hvc0 $words" -timeout "$limit" "$@" >"$tmp/console" 2>"$tmp/errors"
    status=$?
    tr -d '\r' <"$tmp/console" >"$tmp/text"
}

talk_begin() { # talk_begin OPTIONS...: at the guest's console
    talk "$pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
        -append "console=hvc0 quiet" -timeout "$limit" "$@"
}
# dialogue NAME OPTIONS...: type arithmetic, see the answer, power off.
dialogue() {
    name=$1 cpus=$2
    shift 2
    talk_begin -smp "$cpus" "$@"
    if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
        type_line 'echo answer $((6 * 7)) cpus $(nproc)' && expect "answer 42 cpus ${cpus%%,*}\$" &&
        type_line 'grep -c ^processor /proc/cpuinfo; exit'; then
        talk_end
        [ "$status" = 0 ] && pass "$name" || fail "$name" "exit status $status, not 0"
    else
        printf '\001x' >&3
        talk_end
        fail "$name" "no dialogue (exit status $status)"
    fi
}

# counted NAME ARGUMENTS...: NAME.sh prints its own lines, which are counted here. Without any it came to
# grief.
counted() {
    script=$1
    shift
    sh "$here/$script.sh" "$@" >"$tmp/lines" 2>&1
    cat "$tmp/lines"
    passed=$((passed + $(grep -c '^pass' "$tmp/lines")))
    failed=$((failed + $(grep -c '^FAIL' "$tmp/lines")))
    skipped=$((skipped + $(grep -c '^skip' "$tmp/lines")))
    grep -q -e '^pass' -e '^FAIL' -e '^skip' "$tmp/lines" || fail "$script" "$script.sh says nothing"
}

# ---- the tests ----

test_bad_input() { counted bad_input "$pefemu" "$guest" "$tmp"; }
test_tpm_tool() { counted tpm_tool "$build/pefemu-tpm" "$tmp"; }
test_bare() { counted bare "$pefemu" "$tmp"; }
test_svm() { counted svm "$build" "$tmp"; }
test_threads() { counted threads "$build" "$tmp"; }
test_snapshot() { counted snapshot "$build" "$tmp"; }
test_monitor() { counted monitor "$build" "$tmp"; }
test_gdb() { counted gdb "$build" "$tmp"; }
test_trace() { counted trace "$build" "$tmp"; }
test_aarch64() { counted aarch64 "$build" "$tmp"; }
test_bench() { counted bench "$build" "$tmp"; }
# What help lists, of machines, their properties, and registers: all there is, on stdout, status 0.
test_help() {
    for item in 'pseries=-M help' 'smf=-M bare,help' 'secure-mem=-M bare,smf=off,help' \
        'ic-mode=-M pseries,help' 'dumpdtb=-M pseries,?' 'power9=-cpu help' 'interp=-accel help' \
        'panic=-action help'; do
        # shellcheck disable=SC2086
        "$pefemu" ${item#*=} >"$tmp/text" 2>"$tmp/errors"
        status=$?
        if [ $status != 0 ] || [ -s "$tmp/errors" ] || ! grep -q "${item%%=*}" "$tmp/text"; then
            fail help "${item#*=}: exit status $status, no ${item%%=*}"
            return
        fi
    done
    sed -n 's/^SPR(\([0-9]*\), *\([A-Z0-9_]*\),.*/\1 \2/p' "$top/include/pefemu/spr.def" >"$tmp/rows"
    "$pefemu" -cpu power9,help | awk '$1 + 0 { print $1, $2 }' | cmp -s - "$tmp/rows" &&
        pass help || fail help "-cpu power9,help does not list spr.def"
}
test_smp1() { dialogue smp1 1; }
test_smp2() { dialogue smp2 2; }
test_smp4_xics() { dialogue smp4_xics 4 -M pseries,ic-mode=xics; }
test_smp4_xive() { dialogue smp4_xive 4 -M pseries,ic-mode=xive; }
test_smp8_threads() { dialogue smp8_threads 8,threads=4; }
test_smp16() { dialogue smp16 16; }

# The interrupt controller is the one asked for.
test_ic_mode() {
    for mode in xics xive; do
        boot pefemu.test=poweroff -smp 2 -M pseries,ic-mode=$mode </dev/null
        used=xics
        grep -q 'xive: Interrupt handling initialized' "$tmp/text" && used=xive
        if [ "$status" = 0 ] && [ $used = $mode ]; then
            pass "ic_mode_$mode"
        else
            fail "ic_mode_$mode" "exit status $status, guest used $used"
        fi
    done
}

test_poweroff_without_input() {
    boot "quiet pefemu.test=poweroff" </dev/null
    grep -q 'pefemu guest ready' "$tmp/text" && [ $status = 0 ] && pass stdin_null ||
        fail stdin_null "exit status $status"
    boot "quiet pefemu.test=poweroff" <&-
    grep -q 'pefemu guest ready' "$tmp/text" && [ $status = 0 ] && pass stdin_closed ||
        fail stdin_closed "exit status $status"
}

test_panic() {
    boot "pefemu.test=panic" </dev/null
    [ $status = 3 ] && pass panic_exit_status || fail panic_exit_status "$status, not 3"
}

test_timeout() {
    boot "" -timeout 1 </dev/null
    [ $status = 5 ] && pass timeout_exit_status || fail timeout_exit_status "$status, not 5"
}

test_no_reboot() {
    boot "quiet pefemu.test=reboot" -no-reboot </dev/null
    [ $status = 0 ] && pass no_reboot_ends || fail no_reboot_ends "exit status $status"
}

test_reboot() {
    talk_begin -smp 2
    if expect 'pefemu guest ready' && type_line 'reboot -f' && expect 'pefemu guest ready' 2 &&
        type_line 'poweroff -f'; then
        talk_end
        [ "$status" = 0 ] && pass reboot || fail reboot "exit status $status"
    else
        printf '\001x' >&3
        talk_end
        fail reboot "no second boot (exit status $status)"
    fi
}

test_quit() {
    talk_begin
    expect 'pefemu guest ready'
    printf '\001h' >&3
    expect 'Ctrl-A x  end pefemu' && printf '\001x' >&3
    talk_end
    [ "$status" = 0 ] && pass ctrl_a_x_quits || fail ctrl_a_x_quits "exit status $status"
    talk_begin
    expect 'pefemu guest ready'
    kill -TERM "$child"
    talk_end
    [ "$status" = 143 ] && pass sigterm_quits || fail sigterm_quits "exit status $status, not 143"
    talk_begin
    expect 'pefemu guest ready'
    kill -HUP "$child"
    talk_end
    [ "$status" = 129 ] && pass sighup_quits || fail sighup_quits "exit status $status, not 129"
}

# On a terminal: raw while the guest runs, restored afterwards, Ctrl-C goes to the guest.
test_terminal() {
    command -v script >/dev/null || { skip terminal "no script(1)"; return; }
    cat >"$tmp/inner.sh" <<INNER
stty -a | grep -o -- '-*icanon' | sed 's/^/before /'
"$pefemu" -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
    -append 'console=hvc0 quiet' -timeout $limit
echo "status \$?"
stty -a | grep -o -- '-*icanon' | sed 's/^/after /'
INNER
    talk script -qfec "sh $tmp/inner.sh" /dev/null
    ok=
    expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" && type_line 'sleep 1000' && sleep 2 &&
        printf '\003' >&3 && type_line 'echo ctrl-c $((5 * 5))' && expect 'ctrl-c 25' && ok=1
    printf '\001x' >&3
    expect 'after ' || ok=
    talk_end
    grep -q '^before icanon' "$tmp/text" && grep -q '^after icanon' "$tmp/text" &&
        grep -q '^status 0' "$tmp/text" && grep -q 'leave with Ctrl-A x' "$tmp/text" &&
        [ -n "$ok" ] && pass terminal || fail terminal "see above"
}

# With a date and a seed a run depends on nothing else: same bytes, same counts.
test_determinism() {
    for cpus in 1 4; do
        for n in 1 2; do
            boot "pefemu.test=poweroff" -smp $cpus -rtc base=2024-01-01 -seed 7 \
                -icount shift=0,sleep=off -stats=json </dev/null
            grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$tmp/errors" >"$tmp/count$n"
            cp "$tmp/text" "$tmp/console$n"
        done
        if [ $status != 0 ]; then
            fail "determinism_smp$cpus" "exit status $status"
        elif ! cmp -s "$tmp/console1" "$tmp/console2"; then
            diff "$tmp/console1" "$tmp/console2" | head -n 6
            fail "determinism_smp$cpus" "consoles differ"
        elif ! cmp -s "$tmp/count1" "$tmp/count2" || ! [ -s "$tmp/count1" ]; then
            fail "determinism_smp$cpus" "counts $(cat "$tmp/count1") $(cat "$tmp/count2")"
        else
            pass "determinism_smp$cpus"
        fi
    done
}

# Profiles: a program that spins in one function, the same file from each engine; and a boot that is sampled
# executes what it executes without.
test_profile() {
    prefix=powerpc64-linux-gnu-
    ${prefix}as -mpower9 -mregnames -a64 -mbig "$here/bare/spin.S" -o "$tmp/spin.o" &&
        ${prefix}ld -EB -m elf64ppc -e _start -Ttext=0x10000 "$tmp/spin.o" -o "$tmp/spin" ||
        { skip profile "no ppc64 assembler"; return; }
    for engine in jit interp ref; do
        "$pefemu" -M bare -m 64M -accel $engine -kernel "$tmp/spin" -sym "$tmp/spin" \
            -icount-limit 3000000 -profile "$tmp/profile,every=1009" </dev/null >"$tmp/console" 2>"$tmp/errors"
        # about 3000 samples; work has 82 of 87 instructions
        awk '{ n += $NF } /;work [0-9]*$/ { w += $NF } END { exit !(n > 2900 && n < 3100 && w > n * .8) }' \
            "$tmp/profile" && pass "profile_$engine" || fail "profile_$engine" "$(cat "$tmp/profile")"
    done
    for n in 1 2; do
        set --
        [ $n = 1 ] || set -- -profile "$tmp/profile"
        boot "pefemu.test=poweroff" -rtc base=2024-01-01 -seed 7 -icount shift=0,sleep=off \
            -stats=json "$@" </dev/null
        grep -o '"instructions":[0-9]*,"guest_ns":[0-9]*' "$tmp/errors" >"$tmp/count$n"
        cp "$tmp/text" "$tmp/console$n"
    done
    [ $status = 0 ] && [ -s "$tmp/count1" ] && cmp -s "$tmp/count1" "$tmp/count2" &&
        cmp -s "$tmp/console1" "$tmp/console2" && grep -q ';start_kernel;' "$tmp/profile" &&
        pass profile_same_run || fail profile_same_run "$(cat "$tmp/count1" "$tmp/count2")"
}

# Native code: nothing can be written and executed by the same mapping; -perfmap tells of places in the
# executable one by the kernel's names, and the host's perf, if it is there and may look, understands it.
test_native_code() {
    [ "$(uname -m)" = x86_64 ] || { skip native_code "no native code on $(uname -m)"; return; }
    talk_begin -perfmap
    expect 'pefemu guest ready'
    cp "/proc/$child/maps" "$tmp/maps"
    map=/tmp/perf-$child.map
    printf '\001x' >&3
    talk_end
    mv "$map" "$tmp/perfmap"
    ! grep -q '^[^ ]* .wx' "$tmp/maps" && grep -q '^[^ ]* r-xs .*/dev/zero' "$tmp/maps" &&
        grep -q '^[^ ]* rw-s .*/dev/zero' "$tmp/maps" && pass code_not_writable ||
        fail code_not_writable "$(grep 'wx\|/dev/zero' "$tmp/maps")"
    perl -ne 'BEGIN { ($lo, $hi) = map { hex } split /-/, shift }
        die "odd: $_" unless /^([0-9a-f]+) ([0-9a-f]+) guest:[0-9a-f]+ (.*)$/;
        die "elsewhere: $_" if hex($1) < $lo or hex($1) + hex($2) > $hi;
        $named++ if $3 =~ /^memset\b|^__schedule\b/;
        END { die "no names\n" unless $named or $? }' \
        "$(sed -n 's/ r-xs .*//p' "$tmp/maps")" "$tmp/perfmap" 2>"$tmp/odd" && pass perfmap ||
        fail perfmap "$(cat "$tmp/odd")"
    perf record -q -e cpu-clock -o "$tmp/perf.data" true >/dev/null 2>&1 || { skip perfmap_read "no perf"; return; }
    set -- "$pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
        -append "console=hvc0 quiet pefemu.test=poweroff" -timeout "$limit" -perfmap
    perf record -q -e cpu-clock -o "$tmp/perf.data" sh -c 'echo $$ >"$0"; exec "$@"' "$tmp/pid" "$@" \
        </dev/null >"$tmp/console" 2>"$tmp/errors"
    perf report -i "$tmp/perf.data" --stdio --sort symbol 2>/dev/null >"$tmp/report"
    rm -f "/tmp/perf-$(cat "$tmp/pid").map"
    [ "$(grep -c ' guest:[0-9a-f]* [a-z_]' "$tmp/report")" -ge 10 ] && pass perfmap_read ||
        fail perfmap_read "$(head -n 30 "$tmp/report")"
}

# One boot: the kernel's warnings, busybox's applets, a C program with floating point and strings.
test_programs() {
    guest_program programs guest_check || return
    boot "pefemu.test=script quiet" -smp 2 -guest-file "$here/guest_test.sh:/test.sh" \
        -guest-file "$build/tests/system/guest_check:/bin/guest_check" </dev/null
    [ $status = 0 ] && pass guest_file || fail guest_file "exit status $status"
    grep -q 'guest_check: all [0-9]* checks passed' "$tmp/text" && pass guest_check ||
        fail guest_check "see above"
    if grep -q 'applets: all passed' "$tmp/text"; then
        pass applets
    else
        fail applets "$(grep '^applet ' "$tmp/text" | head -n 5)"
    fi
    dmesg_compare
}
dmesg_compare() {
    sed -n '/^dmesg begin/,/^dmesg end/p' "$tmp/text" | sed '1d;$d; s/^\[ *[0-9.]*\] //' |
        LC_ALL=C sort -u >"$tmp/dmesg"
    grep -v '^#' "$here/dmesg-allow.txt" >"$tmp/allow"
    new=$(grep -v -x -E -f "$tmp/allow" "$tmp/dmesg")
    if [ -z "$new" ] && grep -q '^pefemu test warning' "$tmp/dmesg"; then
        pass dmesg_warnings
    else
        rm -f "$tmp/console"
        fail dmesg_warnings "lines not in dmesg-allow.txt: $new"
    fi
}

# perf_event_open(): counts to the instruction, samples, branch stacks, event-based branches.
test_perf() {
    guest_program perf guest_pmu || return
    echo guest_pmu >"$tmp/perf.sh"
    boot "pefemu.test=script" -guest-file "$tmp/perf.sh:/test.sh" \
        -guest-file "$build/tests/system/guest_pmu:/bin/guest_pmu" </dev/null
    grep -q 'POWER9 performance monitor hardware support registered' "$tmp/text" &&
        grep -q 'guest_pmu: all [0-9]* checks passed' "$tmp/text" && pass perf ||
        fail perf "exit status $status"
}

# A line of counters for each console line that begins with the text, and the same at the end.
test_stats_on() {
    boot "quiet pefemu.test=poweroff" -stats=json -stats-on "pefemu guest" </dev/null
    grep '^{"marker":"pefemu guest ready","instructions":[1-9]' "$tmp/errors" >"$tmp/marker"
    if [ "$(grep -c '"H_PUT_TERM_CHAR":[1-9]' "$tmp/marker")" = 1 ] &&
        grep -q '^{"instructions":[1-9].*"decrementer":[1-9].*"UV_WRITE_PATE":' "$tmp/errors"; then
        pass stats_on
    else
        fail stats_on "exit status $status"
    fi
}

# The overhead laboratory: counts are the same in each run, and a program executes the same number of
# instructions whether its VM is secure or not. A result that was tampered with is noticed.
test_overhead() {
    [ -f "$svm_kernel" ] || { skip overhead "no kernel for secure VMs"; return; }
    sh -c "${GUEST_CC:-powerpc64le-linux-gnu-gcc} --version" >/dev/null 2>&1 || {
        skip overhead "no ppc64el compiler"
        return
    }
    rm -f "$tmp/console"
    make -s -C "$top" BUILD="$build" "$build/esm-file" >/dev/null
    PEFEMU_BENCH_TIMEOUT=$limit "$top/bench/overhead/run.sh" "$build" --out "$tmp/lab" --size test \
        --runs 2 --only "graph fft" >"$tmp/table" 2>"$tmp/errors" && pass overhead_reproducible ||
        { fail overhead_reproducible "see below"; return; }
    same=$(awk -F, '($1 == "graph" || $1 == "fft") && !seen[$1 "," $7]++' "$tmp/lab/overhead.csv" |
        grep -c .)
    rows=$(grep -c -e '^graph,.*,svm,' -e '^fft,.*,svm,' "$tmp/lab/overhead.csv")
    [ "$same" = 2 ] && [ "$rows" = 4 ] && pass secure_state_costs_no_instruction ||
        fail secure_state_costs_no_instruction "$(cut -d, -f1,4-7 "$tmp/lab/overhead.csv")"
    sed -i '/LAB-END fft/s/"instructions":/"instructions":1/' "$tmp/lab/runs/svm.2"
    sed -i 's/LAB-END graph [0-9a-f]*/LAB-END graph 0123456789abcdef/' "$tmp/lab/runs/nvm.1"
    sed -i 's/"esm_ok":1/"esm_ok":0/' "$tmp/lab/runs/svm.1"
    "$tmp/lab/report" "$tmp/lab" test 2 "" nopef nvm svm >"$tmp/table" 2>"$tmp/errors"
    status=$?
    [ $status = 1 ] && grep -q 'svm: fft: counts differ from run to run' "$tmp/errors" &&
        grep -q 'nvm: graph: the checksum is wrong' "$tmp/errors" &&
        grep -q 'svm: ESM: the VM is not of the kind' "$tmp/errors" && pass overhead_notices ||
        fail overhead_notices "exit status $status"
}

test_packed_kernel() {
    command -v zstd >/dev/null || { skip zstd_kernel "no zstd"; return; }
    zstd -q -1 -f "$guest/vmlinux" -o "$tmp/vmlinux.zst"
    boot "quiet pefemu.test=poweroff" -kernel "$tmp/vmlinux.zst" </dev/null
    [ $status = 0 ] && pass zstd_kernel || fail zstd_kernel "exit status $status"
    rm -f "$tmp/vmlinux.zst"
}
# client PREFIX CFLAGS LDFLAGS: assembles firmware/of_hello.S or another $source into $tmp/client.
client() {
    # shellcheck disable=SC2086
    "$1gcc" -mbig $2 -c -o "$tmp/client.o" "$top/firmware/$source" &&
        "$1ld" -EB -e _start $3 -o "$tmp/client" "$tmp/client.o"
}
# client_runs NAME STATUS TEXT OPTIONS...: on both engines
client_runs() {
    name=$1 want=$2 text=$3
    shift 3
    for engine in interp ref; do
        "$pefemu" -M pseries -m 1G -accel $engine -timeout "$limit" "$@" </dev/null \
            >"$tmp/console" 2>"$tmp/errors"
        status=$?
        { [ $status = "$want" ] && grep -q "$text" "$tmp/console"; } ||
            { fail "$name" "$engine: exit status $status"; return; }
    done
    pass "$name"
}
# The client interface as boot programs of both word sizes use it, RTAS, and -bios.
test_clients() {
    prefix=${GUEST_CC:-powerpc64le-linux-gnu-gcc}
    prefix=${prefix%gcc}
    source=of_hello.S
    client "$prefix" -m32 "-melf32ppc -Ttext=0x4000000" || { fail client32 "does not build"; return; }
    client_runs client32 0 '^mode 32, 4 \* 256 MiB: hello' -kernel "$tmp/client" -append hello
    client_runs client32_exit 6 '^mode 32, .*: exit' -kernel "$tmp/client" -append exit
    gzip -c "$tmp/client" >"$tmp/client.gz"
    "$pefemu" -kernel "$tmp/client" -dtb "$tmp/client" </dev/null >"$tmp/console" 2>"$tmp/errors"
    status=$?
    [ $status = 2 ] && grep -q '^pefemu: -dtb: .*32-bit' "$tmp/errors" && pass client32_dtb ||
        fail client32_dtb "exit status $status"
    client_runs client32_gzip 0 '^mode 32, .*: packed' -kernel "$tmp/client.gz" -append packed
    client "$prefix" "-m64 -DCLIENT64" "-melf64ppc -Ttext=0x10000" ||
        { fail client64 "does not build"; return; }
    client_runs client64 0 '^mode 64, 4 \* 256 MiB: hello' -kernel "$tmp/client" -append hello
    client "$prefix" "-m64 -DCLIENT64" "-melf64ppc -Ttext=0 --oformat=binary" ||
        { fail raw_image "does not build"; return; }
    client_runs raw_image 0 '^mode 64, .*: raw' -kernel "$tmp/client" -append raw
    source=hcall_hello.S
    client "$prefix" -m64 "-melf64ppc -Ttext=0 --oformat=binary" || { fail bios "does not build"; return; }
    client_runs bios 0 '^hcall_hello: r3: tree' -bios "$tmp/client"
}

# The tree that is written is the one that -dtb takes: the kernel starts from it without a firmware.
test_device_tree() {
    rm -f "$tmp/console"
    for n in 1 2; do
        "$pefemu" -m 1G -seed 1 -rtc base=2024-01-01 -M pseries,dumpdtb="$tmp/dtb$n" \
            >"$tmp/errors" 2>&1 </dev/null || { fail dumpdtb "exit status $?"; return; }
    done
    cmp -s "$tmp/dtb1" "$tmp/dtb2" && [ ! -s "$tmp/errors" ] && pass dumpdtb ||
        fail dumpdtb "differs from run to run"
    boot "quiet pefemu.test=poweroff" -dtb "$tmp/dtb1" </dev/null
    grep -q 'pefemu guest ready' "$tmp/text" && [ $status = 0 ] && pass dtb ||
        fail dtb "exit status $status"
}

# The guest's power-off leaves pefemu running until the time is up.
test_no_shutdown() {
    boot "quiet pefemu.test=poweroff" -no-shutdown -timeout 40 </dev/null
    grep -q 'Power down' "$tmp/text" && [ $status = 5 ] && pass no_shutdown ||
        fail no_shutdown "exit status $status, not 5"
}

# The guest is gone: its end is told, its memory can be looked at, nothing can go on, the user ends it.
test_ended_prompt() {
    talk_begin -no-shutdown
    expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" && type_line 'poweroff -f' &&
        expect 'Power down' && printf '\001cinfo status\n' >&3 &&
        expect 'the machine has ended: power off' && printf 'cont\nstep\nsystem_reset\nstop\n' >&3 &&
        expect 'error: the machine has ended' 4 && printf 'view real\nx/1xg 0x400000\n' >&3 &&
        expect '^0x0000000000400000 ' && printf 'quit\n' >&3
    told=$?
    [ $told = 0 ] || printf '\001x' >&3
    talk_end
    [ $told = 0 ] && [ $status = 0 ] && pass ended_prompt_console ||
        fail ended_prompt_console "exit status $status"
    # A script at the prompt: its lines behind the end, then its own end.
    printf 'cont\ninfo status\ncont\n' |
        "$pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
            -append "console=hvc0 quiet pefemu.test=poweroff" -timeout "$limit" -no-shutdown -S \
            -serial "file:$tmp/console" -monitor stdio >"$tmp/text" 2>"$tmp/errors"
    status=$?
    [ $status = 0 ] && [ "$(grep -c '^the machine has ended: power off$' "$tmp/text")" = 2 ] &&
        [ "$(grep -c '^error: the machine has ended' "$tmp/text")" = 1 ] &&
        grep -q '^the input has ended, and so has the machine: quit$' "$tmp/text" &&
        pass ended_prompt_script || fail ended_prompt_script "exit status $status"
}

# system_powerdown: kernel and guest end as they want to, with either interrupt controller.
test_powerdown() {
    for mode in xive xics; do
        talk_begin -smp 2 -M pseries,ic-mode=$mode
        expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
            printf '\001csystem_powerdown\n\001c' >&3 && expect 'Power off requested' &&
            expect '^shutting down' || printf '\001x' >&3
        talk_end
        [ $status = 0 ] && tr -d '\r' <"$tmp/console" | grep -a -q 'reboot: Power down' &&
            pass powerdown_$mode || fail powerdown_$mode "exit status $status"
    done
}

# Each item of -d writes lines that look like it into the file of -D, and changes nothing else. A
# guest without fault leaves nothing for the last.
test_log_items() {
    for item in 'in_asm=mtmsrd' 'int=system call' 'cpu=r28' 'exec=page' 'mmu=.' 'rtas=power-off' \
        'hcall=H_REGISTER_VPA' 'of=finddevice' 'unimp=.' 'guest_errors='; do
        boot "quiet pefemu.test=poweroff" -d "${item%%=*}" -D "$tmp/log" </dev/null
        if [ $status != 0 ] || [ -s "$tmp/errors" ] ||
            { [ -n "${item#*=}" ] && ! grep -q "${item#*=}" "$tmp/log"; }; then
            fail log_items "$item: exit status $status, $(wc -c <"$tmp/log") bytes"
            return
        fi
    done
    rm -f "$tmp/log"
    pass log_items
}

test_serial() {
    boot "quiet pefemu.test=poweroff" -serial "file:$tmp/serial" </dev/null
    [ $status = 0 ] && [ ! -s "$tmp/console" ] && grep -q 'pefemu guest ready' "$tmp/serial" &&
        pass serial_file || fail serial_file "exit status $status"
    boot "quiet pefemu.test=poweroff" -serial null </dev/null
    [ $status = 0 ] && [ ! -s "$tmp/console" ] && pass serial_null ||
        fail serial_null "exit status $status"
    # Without mon: the guest gets the Ctrl-A.
    talk_begin -serial stdio
    if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
        type_line 'stty -echo; read x; echo "got $x" | od -An -c; exit' && sleep 1 &&
        printf '\001y\n' >&3 && expect '001 *y'; then
        talk_end
        [ "$status" = 0 ] && pass serial_stdio || fail serial_stdio "exit status $status"
    else
        kill "$child"
        talk_end
        fail serial_stdio "no Ctrl-A (exit status $status)"
    fi
}

# Ctrl-A b is a break: the kernel takes the next key as a SysRq command.
test_break() {
    talk_begin
    if expect 'pefemu guest ready' && expect "pefemu:.*[\$#]" &&
        type_line 'echo 1 >/proc/sys/kernel/sysrq; dmesg -n 7; echo sysrq $((1 + 1))' &&
        expect 'sysrq 2' && printf '\001bh' >&3 && expect 'sysrq: HELP' && type_line exit; then
        talk_end
        [ "$status" = 0 ] && pass break || fail break "exit status $status"
    else
        printf '\001x' >&3
        talk_end
        fail break "no SysRq (exit status $status)"
    fi
}

# disable_radix: the guest's own page table, by hypercalls, and storage keys.
test_hash() {
    boot "disable_radix pefemu.test=poweroff" -smp 2 </dev/null
    [ $status = 0 ] && pass hash || fail hash "exit status $status"
    grep -q 'Enabling pkeys with max key count 32' "$tmp/text" && pass hash_keys ||
        fail hash_keys "the kernel does not use them"
}

# The debugger's walk: real mode through the VRMA, the kernel through SLB and HPT.
test_hash_walk() {
    printf '%s\n' 'catch rtas event-scan' cont delete step 'info pgtable $pc' 'break 0xc000000000004900' \
        cont 'info pgtable $pc' 'info pgtable 0xd000000000000000' quit |
        "$pefemu" -M pseries -m 1G -kernel "$guest/vmlinux" -initrd "$guest/initrd.img" \
            -append "console=hvc0 quiet disable_radix" -timeout "$limit" -S -serial null -monitor stdio \
            >"$tmp/text" 2>"$tmp/errors"
    status=$?
    if [ $status = 0 ] && grep -q '^VRMA .*base page 16 MiB$' "$tmp/text" &&
        grep -q '^0x[0-9a-f]* is at real address 0x[0-9a-f]*, normal$' "$tmp/text" &&
        grep -q '^SLB .*segment of .* at 0xc000000000000000, VSID' "$tmp/text" &&
        grep -q '^[ps][a-z]* PTEG .* entries valid$' "$tmp/text" && grep -q '^HPTE .* slot [0-7] of the group' "$tmp/text" &&
        grep -q '^0xc000000000004900 is at real address 0x4900, normal$' "$tmp/text" &&
        grep -q '^0xd000000000000000 has no ' "$tmp/text"; then
        pass hash_walk
    else
        fail hash_walk "exit status $status: $(tail -n 1 "$tmp/text")"
    fi
}

test_gzip_kernel() {
    gzip -1 -c "$guest/vmlinux" >"$tmp/vmlinux.gz"
    boot "quiet pefemu.test=poweroff" -kernel "$tmp/vmlinux.gz" </dev/null
    [ $status = 0 ] && pass gzip_kernel || fail gzip_kernel "exit status $status"
    rm -f "$tmp/vmlinux.gz"
}

test_install() {
    rm -f "$tmp/console"
    make -s -C "$top" BUILD="$build" install DESTDIR="$tmp/root" PREFIX=/usr >"$tmp/errors" 2>&1
    "$tmp/root/usr/bin/pefemu" --version | grep -q '^pefemu .*(commit' &&
        [ -s "$tmp/root/usr/share/man/man1/pefemu.1" ] &&
        [ -s "$tmp/root/usr/share/bash-completion/completions/pefemu" ] &&
        pass install || fail install "something is missing"
}

# The plain engine runs the same kernel to the same end.
test_ref_engine() {
    limit=1200 boot "quiet pefemu.test=poweroff" -accel ref </dev/null
    [ $status = 0 ] && pass ref_engine || fail ref_engine "exit status $status"
}

# The default engine and another one together: code that writes itself on -M bare, Linux as a normal and as
# a secure VM. In full runs the other one is ref, too, which takes its time.
test_lockstep() {
    if command -v powerpc64-linux-gnu-as >/dev/null; then
        powerpc64-linux-gnu-as -mpower9 -a64 -mbig "$here/bare/rewrite.S" -o "$tmp/x.o" &&
            powerpc64-linux-gnu-ld -EB -m elf64ppc -e _start -Ttext=0x10000 "$tmp/x.o" -o "$tmp/rewrite"
        for check in 1 1000 1000000; do
            "$pefemu" -M bare,exit=0x40010000 -m 64M -kernel "$tmp/rewrite" -serial null \
                -accel lockstep,check=$check -timeout "$limit" >"$tmp/console" 2>"$tmp/errors" </dev/null
            status=$?
            [ $status = 42 ] && pass "lockstep_rewrite_$check" ||
                fail "lockstep_rewrite_$check" "exit status $status, not 42"
        done
    else
        skip lockstep_rewrite "powerpc64-linux-gnu-as is not installed"
    fi
}
test_lockstep_kernel() {
    lockstep_kernel lockstep_kernel_interp 1 ,base=interp
    [ -n "${PEFEMU_FULL-}" ] || return 0
    lockstep_kernel lockstep_kernel_smp2 2 ,base=interp,hot=1
    lockstep_kernel lockstep_kernel_ref 1
}
lockstep_kernel() { # lockstep_kernel NAME CPUS [ACCEL]
    limit=3600 boot "quiet pefemu.test=poweroff" -m 512M -smp "$2" -accel "lockstep${3-}" </dev/null
    [ $status = 0 ] && pass "$1" || fail "$1" "exit status $status"
}
test_lockstep_svm() {
    svm_files lockstep_svm || return 0
    lockstep_svm lockstep_svm_interp 1 ,base=interp,hot=1
    [ -n "${PEFEMU_FULL-}" ] || return 0
    lockstep_svm lockstep_svm_smp2 2 ,base=interp
    lockstep_svm lockstep_svm_ref 1
}
lockstep_svm() { # lockstep_svm NAME CPUS [ACCEL]
    svm_tpm
    echo 'ls -lR /bin | md5sum; exit' >"$tmp/typed"
    "$pefemu" -M pseries -m 512M -smp "$2" -kernel "$svm_kernel" -initrd "$made/initrd.img" \
        -accel "lockstep${3-}" -append "$(cat "$made/args")" -tpmstate dir="$tmp/tpm" -timeout 3600 \
        >"$tmp/console" 2>"$tmp/errors" <"$tmp/typed"
    status=$?
    [ $status = 0 ] && grep -q 'digests ok' "$tmp/errors" && grep -q '^[0-9a-f]\{32\}  -' "$tmp/console" && pass "$1" ||
        fail "$1" "exit status $status"
}

# Every benchmark program, a little of each, in one boot; checksums as of a native build.
test_lockstep_bench() {
    "$top/bench/build.sh" "$tmp/bench" >"$tmp/errors" 2>&1 || { fail lockstep_bench "does not build"; return; }
    "$tmp/bench/native" list | cut -d' ' -f1 >"$tmp/programs"
    { echo 'mount -t tmpfs tmpfs /tmp'; sed 's,.*,/bench & 1,' "$tmp/programs"; } >"$tmp/bench.sh"
    while read -r program; do "$tmp/bench/native" "$program" 1 </dev/null; done <"$tmp/programs" |
        grep BENCH-END >"$tmp/expected"
    for accel in lockstep,base=interp,hot=1 lockstep; do
        limit=7200 boot "quiet pefemu.test=script" -icount shift=0,sleep=off -accel $accel \
            -guest-file "$tmp/bench.sh:/test.sh" -guest-file "$tmp/bench/root/bench:/bench" </dev/null
        grep -a BENCH-END "$tmp/text" >"$tmp/results"
        [ $status = 0 ] && cmp -s "$tmp/expected" "$tmp/results" && pass "lockstep_bench_$accel" ||
            fail "lockstep_bench_$accel" "exit status $status: $(diff "$tmp/expected" "$tmp/results" | head -n 4)"
    done
}

# What the conformance generator makes of every instruction, run by the oracle's program in a guest: its
# oracle only notes the cases on their way to qemu-user.
test_lockstep_conformance() {
    command -v qemu-ppc64le >/dev/null || { skip lockstep_conformance "qemu-ppc64le is not installed"; return; }
    conformance=$build/tests/conformance/conformance
    make -s -C "$top" BUILD="$build" "$conformance" >/dev/null &&
        ${GUEST_CC:-powerpc64le-linux-gnu-gcc} -std=gnu11 -O2 -mcpu=power9 -static -fno-stack-protector \
            -o "$tmp/conformance-guest" "$top/tests/conformance/guest.c" ||
        { fail lockstep_conformance "does not compile"; return; }
    printf '#!/bin/sh\ncat "$2" >>"%s"\nexec qemu-ppc64le -cpu power9 "$@"\n' "$tmp/cases" >"$tmp/oracle"
    chmod +x "$tmp/oracle"
    rm -f "$tmp/cases"
    "$conformance" --seed 1 --count 4 --engine ref --oracle "$tmp/oracle" --guest "$tmp/conformance-guest" \
        --defects "$top/tests/conformance/qemu-defects.txt" >"$tmp/console" 2>"$tmp/errors" ||
        { fail lockstep_conformance "no cases"; return; }
    cases=$(sed -n 's/.* \([0-9]*\) cases,.*/\1/p' "$tmp/console") # as many bytes of state come out as go in, but 16
    size=$(($(wc -c <"$tmp/cases") - 16 * cases))
    {
        echo 'mount -t tmpfs tmpfs /tmp'
        echo '/bin/conformance-guest /cases /tmp/states && echo states: $(wc -c </tmp/states)'
    } >"$tmp/cases.sh"
    for base in interp ${PEFEMU_FULL:+ref}; do
        limit=3600 boot "quiet pefemu.test=script" -m 512M -icount shift=0,sleep=off \
            -accel lockstep,base="$base",hot=1 -guest-file "$tmp/cases.sh:/test.sh" \
            -guest-file "$tmp/cases:/cases" -guest-file "$tmp/conformance-guest:/bin/conformance-guest" </dev/null
        [ $status = 0 ] && [ "$cases" -gt 4000 ] && grep -qx "states: $size" "$tmp/text" &&
            pass "lockstep_conformance_$base" ||
            fail "lockstep_conformance_$base" "exit status $status, $(grep states: "$tmp/text"), not $size"
    done
}

# Mappings, faults, signals, code that is generated and patched, threads, all at random: a model in the
# program says what is right, and the checksum is the same on every engine, with one CPU and with two.
test_stress() {
    guest_program stress guest_stress || return
    echo "guest_stress 1 4" >"$tmp/stress.sh"
    [ -z "${PEFEMU_FULL-}" ] || echo "guest_stress $(date +%Y%m%d) 100" >"$tmp/stress.sh"
    sum=
    stress jit 1
    stress interp 2
    stress lockstep,base=interp,hot=1 2
    [ -z "${PEFEMU_FULL-}" ] || stress ref 1
}
stress() { # stress ACCEL CPUS
    limit=7200 boot "quiet pefemu.test=script" -m 512M -smp "$2" -accel "$1" -icount shift=0,sleep=off \
        -guest-file "$tmp/stress.sh:/test.sh" \
        -guest-file "$build/tests/system/guest_stress:/bin/guest_stress" </dev/null
    line=$(grep '^guest_stress: seed' "$tmp/text")
    sum=${sum:-$line}
    [ $status = 0 ] && [ "$line" = "$sum" ] && [ -z "${line##*, 0 failures}" ] && [ "$line" ] &&
        pass "stress_$1" || fail "stress_$1" "exit status $status: '$line', not '$sum'"
}

test_fifty_boots() {
    n=0
    while [ $n -lt 50 ]; do
        boot "quiet pefemu.test=poweroff" -smp $((n % 4 + 1)) </dev/null
        [ $status = 0 ] || { fail fifty_boots "boot $n: exit status $status"; return; }
        n=$((n + 1))
    done
    pass fifty_boots
}

# Kernels of our own: other byte order, other pages. Each with both MMUs, alone and with four CPUs, from
# an initramfs that holds tests/system/guest_init.c and nothing else.
own_kernel() { # own_kernel NAME le|be: the kernel, and $tmp/init.cpio
    "$top/scripts/kernel" "$1" || { fail "kernel_$1" "was not built"; return 1; }
    program=$build/tests/system/guest_init-$2
    make -s -C "$top" BUILD="$build" "$program" || { fail "kernel_$1" "no first process"; return 1; }
    rm -rf "$tmp/root"
    mkdir -p "$tmp/root"
    cp "$program" "$tmp/root/init"
    (cd "$tmp/root" && echo init | cpio --quiet -o -H newc --owner=0:0) >"$tmp/init.cpio"
}
own_kernel_boot() { # own_kernel_boot TEST FILE ORDER PAGESIZE MMU CPUS
    word=
    [ "$5" = radix ] || word=disable_radix
    boot "pefemu.test=poweroff $word" -smp "$6" -kernel "$cache/$2" -initrd "$tmp/init.cpio" </dev/null
    if [ $status = 0 ] && grep -q 'pefemu guest ready' "$tmp/text" &&
        grep -q "^guest_init: $3, pages of $4, $5, $6 CPUs" "$tmp/text" &&
        grep -q '^guest_init: [1-9][0-9]* checks, 0 failed' "$tmp/text"; then
        pass "$1"
    else
        fail "$1" "exit status $status"
    fi
}
own_kernel_boots() { # own_kernel_boots NAME ORDER PAGESIZE
    for mmu in radix hash; do
        for cpus in 1 4; do
            own_kernel_boot "kernel_$1_${mmu}_smp$cpus" "kernel-$1/vmlinux" "$2" "$3" $mmu $cpus
        done
    done
}
test_kernel_be() {
    own_kernel be be || return
    own_kernel_boots be big-endian 65536
    talk_begin -kernel "$cache/kernel-be/vmlinux" -initrd "$tmp/init.cpio"
    if expect 'pefemu guest ready' && type_line 'hello from the host' &&
        expect 'guest_init: you said hello from the host' && type_line exit; then
        talk_end
        [ "$status" = 0 ] && pass kernel_be_console || fail kernel_be_console "exit status $status"
    else
        printf '\001x' >&3
        talk_end
        fail kernel_be_console "no answer (exit status $status)"
    fi
}
test_kernel_4k() { own_kernel 4k le && own_kernel_boots 4k little-endian 4096; }
# The same kernels packed: the wrapper claims memory, unpacks the kernel and hands it initrd and command
# line, all by the client interface. BE: a 32-bit program at a fixed address; LE: a 64-bit one that
# relocates itself.
zimage_boots() { # zimage_boots NAME le|be ORDER PAGESIZE
    image=kernel-$1/zImage
    [ -f "$cache/$image" ] || { skip "zimage_$1" "not built; scripts/kernel $1 does it"; return; }
    own_kernel "$1" "$2" || return
    own_kernel_boot "zimage_$1_radix_smp1" "$image" "$3" "$4" radix 1
    grep -q '^zImage starting: loaded at' "$tmp/text" &&
        grep -q '^Using loader supplied ramdisk' "$tmp/text" &&
        grep -q '^Linux/PowerPC load: console=hvc0 pefemu.test=poweroff' "$tmp/text" &&
        pass "zimage_$1_wrapper" || fail "zimage_$1_wrapper" "the wrapper says other things"
    own_kernel_boot "zimage_$1_hash_smp4" "$image" "$3" "$4" hash 4
}
test_zimage() {
    zimage_boots be be big-endian 65536
    zimage_boots 4k le little-endian 4096
}
test_kernel_svm() {
    own_kernel svm le || return
    own_kernel_boots svm little-endian 65536
    dialogue kernel_svm_busybox 2 -kernel "$cache/kernel-svm/vmlinux"
}

# The kernel's own tests of what programs see of the processor, in Debian's kernel. PEFEMU_SELFTESTS
# takes patterns ('math/*,vphn/*') and runs only those, the long ones among them too.
test_selftests() {
    skips=$here/selftests-skip.txt
    "$top/scripts/selftests" "$skips" || { fail selftests "were not built"; return; }
    cp "$skips" "$tmp/skips"
    [ -z "${PEFEMU_SELFTESTS-}" ] || sed '/  long: /d' "$skips" >"$tmp/skips"
    sed 's/^/not run: /' "$tmp/skips"
    awk 'NR == FNR { out[$1]; next } !($1 in out)' "$tmp/skips" "$cache/selftests/list" |
        selftests_named "${PEFEMU_SELFTESTS:-*}" >"$tmp/selftests"
    cat "$guest/initrd.img" "$cache/selftests/tests.cpio" >"$tmp/selftests.img"
    # Many tests spin or wait for 10 to 30 seconds: let them pass quickly. Those that compute stop
    # themselves after 120 seconds, some after 80 G instructions: there the clock is to be slow.
    compute='copyloops/*,stringloops/*,pmu/*'
    keys='mm/pkey*,ptrace/*-pkey'
    selftests_named "$compute" <"$tmp/selftests" >"$tmp/list"
    selftests_run radix quiet 0
    selftests_named "$compute,$keys" -v <"$tmp/selftests" >"$tmp/list"
    selftests_run radix quiet 4
    # Storage keys are there only with a hash table. Not mm/hugetlb_vs_thp_test: it clears ten thousand
    # pages, of 16 MiB then.
    selftests_named "$keys" <"$tmp/selftests" >"$tmp/list"
    selftests_run hash disable_radix 0
    selftests_named 'mm/[!hp]*' <"$tmp/selftests" >"$tmp/list"
    selftests_run hash disable_radix 4
    rm -f "$tmp/selftests.img"
}
selftests_named() { # selftests_named PATTERN,... [-v]: the lines of stdin that match one, or none
    echo "$1" | tr , '\n' | sed 's/[.]/\\./g; s/\*/.*/g; s/?/./g; s/\[!/[^/g' >"$tmp/patterns"
    grep -x ${2+"$2"} -f "$tmp/patterns"
}
selftests_run() { # selftests_run MMU WORDS SHIFT: those of $tmp/list
    [ -s "$tmp/list" ] || return
    limit=7200 boot "quiet pefemu.test=script $2" -m 2G -smp 2 -icount "shift=$3,sleep=off" \
        -initrd "$tmp/selftests.img" -guest-file "$here/selftests.sh:/test.sh" \
        -guest-file "$tmp/list:/selftests/list" </dev/null
    grep -a '^    ' "$tmp/text"
    grep -a '^selftest ' "$tmp/text" >"$tmp/results"
    while IFS= read -r line; do
        test=${line#selftest }
        test="selftest_$1 ${test%%:*}"
        case $line in
        *': ok') pass "$test" ;;
        *': skip '*) skip "$test" "${line#*: skip }" ;;
        *) failed=$((failed + 1)); echo "FAIL system $test: ${line#*: }" ;;
        esac
    done <"$tmp/results"
    ran="$(wc -l <"$tmp/results") of $(wc -l <"$tmp/list")"
    [ $status = 0 ] && [ "${ran% of *}" = "${ran#* of }" ] ||
        fail "selftests_$1" "exit status $status, $ran tests ended"
}

all_tests() {
    echo bad_input help bare lockstep install tpm_tool bench
    [ -f "$guest/vmlinux" ] || { echo gdb; return; }
    echo svm monitor snapshot gdb trace smp1 smp4_xics ic_mode poweroff_without_input panic timeout no_reboot \
        reboot quit terminal determinism profile native_code programs perf packed_kernel clients device_tree no_shutdown \
        ended_prompt powerdown serial break hash hash_walk stats_on lockstep_kernel lockstep_svm \
        lockstep_conformance stress threads
    [ -z "${PEFEMU_FULL-}" ] || echo smp2 smp4_xive smp8_threads smp16 gzip_kernel log_items ref_engine overhead \
        fifty_boots kernel_be kernel_4k zimage kernel_svm lockstep_bench selftests aarch64
}

"$top/scripts/guest" >&2 || {
    echo "the guest's kernel could not be fetched" >&2
    [ "${1-}" = --list ] || skip all "no kernel"
}
[ "${1-}" != --list ] || { all_tests; exit 0; }
# shellcheck disable=SC2046
[ $# != 0 ] || set -- $(all_tests)
for t in "$@"; do
    "test_$t"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
