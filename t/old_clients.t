use ChatTest;

# What clients that are out there do, and must not be punished for.
my $church = church('Old');
my $carol  = staff_of($church, 'Carol');
my $ada    = member('Ada');
my $talk   = conversation($ada, $church);

subtest 'numbers as strings' => sub {
    is post($ada, 'conversations/', {church_id => "$church->{id}"})->code, 200, 'church_id';
    is say($talk, 'hello')->code, 201, 'a message';
    my $id = messages_of($talk)->[-1]{id};
    is post($carol, "$talk->{path}read/", {up_to => "$id"})->json->{marked_read}, 1, 'up_to';
    is post($ada, 'conversations/', {church_id => "00$church->{id}"})->code, 200, 'with zeros before';
};

subtest 'read/ without a body' => sub {
    my $path = "$talk->{path}read/";

    is say($talk, 'once more')->code, 201, 'a message';
    is ask($carol, POST => $path)->json->{marked_read}, 1, 'neither body nor type';
    is ask($carol, POST => $path, type => 'application/json')->code, 200, 'a type and no body';
    is ask($carol, POST => $path, type => 'application/x-www-form-urlencoded')->code, 200,
        'the type a form would have';
    is ask($carol, POST => $path, type => 'text/plain;charset=UTF-8')->code, 200, 'that of fetch()';
    is ask($carol, POST => $path, body => '{}', type => 'application/json')->code, 200, 'an empty object';
};

subtest 'headers they send' => sub {
    for my $headers (
        {'X-CSRFToken' => ''}, {'X-CSRFToken' => 'anything'}, {'X-Requested-With' => 'XMLHttpRequest'},
        {'Content-Type' => 'application/json'}, {Accept => '*/*'}, {Accept => 'text/html'}, {Accept => undef},
        {Cookie => 'csrftoken=x; sessionid=y'}, {'Accept-Language' => 'de'}, {'Accept-Encoding' => 'gzip, br'},
        {'Cache-Control' => 'no-cache'}, {'If-Modified-Since' => 'Thu, 01 Jan 2099 00:00:00 GMT'},
        {'If-None-Match' => ''},
        )
    {
        my ($name, $value) = %$headers;
        my $answer = get($ada, 'conversations/', headers => $headers);

        is $answer->code, 200, "GET with $name: " . ($value // 'none');
    }
};

subtest 'members nobody asked for' => sub {
    is post($ada, 'conversations/', {church_id => $church->{id}, csrfmiddlewaretoken => 'x', a => undef})->code,
        200, 'opening';
    is post($ada, "$talk->{path}messages/",
        {content => 'x', attachment => undef, conversation_id => 1, sender => 'me'})->code, 201, 'sending';
    is post($ada, "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true, user => 1})->code, 200, 'typing';
    is post($ada, "$talk->{path}read/", {x => 1})->code, 200, 'reading';
    is post($ada, "$talk->{path}messages/", {content => 'x', client_id => undef})->code, 201, 'null for none';
};

subtest 'ids they make up' => sub {
    is get($ada, "conversations/$_/messages/")->code, 404, $_ for qw(null undefined NaN temp-1);
};

subtest 'answers are the same bytes while nothing changes' => sub {
    for my $path ('conversations/', $talk->{path}, "$talk->{path}messages/", "$talk->{path}typing-status/") {
        my %bodies = map { get($ada, $path, fresh => 1)->body => 1 } 1 .. 5;

        is keys %bodies, 1, $path;
    }
};

subtest 'several requests on one connection' => sub {
    my $auth = Mojo::Util::b64_encode("$ada->{username}:x", '');
    my ($host, $port) = site() =~ m{//(.*):(\d+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port) or die $@;
    my $get = "GET /api/conversations/unread/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic $auth\r\n";

    print {$socket} "$get\r\n" x 3, "${get}Connection: close\r\n\r\n";
    my $all = do { local $/; <$socket> };
    is scalar(() = $all =~ m{HTTP/1\.1 200 }g), 4, 'are all answered';
};

done_testing;
