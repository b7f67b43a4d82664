package ChatTest::Npm;

=head1 NAME

ChatTest::Npm - what npm brings for a test, installed once below STATE

    plan skip_all => $_ for grep {defined} npm_install('push');  # what t/push/package-lock.json names
    system 'node', 't/push/service.mjs', npm_home('push');       # where its node_modules are

=over

=item npm_install($folder)

Why it cannot be had; undef: it is there.

=item npm_home($folder)

Where it is, or will be.

=back

=cut

use strict;
use warnings;
use Exporter   ();
use Fcntl      qw(LOCK_EX);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use ChatTest::Config ();

our @ISA    = 'Exporter';
our @EXPORT = qw(npm_install npm_home);

sub npm_home
{
    my ($folder) = @_;
    my ($state) = ChatTest::Config->suite->{vars}{chat_module} =~ m{^(.*)/build[^/]*/[^/]*$};

    return "$state/npm/$folder";
}

sub npm_install
{
    my ($folder) = @_;
    my $home = npm_home($folder);

    return 'Node.js and npm cannot be installed'
        if system('command -v node >/dev/null && command -v npm >/dev/null || conf/install-packages node >&2') != 0;
    make_path($home);
    open my $lock, '>', "$home.lock" or die "$home.lock: $!";
    flock $lock, LOCK_EX or die "$home.lock: $!"; # files may run at once
    return undef if system("cmp -s t/$folder/package-lock.json '$home/installed'") == 0;
    remove_tree($home, {keep_root => 1});
    copy("t/$folder/$_", $home) or die "$home: $!" for qw(package.json package-lock.json);
    # The last step copies package-lock.json, so that it tells whether all is there.
    system("cd '$home' && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 && cp package-lock.json installed") == 0
        or return "npm cannot bring what t/$folder needs: " . qx{tail -n 3 '$home/npm.log'};
    return undef;
}

1;
