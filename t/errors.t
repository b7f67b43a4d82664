use ChatTest;

# Refusals of httpd itself and of its modules look like ours.
my $ada  = member('Ada');
my $talk = conversation($ada);

subtest 'who is not logged in' => sub {
    my $answer = get(undef, 'conversations/');

    is $answer->code, 401, 'Basic: 401';
    like $answer->header('WWW-Authenticate'), qr/^Basic realm=/, 'with the challenge';
    is $answer->json->{status}, 401, 'as a problem';
    is post(undef, 'conversations/', {church_id => 1})->code, 401, 'POST';
    is ask(undef, HEAD => 'conversations/')->code, 401, 'HEAD';
    is get(undef, 'conversations/', headers => {Authorization => 'Basic !!!'})->code, 401, 'garbage';
    is get(undef, 'conversations/', headers => {Authorization => 'Bearer x'})->code, 401, 'another scheme';

    for my $path ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/") {
        is get(undef, $path, site => 'open')->code, 401, "no module asks, so ours does: $path";
    }
    is post(undef, 'conversations/', {church_id => 1}, site => 'open')->code, 401, 'for POST too';
    is get(undef, 'conversations/openapi.json', site => 'open')->code, 200, 'the contract is public';
};

subtest 'who is not let in' => sub {
    log_may_say(qr/AH01630|AH01631/);
    is get($ada, 'conversations/', site => 'denied')->code, 403, 'Require all denied';
    is post($ada, 'conversations/', {church_id => 1}, site => 'denied')->code, 403, 'POST';
    is get($ada, 'conversations/', site => 'chosen')->code, 403, 'Require user';
    is get(stranger('the-chosen-one'), 'conversations/', site => 'chosen', statements => [0, 3])->code, 200,
        'the chosen one';
};

subtest 'what httpd finds wrong with a request' => sub {
    my $auth = 'Authorization: Basic ' . Mojo::Util::b64_encode("$ada->{username}:x", '');
    my $ask  = sub { raw("GET /api/$_[0] HTTP/1.1\r\nHost: x\r\n$auth\r\nConnection: close\r\n$_[1]\r\n", $_[2]) };

    for my $path ('conversations/%zz/', 'conversations/%', 'conversations/%2f/', 'conversations/1%00/') {
        my $answer = $ask->($path, '');

        like $answer->code, qr/^40[04]$/, "$path: 400 or 404";
        is $answer->type, 'application/problem+json', 'as a problem';
        is_deeply [ChatTest::Contract::_problem($answer)], [], 'a whole one';
    }
    my $control = $ask->('conversations/', "X-Odd: \x7f\r\n");
    is $control->code, 400, 'a header that is none: 400';
    is $control->type, 'application/problem+json', 'as a problem';
    my $large = post($ada, "$talk->{path}messages/", {content => 'x' x 2500}, site => 'limited', fresh => 1);
    is $large->code, 413, 'LimitRequestBody: 413';
    is say($talk, 'short', site => 'limited')->code, 201, 'below it is fine';
    log_may_say(qr/AH01618|AH01614|AH10244|AH0158\d|AH00566|AH02606|AH0056\d|AH03\d\d\d|AH00561/);
};

subtest 'pages for people do not replace problems' => sub {
    is get(undef, 'conversations/', site => 'pages')->code, 401, 'not logged in';
    is get($ada, 'conversations/7x/', site => 'pages')->code, 404, 'not there';
    is ask($ada, DELETE => 'conversations/', site => 'pages')->code, 405, 'not that way';
    my $page = get($ada, '/elsewhere', site => 'pages');
    is $page->code, 404, 'other paths have';
    is $page->body, 'a page for people', 'their own';
};

subtest 'a problem names the request' => sub {
    my %seen;

    for (1 .. 20) {
        my $answer = get($ada, 'conversations/null/');

        $seen{$answer->header('X-Request-Id')}++;
        is $answer->json->{title}, 'Not Found', 'title is that of the status' if $_ == 1;
    }
    is keys %seen, 20, 'ids are unique';
    my $odd = get($ada, 'conversations/', headers => {'X-Request-Id' => "<evil>"});
    unlike $odd->header('X-Request-Id'), qr/evil/, 'and not the client\'s';
};

subtest 'error is a sentence that can be shown' => sub {
    for my $answer (
        post($ada, 'conversations/', {}), post($ada, 'conversations/', {church_id => 9e15}),
        say($talk, ''), get($ada, 'conversations/null/'), ask($ada, PUT => 'conversations/'),
        get(undef, 'conversations/'), get($ada, 'conversations/?limit=0'),
        )
    {
        like $answer->json->{error}, qr/^\S.*[.!]$/, $answer->json->{error};
    }
};

subtest 'an inactive user' => sub {
    my $gone = conversation(member('Gone'));
    my $user = $gone->{member};

    sql('update chat.users set is_active = false where id = ?', $user->id);
    for my $request (
        [GET => 'conversations/'], [GET => 'conversations/unread/'], [GET => $gone->{path}],
        [GET  => "$gone->{path}messages/"], [GET => "$gone->{path}typing-status/"],
        [POST => 'conversations/', json => {church_id => $gone->{church_id}}],
        [POST => "$gone->{path}messages/", json => {content => 'x'}],
        [POST => "$gone->{path}read/"], [POST => "$gone->{path}block/", json => {blocked => Cpanel::JSON::XS::true}],
        [POST => "$gone->{path}typing/", json => {is_typing => Cpanel::JSON::XS::true}],
        )
    {
        is ask($user, @$request)->code, 403, "$request->[0] $request->[1]: 403";
    }
    sql('update chat.users set is_active = true where id = ?', $user->id);
    is get($user, 'conversations/')->code, 200, 'active again, at once';
};

done_testing;
