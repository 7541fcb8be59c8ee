#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# flip.pl FILE HEX...: flips the lowest bit of the first byte of the only place in FILE where the bytes
# HEX ... are. Not there, or twice: an error.
use strict;
use warnings;

my ($file, @hex) = @ARGV;
my $want = join '', map { chr hex } @hex;
open my $f, '+<:raw', $file or die "$file: $!\n";
local $/;
my $all = <$f>;
my $at = index $all, $want;
die "$file: no such bytes\n" if $at < 0 || $want eq '';
die "$file: these bytes are there twice\n" if index($all, $want, $at + 1) >= 0;
seek $f, $at, 0 or die;
print $f chr(ord(substr $all, $at, 1) ^ 1);
close $f or die "$file: $!\n";
