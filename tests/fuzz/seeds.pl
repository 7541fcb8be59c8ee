#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# seeds.pl FOLDER: writes the seed corpora, FOLDER/<target>/*; the same bytes every time.
use strict;
use warnings;
no warnings 'portable'; # 64-bit addresses

my $folder = shift or die "seeds.pl FOLDER\n";
my %count;
srand(1);

sub seed {
    my ($target, $bytes) = @_;
    my $name = sprintf "%s/fuzz_%s/seed%03d", $folder, $target, ++$count{$target};
    open my $f, '>:raw', $name or die "$name: $!\n";
    print $f $bytes;
    close $f;
}

sub noise { return join '', map { chr int rand 256 } 1 .. shift }

mkdir "$folder/fuzz_$_"
    for qw(kernel initrd cas of rtas hcall xive decode engines esmblob cpio tpm uv_tree uv_rtas
        monitor gdb symbols snapshot);

# ---- kernels: how to pack, then the image ----
sub elf64 {
    my ($le, @segments) = @_;
    my ($h, $w, $d) = $le ? ('v', 'V', 'Q<') : ('n', 'N', 'Q>');
    my $e = "\x7fELF" . pack('C4x8', 2, $le ? 1 : 2, 1, 0);
    $e .= pack("${h}2 $w ${d}3 $w ${h}6", 2, 21, 1, 0xc000000000000000, 64, 0, 2, 64, 56,
        scalar @segments, 0, 0, 0);
    $e .= pack("${w}2 ${d}6", 1, 7, $_->[0], $_->[1], $_->[1], $_->[2], $_->[3], 0x10000)
        for @segments;
    return $e . "\x60\0\0\0" x 16;
}
sub elf32 {
    return "\x7fELF" . pack('C4x8 n2 N5 n6', 1, 2, 1, 0, 2, 20, 1, 0x400000, 52, 0, 0, 52, 32, 1, 0,
        0, 0) . pack('N8', 1, 84, 0x400000, 0x400000, 16, 32, 7, 4) . "\x60\0\0\0" x 4;
}
for my $how (0, 1, 2, 4) {
    seed 'kernel', chr($how) . elf64(1, [0, 0xc000000000000000, 184, 4096]);
    seed 'kernel', chr($how) . elf64(0, [0, 0, 240, 240], [64, 0x10000, 16, 32]);
}
seed 'kernel', "\0" . elf32();
seed 'kernel', "\0\x48\0\0\x08" . "\0" x 12;
seed 'kernel', "\1\x08\0\0\x48" . "\0" x 12;
seed 'kernel', "\0\x1f\x8b\x08\0\0\0\0\0\0\3" . noise(30);
seed 'kernel', "\0\x28\xb5\x2f\xfd" . noise(30);

# ---- symbols: how, then an ELF file with a symbol table, names and descriptors ----
sub elf_symbols {
    my ($le, $abi) = @_;
    my ($h, $w, $d) = $le ? ('v', 'V', 'Q<') : ('n', 'N', 'Q>');
    my $names = "\0start\0middle\0table\0.dotted\0.opd\0";
    my $base = 0xc000000000000000;
    my $symbols = "\0" x 24;
    $symbols .= pack("$w C2 $h ${d}2", @$_)
        for [1, 0x12, 0, 1, $base, 0x40], [7, 0x02, 0x60, 1, $base + 0x40, 0x40],
        [14, 0x11, 0, 1, $base + 0x200, 16], [20, 0x12, 0, 1, $base + 0x90, 4], [7, 0x12, 0, 3, $base + 0x800, 24];
    my $opd = pack("${d}3", $base + 0x40, 0, 0);
    my $at = 64 + 56 + 4 * 64;
    my $e = "\x7fELF" . pack('C4x8', 2, $le ? 1 : 2, 1, 0);
    $e .= pack("${h}2 $w ${d}3 $w ${h}6", 2, 21, 1, $base, 64, 120, $abi, 64, 56, 1, 64, 4, 2);
    $e .= pack("${w}2 ${d}6", 1, 7, 0, $base, $base, 0, 0x1000, 0x10000);
    $e .= pack("${w}2 ${d}4 ${w}2 ${d}2", @$_)
        for [(0) x 10], [0, 2, 0, 0, $at, length $symbols, 2, 0, 8, 24],
        [0, 3, 0, 0, $at + length $symbols, length $names, 0, 0, 1, 0],
        [28, 1, 2, $base + 0x800, $at + length($symbols) + length $names, length $opd, 0, 0, 8, 0];
    return $e . $symbols . $names . $opd;
}
for my $how (0 .. 3) {
    seed 'symbols', chr($how) . elf_symbols(1, 2);
    seed 'symbols', chr($how) . elf_symbols(0, 1);
}

