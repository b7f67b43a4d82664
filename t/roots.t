use ChatTest;

my $ada  = member('Ada');
my $talk = conversation($ada);
is say($talk, "message $_")->code, 201, 'said' for 1 .. 3;
my $htdocs = ChatTest::Config->suite->{vars}{documentroot};

sub file
{
    my ($path, $text) = @_;
    my $file = "$htdocs/$path";

    File::Path::make_path($file =~ s{/[^/]*$}{}r);
    open my $out, '>', $file or die "$file: $!";
    print {$out} $text;
    close $out;
    chmod 0755, grep { -d } map {"$htdocs/$_"} qw(api api/sub);
    chmod 0644, $file;
}

subtest 'several roots, and links of the one that was asked' => sub {
    for my $root ('/api', '/app/api', '/deep/er/chat') {
        my %at = (site => 'roots', root => $root);
        my $list = get($ada, 'conversations/?limit=1', %at);

        is $list->code, 200, "$root: list";
        is $list->json->{conversations}[0]{id}, $talk->{id}, 'the same data';
        my $page = get($ada, "$talk->{path}messages/?limit=1", %at);
        is $page->code, 200, 'page';
        like $page->links->{prev}, qr{^\Q$root/$talk->{path}\Emessages/\?}, 'Link';
        is get($ada, $page->links->{prev}, %at)->code, 200, 'leads on';
        is get($ada, 'conversations', %at)->code, 200, 'without the slash';
        is get(undef, 'conversations/', %at)->code, 401, 'nobody';
        is get(undef, 'conversations/openapi.json', %at)->code, 200, 'the contract';
    }
    my $other = conversation($ada);
    my $next  = get($ada, 'conversations/?limit=1', site => 'roots', root => '/app/api')->json->{next};
    like $next, qr{^/app/api/conversations/\?}, 'next';
    is get($ada, $next, site => 'roots', root => '/app/api')->code, 200, 'leads on';
};

subtest 'the whole site as root' => sub {
    my %at = (site => 'slash', root => '');

    is get($ada, 'conversations/', %at)->code, 200, 'list';
    like get($ada, "$talk->{path}messages/?limit=1", %at)->links->{prev},
        qr{^/\Q$talk->{path}\Emessages/\?}, 'Link';
    is get($ada, '/index.html', %at)->code, 200, 'the site itself is there too';
    is get($ada, '/api/conversations/', %at)->code, 404, 'nothing at the default root';
};

subtest 'the main server\'s roots are inherited' => sub {
    is get($ada, 'conversations/', site => 'inherits')->code, 200, '/api';
    is get($ada, '/app/api/conversations/', site => 'inherits')->code, 404, 'only that';
};

subtest 'no root: no chat' => sub {
    is get($ada, '/api/conversations/', site => 'none', contract => 0)->code, 404, 'nothing is claimed';
};

subtest 'what else lies under the root is left alone' => sub {
    file('api/hello.txt',           "another application\n");
    file('api/sub/index.html',      "its page\n");
    file('api/conversations.txt',   "a name that begins alike\n");
    file('api/conversationsx.html', "and another\n");

    for my $path (qw(hello.txt sub/index.html sub/ conversations.txt conversationsx.html)) {
        my $answer = get($ada, "/api/$path", contract => 0);

        is $answer->code, 200, "/api/$path is a file's";
    }
    for my $path ('/api/', '/api', '/api/nothing', '/conversations/', '/apiconversations/', '/API/conversations/',
        '/api/Conversations/', '/api//', '/x/api/conversations/')
    {
        my $answer = get($ada, $path, contract => 0);

        isnt $answer->type, 'application/problem+json', "$path is not ours";
        isnt $answer->code, 200, 'nor anything' if $path !~ m{/$};
    }
};

subtest 'the host that was asked changes nothing' => sub {
    my $answer = get($ada, "$talk->{path}messages/?limit=1", headers => {Host => 'evil.example'});

    is $answer->code, 200, 'another Host';
    unlike $answer->header('Link'), qr/evil/, 'stays out of the links';
};

done_testing;
