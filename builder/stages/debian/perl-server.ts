/**
 * Maintainer scripts start the same few Perl programs again and again, and each start compiles the same modules:
 * a third of the time of configuring a small system. A server in the tree loads the modules once and forks for
 * each call. The programs are the tree's own, and run with the caller's arguments, environment, directory, umask
 * and open files; where the server cannot take over an open file, or is not there, they start as always.
 */

const DIRECTORY = '/run/qubeforge';

/** Programs that run in the server. */
const PROGRAMS = ['/usr/share/debconf/frontend', '/usr/bin/deb-systemd-helper'];

/** What they load, now or while they run; those that a tree lacks are left out. */
const MODULES = [
  ...['POSIX', 'File::Temp', 'File::Path', 'File::Basename', 'File::Find', 'Fcntl', 'IO::Handle'],
  ...['Log', 'Db', 'Template', 'Question', 'Config', 'AutoSelect', 'ConfModule', 'Client::ConfModule'],
  ...['FrontEnd::Noninteractive', 'Format::822', 'DbDriver::File', 'DbDriver::Stack', 'DbDriver::Cache'],
  ...['DbDriver::Copy', 'DbDriver::DirTree', 'DbDriver::PackageDir', 'DbDriver::Pipe', 'DbDriver::Debug'],
  ...['Element::Noninteractive', 'Element::Noninteractive::Boolean', 'Element::Noninteractive::String'],
  ...['Element::Noninteractive::Select', 'Element::Noninteractive::Multiselect'],
  ...['Element::Noninteractive::Note', 'Element::Noninteractive::Text', 'Element::Noninteractive::Error'],
].map((name) => (/^(POSIX|File::(?!822)|Fcntl|IO::)/.test(name) ? name : `Debconf::${name}`));

const SERVER = `
use strict;
my $directory = '${DIRECTORY}';
open my $file, '>', "$directory/perl.pid" or exit 1;
print $file $$;
close $file;
for my $module (qw(${MODULES.join(' ')})) { eval "require $module" }
system('mkfifo', "$directory/perl.new") == 0 or exit 1;
open my $requests, '+<', "$directory/perl.new" or exit 1;
rename "$directory/perl.new", "$directory/perl" or exit 1;
# Who was killed answers nobody, and a client has no way to notice: the whole job ends then.
$SIG{CHLD} = sub { while (waitpid(-1, 1) > 0) { POSIX::_exit(1) if $? } };
while (my $pid = <$requests>) {
  chomp $pid;
  my $handler = fork // POSIX::_exit(1);
  next if $handler;
  $SIG{CHLD} = 'DEFAULT';
  # Nothing either when the caller is gone.
  my $answer = eval { serve($pid) } // '';
  open my $reply, '>', "$directory/perl.$pid" or POSIX::_exit(1);
  syswrite $reply, "$answer\\n";
  POSIX::_exit(0);
}

# The exit status of the program that process $pid stands for, or nothing when it has to run it itself.
sub serve {
  my ($pid) = @_;
  my $own = readlink '/proc/self/fd/2';
  my %open;
  for my $fd (0 .. 9) {
    my $file = readlink "/proc/$pid/fd/$fd" // next;
    return '' unless $file eq $own || $file eq '/dev/null' || $file =~ /^pipe:/;
    $open{$fd} = $file eq $own ? undef : mode($pid, $fd);
  }
  my $worker = fork // return '';
  unless ($worker) {
    eval { become($pid, \\%open) };
    print STDERR $@;
    POSIX::_exit(255);
  }
  waitpid $worker, 0;
  return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

sub mode {
  my ($pid, $fd) = @_;
  my ($flags) = slurp("/proc/$pid/fdinfo/$fd") =~ /^flags:\\s*(\\d+)/m;
  return (oct($flags) & 3);
}

sub slurp {
  my ($path) = @_;
  local $/;
  open my $file, '<', $path or die "$path: $!\\n";
  return <$file>;
}

sub become {
  my ($pid, $open) = @_;
  my ($shell, $program, @arguments) = split /\\0/, slurp("/proc/$pid/cmdline"), -1;
  pop @arguments;
  my %environment = map { split /=/, $_, 2 } grep { /=/ } split /\\0/, slurp("/proc/$pid/environ");
  my ($umask) = slurp("/proc/$pid/status") =~ /^Umask:\\s*(\\d+)/m;
  chdir "/proc/$pid/cwd" or die "chdir: $!\\n";
  # F_DUPFD_CLOEXEC, above all files of the caller.
  my $own = fcntl(STDERR, 1030, 10) or die "dup: $!\\n";
  POSIX::close($_) for grep { !exists $open->{$_} } 3 .. 9;
  for my $fd (sort keys %$open) {
    my $from = defined $open->{$fd} ? POSIX::open("/proc/$pid/fd/$fd", $open->{$fd}) : $own;
    defined $from or die "file $fd of $program: $!\\n";
    next if $from == $fd;
    POSIX::dup2($from, $fd);
    POSIX::close($from) unless $from == $own;
  }
  umask oct $umask;
  %ENV = %environment;
  @ARGV = @arguments;
  $0 = $program;
  do "$program.qubeforge";
  if ($@) { print STDERR $@; exit 255 }
  exit 0;
}
`;

/** The program that takes the place of one that runs in the server. */
const CLIENT = `
[ -p ${DIRECTORY}/perl ] && mkfifo ${DIRECTORY}/perl.$$ || exec "$0.qubeforge" "$@"
echo $$ >${DIRECTORY}/perl
read -r status <${DIRECTORY}/perl.$$
rm ${DIRECTORY}/perl.$$
[ -n "$status" ] || exec "$0.qubeforge" "$@"
exit "$status"`;

/** Bodies of shell scripts to put in the place of programs, by path. */
export const PERL_CLIENTS: Readonly<Record<string, string>> = Object.fromEntries(
  PROGRAMS.map((path) => [path, CLIENT]),
);

/**
 * Starts the server of the tree at `$root`. Clients wait for its answers without an end, so when it dies before it
 * is stopped, everything that runs in the sandbox is killed, and the job fails.
 */
export function startPerlServer(): string {
  return `
cat >$root${DIRECTORY}/server.pl <<'END'
${SERVER}
END
{
  inside perl ${DIRECTORY}/server.pl >&2 || :
  if [ -p $root${DIRECTORY}/perl ] && [ ! -e $root${DIRECTORY}/perl.stopped ]; then
    echo 'the server of Perl programs (ADR 0191) was killed, and with it the configuration of packages' >&2
    kill -KILL -1
  fi
} &
perl_server=$!
`;
}

/** Ends it. */
export function stopPerlServer(): string {
  return `
: >$root${DIRECTORY}/perl.stopped
while kill -0 $perl_server 2>/dev/null && [ ! -s $root${DIRECTORY}/perl.pid ]; do sleep 0.01; done
kill $(cat $root${DIRECTORY}/perl.pid 2>/dev/null) 2>/dev/null || :
wait $perl_server || :`;
}
