#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# session.pl commands PAGE: the commands of the ```pefemu blocks of a page, one a line.
# session.pl compare PAGE ANSWERS: the answers that the page shows against those that were given. Addresses,
# cookies and other long numbers count as equal, and so do runs of spaces; a line "..." stands for any lines.
use strict;
use warnings;

my ($what, $page, $answers) = @ARGV;

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$f>;
}

# [command, lines of its answer]
sub session {
    my ($text) = @_;
    my @all;
    for my $line (split /\n/, $text) {
        if ($line =~ /^\(pefemu\) (.*)/) {
            push @all, [$1];
        } elsif (@all && $line =~ /\S/) {
            push @{ $all[-1] }, $line;
        }
    }
    return @all;
}

sub common {
    my ($line) = @_;
    $line =~ s/0x[0-9a-f]+/0x#/g;
    $line =~ s/\b[0-9a-f]{8,}\b/#/g;
    $line =~ s/\b[0-9]{4,}\b/#/g;
    $line =~ s/0x# 0x#\s.*/0x# 0x#/; # bytes as text
    $line =~ s/\s+/ /g;
    $line =~ s/^ | $//g;
    return $line;
}

my @shown = session(join "\n", slurp($page) =~ /^```pefemu\n(.*?)^```/gms);
die "$page: no session\n" unless @shown;
if ($what eq 'commands') {
    print "$_->[0]\n" for @shown;
    exit 0;
}

my @given = session(slurp($answers));
my $wrong = 0;
for my $i (0 .. $#shown) {
    my ($command, @lines) = @{ $shown[$i] };
    my ($done, @answer) = @{ $given[$i] // [''] };
    if ($done ne $command) {
        print "command ", $i + 1, ": $command on the page, '$done' was done\n";
        exit 1;
    }
    for my $line (@lines) {
        next if $line eq '...';
        my $want = common($line);
        shift @answer while @answer && common($answer[0]) ne $want && grep { $_ eq '...' } @lines;
        my $got = @answer ? shift @answer : '(nothing)';
        next if common($got) eq $want;
        print "$command: '$line' on the page, '$got' was said\n";
        $wrong++;
        last;
    }
}
exit($wrong != 0);
