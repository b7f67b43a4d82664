package ChatTest::Reports;

=head1 NAME

ChatTest::Reports - httpd under valgrind or with sanitizers, and what they found

Every report counts but those of t/lsan.supp, t/tsan.supp and t/valgrind.supp, also one without a frame of
mod_chat: what it has from a library may be lost as well as what it has made itself.

=cut

use strict;
use warnings;
use Cwd          qw(abs_path);
use Digest::SHA  qw(hmac_sha256 sha256);
use MIME::Base64 qw(encode_base64);

# The shell's line that runs httpd in that variant; nothing for the plain one. Beside the module lie
# the parts of tests that are built like it.
sub wrapper
{
    my ($class, $variant, $httpd, $logs, $module) = @_;

    return _asan($httpd, $logs)     if $variant eq 'asan';
    return _tsan($httpd, $logs, $module =~ s{[^/]*$}{t/tsan/atomics.so}r) if $variant eq 'tsan';
    return _memcheck($httpd, $logs) if $variant eq 'memcheck';
    return;
}

# Libraries are built without frame pointers: only the slow unwinder finds out who called them. The
# signals of a crash are ASan's, which httpd would take from it otherwise (2). UBSan writes to stderr
# beside it, which is httpd's error log, whatever its log_path says. How it finds the variables of
# threads in libraries is made for glibc before 2.25: with a newer one it takes other memory for them,
# and LeakSanitizer's tracer crashes. It finds them without that, as it sees the allocations of ld.so.
sub _asan
{
    my ($httpd, $logs) = @_;
    chomp(my @libraries = map { scalar qx{gcc -print-file-name=$_} } qw(libasan.so libubsan.so));
    my $suppressions = abs_path('t/lsan.supp');

    return "export ASAN_OPTIONS='log_path=$logs/asan:detect_leaks=1:use_sigaltstack=0:exitcode=0:halt_on_error=1"
        . ":abort_on_error=1:handle_segv=2:handle_sigbus=2:handle_sigfpe=2:fast_unwind_on_malloc=0:malloc_context_size=60"
        . ":intercept_tls_get_addr=0'\n"
        . "export UBSAN_OPTIONS='print_stacktrace=1'\n"
        . "export LSAN_OPTIONS='suppressions=$suppressions:print_suppressions=0'\n"
        . "umask 0; chmod 1777 '$logs'\n"
        . "export LD_PRELOAD='@libraries'\nexec $httpd \"\$\@\"";
}

# httpd and its libraries are not built for ThreadSanitizer. Of what they do with memory it sees what goes
# through functions of the C library; all of their locks and atomic operations, which are preloaded. So
# it does not see two of them at once, nor one of them beside us, where a plain variable is read or written.
sub _tsan
{
    my ($httpd, $logs, $atomics) = @_;
    chomp(my $library = qx{gcc -print-file-name=libtsan.so});
    my $suppressions = abs_path('t/tsan.supp');

    return "export TSAN_OPTIONS='log_path=$logs/tsan:suppressions=$suppressions"
        . ":exitcode=0:history_size=4:second_deadlock_stack=1:report_signal_unsafe=0'\n"
        . "umask 0; chmod 1777 '$logs'\n"
        . "exec @{[_unshuffled()]}env LD_PRELOAD='$library $atomics' $httpd \"\$\@\"";
}

# ThreadSanitizer of this compiler does not know all places where kernels put things at random.
sub _unshuffled { return system('setarch -R true 2>/dev/null') == 0 ? 'setarch -R ' : '' }

sub _memcheck
{
    my ($httpd, $logs) = @_;
    my $suppressions = abs_path('t/valgrind.supp');

    # What only checks a configuration (-t) is watched by AddressSanitizer alone: some files do it dozens of times.
    return qq{case " \$* " in *" -t "*) exec $httpd "\$@" ;; esac\n}
        . "umask 0; chmod 1777 '$logs'\n"
        . "exec valgrind --quiet --log-file='$logs/valgrind.%p' --leak-check=full"
        . ' --show-leak-kinds=definite --errors-for-leak-kinds=definite --keep-debuginfo=yes'
        . " --num-callers=30 --suppressions='$suppressions' $httpd \"\$\@\"";
}

# A login takes 4096 rounds of SCRAM, and so takes a watched httpd longer than it waits for one. The
# password is random, so that a single round keeps it as well.
sub shorten_login
{
    my ($class, $params) = @_;
    my ($passfile) = $params =~ /\bpassfile='([^']*)'/ or die "no passfile in the database's parameters\n";
    my ($password) = _slurp($passfile) =~ /([^:\n]+)$/ or die "no password in $passfile\n";
    my $salt   = 'one round';
    my $salted = hmac_sha256($salt . pack('N', 1), $password);
    my ($stored, $server) = map { encode_base64($_, '') }
        sha256(hmac_sha256('Client Key', $salted)), hmac_sha256('Server Key', $salted);
    my $secret = 'SCRAM-SHA-256$1:' . encode_base64($salt, '') . "\$$stored:$server";

    open my $psql, '|-', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $params
        or die "psql: $!\n";
    print {$psql} "alter role chat password '$secret'";
    close $psql or die "the login could not be shortened\n";
    return;
}

# What one frame is not enough to tell: the pools of connections that are open when a child ends.
my $known = qr{^Direct\ leak\b.*\n .*\n .*\ in\ apr_allocator_create\b.*\n .*/mod_mpm_(?:event|worker)\.so\b};

sub of
{
    my ($class, $variant, $logs) = @_;
    my @reports;

    for my $file (glob "$logs/{asan,valgrind}.*") {
        my $text = _slurp($file) =~ s/^==\d+== ?//mgr;
        my @parts = grep { /\S/ && !/$known/ } split /\n\s*\n/, $text;
        next unless grep { !/LeakSanitizer: detected memory leaks$|^SUMMARY: / } @parts;
        push @reports, "$file:\n", map {"$_\n\n"} @parts;
    }
    for my $file (glob "$logs/tsan.*") {
        my @parts = grep {/ThreadSanitizer/} split /^={18}\n/m, _slurp($file);
        push @reports, "$file:\n", map {"$_\n"} @parts if @parts;
    }
    for my $file (glob "$logs/error_log $logs/../own/*/logs/error_log") {
        push @reports, map {"$file:\n$_\n"} _slurp($file) =~ /^(.* runtime error: .*\n(?: +#\d+ .*\n)*)/mg;
    }
    return @reports;
}

sub _slurp
{
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;
    return readline($in) // '';
}

1;
