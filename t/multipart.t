# http/chat_multipart.c beside busboy and undici, over random forms: t/multipart/compare.mjs.
use strict;
use warnings;
use File::Basename qw(dirname);
use ChatTest::Config ();
use ChatTest::Npm;

sub skip { print "1..0 # SKIP $_[0]\n"; exit 0 }

my $reader = dirname(ChatTest::Config->suite->{vars}{chat_module}) . '/t/multipart/reader';

skip('the reader is not a server') if ($ENV{CHAT_TEST_SLOW} || 1) > 1;
delete $ENV{NODE_OPTIONS};
skip($_ =~ s/\n.*//sr) for grep {defined} npm_install('multipart');
$ENV{CHAT_MULTIPART_MODULES} = npm_home('multipart') . '/node_modules';
$ENV{CHAT_TEST_SEED} //= 1; # another one tries other forms
exec 'node', 't/multipart/compare.mjs', $reader, 10_000 or die "node: $!";
