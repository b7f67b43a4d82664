use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Search qw(indexed);
use Mojo::URL ();

# Links in answers, and where they lead: to the host itself, and through a proxy that maps paths.
my $httpd = ChatTest::Httpd->new(conf => <<'END' . ChatTest::Httpd->usual . <<'END');
LoadModule proxy_module @modules_dir@/mod_proxy.so
LoadModule proxy_http_module @modules_dir@/mod_proxy_http.so
ChatCache shmcb
ChatRoot /api /app/api
END
<LocationMatch "^/app/api">
    Require valid-user
</LocationMatch>
<VirtualHost *:@port@>
    ServerName back.example
    <Location "/api">
        <If "-n req('X-Forwarded-Host')">
            ChatLinks relative
        </If>
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName front.example
    ChatRoot none
    ProxyPass "/community/api/" "http://127.0.0.1:@port@/api/"
    ProxyPass "/chat/" "http://127.0.0.1:@port@/api/conversations/"
</VirtualHost>
<VirtualHost *:@port@>
    ServerName relative.example
    ChatLinks relative
</VirtualHost>
<VirtualHost *:@port@>
    ServerName linked.example
    ChatLinks relative
    ChatNotificationLink /messages?conversation={conversation_id}
</VirtualHost>
END
my $ada    = member('Ada');
my @talks  = map { conversation($ada) } 1 .. 3;
my $talk   = $talks[0];
my %staff  = map { $_->{id} => staff_of($_->{church}) } @talks;

for my $talk (@talks) {
    say($talk, "text $_", as => $staff{$talk->{id}}) for 1 .. 3;
}
ok $httpd->start, 'it starts' or diag $httpd->said;

sub at
{
    my ($site, $url, %options) = @_;

    return get($ada, $url, site => $httpd->url, statements => undef, contract => 0, %options,
        headers => {Host => "$site.example", %{$options{headers} // {}}});
}

# Where a reference in the answer to a URL leads to.
sub target { return Mojo::URL->new($_[0])->to_abs(Mojo::URL->new($_[1]))->to_string }

# Every page of a list from there on: ids in the order they came.
sub walk
{
    my ($site, $url, $list, $field) = @_;

    return [map { $_->{$field} } @{walk_of($site, $url, $list)}];
}

sub walk_of
{
    my ($site, $url, $list) = @_;
    my @entries;

    for (1 .. 10) {
        my $answer = at($site, $url);

        is $answer->code, 200, "$site: $url" or last;
        push @entries, @{$answer->json->{$list}};
        my $next = $answer->json->{next} // last;
        $url = target($next, $url);
    }
    return \@entries;
}

sub walk_results { return [map { $_->{message}{id} } @{walk_of(@_, 'results')}] }
indexed(@talks);
my @found = map { messages_of($_)->[2]{id} } @talks;
my @all = map { $_->{id} } reverse @talks;
my %places = ('front' => ['/community/api', '/community/api'], 'back' => ['/api', '/app/api'], 'relative' => ['/api', '/app/api']);

for my $site (sort keys %places) {
    for my $root (@{$places{$site}}) {
        for my $slash ('/', '') {
            is_deeply walk($site, "$root/conversations$slash?limit=1", 'conversations', 'id'), \@all,
                "$site, $root: all conversations, '$slash' at the end" for 1 .. 2; # the second time from the cache
            is_deeply walk($site, "$root/notifications$slash?limit=2", 'notifications', 'conversation_id'), \@all,
                'all notifications';
            is_deeply walk_results($site, "$root/conversations/search$slash?q=text+3&limit=1"), [reverse sort { $a <=> $b } @found], 'all that is found';
            my $url  = "$root/$talk->{path}messages$slash" =~ s{//}{/}r . '?limit=1';
            my $page = at($site, $url);
            my $prev = target($page->links->{prev}, $url);
            is $page->json->{messages}[0]{content}, 'text 3', "a page: $url";
            is at($site, $prev)->json->{messages}[0]{content}, 'text 2', "and the one before: $prev";
        }
    }
}
is_deeply walk('front', '/chat/?limit=1', 'conversations', 'id'), \@all, 'a proxy may map to what stands below the root';

subtest 'what they look like' => sub {
    like at('back', '/api/conversations/?limit=1')->json->{next}, qr{^/api/conversations/\?limit=1&cursor=}, 'absolute paths';
    like at('back', '/app/api/conversations?limit=1')->json->{next}, qr{^/app/api/conversations/\?limit=1&cursor=}, 'with the slash';
    like at('relative', '/api/conversations/?limit=1')->json->{next}, qr{^\?limit=1&cursor=}, 'or relative';
    like at('relative', "/api/$talk->{path}messages/?limit=1")->header('Link'), qr{^<\?before=\d+&limit=1>; rel="prev"}, 'as in Link';
    is at('back', '/api/conversations/?limit=1', headers => {'X-Forwarded-Host' => 'x'})->json->{next} =~ /^\?/, 1,
        'by a section <If>, also from the cache';
    like at('back', '/api/conversations/?limit=1')->json->{next}, qr{^/api/}, 'which keeps both';
};

subtest 'notifications' => sub {
    for my $url ('/community/api/notifications/', '/community/api/notifications') {
        my ($first) = @{at('front', $url)->json->{notifications}};
        my $there = target($first->{link}, $url);

        is $there, "/community/api/conversations/$first->{conversation_id}/", "$url: the conversation";
        is at('front', $there)->code, 200, 'is there';
    }
    like at('back', '/api/notifications/')->json->{notifications}[0]{link}, qr{^/api/conversations/\d+/$}, 'absolute';
    like at('linked', '/api/notifications/?limit=9')->json->{notifications}[0]{link}, qr{^/messages\?conversation=\d+$}, 'as configured';
};

subtest 'the OpenAPI document' => sub {
    for my $url ('/community/api/conversations/openapi.json', '/community/api/conversations/openapi.json/') {
        my $server = at('front', $url)->json->{servers}[0]{url};

        is target($server, $url) =~ s{/$}{}r, '/community/api', "$url: $server";
    }
    is at('back', '/app/api/conversations/openapi.json')->json->{servers}[0]{url}, '/app/api', 'absolute';
};

subtest 'what the directive must not say is told at configtest' => sub {
    for my $lines ('ChatLinks', 'ChatLinks absolute', 'ChatLinks relative absolute-path') {
        my ($fine, $words) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "$lines\n")->configtest;

        ok !$fine, $lines;
        like $words, qr/ChatLinks/, 'with the reason';
    }
    my ($fine, $words) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual
        . "ChatLinks Relative\n<Location /api>\nChatLinks absolute-path\n</Location>\n")->configtest;
    ok $fine, 'both words, in a section too' or diag $words;
};

is_deeply [$httpd->unexpected], [], 'its log is quiet';
done_testing;
