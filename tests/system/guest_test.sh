# SPDX-License-Identifier: Apache-2.0
# Runs in the guest as /test.sh: the kernel's warnings, the C program, busybox's applets.
echo "<4>pefemu test warning" >/dev/kmsg
echo "dmesg begin"
dmesg -r | sed -n 's/^<\([0-9]*\)>/\1 /p' | while read -r level text; do
    [ $((level & 7)) -le 4 ] && echo "$text"
done
echo "dmesg end"

guest_check

bad=0
cd /tmp || exit 1
applet() { # applet NAME EXPECTED COMMAND
    got=$(sh -c "$3" 2>&1)
    if [ "$got" != "$2" ]; then
        echo "applet $1: got '$got', not '$2'"
        bad=$((bad + 1))
    fi
}
seq 1 1000 >numbers
applet seq 1000 'tail -n 1 numbers'
applet wc '1000 3893' 'wc -lc <numbers | awk "{print \$1, \$2}"'
applet awk 500500 'awk "{s += \$1} END {print s}" numbers'
applet awk_float '0.33333 1.41421 1024' 'awk "BEGIN {printf \"%.5f %.5f %d\", 1/3, 2*0.707106781, 1000*1.024}"'
applet sort '999 998' 'sort -rn numbers | sed -n 2,3p | tr "\n" " " | sed "s/ $//"'
applet sed abXdef 'echo abcdef | sed s/c/X/'
applet grep 272 'grep -c 1 numbers'
applet md5sum 53d025127ae99ab79e8502aae2d9bea6 'md5sum <numbers | cut -d" " -f1'
applet sha1sum 234e7e9c9c8490946d3e8c2a01bff41e9acce269 'sha1sum <numbers | cut -d" " -f1'
applet sha256sum 67d4ff71d43921d5739f387da09746f405e425b07d727e4c69d029461d1f051f 'sha256sum <numbers | cut -d" " -f1'
applet gzip same 'gzip -c numbers | gunzip -c | cmp - numbers && echo same'
applet bc 0.33333333333333333333 'echo "scale=20; 1/3" | bc | sed "s/^\./0./"'
applet dc 1267650600228229401496703205376 'echo "2 100 ^ p" | dc'
applet expr 42 'expr 6 \* 7'
applet factor '1000000007: 1000000007' 'factor 1000000007'
applet tr HELLO 'echo hello | tr a-z A-Z'
applet cut b 'echo a:b:c | cut -d: -f2'
applet od "0000000 062550 066154" "printf hell | od | head -n 1"
applet hexdump '00000000  68 65 6c 6c 6f                                    |hello|' 'printf hello | hexdump -C | head -n 1'
applet date '2001-09-09 01:46:40' 'date -u -d @1000000000 "+%Y-%m-%d %H:%M:%S"'
applet find 3 'mkdir -p d/e && touch d/a d/e/b && find d -type d -o -name a | wc -l'
applet tar 'd/e/b' 'tar cf t.tar d && tar tf t.tar | grep b$'
applet cpio 'd/a' 'echo d/a | cpio -o -H newc 2>/dev/null | cpio -t 2>/dev/null'
applet dd 4096 'dd if=/dev/zero bs=512 count=8 2>/dev/null | wc -c'
applet xargs '1 2 3' 'printf "1\n2\n3\n" | xargs echo'
applet printf '0x00ff' 'printf "0x%04x\n" 255'
applet ls 'a e' 'ls d | tr "\n" " " | sed "s/ $//"'
applet ln 'numbers' 'ln -s numbers link && readlink link'
applet cp same 'cp numbers n2 && cmp numbers n2 && echo same'
applet diff 1 'echo x | diff - numbers >/dev/null; echo $?'
applet uname ppc64le 'uname -m'
applet env value 'env X=value sh -c "echo \$X"'
applet sleep done 'sleep 0.1 && echo done'
applet ps 1 'ps | grep -c "{init}\|init"  | sed "s/^[1-9].*/1/"'
applet mount 1 'mount | grep -c "^proc"'
applet base64 aGVsbG8= 'printf hello | base64'
applet rev olleh 'echo hello | rev'
applet uniq 1 'printf "a\na\n" | uniq | wc -l'
applet paste '1	2' 'printf "1\n2\n" | paste - -'
applet fork 200 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; echo $i'
applet pipe 1000 'cat numbers | cat | cat | wc -l'

# Every other applet at least starts and says how it is used.
for name in $(busybox --list); do
    case $name in
    init|linuxrc|halt|poweroff|reboot|sh|ash|hush|getty|login|sulogin|false|yes|top|watch) continue ;;
    esac
    busybox $name --help >/tmp/help 2>&1 </dev/null
    status=$?
    case $status in
    13[0-9]|14[0-9])
        echo "applet $name: ended by signal $((status - 128))"
        bad=$((bad + 1))
        ;;
    esac
done
[ $bad = 0 ] && echo "applets: all passed"
