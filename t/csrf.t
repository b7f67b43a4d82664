use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();

# Whether a request was meant by its user. Cookies and Basic credentials come with every request that
# a browser sends, whoever made it send them; so it must say more.
my $church = church('Guarded');
my $ada    = member('Ada');
my $bob    = member('Bob');
my $talk   = conversation($ada, $church);
my $other  = 'https://evil.example';
my $true   = Cpanel::JSON::XS::true;

# Ada posts a message as a browser would: with these headers.
sub posts
{
    my ($headers, %options) = @_;

    return post(exists $options{as} ? delete $options{as} : $ada, "$talk->{path}messages/",
        {content => 'meant'}, headers => $headers, %options);
}

# 201, or the code of the problem, which then must not have reached the database.
sub outcome
{
    my ($answer) = @_;

    return $answer->code if $answer->code < 400;
    return 'database was asked' if $answer->statements;
    return $answer->code . ' ' . ($answer->json->{code} // '');
}

sub cookie_of
{
    my ($answer) = @_;

    return map { /^(chat_csrf=.*)/s } @{$answer->{response}->headers->every_header('Set-Cookie')};
}

sub token_for
{
    my ($person, %options) = @_;
    my ($cookie) = cookie_of(get($person, 'conversations/unread/', statements => undef, %options));

    return ($cookie // '') =~ /^chat_csrf=([^;]*)/ ? $1 : undef;
}

# A login by form: the cookie, as a Cookie header has it.
sub session_of
{
    my ($person) = @_;
    my $answer = ask(undef, POST => '/login', site => 'form', contract => 0,
        body => "httpd_username=$person->{username}&httpd_password=x",
        type => 'application/x-www-form-urlencoded');

    return ($answer->header('Set-Cookie') // '') =~ /^(session=[^;]+)/ ? $1 : undef;
}

sub token_of { return $_[0] =~ /=([^;]*)/ ? $1 : undef }

sub stored { return sql('select count(*) from chat.messages where conversation_id = ?', $talk->{id})->{count} }

my $token = token_for($ada);

subtest 'the token comes in a cookie that pages can read' => sub {
    my ($cookie, @more) = cookie_of(get($ada, 'conversations/'));

    like $cookie, qr/^chat_csrf=[A-Za-z0-9_-]{66}; Path=\/; SameSite=Lax$/,
        'its attributes: nothing more, so no HttpOnly, Domain or Secure';
    is @more, 0, 'one cookie';
    is_deeply [cookie_of(get($ada, 'conversations/unread/'))], [$cookie], 'the same one with each answer: a page may ask twice at once';
    my ($good) = $cookie =~ /^([^;]+)/;
    my $bobs = 'chat_csrf=' . token_for($bob);
    my %wanted = (
        'none'                     => [undef, 1],
        'other cookies'            => ['a=b; xchat_csrf=' . $token, 1],
        'a good one'               => [$good, 0],
        'a good one among others'  => ["a=b; $good; c=d", 0],
        'a bad one and a good one' => ["chat_csrf=x; $bobs; $good", 0],
        'an empty one'             => ['chat_csrf=', 1],
        'that of somebody else'    => [$bobs, 1],
        'a forged one'             => ['chat_csrf=' . 'A' x 66, 1],
        'many of somebody else'    => [join('; ', ($bobs) x 80), 1],
    );
    for my $name (sort keys %wanted) {
        my ($sent, $count) = @{$wanted{$name}};

        is scalar(cookie_of(get($ada, 'conversations/', headers => {Cookie => $sent}))), $count,
            "$name: " . ($count ? 'given' : 'not given again');
    }
    is scalar(cookie_of(ask($ada, HEAD => 'conversations/'))), 1, 'with HEAD too';
    is scalar(cookie_of(get($ada, 'conversations/?limit=x'))), 1, 'with a refusal too';
    is scalar(cookie_of(posts({}))), 0, 'not with what is not safe';
    is scalar(cookie_of(get(undef, 'conversations/'))), 0, 'not to nobody';
    is scalar(cookie_of(get(undef, 'conversations/openapi.json'))), 0, 'not with what all may see';
    isnt token_for($ada), token_for($bob), 'each user has another one';
};

subtest 'a cookie of the site is the site\'s' => sub {
    my $django = 'csrftoken=' . 'a1B2' x 16;

    for my $foreign ($django, 'csrftoken=' . 'a1B2' x 8, "csrftoken=$token", 'csrftoken=', 'sessionid=x; CHAT_CSRF=y') {
        for my $answer (get($ada, 'conversations/', headers => {Cookie => $foreign}),
            posts({Cookie => $foreign}), posts({Cookie => $foreign, 'X-CSRFToken' => 'x'}))
        {
            my @set = @{$answer->{response}->headers->every_header('Set-Cookie')};

            is_deeply [map { /^([^=]*)/ } @set], ['chat_csrf'], "beside $foreign only our own is set";
        }
    }
    is outcome(posts({Cookie => "csrftoken=$token", 'X-CSRFToken' => $token})), 201,
        'a token of ours is good, wherever the page has it from';
    is outcome(posts({Cookie => $django, 'X-CSRFToken' => $token})), 201, 'also beside a cookie of Django';
    is outcome(posts({Cookie => $django, 'X-CSRFToken' => $django =~ s/.*=//r})), '403 csrf_token', 'whose token is none here';
};

subtest 'a refusal brings a token' => sub {
    my $refused = posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => 'x'});
    my $given   = $refused->header('X-CSRFToken');

    like $given, qr/^[A-Za-z0-9_-]{66}$/, 'in X-CSRFToken';
    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $given})), 201, 'which is good';
    my $good = posts({'Sec-Fetch-Site' => 'same-origin', Cookie => "chat_csrf=$token"})->header('X-CSRFToken');
    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $good})), 201, 'who has the cookie gets one, too';
    is posts({'Sec-Fetch-Site' => 'cross-site'})->header('X-CSRFToken'), undef, 'a foreign page\'s request gets none';
    is get($ada, 'conversations/')->header('X-CSRFToken'), undef, 'nor does what is answered';
};

