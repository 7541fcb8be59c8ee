#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# recorded.sh BUILD DIRECTORY: both engines against registers recorded on POWER9. DIRECTORY is the folder
# tests of a copy of https://github.com/antonblanchard/microwatt, which is not part of this project.
set -u
if [ $# != 2 ] || [ ! -f "$2/1.bin" ]; then
    echo "usage: recorded.sh BUILD DIRECTORY, with the files 1.bin 1.out ... in DIRECTORY" >&2
    exit 2
fi
status=0
for engine in ref interp; do
    find "$2" -name '[0-9]*.bin' | sort | xargs "$1/tests/conformance/recorded" "$engine" || status=1
done
exit $status
