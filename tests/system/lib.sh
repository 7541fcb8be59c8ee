# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# lib.sh: what these tests share; sourced, when they have set
#   suite  in front of the names of tests ("monitor_"; "" in run.sh)
#   build  the build folder, absolute
#   tmp    a folder of their own, gone at the end

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${PEFEMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pefemu}
guest=$cache/guest
svm_kernel=$cache/kernel-svm/vmlinux
made=$tmp/made # svm_files
limit=${PEFEMU_TEST_TIMEOUT:-300}
child= # what runs in the background
passed=0 failed=0 skipped=0

# shellcheck disable=SC2317
finish() {
    [ -z "$child" ] || kill -9 "$child" 2>/dev/null
    rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM

# ---- results ----

heard=console # the file in $tmp that the emulator's output goes to

pass() { passed=$((passed + 1)); echo "pass system $suite$1"; }
skip() { skipped=$((skipped + 1)); echo "skip system $suite$1: $2"; }
fail() {
    failed=$((failed + 1))
    echo "FAIL system $suite$1: $2"
    evidence
}
evidence() {
    [ -f "$tmp/$heard" ] && tail -n 25 "$tmp/$heard" | tr -d '\r' | sed 's/^/    | /'
    [ -s "$tmp/errors" ] && tail -n 8 "$tmp/errors" | tr -d '\r' | sed 's/^/    ! /'
}

# A program for the guest, tests/system/PROGRAM.c, is there; else TEST is skipped, or has failed.
guest_program() { # guest_program TEST PROGRAM
    sh -c "${GUEST_CC:-powerpc64le-linux-gnu-gcc} --version" >/dev/null 2>&1 || {
        skip "$1" "no ppc64el compiler"
        return 1
    }
    make -s -C "$top" BUILD="$build" "$build/tests/system/$2" >/dev/null || {
        fail "$1" "$2 does not compile"
        return 1
    }
}

# ---- dialogue: talk COMMAND...; expect TEXT; type_line TEXT; talk_end ----

# Its output goes to $tmp/$heard and errors, what is typed to descriptor 3.
talk() {
    rm -f "$tmp/keys"
    mkfifo "$tmp/keys"
    : >"$tmp/$heard"
    "$@" <"$tmp/keys" >"$tmp/$heard" 2>"$tmp/errors" &
    child=$!
    exec 3>"$tmp/keys"
}
seen() { [ "$(tr -d '\r' <"$tmp/$heard" | grep -a -c -- "$1")" -ge "${2:-1}" ]; }
expect() { # expect TEXT [COUNT]: seen COUNT times (1) before the command ended or time is up
    tries=$((limit * 5))
    until seen "$@"; do
        tries=$((tries - 1))
        if [ "$tries" = 0 ] || ! kill -0 "$child" 2>/dev/null; then
            seen "$@" # it may have been the last thing said
            return
        fi
        sleep 0.2
    done
}
# shellcheck disable=SC2059
keys() { printf "$1" >&3; } # with printf's escapes
type_line() { printf '%s\n' "$1" >&3; }
ended() { # sets status
    wait "$child" 2>/dev/null
    status=$?
    child=
}
talk_end() { # sets status; $tmp/text is what was heard
    exec 3>&-
    ended
    tr -d '\r' <"$tmp/$heard" >"$tmp/text"
}

# ---- secure VMs ----

# svm_files [TEST]: $made gets what scripts/svm makes for $svm_kernel; a copy, as another run may make it anew.
# False: TEST (or all) is skipped or has failed.
svm_files() {
    [ -f "$svm_kernel" ] || {
        skip "${1:-all}" "no kernel for secure VMs in the cache; scripts/kernel svm builds it"
        return 1
    }
    make -s -C "$top" BUILD="$build" "$build/esm-file" >/dev/null
    "$top/scripts/svm" "$build" || { fail "${1:-all}" "scripts/svm could not make the guest"; return 1; }
    rm -rf "$made"
    flock "$cache/svm/lock" cp -r "$cache/svm" "$made"
    rm -f "$made/tpm/lock"
}
svm_tpm() { # $tmp/tpm is its TPM as scripts/svm left it
    rm -rf "$tmp/tpm"
    cp -r "$made/tpm" "$tmp/tpm"
}