subtest 'Sec-Fetch-Site' => sub {
    my %wanted = (
        'same-origin' => 201, 'none' => 201, 'same-site' => '403 csrf_origin',
        'cross-site'  => '403 csrf_origin', 'Same-Origin' => '403 csrf_origin',
        'nonsense'    => '403 csrf_origin', 'same-origin, cross-site' => '403 csrf_origin',
    );

    for my $value (sort keys %wanted) {
        my %site = ('Sec-Fetch-Site' => $value);

        is outcome(posts({%site, 'X-CSRFToken' => $token})), $wanted{$value}, "$value, with the token";
        is outcome(posts({%site, 'X-CSRFToken' => $token, Origin => site()})), $wanted{$value},
            "$value, with the token and our own Origin";
        is outcome(posts({%site})), $wanted{$value} eq 201 ? '403 csrf_token' : $wanted{$value},
            "$value, without the token";
    }
};

subtest 'Origin, where a browser says nothing of Sec-Fetch-Site' => sub {
    my $self = site();
    my ($port) = $self =~ /:(\d+)$/;
    my %wanted = (
        $self                         => 201,
        uc $self                      => 201,
        $other                        => '403 csrf_origin',
        'null'                        => '403 csrf_origin',
        ''                            => '403 csrf_origin',
        '*'                           => '403 csrf_origin',
        'http://127.0.0.1'            => '403 csrf_origin',
        'http://127.0.0.1:' . ($port + 1) => '403 csrf_origin',
        "https://127.0.0.1:$port"     => '403 csrf_origin',
        "http://localhost:$port"      => '403 csrf_origin',
        "$self/"                      => '403 csrf_origin',
        "$self/api"                   => '403 csrf_origin',
        "$self.evil.example"          => '403 csrf_origin',
        "$self\@evil.example"         => '403 csrf_origin',
        "$self $self"                 => '403 csrf_origin',
        "$self, $other"               => '403 csrf_origin',
        "http://evil.example#$self"   => '403 csrf_origin',
        "//127.0.0.1:$port"           => '403 csrf_origin',
        "127.0.0.1:$port"             => '403 csrf_origin',
    );

    for my $value (sort keys %wanted) {
        is outcome(posts({Origin => $value, 'X-CSRFToken' => $token})), $wanted{$value}, "'$value'";
    }
    is outcome(posts({Origin => $self})), '403 csrf_token', 'our own, without the token';
};

