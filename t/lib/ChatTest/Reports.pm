package ChatTest::Reports;

=head1 NAME

ChatTest::Reports - httpd under valgrind or with sanitizers, and what they found in our code

httpd, its libraries and its other modules are not ours: a report counts when one of its frames lies
in mod_chat.

=cut

use strict;
use warnings;
use Cwd qw(abs_path);

# The shell's line that runs httpd in that variant; nothing for the plain one.
sub wrapper
{
    my ($class, $variant, $httpd, $logs) = @_;

    return _asan($httpd, $logs)     if $variant eq 'asan';
    return _memcheck($httpd, $logs) if $variant eq 'memcheck';
    return;
}

sub _asan
{
    my ($httpd, $logs) = @_;
    chomp(my @libraries = map { scalar qx{gcc -print-file-name=$_} } qw(libasan.so libubsan.so));
    my $suppressions = abs_path('t/lsan.supp');

    return "export ASAN_OPTIONS='log_path=$logs/asan:detect_leaks=1:use_sigaltstack=0:exitcode=0:halt_on_error=1"
        . ":abort_on_error=1'\n"
        . "export UBSAN_OPTIONS='print_stacktrace=1:log_path=$logs/ubsan'\n"
        . "export LSAN_OPTIONS='suppressions=$suppressions:print_suppressions=0'\n"
        . "umask 0; chmod 1777 '$logs'\n"
        . "export LD_PRELOAD='@libraries'\nexec $httpd \"\$\@\"";
}

sub _memcheck
{
    my ($httpd, $logs) = @_;
    my $suppressions = abs_path('t/valgrind.supp');

    return "umask 0; chmod 1777 '$logs'\n"
        . "exec valgrind --quiet --log-file='$logs/valgrind.%p' --leak-check=full"
        . ' --show-leak-kinds=definite --errors-for-leak-kinds=definite --keep-debuginfo=yes'
        . " --num-callers=30 --suppressions='$suppressions' $httpd \"\$\@\"";
}

sub of
{
    my ($class, $variant, $logs) = @_;
    my @reports;

    for my $file (glob "$logs/{asan,ubsan,valgrind}.*") {
        open my $in, '<', $file or next;
        my $text = do { local $/; <$in> };
        $text =~ s/^==\d+== ?//mg;
        push @reports, map {"$file:\n$_\n\n"}
            grep { /\bmod_chat\.so\b|\bchat_\w+\.c:\d+|\bmod_chat\/\w+/ } split /\n\s*\n/, $text;
    }
    return @reports;
}

1;
