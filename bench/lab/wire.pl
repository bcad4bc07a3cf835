#!/usr/bin/perl
# A wire that takes its time: carries packets between two TUN devices, each so many milliseconds late and in order, and on demand
# loses some or lets only so many bits through. For kernels without `tc netem`. Perl, because Node has neither ioctl(2) nor setns(2), and because this must be quick.
#
#   wire.pl DELAY_MS NAMESPACE=INTERFACE NAMESPACE=INTERFACE
#
# NAMESPACE is a path such as /run/netns/far. Says "ready" once both devices are there; ends when its input does. Understands on
# its input, a line each, answered by a line each:
#
#   shape DELAY_MS LOSS KBIT_PER_SECOND QUEUE_MS   from now on, each way; 0 for none
#   count                                          bytes let through from the first end and from the second, and of each stream of RTP
#                                                  SSRC:LET_THROUGH:LOST, in packets
use strict;
use warnings;
use Fcntl qw(F_SETFL F_GETFL O_NONBLOCK O_RDWR);
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

# From <asm/unistd.h>, <linux/if_tun.h> and <linux/sched.h>.
my %setns_call = (x86_64 => 308, aarch64 => 268);
my $setns = $setns_call{(POSIX::uname())[4]} or die "wire: unknown machine\n";
my $TUNSETIFF = 0x400454ca;
my $IFF_TUN_NO_PI = 0x0001 | 0x1000;
my $CLONE_NEWNET = 0x40000000;

my ($delay_ms, @names) = @ARGV;
die "usage: wire.pl DELAY_MS NAMESPACE=INTERFACE NAMESPACE=INTERFACE\n" if @names != 2;
my $delay = $delay_ms / 1000;
my ($loss, $byte_seconds, $queue) = (0, 0, 0);
# By the end that sent: bytes let through, and when a narrow wire is free again.
my (@bytes, @free);
$bytes[$_] = $free[$_] = 0 for 0, 1;
# By the SSRC of a stream: packets let through, packets lost.
my %streams;
srand 1; # the same losses in every run
my @ends = map { open_end(split /=/, $_, 2) } @names;
$| = 1;
print "ready\n";

# Packets under way from each end, oldest first: [when due, bytes].
my @under_way = ([], []);
for (;;) {
  my $now = clock_gettime(CLOCK_MONOTONIC);
  my $wait = 3600;
  for my $i (0, 1) {
    my $queue = $under_way[$i];
    syswrite $ends[1 - $i], (shift @$queue)->[1] while @$queue && $queue->[0][0] <= $now;
    $wait = $queue->[0][0] - $now if @$queue && $queue->[0][0] - $now < $wait;
  }
  my $readable = '';
  vec($readable, fileno $_, 1) = 1 for @ends, \*STDIN;
  select $readable, undef, undef, $wait;
  if (vec $readable, fileno STDIN, 1) {
    exit 0 unless sysread STDIN, my $said, 256;
    obey($_) for split /\n/, $said;
  }
  $now = clock_gettime(CLOCK_MONOTONIC);
  for my $i (0, 1) {
    next unless vec $readable, fileno $ends[$i], 1;
    for (1 .. 64) {
      sysread $ends[$i], my $packet, 65536 or last;
      my $through = takes($i, length $packet, $now);
      count_media($packet, defined $through);
      push @{$under_way[$i]}, [$through + $delay, $packet] if defined $through;
    }
  }
}

sub obey {
  my ($word, @numbers) = split / /, shift;
  ($delay, $loss, $byte_seconds, $queue) = ($numbers[0] / 1000, $numbers[1], 0, $numbers[3] / 1000) if $word eq 'shape';
  $byte_seconds = 8 / 1000 / $numbers[2] if $word eq 'shape' && $numbers[2] > 0;
  print $word eq 'count' ? join(' ', @bytes, map { join ':', $_, @{$streams{$_}} } keys %streams) : 'done', "\n";
}

# When a packet is through the narrow part of the wire; undefined when it is lost or waits too long.
sub takes {
  my ($i, $length, $now) = @_;
  my $start = $byte_seconds > 0 && $free[$i] > $now ? $free[$i] : $now;
  if (rand() < $loss || $start - $now > $queue && $byte_seconds > 0) {
    return undef;
  }
  $free[$i] = $start + $length * $byte_seconds;
  $bytes[$i] += $length;
  return $free[$i];
}

# Counts an IP packet that carries RTP over UDP, as told apart by RFC 7983 and RFC 5761; not those in TURN's channels.
sub count_media {
  my ($packet, $is_through) = @_;
  my $version = ord($packet) >> 4;
  my ($protocol_at, $payload_at) = $version == 6 ? (6, 48) : (9, (ord($packet) & 15) * 4 + 8);
  return if length $packet < $payload_at + 12 || ord(substr $packet, $protocol_at, 1) != 17;
  my ($first, $second, $ssrc) = unpack 'C2 x6 N', substr $packet, $payload_at, 12;
  my $type = $second & 127;
  return if $first >> 6 != 2 || $type >= 64 && $type <= 95;
  $streams{$ssrc} //= [0, 0];
  $streams{$ssrc}[$is_through ? 0 : 1]++;
}

# Makes a TUN device in a network namespace and gives its handle; this process stays in that namespace.
sub open_end {
  my ($namespace, $interface) = @_;
  open my $net, '<', $namespace or die "wire: $namespace: $!\n";
  syscall($setns, fileno $net, $CLONE_NEWNET) == 0 or die "wire: setns $namespace: $!\n";
  sysopen my $tun, '/dev/net/tun', O_RDWR or die "wire: /dev/net/tun: $!\n";
  my $request = pack 'a16 s x22', $interface, $IFF_TUN_NO_PI;
  ioctl $tun, $TUNSETIFF, $request or die "wire: $interface: $!\n";
  fcntl $tun, F_SETFL, fcntl($tun, F_GETFL, 0) | O_NONBLOCK or die "wire: $!\n";
  return $tun;
}
