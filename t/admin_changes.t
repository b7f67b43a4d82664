use ChatTest;
use ChatTest::WebSocket ();

# What administrators change in one object: what may be sent, what must have been seen, what is told and logged. In these
# tests everybody is an administrator (t/conf); who is one elsewhere: t/admin.t.
my $boss = {username => "boss-$$"}; # who is no user of the chat
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $ada  = member('Ada');
my $path = 'admin/users/' . $ada->id . '/';

sub patch { my ($json, %options) = @_; return ask($boss, PATCH => $options{path} // $path, json => $json, headers => {'If-Match' => $options{etag} // '*'}) }
sub logged { return sql('select * from chat.audit_log where username = ? order by id', $boss->{username}) }

subtest 'the ETag of what was seen' => sub {
    my $etag = get($boss, $path)->header('ETag');

    is ask($boss, PATCH => $path, json => {is_active => $true})->json->{code}, 'precondition_required', 'is asked for';
    is ask($boss, PATCH => $path, json => {is_active => $true})->code, 428, 'by 428';
    for my $other ('"x"', '"0123456789abcdef0123456789abcdef"', "W/$etag", '', 'x', '"', '""') {
        my $answer = patch({display_name => 'Other'}, etag => $other);
        is $answer->code . $answer->json->{code}, '412stale', "not $other";
    }
    is get($boss, $path)->header('ETag'), $etag, 'nothing has changed';
    my $answer = patch({language => 'de'}, etag => qq("x", $etag));
    is $answer->code, 200, 'one of several';
    isnt $answer->header('ETag'), $etag, 'another one now';
    is $answer->header('ETag'), get($boss, $path)->header('ETag'), 'that of what there is';
    is patch({language => 'en'}, etag => $etag)->code, 412, 'the one before is stale';
    (my $packed = $answer->header('ETag')) =~ s/"$/-gzip"/;
    is patch({language => 'en'}, etag => $packed)->code, 200, 'also as mod_deflate writes it';
    is patch({language => undef})->code, 200, '* is whatever there is';
};

subtest 'a user' => sub {
    my $before = logged();
    my $answer = patch({display_name => "  Ada\x{202e} <Lee>", email => 'ada@example.org', language => 'pt-BR', unknown => 1});
    my $json   = $answer->json;

    is $answer->code, 200, 'changes';
    is_deeply [@$json{qw(display_name email email_state language is_active)}],
        ["Ada \x{2039}Lee\x{203a}", 'ada@example.org', 'ok', 'pt-BR', $true], 'cleaned as names are, and the answer has it';
    is_deeply $json->{read_only}, get($boss, $path)->json->{read_only}, 'as if it was fetched';
    my ($row) = reverse logged();
    is_deeply [@$row{qw(action object_kind object_id reason)}], ['change', 'user', $ada->id, undef], 'one row of the audit log';
    is_deeply [map { JSON::PP->new->decode($row->{$_})->{email} } qw(before after)], [undef, "a\x{2026}"], 'without the address';
    like $row->{address}, qr/^127\.0\.0\.1$/, 'from where';
    is $row->{request_id}, $answer->header('X-Request-Id'), 'in which request';

    my $ws = ChatTest::Live->of($ada);
    is patch({is_active => $false})->json->{is_active}, $false, 'switched off';
    ok defined $ws->closed, 'their sockets are closed';
    is get($ada, 'conversations/')->code, 403, 'and they may do nothing';
    is patch({is_active => $true, email => undef})->json->{email}, undef, 'and back, without an address';
    is get($ada, 'conversations/')->code, 200, 'they may again';
};

subtest 'what is wrong is refused, and changes nothing' => sub {
    my $etag  = get($boss, $path)->header('ETag');
    my $count = () = logged();
    my %wrong = (
        display_name => [undef, '', '  ', "\x{200b}", 'x' x 101, 5, [], {}, $true],
        email        => ['', 'x', '@', 'a@', '@b', 'a@b@c', "a\@b\n", 'a b@c', 'a@' . 'b' x 260, '<a@b>', 5, $true],
        is_active    => [undef, 'true', 1, 0, []],
        language     => ['', 'd', '-de', 'de-', 'de--DE', 'de_DE', 'x' x 36, 5],
        id           => [1], username => ['x'], created_at => [undef], role => ['staff'], email_state => ['ok'], external_id => ['x'],
    );
    for my $name (sort keys %wrong) {
        for my $value (@{$wrong{$name}}) {
            my $answer = patch({$name => $value, language => 'fr', $name => $value});
            is $answer->code . ' ' . join(' ', @{$answer->fields}), "400 $name", "$name: " . JSON::PP->new->allow_nonref->ascii->encode($value);
        }
    }
    is patch({}, path => 'admin/users/999999999/')->code, 404, 'nobody';
    is ask($boss, PATCH => $path, body => '{', headers => {'If-Match' => '*', 'Content-Type' => 'application/json'})->code, 400, 'no JSON';
    is get($boss, $path)->header('ETag'), $etag, 'nothing has changed';
    is scalar(() = logged()), $count, 'and nothing is logged';
    is patch({})->code, 200, 'nothing to change';
    is scalar(() = logged()), $count, 'is not logged either';
};

subtest 'guards' => sub {
    my %foreign = (Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site', 'If-Match' => '*');

    is ask($boss, PATCH => $path, json => {}, headers => {%foreign})->code, 403, 'not from a foreign page';
    is ask($boss, PATCH => $path, json => {}, headers => {'Sec-Fetch-Site' => 'same-origin', Cookie => 'a=b', 'If-Match' => '*'})->code, 403, 'nor without a token';
    like patch({})->header('RateLimit-Policy') // '', qr/admin/, 'within the limit of administrators';
    is patch({language => 'de'})->statements, 1, 'one statement' if ChatTest::Answer->can('statements');
};

done_testing;
