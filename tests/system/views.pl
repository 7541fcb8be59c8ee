#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# views.pl ANSWERS AS_SVM AS_HV AS_REAL: memory of a secure VM, dumped in three views. `info pages` in ANSWERS
# says which pages are secure: nothing of those may be in the other views.
use strict;
use warnings;

my ($answers, @dumps) = @ARGV;
use constant PAGE => 65536;

open my $a, '<', $answers or die "$answers: $!\n";
my %secure; # page number => 1
my $others = 0;
while (<$a>) {
    next unless /^\s*(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+(\d+)\s+([a-z-]+) /;
    my ($from, $to, $state) = (hex $1, hex $2, $4);
    for (my $at = $from; $at < $to; $at += PAGE) {
        $secure{ $at / PAGE } = 1 if $state eq 'secure';
        $others++ if $state ne 'secure';
    }
}
die "no secure pages\n" unless keys %secure > 1000;
die "no shared pages\n" unless $others;

my @files = map { open my $f, '<:raw', $_ or die "$_: $!\n"; $f } @dumps;
my ($full, $same) = (0, 0);
my $banner = 0;
for my $n (0 .. (-s $dumps[0]) / PAGE - 1) {
    my ($svm, $hv, $real) = map { read $_, my $bytes, PAGE; $bytes } @files;
    if (!$secure{$n}) {
        $same++ if $hv eq $real && $hv =~ /[^\0]/;
        next;
    }
    next if $svm !~ /[^\0]/;
    $full++;
    $banner++ if $svm =~ /Linux version \d/;
    die sprintf "page 0x%x is in clear for the hypervisor\n", $n * PAGE if $hv eq $svm;
    die sprintf "page 0x%x is in clear in normal memory\n", $n * PAGE if $real eq $svm;
    die sprintf "page 0x%x: the kernel's banner\n", $n * PAGE if "$hv$real" =~ /Linux version \d/;
    # no line of it is where it was, but for zeros
    for (my $at = 0; $at < PAGE; $at += 64) {
        my $line = substr $svm, $at, 64;
        next if $line !~ /[^\0]/;
        die sprintf "0x%x is in clear\n", $n * PAGE + $at
            if substr($hv, $at, 64) eq $line || substr($real, $at, 64) eq $line;
    }
}
die "the kernel was not there\n" unless $full > 50 && $banner;
die "shared pages are not shared\n" unless $same;
print "$full pages with something in them, $same shared\n";
