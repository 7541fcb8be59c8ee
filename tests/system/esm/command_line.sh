# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2015,SC2154
# Part of esm_tool.sh: the command line.

good help "$esm" --help
commands=$("$esm" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
for c in $commands; do
    good "help of $c" "$esm" "$c" --help
    grep -q "^.TP$" "$build/pefemu-esm.1" && grep -q "fB$c.fR" "$build/pefemu-esm.1"
    is "manual has $c"
done
good version "$esm" --version
bad 2 'no command'
bad 2 'no such command' frobnicate
bad 2 'missing' create -b x
bad 2 'needs a value' create -b
bad 2 'given twice' create -b x -b y -p z
bad 2 'no option' create -b x -p y -k z
bad 2 'not an option' create blob
bad 2 'not an option' create --blob=x
bad 2 'empty' create -b '' -p y
bad 2 'file descriptor' display -b x -s y --passphrase-fd many
bad 2 'no passphrase' create -b x -p y --passphrase-fd 3
if have bash; then
    words=$(bash -c '. "$1"; COMP_WORDS=(pefemu-esm aut); COMP_CWORD=1; _pefemu_esm
        echo "${COMPREPLY[@]}"; COMP_WORDS=(pefemu-esm add -); COMP_CWORD=2; _pefemu_esm
        echo "${COMPREPLY[@]}"' - "$build/pefemu-esm.bash" 2>&1)
    [ "$words" = "authorize
-i -b -f -n -v --help" ]
    is completion "$words"
else
    skip completion 'bash is not installed'
fi