subtest 'what is trusted' => sub {
    my %here   = (site => 'trusting');
    my $token  = token_for($ada, %here);
    my %wanted = (
        'https://pages.example'      => 201,
        'HTTPS://PAGES.example:443'  => 201,
        'http://pages.example:8080'  => 201,
        'http://[0:0::1]:81'         => 201,
        'http://pages.example'       => '403 csrf_origin',
        'https://pages.example:8443' => '403 csrf_origin',
        'https://a.pages.example'    => '403 csrf_origin',
        'https://pages.example.evil' => '403 csrf_origin',
        $other                       => '403 csrf_origin',
        'null'                       => '403 csrf_origin',
    );

    for my $origin (sort keys %wanted) {
        for my $site (undef, 'cross-site', 'same-site') {
            my %headers = (Origin => $origin, 'Sec-Fetch-Site' => $site);

            is outcome(posts({%headers, 'X-CSRFToken' => $token}, %here)), $wanted{$origin},
                "$origin, " . ($site // 'no Sec-Fetch-Site');
            is outcome(posts({%headers}, %here)), '403 csrf_token', 'without the token'
                if $wanted{$origin} eq 201;
        }
    }
    is outcome(posts({Origin => site('trusting'), 'X-CSRFToken' => $token}, %here)), 201, 'our own, as ever';
    is outcome(posts({Origin => 'https://pages.example', 'X-CSRFToken' => $token})), '403 csrf_origin',
        'not trusted by another virtual host';
};

subtest 'the token' => sub {
    my %browser = ('Sec-Fetch-Site' => 'same-origin');
    my $bobs    = token_for($bob);
    my %bad     = (
        'none'                => undef,
        'an empty one'        => '',
        'that of somebody else' => $bobs,
        'one more character'  => "${token}A",
        'one less'            => substr($token, 0, -1),
        'padded'              => "$token=",
        'two'                 => "$token, $token",
        'another alphabet'    => $token =~ tr/A-Za-z0-9_-/b-zA-Za0-9+\//r,
        'a made-up one'       => 'x' x 66,
        'an old framework\'s' => 'a1B2' x 16,
    );

    is outcome(posts({%browser, 'X-CSRFToken' => $token})), 201, 'that of the user, in any number of requests';
    is outcome(posts({%browser, 'X-CSRFToken' => $token})), 201, 'twice';
    is outcome(posts({%browser, 'X-CSRFToken' => token_for($ada)})), 201, 'a newer one too';
    is posts({%browser, 'X-CSRFToken' => $bobs}, as => $bob)->code, 404,
        'another user passes with theirs, and finds nothing';
    for my $name (sort keys %bad) {
        is outcome(posts({%browser, 'X-CSRFToken' => $bad{$name}})), '403 csrf_token', $name;
    }
    for my $at (0, 1, 2, 22, 23, 24, 40, 64, 65) {
        my $forged = $token;

        substr($forged, $at, 1) =~ tr/A-Za-z0-9_\-/B-ZAb-za1-90\-_/;
        is outcome(posts({%browser, 'X-CSRFToken' => $forged})), '403 csrf_token', "another character at $at";
    }
    my $refused = posts({%browser, Cookie => "chat_csrf=$token"});
    is outcome($refused), '403 csrf_token', 'in the cookie alone: a foreign page makes browsers send that';
    is scalar(cookie_of($refused)), 0, 'who has a good one gets no other';
    my ($given) = (cookie_of(posts({%browser})))[0] =~ /^chat_csrf=([^;]+)/;
    is outcome(posts({%browser, 'X-CSRFToken' => $given})), 201, 'who has none gets one with the refusal';
    is scalar(cookie_of(posts({'Sec-Fetch-Site' => 'cross-site'}))), 0, 'but not a foreign page\'s request';
    my $odd = stranger('Jürgen Ölß ' . time);
    is outcome(post($odd, 'conversations/', {church_id => $church->{id}}, statements => undef,
        headers => {%browser, 'X-CSRFToken' => token_for($odd)})), 201, 'a user of any name';
};

subtest 'every child knows every token' => sub {
    my @tokens = map { [$_->header('Set-Cookie') =~ /chat_csrf=([^;]+)/] }
        together(map { [$ada, GET => 'conversations/unread/'] } 1 .. 20);
    my @answers = together(map {
        [$ada, POST => "$talk->{path}messages/", json => {content => 'x'},
            headers => {'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $_->[0]}]
    } (@tokens) x 2);

    is scalar(grep { $_->code == 201 } @answers), 40, 'all are accepted';
};

subtest 'a session cookie' => sub {
    my $session = session_of($ada) or fail('logged in'), return;
    my %here    = (site => 'form', as => undef);
    my $token   = token_for(undef, site => 'form', headers => {Cookie => $session});
    my $try     = sub { my %more = @_; outcome(posts({Cookie => $session, %more}, %here)) };

    ok $token, 'a token is given';
    is $try->(), '403 csrf_token', 'a cookie alone: some browser';
    is $try->('X-CSRFToken' => $token), 201, 'with the token';
    is $try->('X-CSRFToken' => $token, 'Sec-Fetch-Site' => 'same-origin'), 201, 'and Sec-Fetch-Site';
    is $try->('X-CSRFToken' => $token, Origin => site('form')), 201, 'and Origin';
    is $try->('X-CSRFToken' => token_for($bob)), '403 csrf_token', 'that of somebody else';
    is $try->('X-CSRFToken' => $token, Origin => $other), '403 csrf_origin', 'from elsewhere';

    my %page = ('Sec-Fetch-Site' => 'same-origin');
    is $try->(%page, Authorization => 'Bearer abc'), 201, 'a bearer token needs none';
    is $try->(%page, Authorization => 'bearer abc'), 201, 'in any letters';
    is $try->(%page, Authorization => 'Bearer '), '403 csrf_token', 'an empty one does';
    is $try->(%page, Authorization => 'Basic YTpi'), '403 csrf_token', 'Basic does';
    is $try->('Sec-Fetch-Site' => 'cross-site', Authorization => 'Bearer abc'), '403 csrf_origin',
        'from elsewhere';
};

subtest 'what is no browser' => sub {
    is outcome(posts({})), 201, 'Basic alone';
    is outcome(posts({'X-CSRFToken' => 'whatever'})), 201, 'with a token that nobody asked for';
    is outcome(posts({Cookie => 'a=b'})), '403 csrf_token', 'with any cookie it may be one';
};

subtest 'what is safe passes from anywhere' => sub {
    my %foreign = (headers => {'Sec-Fetch-Site' => 'cross-site', Origin => $other, Cookie => 'a=b'});

    for my $path ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/",
        "$talk->{path}typing-status/", 'conversations/openapi.json')
    {
        is get($ada, $path, %foreign)->code, 200, "GET $path";
        is ask($ada, HEAD => $path, %foreign)->code, 200, 'HEAD';
        is ask($ada, OPTIONS => $path, %foreign)->code, 204, 'OPTIONS';
    }
    for my $site (undef, 'trusting') {
        my $answer = get($ada, 'conversations/', site => $site, headers => {Origin => $other});
        is $answer->header('Access-Control-Allow-Origin'), undef, "but the page of $other cannot read it";
    }
};

subtest 'a refused request changes nothing' => sub {
    my %foreign = (headers => {'Sec-Fetch-Site' => 'cross-site', Origin => $other});
    my $carol   = staff_of($church, 'Carol');
    my $before  = stored();
    my $chapel  = church('Chapel');
    my $new     = stranger();

    is say($talk, 'hi', as => $carol)->code, 201, 'something unread';
    for my $attack (
        [$ada, POST => 'conversations/', json => {church_id => $chapel->{id}}],
        [$new, POST => 'conversations/', json => {church_id => $chapel->{id}}],
        [$ada, POST => "$talk->{path}messages/", json => {content => 'x'}],
        [$ada, POST => "$talk->{path}messages/", body => '{"content":"x"}', type => 'text/plain'],
        [$ada, POST => "$talk->{path}messages/", body => 'content=x', type => 'application/x-www-form-urlencoded'],
        [$ada, POST => "$talk->{path}messages/", body => '{', type => 'application/json'],
        [$ada, POST => "$talk->{path}read/"],
        [$ada, POST => "$talk->{path}typing/", json => {is_typing => $true}],
        [$carol, POST => "$talk->{path}block/", json => {blocked => $true}],
        )
    {
        my ($person, $method, $path, @rest) = @$attack;

        is outcome(ask($person, $method, $path, @rest, %foreign)), '403 csrf_origin', "$method $path";
        is outcome(ask($person, $method, $path, @rest, headers => {Cookie => 'a=b'})), '403 csrf_token',
            'nor without the token';
    }
    is sql('select count(*) from chat.conversations where church_id = ?', $chapel->{id})->{count}, 0, 'nothing opened';
    is sql('select count(*) from chat.users where username = ?', $new->{username})->{count}, 0, 'nobody made';
    is stored(), $before + 1, 'nothing said';
    my $row = sql('select member_unread from chat.conversations where id = ?', $talk->{id});
    is $row->{member_unread}, 1, 'nothing read';
    ok !get($carol, "$talk->{path}typing-status/")->json->{is_typing}, 'nobody types';
    is say($talk, 'still here')->code, 201, 'nobody is blocked';
    is ask($ada, DELETE => $talk->{path}, %foreign)->code, 405, 'what there is no way to do is told as ever';
    is post($ada, 'conversations/nowhere/', {}, %foreign)->code, 404, 'and what is not there';
};

subtest 'ChatCSRF origin' => sub {
    my %here = (site => 'origin');

    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', Cookie => 'a=b'}, %here)), 201, 'our page needs no token';
    is outcome(posts({Origin => site('origin')}, %here)), 201, 'our Origin neither';
    is outcome(posts({'Sec-Fetch-Site' => $_}, %here)), '403 csrf_origin', $_ for qw(cross-site same-site);
    is outcome(posts({Origin => $_}, %here)), '403 csrf_origin', "Origin $_" for $other, 'null', site();
    is scalar(cookie_of(get($ada, 'conversations/', %here))), 0, 'no cookie is given';
};

subtest 'ChatCSRF off' => sub {
    my %here = (site => 'unguarded');

    is outcome(posts({'Sec-Fetch-Site' => 'cross-site', Origin => $other, Cookie => 'a=b'}, %here)), 201, 'all pass';
    is scalar(cookie_of(get($ada, 'conversations/', %here))), 0, 'no cookie is given';
};

my $usual = ChatTest::Httpd->usual;

subtest 'the name of the cookie, and the token in the page' => sub {
    my $host  = sub { "<VirtualHost *:\@port\@>\nServerName $_[0].example\n$_[1]\n</VirtualHost>\n" };
    my $httpd = ChatTest::Httpd->new(conf => "LoadModule include_module \@modules_dir\@/mod_include.so\n" . <<"END"
ChatRoot /api /app/api
ChatCSRFCookie Chat-Token
<LocationMatch "^/app/api">
    Require valid-user
</LocationMatch>
<Location "/page.shtml">
    Options +Includes
    SetOutputFilter INCLUDES
    Require valid-user
    ChatCSRFEnvironment on
</Location>
<Location "/bare.shtml">
    Options +Includes
    SetOutputFilter INCLUDES
    Require valid-user
</Location>
END
        . $usual . $host->(one => '') . $host->(other => 'ChatCSRFCookie __Host-other') . $host->(origin => 'ChatCSRF origin')
        . $host->(old => 'ChatCSRFCookie chat_csrf csrftoken'));
    my $page = '<input type="hidden" name="csrf" value="<!--#echo var="CHAT_CSRF_TOKEN" -->">';

    for my $name ('page', 'bare') {
        chmod 0644, $httpd->file("htdocs/$name.shtml", $page);
    }
    ok $httpd->start, 'it starts' or return diag $httpd->said;
    my $to = sub { my ($site, %headers) = @_; (site => $httpd->url, fresh => 1, headers => {Host => "$site.example", %headers}) };
    my $set = sub { $_[0]->header('Set-Cookie') // '' };

    like $set->(get($ada, 'conversations/', $to->('one'))), qr/^Chat-Token=[\w-]{66}; Path=\/; SameSite=Lax$/, 'inherited';
    like $set->(get($ada, 'conversations/', $to->('one'), root => '/app/api')), qr/^Chat-Token=/, 'one for all roots';
    like $set->(get($ada, 'conversations/', $to->('other'))), qr/^__Host-other=[\w-]{66}; Path=\/; SameSite=Lax; Secure$/,
        'one of its own, with what the prefix asks for';
    is $set->(get($ada, 'conversations/', $to->('one', Cookie => "Chat-Token=$_"))) ne '', $_ eq 'x', "$_: "
        . ($_ eq 'x' ? 'given' : 'not given again') for 'x', token_of($set->(get($ada, 'conversations/', $to->('one'))));
    my $mixed = token_of($set->(get($ada, 'conversations/', $to->('one'))));
    like $set->(get($ada, 'conversations/', $to->('other', Cookie => "Chat-Token=$mixed"))), qr/^__Host-other=/,
        'the name of another host is another cookie';
    like posts({'Sec-Fetch-Site' => 'none', Host => 'one.example'}, site => $httpd->url)->json->{detail}, qr/Chat-Token cookie/,
        'the refusal names it';

    # The second name, for pages of earlier versions: given where there is none, or one of ours that is no good.
    my $names = sub {
        my $answer = get($ada, 'conversations/', $to->('old', Cookie => $_[0]));
        return join ' ', map { /^([^=]*)/ } @{$answer->{response}->headers->every_header('Set-Cookie')};
    };
    my $first = get($ada, 'conversations/', $to->('old'));
    my ($ours, $old) = map { /^([^;]*)/ } @{$first->{response}->headers->every_header('Set-Cookie')};
    like $old, qr/^csrftoken=[\w-]{66}$/, 'a second cookie';
    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', Cookie => $old, 'X-CSRFToken' => token_of($old), Host => 'old.example'},
        site => $httpd->url)), 201, 'with a token that is good';
    is $names->("$ours; $old"), '', 'who has both gets none';
    is $names->($old), 'chat_csrf', 'who has the second gets the first';
    is $names->($ours), 'csrftoken', 'and the other way round';
    is $names->("$ours; csrftoken=" . token_for($bob)), 'csrftoken', 'that of somebody else is replaced';
    is $names->("$ours; csrftoken=$_"), '', "that of Django is not: $_" for 'a1B2' x 16, 'a1B2' x 8, '', 'x';
    is $names->("$ours; csrftoken=" . 'a1B2' x 16 . '; a=b'), '', 'among others';

    my ($token) = get($ada, '/page.shtml', $to->('one'), contract => 0)->body =~ /value="([^"]*)"/;
    like $token, qr/^[\w-]{66}$/, 'a page has a token for its user';
    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', Cookie => 'csrftoken=theirs', 'X-CSRFToken' => $token,
        Host => 'one.example'}, site => $httpd->url)), 201, 'which is good without any cookie of ours';
    is outcome(posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $token, Host => 'one.example'}, as => $bob,
        site => $httpd->url)), '403 csrf_token', 'for that user alone';
    my ($none) = get($ada, '/bare.shtml', $to->('one'), contract => 0)->body =~ /value="([^"]*)"/;
    is $none, '(none)', 'other pages have none';
    ($none) = get($ada, '/page.shtml', $to->('origin'), contract => 0)->body =~ /value="([^"]*)"/;
    is $none, '(none)', 'nor those of a host that asks for none';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

