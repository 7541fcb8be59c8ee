# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016
# debian-guest.sh: what bench/debian.sh runs inside the guest. run NAME COMMAND...: between markers, with
# the sum of what the command prints.
PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/tmp LC_ALL=C
export PATH HOME LC_ALL
run() {
    name=$1
    shift
    echo
    echo "BENCH-START $name"
    "$@" >/tmp/out 2>&1
    status=$?
    sum=$(md5sum </tmp/out)
    echo
    echo "BENCH-END $name ${sum%% *}"
    [ $status = 0 ] || { tail -n 3 /tmp/out; echo "BENCH-FAIL $name: exit status $status"; }
    rm -f /tmp/out
}
mount -t tmpfs tmpfs /tmp
cd /tmp || exit
cp /debian-text text
openssl enc -aes-128-ctr -K 1 -iv 0 -in text -out noise 2>/dev/null
echo
echo BENCH-READY

run gzip gzip -k text
run gunzip gzip -dc text.gz
run bzip2 bzip2 -k text
run bunzip2 bzip2 -dc text.bz2
run xz xz -k -2 text
run unxz xz -dc text.xz
run zstd zstd -q -9 -k text
run unzstd zstd -q -d -c text.zst
run tar tar cf - /usr/lib/python3.11
run sha256 openssl dgst -sha256 noise
run sha512 openssl dgst -sha512 noise
run md5 openssl dgst -md5 noise
run b2sum b2sum noise
run aes openssl enc -aes-128-cbc -K 00112233445566778899aabbccddeeff -iv 00 -in noise
run chacha openssl enc -chacha20 -K 00112233445566778899aabbccddeeff -iv 00 -in noise
run prime openssl prime -checks 12 6864797660130609714981900799081393217269435300143305409394463459185543183397656052122559640661454554977296311391480858037121987999716643812574028291115057151
run factor factor 999999999999999989 1000000007000000063
run base64 base64 noise
run grep grep -c '[a-z]*_t [a-z]*(' text
run sort sort text
run sed sed 's/static \([a-z]*\)/\1/g' text
run gawk gawk '{for (i = 1; i <= NF; i++) c[$i]++} END {for (k in c) n++; print n}' text
run mawk mawk '{for (i = 1; i <= NF; i++) c[$i]++} END {for (k in c) n++; print n}' text
run bc sh -c 'echo "scale=300; a(1)*4; e(1)" | bc -l'
run bash bash -c 'i=0; a=(); while ((i < 20000)); do a[i % 50]=$((i * i % 77)); i=$((i + 1)); done; echo ${a[@]}'
run spawn sh -c 'i=0; while [ $i -lt 100 ]; do i=$((i + 1)); /usr/bin/tail -n 1 /debian-text; done'
run perl perl -e 'my %h; for my $i (1 .. 150000) { $h{$i % 977} .= chr(65 + $i % 26) } my $s = 0;
    $s += length $h{$_} for sort keys %h; my $t = "abc" x 1000; my $c = 0; $c++ while $t =~ /b(c)/g; print $s, $c'
run lua lua5.4 -e 'local t, s = {}, 0 for i = 1, 300000 do t[i] = i * 2.5 end
    for i = 1, #t do s = s + t[i] % 7 end
    local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end
    local x = {} for i = 1, 20000 do x[#x + 1] = tostring(i) end print(s, f(24), #table.concat(x))'
run python python3 -S -c '
import re
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
d = {}
for i in range(60000): d[i % 1000] = d.get(i % 1000, 0) + i
s = " ".join(str(i) for i in range(20000))
class A:
    def __init__(self, x): self.x = x
    def f(self): return self.x * 2.5
print(fib(20), sum(d.values()), len(re.findall("[13579]+", s)), sum(A(i).f() for i in range(30000)))
print(sorted(range(20000), key=lambda i: i * 7919 % 20011)[:5], 3**3000 % 1000007)'
run sqlite sqlite3 :memory: 'create table t(a integer primary key, b text, c real);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into t select i, hex(i * 7919), i * 1.5 from n; create index x on t(b);
    select count(*), sum(c) from t where b like "%A%";
    select b, count(*) from t group by substr(b, 1, 2) order by 2 desc, 1 limit 5;'
