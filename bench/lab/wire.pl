#!/usr/bin/perl
# A wire that takes its time: carries packets between two TUN devices, each so many milliseconds late and in order.
# For kernels without `tc netem`. Perl, because Node has neither ioctl(2) nor setns(2), and because this must be quick.
#
#   wire.pl DELAY_MS NAMESPACE=INTERFACE NAMESPACE=INTERFACE
#
# NAMESPACE is a path such as /run/netns/far. Says "ready" once both devices are there; ends when its input does.
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
    exit 0 unless sysread STDIN, my $said, 64;
  }
  $now = clock_gettime(CLOCK_MONOTONIC);
  for my $i (0, 1) {
    next unless vec $readable, fileno $ends[$i], 1;
    for (1 .. 64) {
      sysread $ends[$i], my $packet, 65536 or last;
      push @{$under_way[$i]}, [$now + $delay, $packet];
    }
  }
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
