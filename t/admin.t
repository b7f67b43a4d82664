use ChatTest;
use ChatTest::Httpd ();

# Below admin/ a user needs both Apache's Require and ChatAdmin. Everybody else gets 404, and the same 404 whether
# something is there or not.
my $boss    = {username => 'boss'};
my $ada     = member('Ada');
my $name    = $ada->{username};
my $is_boss = q("%{REMOTE_USER} == 'boss'");
my @there   = ('admin/', 'admin');
my @nowhere = ('admin/nothing/', 'admin/nothing/7/', 'admin/users/x/', 'admin/nothing/export/');

# For each host whom it lets in: Boss, Ada, somebody without a login.
my %hosts = (
    on_server   => [1, 0, 0, "ChatAdmin $is_boss"],
    in_location => [1, 0, 0, at('/api/admin', "ChatAdmin $is_boss")],
    above       => [1, 0, 0, at('/api', "ChatAdmin $is_boss")],
    overridden  => [1, 0, 0, "ChatAdmin true\n" . at('/api/admin', "ChatAdmin $is_boss")],
    narrowed    => [1, 0, 0, "ChatAdmin false\n" . at('/api', 'ChatAdmin true') . at('/api/admin', "ChatAdmin $is_boss")],
    inherited   => [0, 0, 0, ''], # from the main server: its administrator is "root"
    conditional => [1, 0, 0, qq{<If "%{HTTP_HOST} =~ /^conditional/">\nChatAdmin $is_boss\n</If>}],
    required    => [1, 0, 0, "ChatAdmin true\n" . at('/api/admin', 'Require user boss')],
    forbidden   => [1, 0, 0, "ChatAdmin true\n" . at('/api/admin', "AuthzSendForbiddenOnFailure On\nRequire user boss")],
    both        => [0, 0, 0, "ChatAdmin $is_boss\n" . at('/api/admin', "Require user $name")],
    denied      => [0, 0, 0, "ChatAdmin true\n" . at('/api/admin', 'Require all denied')],
    old_denied  => [0, 0, 0, "ChatAdmin true\n" . at('/api/admin', "Order allow,deny\nDeny from all")],
    grouped     => [1, 0, 0, "ChatAdmin true\n" . at('/api/admin', qq{AuthGroupFile "\@serverroot\@/groups"\nRequire group admins})],
    contrary    => [0, 1, 0, "ChatAdmin \"%{REMOTE_USER} != 'boss'\"\n" . at('/api/admin', 'Require valid-user')],
    granted     => [0, 0, 0, "ChatAdmin true\n" . at('/api/admin', 'Require all granted')], # then nobody is asked to log in
    everybody   => [1, 1, 0, 'ChatAdmin true'],
    nobody      => [0, 0, 0, 'ChatAdmin false'],
    from_here   => [1, 1, 0, q(ChatAdmin "-R '127.0.0.0/8'")],
    from_there  => [0, 0, 0, q(ChatAdmin "-R '192.0.2.0/24'")],
    variable    => [1, 0, 0, qq{SetEnvIf Authorization "^Basic Ym9zczp4\$" CHAT_ADMIN=1\n}
            . q(ChatAdmin "reqenv('CHAT_ADMIN') == '1'")],
    header      => [0, 0, 0, q(ChatAdmin "req('X-Admin') == 'yes'")],
    failing     => [0, 0, 0, q(ChatAdmin "file('/there/is/no/such/file') == ''")],
    several     => [1, 0, 0, "ChatRoot /api /deep/api\nChatAdmin $is_boss\n" . at('/deep', 'Require valid-user')],
    site        => [1, 0, 0, "ChatRoot /\nChatAdmin $is_boss\n" . at('/', 'Require valid-user'), ''],
    pages       => [1, 0, 0, "ChatAdmin $is_boss\n" . join "\n", map {"ErrorDocument $_ /page.html"} 401, 403, 404],
    trusting    => [1, 0, 0, "ChatTrustedOrigin https://pages.example\nChatAdmin $is_boss"],
);
my $httpd = ChatTest::Httpd->new(conf => <<'END' . ChatTest::Httpd->usual . "ChatAdmin \"%{REMOTE_USER} == 'root'\"\n"
LoadModule authz_host_module @modules_dir@/mod_authz_host.so
LoadModule access_compat_module @modules_dir@/mod_access_compat.so
LoadModule authz_groupfile_module @modules_dir@/mod_authz_groupfile.so
LoadModule rewrite_module @modules_dir@/mod_rewrite.so
LogLevel chat:info
END
    . join('', map { vhost($_, $hosts{$_}[3]) } sort keys %hosts)
    . vhost('off', 'ChatAdmin off')
    . vhost('off_here', "ChatAdmin $is_boss\n" . at('/api/admin', 'ChatAdmin off'))
    . vhost('moved', "ChatAdmin $is_boss\nRewriteEngine On\nRewriteRule ^/(.*)\$ https://site.example/\$1 [R=302,L]")
    . vhost('nicer', at('/api/admin', "ChatAdmin $is_boss") . "RewriteEngine On\nRewriteRule ^/boss/(.*) /api/admin/\$1 [PT]\n"
        . at('/boss', 'Require valid-user'))
    . vhost('form', "ChatAdmin $is_boss\n" . at('/', <<'END')));
