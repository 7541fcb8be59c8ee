#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# monitor_client.pl SOCKET: a program at -monitor unix:SOCKET,json=on; every line must be JSON.
use strict;
use warnings;
use IO::Socket::UNIX;
use JSON::PP;

my $path = shift;
my $s;
for (1 .. 100) {
    $s = IO::Socket::UNIX->new(Peer => $path) and last;
    select undef, undef, undef, 0.1;
}
$s or die "$path: nobody listens\n";

sub answer {
    my $line = <$s> // die "the end\n";
    print $line;
    return decode_json($line);
}

sub ask {
    my ($command) = @_;
    print "> $command\n";
    print $s "$command\n";
    $s->flush;
    return answer();
}

sub check {
    my ($ok, $what) = @_;
    die "$what\n" unless $ok;
}

check(ask('info status')->{halt}{cause} eq 'start', 'not halted at the start');
check(ask('catch ucall UV_ESM')->{breakpoints}[0]{id} == 1, 'no stop point');
check(ask('cont')->{ok}, 'does not go on');
my $halt = answer();
check($halt->{halt}{cause} eq 'event' && $halt->{event}{text} eq 'UV_ESM', 'another halt');
check($halt->{arguments}[0]{argument} eq 'kbase', 'no arguments');
check(ask('ubt')->{frames}[1]{who} eq 'VM', 'no caller');
check(!ask('catch nonsense')->{ok}, 'nonsense is taken');
check(ask('ufinish')->{ok}, 'does not finish');
check(answer()->{event}{name} eq 'ucall-return', 'has not returned');
my $svm = ask('info svm')->{svm}[0];
check($svm->{state} eq 'secure' && $svm->{secure} > 1000, 'not secure');
for my $info (qw(registers cpus pages slots pate work esm ucalls hcalls tpm tlb mtree devices history events)) {
    check(ask("info $info")->{ok}, $info);
}
# a client that goes away disturbs nothing; the next one finds the machine as it was
close $s;
$s = IO::Socket::UNIX->new(Peer => $path) or die "no second client\n";
check(ask('info status')->{event}{name} eq 'ucall-return', 'another state');
print $s "quit\n";
