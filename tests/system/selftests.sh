#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside the guest as /test.sh: each self-test of /selftests/list in its directory. One line a
# test, "selftest DIRECTORY/TEST: ok", "skip" with its reason or "FAIL" with what it said last.
# Only the tests that the kernel command line names by pefemu.selftests=PATTERN,PATTERN..., if it does.
set -f
patterns=$(sed -n 's/.*pefemu\.selftests=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
wanted() {
    for pattern in ${patterns:-*}; do
        # shellcheck disable=SC2254
        case $1 in
        $pattern) return 0 ;;
        esac
    done
    return 1
}
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
while read -r test; do
    wanted "$test" || continue
    cd "/selftests/${test%/*}" || exit
    timeout 900 "./${test##*/}" >/tmp/said 2>&1 </dev/null
    status=$?
    # 4 is the self-tests' "can't be run here"; their harness says so and returns 0.
    if [ $status = 4 ] || { [ $status = 0 ] && grep -q '^skip: ' /tmp/said; }; then
        echo "selftest $test: skip ($(grep -m 1 -i skip /tmp/said))"
    elif [ $status = 0 ]; then
        echo "selftest $test: ok"
    else
        tail -n 12 /tmp/said | sed 's/^/    /'
        echo "selftest $test: FAIL (status $status)"
    fi
    rm -f /tmp/said
done </selftests/list
echo "selftests ended"
