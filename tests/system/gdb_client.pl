#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# gdb_client.pl SOCKET STEP...: talks gdb's remote protocol to the unix socket SOCKET, byte by byte as told:
#   raw:BYTES     as they are; \xHH is a byte
#   packet:TEXT   framed, with its checksum
#   expect:REGEX  waits for it in what has come since the last expect, at most a minute
#   nothing       the server says nothing for a second
# The end of the steps is the end of the connection, whatever is still under way.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

my ($path, @steps) = @ARGV;
my $s = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
my $got = '';
$SIG{PIPE} = 'IGNORE';

# False: nothing came in time, or the server has hung up.
sub more {
    my ($seconds) = @_;
    return 0 unless IO::Select->new($s)->can_read($seconds);
    return sysread($s, $got, 65536, length $got);
}

for (@steps) {
    my ($what, $text) = split /:/, $_, 2;
    if ($what eq 'raw') {
        $text =~ s/\\x([0-9a-f]{2})/chr hex $1/ge;
        syswrite $s, $text;
    } elsif ($what eq 'packet') {
        my $sum = 0;
        $sum += ord for split //, $text;
        syswrite $s, sprintf '$%s#%02x', $text, $sum & 255;
    } elsif ($what eq 'expect') {
        while ($got !~ s/^.*?$text//s) {
            more(60) or die "no '$text' in '$got'\n";
        }
    } elsif ($what eq 'nothing') {
        die "unexpected '$got'\n" if more(1);
    } else {
        die "$_: not a step\n";
    }
}