AuthType form
AuthFormProvider anon
AuthFormLoginRequiredLocation "/login.html"
Session On
SessionCookieName session path=/
END

$httpd->file('groups', "admins: boss\n", 0644);
give_pages($httpd);
ok $httpd->start, 'it starts' or diag $httpd->said;

my %people = (boss => $boss, ada => $ada, nobody => undef);
for my $host (sort keys %hosts) {
    my %is_in = (boss => $hosts{$host}[0], ada => $hosts{$host}[1], nobody => $hosts{$host}[2]);

    subtest $host => sub {
        my @refusals;

        for my $who (sort keys %people) {
            my $person = $people{$who};

            for my $path (@there) {
                my $answer = get($person, $path, to($host));

                is $answer->code, $is_in{$who} ? 200 : 404, "$who: $path";
                push @refusals, looks($answer, $who) unless $is_in{$who};
                is $answer->json->{resources}[0]{name}, 'users', 'what there is' if $is_in{$who};
            }
            for my $path (@nowhere) {
                my $answer = get($person, $path, to($host));

                is $answer->code, 404, "$who: $path is not there";
                is $answer->type, 'application/problem+json', 'as a problem';
                push @refusals, looks($answer, $who);
            }
            for my $method (qw(POST PUT PATCH DELETE OPTIONS)) {
                my $answer = ask($person, $method => 'admin/', to($host));

                is $answer->code, !$is_in{$who} ? 404 : $method eq 'OPTIONS' ? 204 : 405, "$who: $method";
                push @refusals, looks($answer, $who) unless $is_in{$who};
            }
        }
        my %tags;
        push @{$tags{$_->{who}}}, delete $_->{headers}{'X-Chat-User'} // '' for @refusals;
        is scalar(grep { my $tag = $_->[0]; grep { $_ ne $tag } @$_ } values %tags), 0, 'to each person: the header that names them, or none';
        delete $_->{who} for @refusals;
        is_deeply \@refusals, [map { $refusals[0] } @refusals], 'every refusal looks the same';
        is $refusals[0]{json}{code}, 'not_found', 'like what is not there';
        is_deeply [grep {/^(ETag|Allow|WWW-Authenticate|Location|Set-Cookie|Vary|X-CSRFToken)$/i} keys %{$refusals[0]{headers}}],
            $host eq 'trusting' ? ['Vary'] : [], 'with no field that tells more';
        is get($ada, 'conversations/', to($host, statements => undef))->code, 200, 'the chat itself is as it was';
    };
}