subtest 'what the directives must not say is told at configtest' => sub {
    my $secret = 'k' x 32;
    my %wrong  = (
        'ChatCSRF maybe'                       => qr/ChatCSRF must be token, origin or off/,
        'ChatCSRF'                             => qr/ChatCSRF/,
        'ChatCSRFCookie'                       => qr/ChatCSRFCookie/,
        'ChatCSRFCookie ""'                    => qr/ChatCSRFCookie (?:takes 1-2 arguments|.*1 to 64 characters)/,
        'ChatCSRFCookie ' . 'x' x 65           => qr/ChatCSRFCookie: .*1 to 64 characters/,
        'ChatCSRFCookie $x'                    => qr/ChatCSRFCookie: .*must not begin with \$/,
        'ChatCSRFCookie __http-x'              => qr/ChatCSRFCookie: .*browsers hide/,
        'ChatCSRFCookie __Host-Http-x'         => qr/ChatCSRFCookie: .*browsers hide/,
        (map { ("ChatCSRFCookie \"$_\"" => qr/ChatCSRFCookie: the name .* may only contain letters, digits/) }
            'a b', 'a;b', 'a=b', 'a,b', 'a/b', 'a:b', '(a)', '[a]', '{a}', 'a@b', 'a?', '<a>', "a\tb", "a\x7f", "\xe4"),
        'ChatCSRFCookie a a'                   => qr/ChatCSRFCookie: the two names must differ/,
        'ChatCSRFCookie a "b c"'               => qr/ChatCSRFCookie: the name "b c" may only contain letters/,
        'ChatCSRFCookie a b c'                 => qr/ChatCSRFCookie takes/,
        'ChatCSRFEnvironment maybe'            => qr/ChatCSRFEnvironment/,
        "<Location /x>\nChatCSRFCookie x\n</Location>" => qr/ChatCSRFCookie.*not allowed|ChatCSRFCookie.*cannot occur/,
        'ChatTrustedOrigin'                    => qr/ChatTrustedOrigin/,
        'ChatTrustedOrigin *'                  => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin null'               => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin www.example.org'    => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin https://a.example/' => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin https://*.example'  => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin ftp://a.example'    => qr/ChatTrustedOrigin.*not an origin/,
        'ChatTrustedOrigin https://a.example x' => qr/ChatTrustedOrigin.*"x" is not an origin/,
        "ChatSecret $secret"                   => qr/ChatSecret must be file:/,
        'ChatSecret file:missing'              => qr/ChatSecret: \S*missing.*openssl rand/,
        'ChatSecret file:'                     => qr/ChatSecret: /,
        'ChatSecret file:logs'                 => qr/ChatSecret: \S*logs is not a regular file/,
        'ChatSecret file:empty'                => qr/ChatSecret: \S*empty contains no secret/,
        'ChatSecret file:short'                => qr/ChatSecret: .*\S*short is shorter than 32/,
        'ChatSecret file:world'                => qr/ChatSecret: \S*world is accessible to users other than its owner.*chmod 600/,
        'ChatSecret file:group'                => qr/ChatSecret: \S*group is accessible to users other than its owner.*chmod 600/,
        'ChatSecret file:writable'             => qr/ChatSecret: \S*writable is accessible to users other than its owner/,
        'ChatSecret file:many'                 => qr/ChatSecret: \S*many contains more than 8/,
        "<Location /x>\nChatCSRF off\n</Location>" => qr/ChatCSRF.*not allowed|ChatCSRF.*cannot occur/,
    );
    my $configtest = sub {
        my $httpd = ChatTest::Httpd->new(conf => "$usual$_[0]\n");

        $httpd->file(empty => "\n# nothing\n");
        $httpd->file(short => "$secret\n" . 'k' x 31 . "\n");
        $httpd->file(many => "$secret\n" x 9);
        $httpd->file(world => "$secret\n", 0644);
        $httpd->file(group => "$secret\n", 0640);
        $httpd->file(writable => "$secret\n", 0602);
        $httpd->file(good => "# the newest\n$secret\n\n" . 'o' x 64 . "\n");
        return $httpd->configtest;
    };

    for my $lines (sort keys %wrong) {
        my ($fine, $words) = $configtest->($lines);

        ok !$fine, "refused: $lines";
        like $words, $wrong{$lines}, 'with the reason';
        unlike $words, qr/k{31}/, 'and without the secret' if $lines =~ /file:/;
    }
    for my $lines ('ChatSecret file:good', "ChatCSRF Token\nChatTrustedOrigin https://a.example http://b.example:81",
        'ChatCSRFCookie csrftoken', 'ChatCSRFCookie chat_csrf csrftoken', 'ChatCSRFCookie __Host-chat', 'ChatCSRFCookie a!#$%&\'*+-.^_`|~9',
        "<Location /x>\nChatCSRFEnvironment on\n</Location>",
        "<VirtualHost *:1>\nChatSecret file:good\nChatCSRF off\n</VirtualHost>")
    {
        my ($fine, $words) = $configtest->($lines);
        ok $fine, $lines or diag $words;
    }
};

