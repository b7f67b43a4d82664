use ChatTest;
use ChatTest::WebSocket ();

# What administrators change in one object: what may be sent, what must have been seen, what is told and logged. In these
# tests everybody is an administrator (t/conf); who is one elsewhere: t/admin.t.
my $boss = {username => "boss-$$"}; # who is no user of the chat
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
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
    is_deeply [map { Cpanel::JSON::XS->new->decode($row->{$_})->{email} } qw(before after)], [undef, "a\x{2026}"], 'without the address';
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
            is $answer->code . ' ' . join(' ', @{$answer->fields}), "400 $name", "$name: " . Cpanel::JSON::XS->new->allow_nonref->ascii->encode($value);
        }
    }
    is patch({}, path => 'admin/users/999999999/')->code, 404, 'nobody';
    is ask($boss, PATCH => $path, body => '{', headers => {'If-Match' => '*', 'Content-Type' => 'application/json'})->code, 400, 'no JSON';
    is get($boss, $path)->header('ETag'), $etag, 'nothing has changed';
    is scalar(() = logged()), $count, 'and nothing is logged';
    is patch({})->code, 200, 'nothing to change';
    is scalar(() = logged()), $count, 'is not logged either';
};

# One object, as an administrator asks for it: the answer and what the log has of it.
sub change { my ($method, $where, $json, $etag) = @_; return ask($boss, $method => $where, $json ? (json => $json) : (), headers => {'If-Match' => $etag // '*'}) }
sub create { my ($what, %json) = @_; return post($boss, "admin/$what/", \%json) }
sub entry { my ($answer) = @_; return sql('select * from chat.audit_log where request_id = ?', $answer->header('X-Request-Id')) }
sub row { my ($answer) = @_; my $row = entry($answer); $_ = defined $_ ? Cpanel::JSON::XS->new->decode($_) : undef for @$row{qw(before after)}; return $row }

subtest 'a church' => sub {
    my $answer = create('churches', name => "  St.\x{202e} <Ada> $$", logo_url => '/logo.png');
    my $json   = $answer->json;
    my $where  = "admin/churches/$json->{id}/";

    is $answer->code, 201, 'is made';
    is_deeply [@$json{qw(name logo_url is_active staff_count)}], ["St. \x{2039}Ada\x{203a} $$", '/logo.png', $true, 0], 'cleaned as names are';
    is $answer->header('ETag'), get($boss, $where)->header('ETag'), 'with its ETag';
    is_deeply get($boss, $where)->json, $json, 'as it is there';
    is_deeply [@{row($answer)}{qw(action object_kind object_id before after)}],
        ['create', 'church', $json->{id}, undef, {name => $json->{name}, logo_url => '/logo.png', is_active => $true}], 'the log has it';
    my $talk = conversation(member('Ann'), $json);
    say($talk, 'hello');
    my $ws = ChatTest::Live->of($talk->{member});
    is change(PATCH => $where, {name => "Renamed $$", logo_url => undef})->json->{logo_url}, undef, 'is changed';
    is $ws->await('conversation')->{conversation}{church_name}, "Renamed $$", 'members hear of the name';
    $ws->leave;
    $answer = change(PATCH => $where, {is_active => $false});
    is say($talk, 'still here')->code, 403, 'one that is switched off gets no messages';
    is_deeply [map { $_->{is_active} } @{row($answer)}{qw(before after)}], [$true, $false], 'which is logged';
    $answer = change(DELETE => $where, undef);
    is $answer->code . $answer->json->{code}, '409in_use', 'one with conversations stays';
    is scalar(() = entry($answer)), 0, 'and that is not logged';
    my $eve = staff_of($json, 'Eve');
    is change(DELETE => "admin/conversations/$talk->{id}/", {reason => "old $$"})->code, 204, 'without them';
    is change(DELETE => $where, undef, '"0123456789abcdef0123456789abcdef"')->json->{code}, 'stale', 'if it is what was seen';
    is ask($boss, DELETE => $where)->code, 428, 'and that is said';
    $answer = change(DELETE => $where, {reason => "gone $$"});
    is $answer->code, 204, 'it is deleted';
    is_deeply [@{row($answer)}{qw(action object_id after reason)}, row($answer)->{before}{staff}], ['delete', $json->{id}, undef, "gone $$", [{user_id => $eve->id, role => 'staff'}]],
        'the log says why, and who was staff';
    is get($boss, $where)->code, 404, 'it is gone';
    is sql('select count(*) as n from chat.church_staff where user_id = ?', $eve->id)->{n}, 0, 'with its staff';
    is change(DELETE => $where, undef)->code, 404, 'again there is nothing';
};

subtest 'a church that is deleted while somebody opens a conversation with it' => sub {
    my $church = church("Opened $$");
    my ($opening, $deleting) = map { db(ChatTest::Config->suite->{vars}{database} . " connect_timeout=$_") } 20, 21; # of their own

    $opening->begin_work;
    $opening->do('insert into chat.conversations (member_id, church_id) values (?, ?)', undef, member('Ann')->id, $church->{id});
    my ($pid) = $deleting->selectrow_array('select pg_backend_pid()');
    my $query = $deleting->prepare(q{select (chat.admin_delete(('boss', null, null), 'church', ?, '{*}', null)).outcome}, {pg_async => DBD::Pg::PG_ASYNC()});
    $query->execute($church->{id});
    until_true { sql(q{select 1 as one from pg_stat_activity where pid = ? and wait_event_type = 'Lock'}, $pid) } 'waits for it';
    $opening->commit;
    $query->pg_result;
    is $query->fetchrow_array, 'in_use', 'and stays';
    $query->finish;
};

subtest 'staff' => sub {
    my $church = church("Staffed $$");
    my $eve    = member('Eve');
    my $talk   = conversation(member('Ann'), $church);
    say($talk, 'hello');
    my $ws     = ChatTest::Live->of($eve);
    is get($eve, $talk->{path})->code, 404, 'who is none sees nothing';
    my $answer = create('staff', church_id => $church->{id}, user_id => $eve->id);
    my $json   = $answer->json;
    my $where  = "admin/staff/$json->{id}/";

    is $answer->code, 201, 'one is made';
    is_deeply [@$json{qw(church_id user_id role)}], [$church->{id}, $eve->id, 'staff'], 'of this church';
    is_deeply [@{row($answer)}{qw(action object_kind object_id)}], ['create', 'staff', $json->{id}], 'the log has it';
    ok $ws->await('resync'), 'their sockets are told';
    is get($eve, $talk->{path})->code, 200, 'they see its conversations';
    is scalar(@{get($eve, 'conversations/')->json->{conversations}}), 1, 'in their list, too';
    my $id = say($talk, 'for staff')->json->{message}{id};
    ok $ws->await_message($id), 'and hear what is said';
    $answer = create('staff', church_id => $church->{id}, user_id => $eve->id, role => 'manager');
    is $answer->code . $answer->json->{code}, '409exists', 'once is enough';
    $answer = change(PATCH => $where, {role => 'manager'});
    is $answer->json->{role}, 'manager', 'the role changes';
    is_deeply [map { $_->{role} } @{row($answer)}{qw(before after)}], [qw(staff manager)], 'which is logged';
    is change(PATCH => $where, {role => 'staff'}, '"0123456789abcdef0123456789abcdef"')->json->{code}, 'stale', 'not another one than was seen';
    @{$ws->{resyncs}} = ();
    $answer = change(DELETE => $where, undef, get($boss, $where)->header('ETag'));
    is $answer->code, 204, 'and not any more';
    is_deeply row($answer)->{before}, {church_id => $church->{id}, user_id => $eve->id, role => 'manager'}, 'the log has what they were';
    ok $ws->await('resync'), 'their sockets are told';
    is get($eve, $talk->{path})->code, 404, 'they see nothing again';
    is_deeply get($eve, 'conversations/')->json->{conversations}, [], 'in no list';
    say($talk, 'without them');
    is_deeply [ChatTest::Live->until_fence($ws)], [[]], 'and hear nothing';
    is get($boss, 'admin/users/' . $eve->id . '/')->code, 200, 'the user stays';
    $ws->leave;
};

subtest 'a conversation' => sub {
    my $church = church("Blocking $$");
    my $eve    = staff_of($church, 'Eve');
    my $talk   = conversation(member('Ann'), $church);
    my $where  = "admin/conversations/$talk->{id}/";
    say($talk, "hello $_") for 1 .. 2;
    my $ws     = ChatTest::Live->of($eve);
    my $etag   = get($boss, $where)->header('ETag');
    my $answer = change(PATCH => $where, {member_blocked => $true}, $etag);

    is $answer->json->{member_blocked}, $true, 'its member is blocked';
    is $answer->header('ETag'), get($boss, $where)->header('ETag'), 'it has another ETag';
    is_deeply [@{row($answer)}{qw(action object_kind object_id)}, map { $_->{member_blocked} } @{row($answer)}{qw(before after)}],
        ['change', 'conversation', $talk->{id}, $false, $true], 'the log has it';
    ok $ws->await('conversation', sub { $_->{conversation}{member_blocked} }), 'staff hear it';
    is say($talk, 'blocked')->code, 403, 'the member cannot write';
    is change(PATCH => $where, {member_blocked => $false}, $etag)->json->{code}, 'stale', 'what was seen before is stale';
    is change(PATCH => $where, {member_blocked => $false})->code, 200, 'and is not any more';
    is say($talk, 'free')->code, 201, 'then they can';

    my $mine = ChatTest::Live->of($talk->{member});
    my ($first) = @{messages_of($talk)};
    $answer = change(DELETE => "admin/messages/$first->{id}/", {reason => 'rude'});
    is $answer->code, 204, 'a message is deleted';
    is_deeply $mine->await('message_deleted')->{message_ids}, [$first->{id}], 'the member hears it';
    my $row = row($answer);
    is_deeply [@$row{qw(action object_kind object_id reason)}, @{$row->{before}}{qw(conversation_id seq)}],
        ['delete', 'message', $first->{id}, 'rude', $talk->{id}, 1], 'the log has which one';
    ok !exists $row->{before}{content}, 'and nothing of what was written';
    is change(DELETE => "admin/messages/$first->{id}/", undef)->code, 404, 'again there is nothing';
    is_deeply [sql('select * from chat.check(?) where value <> ?', $talk->{id}, 'last_seq')], [], 'and all is right';

    my $last = messages_of($talk)->[-1]{id};
    sql('update chat.messages set has_attachment = true where id = ?', $last);
    my $file = sql("insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
        values (?, ?, 'a.txt', 'other', 'text/plain', 1, sha256('a')) returning id", $talk->{id}, $last)->{id};
    $answer = change(DELETE => "admin/attachments/$file/", undef);
    is $answer->code, 204, 'a file is deleted';
    is $mine->await('message_changed')->{message}{attachment}, undef, 'the message stays, without it';
    is row($answer)->{before}{message_id}, $last, 'the log has whose it was';
    is get($boss, "admin/attachments/$file/")->code, 404, 'it is gone';

    $answer = change(DELETE => $where, undef, get($boss, $where)->header('ETag'));
    is $answer->code, 204, 'the conversation is deleted';
    is $_->await('conversation_deleted')->{conversation_id}, $talk->{id}, 'both sides hear it' for $mine, $ws;
    is_deeply [@{row($answer)->{before}}{qw(church_id member_id messages)}], [$church->{id}, $talk->{member}->id, 2], 'the log counts messages';
    is get($talk->{member}, $talk->{path})->code, 404, 'it is gone';
    $_->leave for $mine, $ws;
};

subtest 'a conversation with more messages than one statement deletes' => sub {
    my $talk  = conversation(member('Ann'));
    my $where = "admin/conversations/$talk->{id}/";

    sql('insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at) select $1, n, $2, false, $3, now() from generate_series(1, 5001) n',
        $talk->{id}, $talk->{member}->id, 'x');
    sql('update chat.conversations set last_seq = 5001 where id = ?', $talk->{id});
    my $answer = change(DELETE => $where, undef, get($boss, $where)->header('ETag'));
    is $answer->code, 202, 'a part of it';
    is_deeply $answer->json, {messages => 5000, has_more => $true}, 'and how much';
    is row($answer)->{action}, 'delete_part', 'which is logged as such';
    is change(DELETE => $where, undef, $answer->header('ETag'))->code, 204, 'then the rest, with the ETag of the answer';
    is get($boss, $where)->code, 404, 'it is gone';
};

subtest 'what is wrong with these is refused, and changes nothing' => sub {
    my $church = church("Wrong $$");
    my $staff  = sql('select id from chat.church_staff where user_id = ?', staff_of($church, 'Eve')->id)->{id};
    my $talk   = conversation(member('Ann'), $church);
    my @where  = ("admin/churches/$church->{id}/", "admin/staff/$staff/", "admin/conversations/$talk->{id}/");
    my @seen   = map { get($boss, $_)->header('ETag') } @where;
    my @urls   = ('', 'x', 'javascript:alert(1)', '//evil.example/', 'https://', 'http:///x', 'data:image/png,', "/a\nb", '/<b>', '/"', '/\\evil', '/' . 'x' x 2048, 5, $true);
    my %wrong  = (
        "PATCH $where[0]" => {name => [undef, '', ' ', 'x' x 201, 5], logo_url => \@urls, is_active => [undef, 'true', 1], id => [1], staff_count => [0], created_at => [undef]},
        "PATCH $where[1]" => {role => [undef, '', 'admin', 'Staff', 5], church_id => [1], user_id => [1], username => ['x'], id => [1]},
        "PATCH $where[2]" => {member_blocked => [undef, 'true', 1, []], member_id => [1], church_id => [1], last_message => ['x'], version => [1]},
        'POST admin/churches/' => {name => [undef, '', ' ', 'x' x 201, 5], logo_url => \@urls, is_active => [undef, 1], id => [1]},
        'POST admin/staff/'    => {church_id => [undef, 0, -1, 'x', 9e18], user_id => [undef, 0, 'x', 9e18], role => [undef, 'admin'], id => [1], username => ['x']},
        (map { ("DELETE $_" => {reason => [5, [], 'x' x 501]}) } @where),
    );
    my %fine = ('POST admin/churches/' => {name => "Fine $$"}, 'POST admin/staff/' => {church_id => $church->{id}, user_id => $ada->id});
    my $count = () = logged();

    for my $route (sort keys %wrong) {
        my ($method, $path) = split / /, $route;
        for my $name (sort keys %{$wrong{$route}}) {
            for my $value (@{$wrong{$route}{$name}}) {
                my $answer = change($method => $path, {%{$fine{$route} // {}}, $name => $value});
                is $answer->code . ' ' . join(' ', @{$answer->fields}), "400 $name", "$route, $name: " . substr Cpanel::JSON::XS->new->allow_nonref->ascii->encode($value), 0, 40;
            }
        }
    }
    is_deeply create(@$_[1 .. $#$_])->fields, [$_->[0]], "without $_->[0]" for [name => 'churches'], [church_id => 'staff', user_id => 1], [user_id => 'staff', church_id => 1];
    for my $what (qw(churches staff conversations messages attachments)) {
        is change(DELETE => "admin/$what/999999999/", undef)->code, 404, "there is none of $what";
        is ask($boss, DELETE => "admin/$what/999999999/")->code, 428, 'without If-Match';
        is ask($boss, DELETE => "admin/$what/999999999/", headers => {'If-Match' => '*', Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site'})->code, 403, 'from a foreign page';
    }
    is change(PATCH => $_, {}, '"0123456789abcdef0123456789abcdef"')->json->{code}, 'stale', "$_: stale" for @where;
    is ask($boss, PATCH => $_, json => {})->code, 428, "$_: without If-Match" for @where;
    is_deeply [map { get($boss, $_)->header('ETag') } @where], \@seen, 'nothing has changed';
    is sql('select count(*) as n from chat.churches where name = ?', "Fine $$")->{n}, 0, 'nothing was made';
    is scalar(grep { $_->{action} ne 'view' } logged()), $count - grep({ $_->{action} eq 'view' } (logged())[0 .. $count - 1]), 'and nothing is logged';
};

subtest 'guards' => sub {
    my %foreign = (Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site', 'If-Match' => '*');

    is ask($boss, PATCH => $path, json => {}, headers => {%foreign})->code, 403, 'not from a foreign page';
    is ask($boss, PATCH => $path, json => {}, headers => {'Sec-Fetch-Site' => 'same-origin', Cookie => 'a=b', 'If-Match' => '*'})->code, 403, 'nor without a token';
    like patch({})->header('RateLimit-Policy') // '', qr/admin/, 'within the limit of administrators';
    is patch({language => 'de'})->statements, 1, 'one statement' if ChatTest::Answer->can('statements');
};

done_testing;
