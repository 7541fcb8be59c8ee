#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# attacks.sh write|check: the table of docs/security.md, from attacks.txt and from the tests: functions
# attack_NN_... and, before a test, comments with "attack NN". Reasons for numbers without a
# test: not-applicable.txt. check fails when the page is stale and, (unless PEFEMU_STRICT_ATTACKS is empty) when a number is missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
STRICT=${PEFEMU_STRICT_ATTACKS-1}
page=docs/security.md
new=$(mktemp)
trap 'rm -f "$new"' EXIT

# NUMBER FILE TEST of every test that covers a number
covered() {
    # By name: attack_NN_..., attack_NN_NN_...
    grep -o 'attack_[0-9][0-9]*_[a-z0-9_]*' -r tests/uv tests/unit tests/isa --include='*.c' --include='*.S' |
        sort -u | awk -F : '{
            name = $2
            sub(/^attack_/, "", name)
            count = 0
            while (match(name, /^[0-9]+_/)) {
                list[++count] = substr(name, 1, RLENGTH - 1)
                name = substr(name, RLENGTH + 1)
            }
            for (i = 1; i <= count; i++)
                print list[i], $1, name
        }'
    # By a comment: of the next function.
    awk 'FNR == 1 { numbers = "" }
        { line = tolower($0) }
        line ~ /^(#|\/\*| \*).*attack [0-9]/ {
            while (match(line, /attack [0-9]+/)) {
                n = substr(line, RSTART, RLENGTH)
                sub(/attack /, "", n)
                numbers = numbers " " n
                line = substr(line, RSTART + RLENGTH)
            }
            next
        }
        numbers != "" && match($0, /(^test_[a-z0-9_]*\(\)|^static void test_[a-z0-9_]*\()/) {
            name = substr($0, RSTART, RLENGTH)
            sub(/^static void /, "", name)
            sub(/\(.*/, "", name)
            count = split(numbers, list, " ")
            for (i = 1; i <= count; i++)
                print list[i], FILENAME, name
            numbers = ""
        }' tests/system/svm.sh tests/unit/*.c
}

# not-applicable.txt: "NN  reason" or "NN to NN  reason"; lines that begin with a blank go on.
reasons() {
    [ -f tests/uv/not-applicable.txt ] || return
    awk '/^[0-9]/ { first = last = $1; $1 = ""
            if ($2 == "to") { last = $3; $2 = $3 = "" }
            sub(/^ */, ""); text[++n] = $0; from[n] = first; to[n] = last; next }
        /^ / && n { sub(/^ */, ""); text[n] = text[n] " " $0 }
        END { for (i = 1; i <= n; i++) for (k = from[i]; k <= to[i]; k++) print k, text[i] }' tests/uv/not-applicable.txt
}

table() {
    covered | sort -n -k1,1 -k2,3 >"$new.covered"
    reasons >"$new.reasons"
    echo '| | who | attack | what has to come of it | tests |'
    echo '|---|---|---|---|---|'
    grep '^[0-9]' tests/uv/attacks.txt | awk -F ' [|] ' -v covered="$new.covered" -v reasons="$new.reasons" '
        BEGIN {
            while ((getline line < covered) > 0) {
                split(line, f, " ")
                sub(/.*\//, "", f[2])
                name = f[3]
                sub(/^test_/, "", name)
                if (f[2] != file[f[1]])
                    tests[f[1]] = tests[f[1]] (tests[f[1]] == "" ? "" : "; ") "`" f[2] "`: " name
                else
                    tests[f[1]] = tests[f[1]] ", " name
                file[f[1]] = f[2]
            }
            while ((getline line < reasons) > 0) {
                n = line
                sub(/ .*/, "", n)
                sub(/^[0-9]+ /, "", line)
                reason[n] = line
            }
        }
        { n = $1; t = tests[n]
          if (t == "") t = (n in reason) ? "none: " reason[n] : "missing"
          print "| " n " | " $2 " | " $3 " | " $4 " | " t " |" }'
    rm -f "$new.covered" "$new.reasons"
}

# The page with the table between its two markers made anew.
{
    sed '/^<!-- attacks: begin/q' $page
    echo
    table
    echo
    sed -n '/^<!-- attacks: end/,$p' $page
} >"$new"
missing=$(sed -n 's/^| \([0-9]*\) .*| missing |$/\1/p' "$new" | tr '\n' ' ')
if [ "$1" = write ]; then
    cp "$new" $page
    [ -z "$missing" ] || echo "attacks without a test: $missing"
    exit 0
fi
failed=0
if ! cmp -s "$new" $page; then
    echo "$page is stale: run make docs"
    diff "$page" "$new" | head -n 10
    failed=1
elif [ -n "$missing" ]; then
    echo "attacks without a test: $missing"
    [ -z "$STRICT" ] || failed=1
fi
echo "$((1 - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
