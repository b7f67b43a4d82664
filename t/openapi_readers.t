use ChatTest;
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);

# The served document in the hands of programs that others wrote: redocly, spectral and openapi-typescript, as
# npm brings them (t/openapi). They are installed once below STATE; where they cannot be had, that is said.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my ($state) = ChatTest::Config->suite->{vars}{chat_module} =~ m{^(.*)/build[^/]*/[^/]*$};
my $home    = "$state/openapi-readers";

plan skip_all => 'Node.js and npm cannot be installed'
    if system('command -v node >/dev/null && command -v npm >/dev/null || conf/install-packages node >&2') != 0;
chomp(my $version = qx{node -p 'process.versions.node'});
plan skip_all => "Node.js 18.18 or newer is needed, this is $version"
    if $version !~ /^(\d+)\.(\d+)/ || $1 < 18 || $1 == 18 && $2 < 18;
plan skip_all => 'npm cannot bring the readers: ' . slurp("$home/npm.log") unless install();

for my $root ('/api', '/app/api') {
    my $file   = "$home/document" . ($root =~ tr{/}{-}r) . '.json';
    my $answer = get(undef, 'conversations/openapi.json', site => 'roots', root => $root);

    open my $out, '>', $file or die "$file: $!";
    print {$out} $answer->body;
    close $out or die "$file: $!";
    my @found = qx{NODE_OPTIONS= node t/openapi/check.mjs '$file' '$home' 2>&1};
    is $?, 0, "$root: the readers ran";
    is_deeply \@found, [], 'and have nothing to say';
}

subtest 'they do read' => sub {
    my $spoilt = slurp("$home/document-api.json") =~ s/"summary":/"operationId":"x","summary":/r
        =~ s{#/components/schemas/Id"}{#/components/schemas/Nothing"}r;

    open my $out, '>', "$home/spoilt.json" or die $!;
    print {$out} $spoilt;
    close $out or die $!;
    my $found = join '', qx{NODE_OPTIONS= node t/openapi/check.mjs '$home/spoilt.json' '$home' 2>&1};
    like $found, qr/"reader":"\w*$_/i, "$_ complains of a document that is spoilt" for qw(redocly spectral typescript);
};

done_testing;

# The last step copies package-lock.json, so that it tells whether all is there.
sub install
{
    return 1 if slurp("$home/installed") eq slurp('t/openapi/package-lock.json');
    remove_tree($home);
    make_path($home);
    copy("t/openapi/$_", $home) or die "$_: $!" for 'package.json', 'package-lock.json';
    return 0 if system("cd '$home' && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1") != 0;
    return copy('t/openapi/package-lock.json', "$home/installed");
}

sub slurp
{
    open my $in, '<', $_[0] or return '';
    local $/;
    return readline($in) // '';
}
