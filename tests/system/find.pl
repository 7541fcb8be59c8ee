#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# find.pl FILE HEX...: does FILE have the bytes HEX ...? Exit status 0: yes, 1: no.
use strict;
use warnings;

my ($file, @hex) = @ARGV;
my $want = join '', map { chr hex } @hex;
die "nothing to look for\n" if $want eq '';
open my $f, '<:raw', $file or die "$file: $!\n";
my ($tail, $piece) = ('', '');
while (read $f, $piece, 1 << 20) {
    $tail .= $piece;
    exit 0 if index($tail, $want) >= 0;
    $tail = substr $tail, -length $want;
}
exit 1;
