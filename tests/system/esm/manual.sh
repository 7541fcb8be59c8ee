# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: the commands of the manual.

if [ -f kernel ]; then
    mkdir manual && cp kernel manual/vmlinux && cp initrd manual/initrd.img &&
        cp m.pub manual/machine.pub && cp machine.sec manual/machine.sec &&
        cp note.txt manual/disk.key && cp recipient.pub manual/machine2.pub
    # every line of a sh block that starts with $ is run; passphrases come from the environment
    sed -n '/^```sh/,/^```$/s/^\$ //p; /^```yaml/,/^```$/p' "$doc" |
        perl -ne 'if (/^```yaml/ .. /^```$/) { print STDERR unless /^```/ } else { print }' \
            >manual/commands 2>manual/guest.yml
    n=0
    while read -r line; do
        n=$((n + 1))
        case $line in *-s\ owner.sec* | *generate*) line="$line --passphrase-fd 3" ;; esac
        (cd manual && PATH=$build:$PATH && eval "$line" 3<../phrase) >out 2>err </dev/null
        is "manual: $line"
    done <manual/commands
    [ $n -gt 8 ]
    is 'the manual has commands'
else
    skip 'commands of the manual' 'no miniature kernel'
fi