# ---- guest files: how, room, then length and name of each ----
for my $name ('/bin/prog', '//a///b', 'x', '/', '../x', '/a/../b', '/' . 'n' x 900, 'a:b', '') {
    seed 'initrd', pack('C v/a v/a', $_, $name, $name) for 1, 3, 9;
    seed 'initrd', pack('C v v/a', 0, 700, $name);
    seed 'initrd', pack('C v/a', 5, $name);
}

# ---- CAS: how, then PVR list and vectors ----
for my $how (0 .. 9) {
    my @vectors = map { chr(int rand 256) x (1 + int rand 4) } 1 .. 4;
    my $five = "\0" x 22 . ("\x40" x ($how & 3)) . "\0" x 10;
    seed 'cas', pack('C N4 C', $how, 0xffffffff, 0x0f000005, 0, 0x4e1203, 5)
        . join('', map { pack('C a*', length($_) - 1, $_) } @vectors, $five, "\0\0");
}

# ---- firmware calls: the targets make the arguments likely, noise is a good start ----
for my $target (qw(of rtas hcall xive)) {
    seed $target, noise(20 + 40 * $_) for 1 .. 16;
}
# every service by itself with three arguments and two results
seed 'of', join '', map { pack('C2', 0x13, $_) . noise(12) } $_ * 5 .. $_ * 5 + 4 for 0 .. 4;
seed 'rtas', join '', map { pack('C2', 7, $_) . noise(24) } $_ .. $_ + 5 for 0, 6, 12, 18;
seed 'hcall', chr($_ & 1) . join '', map { pack('C2', $_, 10) . noise(16) } $_ .. $_ + 8 for 0 .. 38;

# ---- words ----
seed 'decode', noise(400) for 1 .. 16;

# ---- programs: flags, slice, offset in the page, seed of the registers; 6 bytes an instruction ----
# flags: 1 LE, 2 PR, 4 IR, 8 DR, 64 EE, 128 AIL, 256 FE, 2048 XIVE, 4096 no FSCR, 8192 PID 1
my @flags = (1, 0, 13, 12, 15, 141, 9, 5, 3, 77, 0x110d, 0x2843, 0x3001, 0x18cd, 0x31, 0x161, 0x70f);
for my $i (0 .. 67) {
    my $n = 1 + int rand(60);
    my $offset = $i & 1 ? 1024 - int rand($n) : int rand 900;
    seed 'engines', pack('v4', $flags[$i % @flags], int rand 1000, $offset, 0) . noise(8)
        . join '', map { pack('v', int rand 0xf000) . noise(4) } 1 .. $n;
}

# ---- ESM blobs: which tree, then the tree; node(name, properties and nodes) ----
my ($strings, %string);
sub prop {
    my ($name, $value) = @_;
    $string{$name} //= do { my $at = length $strings; $strings .= "$name\0"; $at };
    return pack('N3', 3, length $value, $string{$name}) . $value . "\0" x (-length($value) % 4);
}
sub node {
    my ($name, @inner) = @_;
    $name .= "\0";
    return pack('N', 1) . $name . "\0" x (-length($name) % 4) . join('', @inner) . pack('N', 2);
}
# The inner part is made by a function, which fills the strings.
sub tree {
    my ($inner) = @_;
    ($strings, %string) = ('');
    my $struct = node('', $inner->()) . pack('N', 9);
    my $at = 56;
    return pack('N10', 0xd00dfeed, $at + length($struct) + length $strings, $at,
        $at + length $struct, 40, 17, 16, 0, length $strings, length $struct)
        . "\0" x 16 . $struct . $strings;
}
sub sealed {
    my ($n) = @_;
    return (prop('algorithm', "AES256-GCM\0"), prop('untrusted-comment', "c\0"),
        prop('iv', noise(16)), prop('mac', noise(16)), prop('ciphertext', noise($n)));
}
sub lockbox {
    return node(shift, prop('encrypted-symkey', noise(256)), prop('untrusted-comment', "\0"),
        node('pubkey-fingerprint', prop('algorithm', "SHA256\0"), prop('hash', noise(32))));
}
my $files = tree(sub {
    return (prop('compatible', "ibm,esm-file\0"),
        node('files', node('note.txt', sealed(9)), node('b', sealed(0))));
});
my $digests = tree(sub {
    return (prop('compatible', "ibm,esm\0"), node('digests', prop('algorithm', "SHA512\0"),
        map({ prop($_, noise(64)) } qw(rtas kernel initrd bootargs)),
        prop('kernel-size', pack 'N', 4104)));
});
my $one = tree(sub {
    return (prop('compatible', "ibm,esm-file\0"), node('files', node('a', sealed(3))));
});
my $outer = tree(sub {
    return (prop('compatible', "ibm,esm\0"), node('lockboxes', lockbox('lockbox-1')),
        node('digest', node('digests-fdt', sealed(40))), node('file', prop('files-fdt', $one)));
});
my $origin = tree(sub {
    return (prop('compatible', "ibm,esm\0"),
        node('lockboxes', lockbox('lockbox-1'), lockbox('origin-lockbox')), node('digest'),
        node('file'));
});
seed 'esmblob', "\0$files";
seed 'esmblob', "\1$digests";
seed 'esmblob', "\2$_" for $outer, $origin;