subtest 'a new secret logs nobody out' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "${usual}ChatSecret file:secrets\n");
    my ($old, $new) = map { $_ x 32 } qw(old0 new0);
    my %here  = (site => $httpd->url, fresh => 1);
    my $try   = sub { outcome(posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $_[0]}, %here)) };
    my $keeps = sub { !cookie_of(get($ada, 'conversations/', headers => {Cookie => "chat_csrf=$_[0]"}, %here)) };

    $httpd->file(secrets => "$old\n");
    ok $httpd->start, 'started' or return;
    my $first = token_for($ada, %here);
    is $try->($first), 201, 'a token';
    is $try->($token), '403 csrf_token', 'that of a server with other secrets is none';
    ok $keeps->($first), 'the browser keeps it';

    $httpd->file(secrets => "$new\n$old\n");
    ok $httpd->graceful, 'a new secret before the old one';
    until_true { !$keeps->($first) } 'then a new token is handed out';
    is $try->($first), 201, 'but the old one is still good';
    my $second = token_for($ada, %here);
    is $try->($second), 201, 'as the new one is';
    ok $keeps->($second), 'which the browser keeps';

    $httpd->file(secrets => "$new\n");
    ok $httpd->graceful, 'without the old secret';
    until_true { $try->($first) eq '403 csrf_token' } 'the old token is refused';
    is $try->($second), 201, 'the new one is good';

    $httpd->file(secrets => "$new\n", 0644);
    my ($fine, $words) = $httpd->configtest;
    ok !$fine, 'a file that others can read now is refused before anything happens';
    unlike $httpd->said, qr/(?:old0|new0){2}/, 'secrets are not in the log';
    unlike $httpd->said, qr/\Q$first\E|\Q$second\E/, 'nor tokens';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

