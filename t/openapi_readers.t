use ChatTest;
use ChatTest::Npm;

# The served document in the hands of programs that others wrote: redocly, spectral and openapi-typescript, as
# npm brings them (t/openapi). They are installed once below STATE; where they cannot be had, that is said.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $home    = npm_home('openapi');
my $missing = npm_install('openapi');

plan skip_all => $missing if defined $missing;
chomp(my $version = qx{node -p 'process.versions.node'});
plan skip_all => "Node.js 18.18 or newer is needed, this is $version"
    if $version !~ /^(\d+)\.(\d+)/ || $1 < 18 || $1 == 18 && $2 < 18;

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

sub slurp
{
    open my $in, '<', $_[0] or return '';
    local $/;
    return readline($in) // '';
}
