# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: a passphrase from the terminal.

# terminal INPUT-FUNCTION: runs inner.sh on a terminal of its own; its output comes into screen
terminal() {
    mkfifo keys
    : >screen
    # shellcheck disable=SC2094
    # a shell's background jobs ignore SIGINT; timeout: a failure must not hang
    perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
        timeout -s KILL 60 script -qfec "sh inner.sh" /dev/null <keys >screen 2>&1 &
    child=$!
    exec 4>keys
    "$1"
    exec 4>&-
    wait "$child"
    rm -f keys
}
# Returns when the text is on the screen, or the terminal has ended.
until_shown() {
    while ! grep -q "$1" screen && kill -0 "$child" 2>/dev/null; do sleep 0.1; done
}
# shellcheck disable=SC2317
answer_right() { until_shown 'Passphrase for'; echo 'a pass phrase' >&4; until_shown 'status'; }
# shellcheck disable=SC2317
answer_interrupt() { until_shown 'Passphrase for'; printf '\003' >&4; until_shown 'status'; }
# shellcheck disable=SC2317
answer_twice() {
    until_shown 'new secret key'
    echo 'first one' >&4
    until_shown 'again'
    echo "$second" >&4
    until_shown 'status'
}
"$esm" create -b terminal.b -p owner.pub 2>err
if have script; then
    cat >inner.sh <<EOF
trap : INT
"$esm" display -b terminal.b -s owner.sec
echo "status \$? \$(stty -a | grep -o -- '-*echo ')"
EOF
    terminal answer_right
    grep -q 'status 0 echo' screen && ! grep -q 'a pass phrase' screen
    is 'passphrase asked, not echoed' "$(cat screen)"
    terminal answer_interrupt
    grep -q 'status 130 echo' screen
    is 'interrupt restores the terminal' "$(cat screen)"
    cat >inner.sh <<EOF
"$esm" generate -p asked.pub -s asked.sec
echo "status \$?"
EOF
    second='other one'
    terminal answer_twice
    grep -q 'not the same' screen && grep -q 'status 1' screen && [ ! -e asked.sec ]
    is 'two different passphrases' "$(cat screen)"
    second='first one'
    terminal answer_twice
    grep -q 'status 0' screen && [ -s asked.sec ] && [ -s asked.pub ]
    is 'passphrase of a new key asked twice' "$(cat screen)"
else
    skip 'passphrase from the terminal' 'script (bsdutils) is not installed'
fi
if have setsid; then
    setsid "$esm" display -b terminal.b -s owner.sec </dev/null >out 2>err
    [ $? = 1 ] && grep -q 'no terminal' err
    is 'no terminal, no passphrase'
fi