subtest 'without a secret of its own a server makes one' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "LogLevel notice chat:info\n$usual"
        . "<Location /chat-metrics>\nSetHandler chat-metrics\n</Location>\n");
    my %here = (site => $httpd->url, fresh => 1);
    my $try  = sub { outcome(posts({'Sec-Fetch-Site' => 'same-origin', 'X-CSRFToken' => $_[0]}, %here)) };

    ok $httpd->start, 'started' or return;
    my $first = token_for($ada, %here);
    is $try->($first), 201, 'a token';
    ok $httpd->graceful, 'a graceful restart';
    is $try->($first), 201, 'it is good after that';
    like $httpd->said, qr/\[chat:\w+\].*ChatSecret/, 'the log tells what to set';

    my $before = ChatTest::Metrics->of($httpd->url);
    is_deeply [$before->faults], [], 'metrics';
    posts({'Sec-Fetch-Site' => 'cross-site'}, %here) for 1 .. 3;
    posts({'Sec-Fetch-Site' => 'none'}, %here) for 1 .. 2;
    my $after = ChatTest::Metrics->of($httpd->url);
    is $after->since($before, 'chat_csrf_refused_total', reason => 'origin'), 3, 'refused for their origin';
    is $after->since($before, 'chat_csrf_refused_total', reason => 'token'), 2, 'for want of a token';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

