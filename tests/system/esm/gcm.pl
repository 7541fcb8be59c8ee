#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# gcm.pl KEY IV IN OUT [-d]: AES-256-GCM (SP 800-38D) of file IN to file OUT with nothing but single
# AES blocks of openssl: a second opinion on blobs. KEY and IV in hexadecimal, an IV of any length;
# prints the tag. -d decrypts (the tag is that of IN, to be compared).
use strict;
use warnings;

my ($key, $iv, $in, $out, $way) = @ARGV;
die "usage: gcm.pl KEY IV IN OUT [-d]\n" unless defined $out;

sub slurp { open my $f, '<:raw', $_[0] or die "$_[0]: $!\n"; local $/; my $s = <$f>; return $s // '' }
sub spill { open my $f, '>:raw', $_[0] or die "$_[0]: $!\n"; print $f $_[1]; close $f }

# Whole blocks through AES.
sub aes {
    my ($blocks) = @_;
    spill("$out.blocks", $blocks);
    my $result = `openssl enc -aes-256-ecb -nopad -K $key -in $out.blocks`;
    unlink "$out.blocks";
    die "openssl enc failed\n" unless length $result == length $blocks;
    return $result;
}

# Multiplication in GF(2^128), bits as SP 800-38D numbers them: the first is the coefficient of 1.
sub multiply {
    my ($x, $y) = @_;
    my @v = unpack 'N4', $y;
    my @z = (0, 0, 0, 0);
    for my $bit (split //, unpack 'B128', $x) {
        @z = map { $z[$_] ^ $v[$_] } 0 .. 3 if $bit;
        my $carry = $v[3] & 1;
        @v = map { $v[$_] >> 1 | ($_ ? ($v[$_ - 1] & 1) << 31 : 0) } 0 .. 3;
        $v[0] ^= 0xe1000000 if $carry;
    }
    return pack 'N4', @z;
}

sub padded { my ($s) = @_; return $s . "\0" x (-length($s) % 16) }

my $h = aes("\0" x 16);
sub ghash {
    my ($data) = @_;
    my $y = "\0" x 16;
    $y = multiply($y ^ $_, $h) for unpack '(a16)*', $data;
    return $y;
}

my $nonce = pack 'H*', $iv;
my $j0 = length $nonce == 12 ? $nonce . pack('N', 1)
    : ghash(padded($nonce) . pack('N4', 0, 0, 0, 8 * length $nonce));

my $text = slurp($in);
my ($prefix, $counter) = unpack 'a12 N', $j0;
my $n = int((length($text) + 15) / 16);
my $stream = $n ? aes(join '', map { $prefix . pack 'N', ($counter + $_) & 0xffffffff } 1 .. $n) : '';
my $result = $text ^ substr $stream, 0, length $text;
spill($out, $result);
my $cipher = $way ? $text : $result;
my $s = ghash(padded($cipher) . pack('N4', 0, 0, 0, 8 * length $cipher));
print unpack('H*', $s ^ aes($j0)), "\n";
