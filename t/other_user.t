use ChatTest;

# X-Chat-User: what one user has written is not taken from another one, whose cookies the browser adds by then.
my $church = church('Tagged');
my $ada    = member('Ada');
my $bob    = member('Bob');
my $talk   = conversation($ada, $church);
my $bobs   = conversation($bob, $church);

sub tag_of
{
    my ($person, %options) = @_;

    return get($person, 'conversations/unread/', %options)->header('X-Chat-User');
}

sub outcome
{
    my ($answer) = @_;

    return $answer->code if $answer->code < 400;
    return $answer->code . ' ' . ($answer->json->{code} // '');
}

my $adas = tag_of($ada);

subtest 'each answer names its user' => sub {
    like $adas, qr/^[0-9a-f]{32}$/, 'by a tag';
    isnt tag_of($bob), $adas, 'another user by another one';
    is tag_of($ada), $adas, 'always the same';
    is tag_of($ada, site => $_), $adas, "also at $_" for qw(origin unguarded);
    for my $answer (get($ada, 'conversations/'), get($ada, "$talk->{path}messages/"), say($talk, 'x'),
        get($ada, 'conversations/null/'), get($ada, 'conversations/?limit=0'), say($talk, ' '))
    {
        is $answer->header('X-Chat-User'), $adas, $answer->what . ': ' . $answer->code;
    }
    is get($_->[0], $_->[1])->header('X-Chat-User'), undef, "not $_->[1] to nobody"
        for [undef, 'conversations/'], [undef, 'conversations/openapi.json'];
};

subtest 'with the tag of the user, all is as without' => sub {
    for my $site (undef, qw(origin unguarded)) {
        is outcome(say($talk, 'mine', site => $site, headers => {'X-Chat-User' => $adas})), 201, $site // 'usual';
        is outcome(say($talk, 'mine', site => $site)), 201, 'and without a tag';
    }
    is get($ada, 'conversations/', headers => {'X-Chat-User' => $adas})->code, 200, 'GET';
};

subtest 'with another one nothing is read or changed' => sub {
    my $paths = get(undef, 'conversations/openapi.json')->json->{paths};
    my $kept  = sub { sql('select count(*), max(version) as version from chat.conversations c
        left join chat.messages m on m.conversation_id = c.id where c.id = ?', $bobs->{id}) };
    my $before = $kept->();
    my $tried  = 0;

    for my $path (sort keys %$paths) {
        for my $method (map { uc } sort grep { /^(?:post|put|delete)$/ } keys %{$paths->{$path}}) {
            next if $path =~ /unsubscribe/; # needs no login
            (my $real = $path) =~ s{^/}{};
            $real =~ s/\{id\}/$bobs->{id}/;
            for my $site (undef, qw(origin unguarded)) {
                my $answer = ask($bob, $method => $real, site => $site, headers => {'X-Chat-User' => $adas}, statements => 0,
                    $method eq 'DELETE' ? () : (json => {content => 'hers', church_id => $church->{id}, all => 1}));

                is outcome($answer), '403 other_user', "$method $path" . ($site ? " at $site" : '');
                $tried++;
            }
        }
    }
    ok $tried >= 3 * 9, "$tried were tried";
    is_deeply $kept->(), $before, 'and nothing is changed';
    is outcome(say($bobs, 'x', as => $bob, headers => {'X-Chat-User' => $_})), '403 other_user', "'$_' is nobody's tag"
        for '', 'x', uc $adas, "$adas, $adas", substr $adas, 1;
    is get($bob, 'conversations/', headers => {'X-Chat-User' => $adas}, statements => 0)->code, 403, 'nor is anything told';
};

subtest 'a foreign page is refused as before' => sub {
    is outcome(say($talk, 'x', headers => {'X-Chat-User' => $adas, 'Sec-Fetch-Site' => 'cross-site'})), '403 csrf_origin',
        'whatever tag it sends';
};

done_testing;