subtest 'under TLS' => sub {
    my $httpd = ChatTest::Httpd->new(conf => <<'END' . $usual);
LoadModule ssl_module @modules_dir@/mod_ssl.so
SSLEngine on
SSLCertificateFile @serverroot@/certificate.pem
END
    my $file = "$httpd->{home}/certificate.pem";

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch -days 2"
        . " -subj /CN=127.0.0.1 -keyout '$file' -out '$file.crt' 2>/dev/null && cat '$file.crt' >>'$file'") == 0
        or die 'no certificate';
    ok $httpd->start, 'started' or return diag $httpd->said;
    my $url   = $httpd->url =~ s/^http:/https:/r;
    my $agent = Mojo::UserAgent->new(insecure => 1);
    my $login = 'Basic ' . Mojo::Util::b64_encode("$ada->{username}:x", '');
    my $given = $agent->get("$url/api/conversations/", {Authorization => $login})->result;
    my ($token) = ($given->headers->header('Set-Cookie') // '')
        =~ /^chat_csrf=([A-Za-z0-9_-]{66}); Path=\/; SameSite=Lax; Secure$/;

    is $given->code, 200, 'answers';
    ok $token, 'the cookie is Secure' or return diag $given->headers->header('Set-Cookie');
    my $try = sub {
        $agent->post("$url/api/$talk->{path}messages/", {Authorization => $login, 'X-CSRFToken' => $token,
            Origin => $_[0]}, json => {content => 'x'})->result->code;
    };
    is $try->($url), 201, 'our origin';
    is $try->($httpd->url), 403, 'the same without TLS is another one';
};

subtest 'behind a proxy that speaks TLS' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "${usual}ServerName https://chat.example\nUseCanonicalName On\n");
    my $here  = sub { (site => $httpd->url, headers => {Host => 'chat.example', @_}) };

    ok $httpd->start, 'started' or return diag $httpd->said;
    my ($cookie) = cookie_of(get($ada, 'conversations/', $here->()));
    like $cookie, qr/; Secure$/, 'ServerName says so, and the cookie is Secure';
    my ($token) = $cookie =~ /^chat_csrf=([^;]+)/;
    my $try = sub { outcome(post($ada, "$talk->{path}messages/", {content => 'x'}, $here->('X-CSRFToken' => $token, @_))) };
    is $try->(Origin => 'https://chat.example'), 201, 'our origin';
    is $try->(Origin => 'https://chat.example:443'), 201, 'with the port';
    is $try->(Origin => 'http://chat.example'), '403 csrf_origin', 'the same without TLS is another one';
    is $try->('Sec-Fetch-Site' => 'same-origin'), 201, 'or the browser says that it is';
};

done_testing;
