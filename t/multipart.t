# http/chat_multipart.c beside busboy and undici, over random forms: t/multipart/compare.mjs.
use strict;
use warnings;
use Cwd            qw(abs_path);
use File::Basename qw(dirname);
use File::Copy     qw(copy);
use File::Path     qw(make_path remove_tree);

sub skip { print "1..0 # SKIP $_[0]\n"; exit 0 }

my $reader = dirname(abs_path($ENV{CHAT_MODULE} || 'var/build/mod_chat.so')) . '/t/multipart/reader';
my $home   = abs_path($ENV{STATE} || 'var') . '/multipart';

skip('the reader is not a server') if ($ENV{CHAT_TEST_SLOW} || 1) > 1;
delete $ENV{NODE_OPTIONS};
system('command -v node >/dev/null && command -v npm >/dev/null || conf/install-packages node') == 0
    or skip('Node.js and npm cannot be installed');

# What package-lock.json names; its last step copies that file, so that it tells whether all is there.
if (system("cmp -s t/multipart/package-lock.json '$home/installed'")) {
    remove_tree($home);
    make_path($home);
    copy("t/multipart/$_", $home) or die "$_: $!" for qw(package.json package-lock.json);
    system("cd '$home' && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1") == 0
        or skip('npm cannot bring busboy and undici');
    copy("$home/package-lock.json", "$home/installed") or die "installed: $!";
}
$ENV{CHAT_MULTIPART_MODULES} = "$home/node_modules";
$ENV{CHAT_TEST_SEED} //= 1; # another one tries other forms
exec 'node', 't/multipart/compare.mjs', $reader, 10_000 or die "node: $!";
