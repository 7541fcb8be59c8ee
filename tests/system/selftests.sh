#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs inside the guest as /test.sh: each self-test of /selftests/list in its directory. One line a
# test, "selftest DIRECTORY/TEST: ok", "skip" with its reason or "FAIL" with what it said last.
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
while read -r test; do
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