subtest 'whatever a client sends, a refusal looks the same' => sub {
    for my $host ('on_server', 'required', 'both', 'header', 'everybody') {
        my $person = $host =~ /^(?:both|everybody)$/ ? undef : $ada;
        my $usual  = looks(get($person, 'admin/', to($host)));

        for my $headers (
            {'If-None-Match' => '*'}, {'If-Match' => '"x"'}, {Range => 'bytes=0-1'}, {Origin => 'https://evil.example'},
            {Origin => 'https://pages.example', 'Access-Control-Request-Method' => 'GET'}, {Authorization => 'Basic x'},
            {Authorization => 'Bearer x'}, {Cookie => 'chat_csrf=x; session=x'}, {'Sec-Fetch-Site' => 'cross-site'},
            {'X-CSRFToken' => 'x'}, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA=='}, {'X-Admin' => 'no'})
        {
            my @with = to($host, headers => $headers);

            is_deeply looks(get($person, $_, @with)), $usual, join ' ', "$host: $_ with", %$headers for 'admin/', 'admin/nothing/';
        }
        my %body = (json => {action => 'delete'});
        is_deeply looks(ask($person, POST => $_, to($host), %body)), $usual, "$host: POST $_" for 'admin/', 'admin/nothing/';
    }
};

subtest 'every route is for administrators only' => sub {
    my $church = church('Routes');
    my $talk   = conversation(member('Routed'), $church);
    my %id     = (users => $talk->{member}->id, churches => $church->{id}, conversations => $talk->{id},
        messages => say($talk, 'hello')->json->{message}{id},
        staff    => sql('select id from chat.church_staff where user_id = ?', staff_of($church, 'Eve')->id)->{id});
    my $state = sub {
        return join ' ', map { sql("select md5(string_agg(t.xmin || t::text, ',' order by t::text)) as sum from chat.$_->[0] t where $_->[1] = ?", $_->[2])->{sum} // 'none' }
            ['users', 'id', $id{users}], ['churches', 'id', $id{churches}], ['church_staff', 'id', $id{staff}], ['conversations', 'id', $id{conversations}],
            ['messages', 'conversation_id', $talk->{id}];
    };
    my $paths  = get(undef, 'conversations/openapi.json', contract => 0)->json->{paths};
    my $before = $state->();
    my %json   = (json => {name => 'x', is_active => Cpanel::JSON::XS::false, church_id => $church->{id}, user_id => $ada->id, member_blocked => Cpanel::JSON::XS::true,
        action => 'block', ids => [$talk->{id}], reason => 'x'});
    my ($asked, @wrong) = (0);

    for my $template (grep {m{^/admin/}} sort keys %$paths) {
        my ($resource) = $template =~ m{^/admin/(\w*)};
        my $path       = substr $template =~ s/\{id\}/$id{$resource} || 1/er, 1;

        for my $who (qw(ada nobody)) {
            my $usual = looks(get($people{$who}, 'admin/nothing/', to('on_server')));

            for my $method (qw(GET HEAD POST PUT PATCH DELETE OPTIONS)) {
                my $answer = ask($people{$who}, $method => $path, to('on_server', headers => {'If-Match' => '*'}), $method =~ /^[PD]/ ? %json : ());

                $asked++;
                push @wrong, "$who: $method $path: " . $answer->code if $answer->code != 404 || $method ne 'HEAD' && !same(looks($answer), $usual);
            }
        }
        for my $method (grep { $paths->{$template}{lc $_} } qw(GET POST PUT PATCH DELETE)) { # of what is not there, with a body that is refused
            my $answer = ask($boss, $method => $path =~ s/\d+/999999999/r, to('on_server', headers => {'If-Match' => '*'}, contract => 0), $method =~ /^P/ ? (json => {}) : ());

            push @wrong, "boss: $method $path: " . $answer->code if $answer->code !~ ($template =~ /\{id\}/ ? qr/^(?:400|404)$/ : $method eq 'GET' ? qr/^200$/ : qr/^400$/);
        }
    }
    cmp_ok $asked, '>=', 25 * 2 * 7, "of $asked requests";
    is_deeply \@wrong, [], 'each is refused as what is not there, and an administrator is let in';
    is $state->(), $before, 'and nothing has changed';
};

sub same { my @text = map { Cpanel::JSON::XS->new->canonical->allow_nonref->encode($_) } @_; return $text[0] eq $text[1] }

subtest 'a page of a trusted origin learns nothing either' => sub {
    my %from  = (Origin => 'https://pages.example', 'Access-Control-Request-Method' => 'GET');
    my @looks = map { looks(ask(undef, OPTIONS => $_, to('trusting', headers => {%from}))) } 'admin/', 'admin/nothing/';

    is $looks[0]{json}{code}, 'not_found', 'no preflight';
    is_deeply $looks[0], $looks[1], 'as where nothing is';
    is ask(undef, OPTIONS => 'conversations/', to('trusting', headers => {%from}))->code, 204, 'though elsewhere there is one';
};

subtest 'an expression that looks at a header' => sub {
    my $answer = get($ada, 'admin/', to('header', headers => {'X-Admin' => 'yes'}));

    is $answer->code, 200, 'is evaluated for each request';
    unlike $answer->header('Vary') // '', qr/X-Admin/, 'and does not name it to the client';
};

subtest 'who is let in meets an ordinary resource' => sub {
    my $evil   = {Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site'};
    my $answer = get($boss, 'admin/', to('on_server'));

    like $answer->header('ETag'), qr/^"/, 'with an ETag';
    is get($boss, 'admin/', to('on_server', headers => {'If-None-Match' => $answer->header('ETag')}))->code, 304, 'that holds';
    is ask($boss, HEAD => 'admin/', to('on_server'))->code, 200, 'HEAD';
    is ask($boss, POST => 'admin/', to('on_server'))->header('Allow'), 'OPTIONS, GET, HEAD', 'a wrong method is told the right ones';
    is get($boss, 'admin/', to('on_server', headers => $evil))->header('Access-Control-Allow-Origin'), undef,
        'which a foreign page cannot read';
};

subtest 'the roots' => sub {
    is get($boss, '/deep/api/admin/', to('several'))->code, 200, 'below each';
    is get($ada, '/deep/api/admin/', to('several'))->code, 404, 'for administrators';
    is get($boss, '/admin/', to('site'))->code, 200, 'below the site itself';
};

subtest 'the main server is inherited' => sub {
    is get({username => 'root'}, 'admin/', to('inherited'))->code, 200, 'its administrator';
    is get({username => 'root'}, 'admin/', to('on_server'))->code, 404, 'unless a virtual host has its own';
};

subtest 'redirects' => sub {
    my $moved = get($ada, 'admin/', to('moved', contract => 0));

    is $moved->code, 302, 'those of the site count';
    is $moved->header('Location'), 'https://site.example/api/admin/', 'wherever they lead';
    for my $path ('admin/', 'admin/nothing/') {
        my $answer = get(undef, $path, to('form'));

        is $answer->code, 404, "$path: one to a login does not";
        is $answer->header('Location'), undef, 'nor is it told';
    }
    is get($boss, '/boss/', to('nicer'))->code, 200, 'another address may lead there';
    is get($ada, '/boss/', to('nicer'))->code, 404, 'for administrators';
};

subtest 'off: the path is the site\'s' => sub {
    for my $host ('off', 'off_here') {
        is get($ada, 'admin/site.html', to($host, contract => 0))->body, "the site's administration\n", "$host: a file";
        is get($boss, 'admin/nothing', to($host))->code, 404, 'and no administration';
    }
    is get($ada, 'admin/site.html', to('on_server'))->code, 404, 'which it is not where ChatAdmin is set';
};

subtest 'the log says why' => sub {
    my $said = $httpd->said;

    like $said, qr/ChatAdmin does not allow user \Q$name\E/, 'ChatAdmin';
    like $said, qr/ChatAdmin does not allow a request without a user/, 'nobody';
    like $said, qr/authentication or Require has answered 401, the client gets 404/, 'Require';
    like $said, qr{expression "file\('/there/is/no/such/file'\) == ''": Cannot open file}, 'an expression that fails';
    is_deeply [$httpd->unexpected(qr/AH01630|AH01631|AH01797|AH01614|AH01618|AH01807|AH01629|AH01624|Cannot open file/)], [], 'and nothing else';
};

# Not set: the path is the site's, and what it has there stays. Where it has nothing, there is nothing.
my %own = (
    plain    => [404, ''],
    file     => [404, '', 'admin/site.html', "the site's administration\n"],
    alias    => [404, 'Alias /api/admin/page "@documentroot@/page.html"', 'admin/page', "the site's page\n"],
    handler  => [200, at('/api/admin', 'SetHandler server-status'), 'admin/', qr/Apache Server Status/],
    proxy    => [503, 'ProxyPass /api/admin http://127.0.0.1:1/'],
    pages    => [404, 'ErrorDocument 404 /page.html', 'admin/nothing/', "the site's page\n"],
    text     => [404, 'ErrorDocument 404 "nothing"', 'admin/nothing/', 'nothing'],
    front    => [200, "RewriteEngine On\nRewriteRule ^/api/admin/ /page.html [L]", 'admin/', "the site's page\n"],
);
my $plain = ChatTest::Httpd->new(conf => <<'END' . ChatTest::Httpd->usual . join '', map { vhost($_, $own{$_}[1]) } sort keys %own);
LoadModule alias_module @modules_dir@/mod_alias.so
LoadModule rewrite_module @modules_dir@/mod_rewrite.so
LoadModule status_module @modules_dir@/mod_status.so
LoadModule proxy_module @modules_dir@/mod_proxy.so
LoadModule proxy_http_module @modules_dir@/mod_proxy_http.so
END
give_pages($plain);
ok $plain->start, 'without ChatAdmin it starts' or diag $plain->said;

for my $host (sort keys %own) {
    my ($status, undef, $path, $text) = @{$own{$host}};

    subtest "not set: $host" => sub {
        my %there = to($host, site => $plain->url, contract => 0, statements => undef);

        if (defined $path) {
            my $body = get($ada, $path, %there)->body;
            ok ref $text ? $body =~ $text : $body eq $text, 'what the site has there stays' or diag $body;
        }
        my $answer = get($boss, 'admin/users/', %there);
        is $answer->code, $status, "what it has not: $status";
        my $is_problem = $answer->type eq 'application/problem+json';
        is $is_problem, scalar $host =~ /^(?:plain|file|alias)$/, $is_problem ? 'as a problem' : 'as the site has it';
        is get(undef, 'admin/users/', %there)->code, 401, 'without a login, as every path of the site' if $host eq 'plain';
        like get($boss, '/api/administration/', %there)->type, qr/html/, 'another path is not looked at' if $host eq 'plain';
    };
}

subtest 'what is wrong is found by configtest' => sub {
    for my $wrong (
        '"%{REMOTE_USER} = ="', q("%{REMOTE_USER} == 'boss"), 'admin', '""', '"nofunction(1) == 1"', '', 'true false',
        '"%{REMOTE_USER}"', 'on', q("-R 'somewhere'"))
    {
        my ($is_fine, $said) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAdmin $wrong\n")->configtest;

        ok !$is_fine, "ChatAdmin $wrong";
        like $said, qr/ChatAdmin/, 'names the directive';
    }
    for my $fine ('off', 'Off', 'true', $is_boss, q("%{REMOTE_USER} in {'ada', 'boss'} && -R '127.0.0.1'"), q("-T reqenv('CHAT_ADMIN')")) {
        my ($is_fine, $said) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAdmin $fine\n"
                . at('/api/admin', "ChatAdmin $fine") . vhost('own', "ChatAdmin $fine"))->configtest;

        ok $is_fine, "ChatAdmin $fine" or diag $said;
    }
};

done_testing;

sub at { return "<Location \"$_[0]\">\n$_[1]\n</Location>\n" }

sub vhost { return "<VirtualHost *:\@port\@>\nServerName $_[0].example\n$_[1]\n</VirtualHost>\n" }

sub give_pages
{
    my ($httpd) = @_;
    my %pages = ('page.html' => "the site's page\n", 'api/admin/site.html' => "the site's administration\n");

    mkdir "$httpd->{home}/htdocs/$_" and chmod 0755, "$httpd->{home}/htdocs/$_" for 'api', 'api/admin';
    $httpd->file("htdocs/$_", $pages{$_}, 0644) for sort keys %pages;
}

sub to
{
    my ($host, %options) = @_;
    my $root = ($hosts{$host} // [])->[4];

    return (site => $httpd->url, fresh => 1, statements => [0, 0], defined $root ? (root => $root) : (),
        %options, headers => {Host => "$host.example", %{$options{headers} // {}}});
}

# All that a client sees of an answer, but for what differs each time.
sub looks
{
    my ($answer, $who) = @_;
    my %headers = %{$answer->{response}->headers->to_hash};
    my %json    = %{$answer->json // {}};

    delete @headers{qw(Date X-Request-Id X-Chat-Statements)};
    delete $json{request_id};
    $headers{'Content-Length'} -= length($answer->json->{request_id} // '');
    return {who => $who, status => $answer->code, json => \%json, headers => \%headers};
}