# ---- initrds: archive or front; the front's address and what is behind it; then the bytes ----
sub member {
    my ($name, $mode, $data) = @_;
    my $m = '070701' . sprintf('%08x' x 13, 1, $mode, 0, 0, 1, 0, length $data, 0, 0, 0, 0,
        1 + length $name, 0) . "$name\0";
    $m .= "\0" x (-length($m) % 4) . $data;
    return $m . "\0" x (-length($m) % 4);
}
my $end = member('TRAILER!!!', 0, '');
my @dirs = map { member($_, 040755, '') } qw(opt opt/ibm opt/ibm/pef);
my $small = pack('N2', 0xd00dfeed, 8);
for my $address (0, 1, 512, 3) {
    for my $a (join('', @dirs, member('opt/ibm/pef/b', 0100644, $small), $end),
        member('opt/ibm/pef/b', 0100644, "\0\0\0\0$small") . member('x', 0100644, 'xyz') . $end,
        member('init', 0100755, 'hello') . $end) {
        seed 'cpio', pack('C v v', 0, $address, 900) . "\0" x (-$address & 3) . $a;
    }
}
seed 'cpio', "\1\4blob$_" for $small, $files, '', 'none';

# ---- TPM: who asks, then responses: how, length, bytes ----
use Digest::SHA qw(sha256);
sub answer {
    my ($how, $tag, $rest, $rc) = @_;
    my $bytes = pack('n N N', $tag, 10 + length $rest, $rc // 0) . $rest;
    return pack('C v/a', $how, $bytes);
}
sub plain { return answer(0, 0x8001, shift) }
# Parameters, then the TPM's side of the authorization.
sub authorized {
    my ($handle, $params, $auth) = @_;
    return answer(2, 0x8002, $handle . pack('N', length $params) . $params . $auth);
}
my $no_hmac = pack('n C n', 0, 1, 0);
# The wrapping key: RSA, SHA-256, attributes, policy, no symmetric, OAEP, 2048 bits, modulus.
my $or = pack 'H*', 'f5c37afbcb47eec916b0f2b96472e92453e841e37f508e771acb2257d7e6b0f9';
my $area = pack('n n N n/a n n n n N n/a', 1, 11, 0x20c20, $or, 16, 0x17, 11, 2048, 0,
    "\xc5" x 256);
my $read_public = plain(pack('n/a n/a n/a', $area, "\0\x0b" . sha256($area), "\0\x0b" . 'q' x 32));
my $session = plain(pack('N n/a', 0x3000000, 'n' x 32));
my $decrypted = authorized('', pack('n/a', 'k' x 32), pack('n/a C n/a', 'm' x 32, 0x41, 'h' x 32));
my $ok = plain('');
seed 'tpm', "\2" . $read_public . $session . $ok x 3 . $decrypted . $ok;
seed 'tpm', "\2" . $read_public . $session . $ok x 3 . answer(0, 0x8001, '', 0x98e);
my $random = plain(pack('n/a', join '', map { chr } 1 .. 32));
my $done = authorized('', '', $no_hmac);
my $create = authorized('', pack('n/a n/a n/a n/a n N n/a', 'p' x 200, $area, 'c' x 30, 'd' x 32,
    0x8021, 0x4000000c, 't' x 32), $no_hmac);
my $load = authorized(pack('N', 0x80000000), pack('n/a', "\0\x0b" . 'l' x 32), $no_hmac);
sub handles { return plain(pack('C N N', 0, 1, scalar @_) . pack('N*', @_)) }
my @begin = ($ok, $ok, $done, $done, $done, $random);
my @end = ($read_public, $done, $done);
seed 'tpm', join '', "\0", @begin, handles(), $load, $done, $ok, $create, $load, $done, $ok, @end;
seed 'tpm', join '', "\0", @begin, handles(0x81800000, 0x81800001, 0x81800002), $read_public,
    $session, $ok, $ok, $ok, authorized('', pack('n/a', 'p' x 200), $no_hmac), $load, $done, $done,
    $done, $done, $done, $ok, @end;
my $pcr = plain(pack('N N n C4 N n/a', 7, 1, 11, 3, 0x80, 0, 0, 1, 'v' x 32));
seed 'tpm', join '', "\1", $read_public, $read_public, $pcr, handles(1, 2), $create, $done,
    handles(0x81800001), $done, $done;

# ---- UV_ESM: flags, the hypervisor's script, then a tree (flag 1) or changes of a good one ----
my @services = split ' ', 'stop-self start-cpu ibm,os-term power-off check-exception event-scan
    ibm,configure-connector ibm,get-system-parameter ibm,set-system-parameter nvram-fetch nvram-store
    ibm,slot-error-detail';
# With room for reservations, as a kernel leaves it.
sub roomy {
    my ($tree, $room) = (shift, 200);
    return substr($tree, 0, 4) . pack('N', $room + length $tree) . substr($tree, 8) . "\0" x $room;
}
sub guest_tree {
    my ($initrd) = @_;
    return roomy tree(sub {
        my $token = 0x2000;
        return (node('memory@0', prop('reg', pack 'N4', 0, 0, 0, 0x200000)),
            node('cpu@0', prop('device_type', "cpu\0"),
                prop('ibm,ppc-interrupt-server#s', pack 'N', 0)),
            node('rtas', map({ prop($_, pack 'N', $token++) } @services),
                prop('ibm,lrdr-capacity', pack 'N5', 0, 0x200000, 0, 0x10000000, 2),
                prop('linux,rtas-base', pack 'N', 0x100000), prop('rtas-size', pack 'N', 0x1000),
                prop('slof,rtas-size', pack 'N', 20)),
            node('chosen', prop('bootargs', "svm=on\0"),
                prop('linux,initrd-start', pack 'N', $initrd),
                prop('linux,initrd-end', pack 'N', 0x141000)));
    });
}
for my $flags (0, 2, 4, 6, 0x12, 0x22, 0x32, 0x16, 0x26, 0x36, 0xa, 0xe) {
    seed 'uv_tree', pack('C2', $flags, 0);
    seed 'uv_tree', pack('C C/a', $flags, noise(40)) . noise(30) for 1 .. 3;
    seed 'uv_tree', pack('C C/a C3', $flags, chr(65) . noise(3), $_ % 16, int rand 16, int rand 25)
        . noise(12) for 0 .. 7;
}
# Kernel and tree at other addresses; memory at the top that is somebody's.
seed 'uv_tree', pack('C2', 10, 0) . $_ for "\x1b\1\x08", "\x1b\2\x08", "\x18\x0b\4", "\x18\x08";
for my $flags (0, 2) {
    seed 'uv_tree', pack('C2 C3', $flags, 0, 2, 0, 1) . $_ for "\x34\x38", "\x38\x2c", "\x34\x2c";
    seed 'uv_tree', pack('C2', $flags, 0) . "\x28\x0a\x08\x34\0\0\0" . "\x28\x0b\x08\x1c\0\0\0";
    seed 'uv_tree', pack('C2', $flags, 0) . "\x18\x06\x08\x34\0\0\0";
}
# Each kind of answer to each of the first hypercalls.
for my $answer (1 .. 4, 13, 14, 15) {
    seed 'uv_tree', pack('C C/a', 6, "\0" x $_ . chr $answer) for 0, 1, 3, 8, 9, 10, 11, 15;
}
seed 'uv_tree', pack('C C', $_, 0) . guest_tree(0x120000) for 1, 3, 0x13;
seed 'uv_tree', pack('C C/a', $_, noise(40)) . guest_tree(0x120004) for 5, 7, 0x17;

# ---- RTAS of an SVM: calls, and in between what the hypervisor does with them ----
# A call: what (a call), where the block is, that it is written, 3 arguments and 2 results, service,
# the arguments.
for my $service (0 .. 13) {
    my ($data, $data2, $number) = (chr 0xa9, chr 0x99, chr 16);
    for my $args ([$data, $number, $number], [$number, $data, $number], [chr 1, $data2, $data],
        [$number, $number, $data2]) {
        seed 'uv_rtas', join '', map { pack('C2 C3', $_, 16, 0, 0x23, $service) . join('', @$args)
            . noise(6) } 0 .. 3;
    }
    seed 'uv_rtas', pack('C5', 0, 16, 0, 0x26, $service) . "\xa9" x 6 . noise(30);
}
seed 'uv_rtas', noise(200 + 10 * $_) for 1 .. 30;
# ---- the debugger's commands: lines, and keys ----
my @lines = ('help info', 'info registers r3', 'info pgtable $pc+8', 'info pages 1 0x10000 0x40000',
    'info svm', 'info esm', 'info ucalls', 'info tlb', 'info mtree', 'info symbols x', 'ubt', 'bt',
    'catch ucall UV_ESM lpid=1 count=2', 'catch page-in 0x10000 once', 'info breakpoints',
    'catch hcall H_RTAS arg1=1/3 state=privileged+hypervisor secure=0', 'catch vector 0xe00 cpu=1',
    'break 0x100 if lpid=1', 'awatch $r1-16 32', 'disable 1', 'delete 1', 'view hv', 'x/4xg 0x1000',
    'view svm 1 le', 'x/8i $pc', 'view real be', 'x/16c 0', 'step 5', 'cont', 'cpu 1');
seed 'monitor', "\0" . join "\n", @lines;
seed 'monitor', "\0" . join "\n", map { "-j $_" } @lines;
seed 'monitor', "\1" . join "\r", @lines;
seed 'monitor', "\2" . join "\n", @lines;
seed 'monitor', "\2" . join "\n", 'catch hcall', 'step', 'step', 'info status', 'view real', 'x/4xg 0', 'cont',
    'ubt', 'ufinish', 'savevm f', 'loadvm f', 'dump f 0 16', 'system_powerdown', 'cont', 'quit';
seed 'monitor', "\1inf\t reg\t\r\e[A\e[D\x7f\x01\x05\x0b\x19\r\x10\x17\x15catch u\t\t U\t\r";

# ---- gdb: framed or not, then packets ----
seed 'gdb', "\0" . join "\n", @$_
    for ['qSupported:swbreak+', 'QStartNoAckMode', '?', 'g', 'qXfer:features:read:target.xml:0,fff', 'vCont?'],
    ['Hg1', 'p20', 'P3=0102030405060708', 'p3', 'm0,10', 'M200000,4:01020304', "X200000,4:ab}\003c", 'qC'],
    ['Z0,400000,4', 'vCont;s:1;c', 'z0,400000,4', 'vCont;r400000,400010:1', 'Z2,200000,8', 'c', 'D'],
    ['qfThreadInfo', 'qsThreadInfo', 'qThreadExtraInfo,1', 'qXfer:threads:read::0,1000', 'T2', 'bs', 'bc', 'vKill;1'],
    ['vCont;t', 'C05', 'S05', 's', 'k'];
seed 'gdb', "\1+\$qC#b4\3\$m0,4#fd-\$?#3f\$X0,1:}#00";

# ---- snapshots: changes to a good state; whole files; journals ----
seed('snapshot', pack('C', 2));
seed('snapshot', pack('C', 2) . pack('V Q<', int rand 1 << 20, int rand 1 << 30)) for 1 .. 40;
seed('snapshot', pack('C', 3) . pack('(V Q<)5', map { (int rand 1 << 20, $_) } 0 .. 4)) for 1 .. 20;
seed('snapshot', pack('C', 2) . pack('V Q<', int rand 1 << 20, 0xcccccccccccccccc)) for 1 .. 10;
seed('snapshot', pack('C', 0) . "pefemu snapshot\0" . pack('V2 Q<', 1, 0, 64) . noise(200));
seed('snapshot', pack('C', 1) . "pefemu journal\n\0" . pack('V', 1) . "\0" x 32 . noise(100));
