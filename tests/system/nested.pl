#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# nested.pl FILE: in a trace for Perfetto, what lies inside the slice UV_ESM: "CATEGORY NAME COUNT" lines, then
# "rc RESULT" and "deepest N", how many slices are open at once. Fails when slices are not properly nested or a record is not where it belongs.
use strict;
use warnings;

my (%stack, %inside, $esm_track, $esm_depth, $rc, $last);
my $deepest = 0;
open my $f, '<', shift or die "$!\n";
while (<$f>) {
    my ($ph, $tid) = /^\{"ph":"(.)","pid":1,"tid":(\d+)/ or next;
    if ($tid && /"ts":([\d.]+)/) {
        die "line $.: time goes back\n" if defined $last && $1 < $last;
        $last = $1;
    }
    my ($cat) = /"cat":"([^"]*)"/;
    my ($name) = /"name":"([^"]*)"/;
    my $depth = @{$stack{$tid} //= []};
    if ($ph eq 'E') {
        die "line $.: nothing to end\n" unless $depth;
        pop @{$stack{$tid}};
        if (defined $esm_track && $tid == $esm_track && $depth - 1 == $esm_depth) {
            ($rc) = /"rc":"([^"]*)"/;
            undef $esm_track;
        }
        next;
    }
    $inside{"$cat $name"}++ if defined $esm_track && $tid == $esm_track;
    next if $ph ne 'B';
    if ($cat eq 'ucall' && $name eq 'UV_ESM') {
        ($esm_track, $esm_depth) = ($tid, $depth);
    }
    push @{$stack{$tid}}, $name;
    $deepest = $depth + 1 if $depth >= $deepest;
}
print "$_ $inside{$_}\n" for sort keys %inside;
print "rc ", $rc // 'none', "\n";
print "deepest $deepest\n";
