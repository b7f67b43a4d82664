use ChatTest;

# Every route as each kind of person.
my $church = church('Home');
my $talk   = conversation(member('Ada'), $church);
my $said   = say($talk, 'hello')->json->{message};
my %person = (
    'the member'       => $talk->{member},
    'staff'            => staff_of($church, 'Carol'),
    'another member'   => conversation(member('Bob'), $church)->{member},
    'staff of another' => staff_of(church('Away'), 'Dave'),
    'an outsider'      => member('Erin'),
    'a stranger'       => undef,
    'nobody'           => undef,
);
my $true = Cpanel::JSON::XS::true;

# method, path, body; then the codes for: the member, staff, everybody else who is logged in
my @routes = (
    ['GET',  '',                undef,                      200, 200, 404],
    ['GET',  'messages/',       undef,                      200, 200, 404],
    ['POST', 'messages/',       {content => 'x'},           201, 201, 404],
    ['POST', 'messages/',       {content => ''},            400, 400, [400, 404]],
    ['POST', 'read/',           {},                         200, 200, 404],
    ['POST', 'read/',           {up_to => $said->{id}},     200, 200, 404],
    ['POST', 'typing/',         {is_typing => $true},       200, 200, 404],
    ['GET',  'typing-status/',  undef,                      200, 200, 404],
    ['POST', 'block/',          {blocked => $true},         403, 200, 404],
    ['POST', 'block/',          {blocked => Cpanel::JSON::XS::false}, 403, 200, 404],
);

for my $route (@routes) {
    my ($method, $path, $body, $member, $staff, $others) = @$route;

    for my $who (sort keys %person) {
        my $person = $who eq 'a stranger' ? stranger() : $person{$who};
        my $wanted = $who eq 'nobody' ? 401
            : $who eq 'the member' ? $member
            : $who eq 'staff'      ? $staff : $others;
        my $answer = ask($person, $method, "$talk->{path}$path",
            $body ? (json => $body) : (), $who eq 'a stranger' ? (statements => [0, 3]) : ());

        ok scalar(grep { $_ == $answer->code } ref $wanted ? @$wanted : $wanted),
            "$who: " . $answer->what . ', wanted ' . (ref $wanted ? "@$wanted" : $wanted);
    }
}

subtest 'what is not theirs looks as if it were not there' => sub {
    my $outsider = $person{'an outsider'};
    my $gone     = 9_000_000_000_000_000_000;

    for my $route (@routes) {
        my ($method, $path, $body) = @$route;
        my @answers = map {
            ask($outsider, $method, "conversations/$_/$path", $body ? (json => $body) : ())
        } $talk->{id}, $gone;
        my @bodies = map { my %json = %{$_->json}; delete @json{qw(request_id instance)}; \%json } @answers;

        is_deeply $bodies[0], $bodies[1], "$method $path: the same words";
    }
};

subtest 'the lists and the sum' => sub {
    for my $who (sort keys %person) {
        my $person = $who eq 'a stranger' ? stranger() : $person{$who};
        my @any    = $who eq 'a stranger' ? (statements => [0, 3]) : ();
        my $code   = $who eq 'nobody' ? 401 : 200;

        is get($person, 'conversations/', @any)->code, $code, "$who: list";
        is get($person, 'conversations/unread/')->code, $code, "$who: sum";
        is post($person, 'conversations/', {church_id => $church->{id}})->code,
            $who eq 'nobody' ? 401 : $who =~ /member/ ? 200 : $who eq 'staff' ? 403 : 201, "$who: open";
    }
    is get(undef, 'conversations/openapi.json')->code, 200, 'the contract is public';
};

subtest 'access ends with the role' => sub {
    my $carol = staff_of($church, 'Leaving');

    is get($carol, $talk->{path})->code, 200, 'as staff';
    sql('delete from chat.church_staff where user_id = ?', $carol->id);
    is get($carol, $talk->{path})->code, 404, 'at once no more';
    is say($talk, 'x', as => $carol)->code, 404, 'nor a word';
    is_deeply get($carol, 'conversations/')->json->{conversations}, [], 'nor in the list';
};

subtest 'nothing was stored by those who may not' => sub {
    my ($count) = sql('select count(*) from chat.messages where conversation_id = ?', $talk->{id});

    is $count->{count}, 3, 'the first message, one of the member, one of staff';
};

done_testing;
