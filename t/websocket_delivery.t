use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time);

# Who hears what: each frame to every socket that may have it, once and in order, and to no other.
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $church = church('Home');
my $ada    = member('Ada', avatar_url => '/ada.png');
my $carol  = staff_of($church, 'Carol');
my $colin  = staff_of($church, 'Colin');
my $olaf   = member('Olaf');                  # talks with the same church
my $dave   = staff_of(church('Away'), 'Dave'); # answers for another one
my $talk   = conversation($ada, $church);
my $other  = conversation($olaf, $church);

# Stricter rules on the same database.
my $usual = ChatTest::Httpd->usual;
my $ruled = ChatTest::Httpd->new(conf => <<"END");
$usual
ChatSpam lottery flag
ChatSpam casino
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
<VirtualHost *:\@port\@>
    ServerName usual.test
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName strict.test
    ChatMaxMessage 10
    ChatRateLimit send 2/1h
    ChatRateLimit typing 1/1h
    ChatRateLimit read 2/1h
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName keyed.test
    ChatRateLimit send 1/1h key=%{req:X-Key}
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName dry.test
    ChatRateLimit send 1/1h
    ChatRateLimitMode dry-run
</VirtualHost>
END
ok $ruled->start, 'httpd with rules starts' or diag $ruled->said;

# What each of these has open; by name.
my %ws = (
    'Ada, phone'    => ChatTest::Live->of($ada),
    'Ada, laptop'   => ChatTest::Live->of($ada),
    'Carol, office' => ChatTest::Live->of($carol),
    'Carol, home'   => ChatTest::Live->of($carol),
    'Colin'         => ChatTest::Live->of($colin),
    'Olaf'          => ChatTest::Live->of($olaf),
    'Dave'          => ChatTest::Live->of($dave),
);
my @entitled  = grep { !/Olaf|Dave/ } sort keys %ws;
my @outsiders = qw(Dave Olaf);
my ($phone, $office) = @ws{'Ada, phone', 'Carol, office'};

sub at { my ($name) = @_; return (site => $ruled->url, headers => {Host => "$name.test"}) }

# Nothing but these has come to anybody, by name of who may have had them; messages with how many. Typing that
# began at C<$since> may have ended by itself on a slow machine: then it is false, without a failure.
sub nothing_more
{
    my ($what, $since) = @_;
    my %more;
    my @names = sort keys %ws;
    my @come  = ChatTest::Live->until_fence(@ws{@names});

    for my $i (0 .. $#names) {
        $more{$names[$i]} = [map { $_->{type} } @{$come[$i]}] if @{$come[$i]};
    }
    return note('too slow to tell') && 0 if %more && defined $since && time - $since > 4;
    return is_deeply \%more, {}, $what // 'once, and nothing more';
}

# The frame is what this person would be told by REST.
sub is_as_by_rest
{
    my ($frame, $person, $talk, $what) = @_;
    my $message = messages_of($talk, as => $person, query => 'limit=1')->[0];
    my $seen    = get($person, $talk->{path})->json->{conversation};

    is_deeply $frame, {type => 'message', message => $message, conversation => $seen}, "$what hears what REST tells";
}

# An error frame; its sentences are those of REST, tested there.
sub is_refused
{
    my ($frame, $wanted, $what) = @_;
    my ($ref, $status, $code, @fields) = @$wanted;
    my %told = map { $_ => ($frame // {})->{$_} } qw(type ref status code);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $told{fields} = [map { $_->{field} } @{($frame // {})->{errors} // []}];
    is_deeply \%told, {type => 'error', ref => $ref, status => $status, code => $code, fields => \@fields}, $what;
}

subtest 'a message' => sub {
    my %ways = (
        'the member, by REST'   => sub { say($talk, $_[0])->json->{message} },
        'the member, by socket' => sub { $phone->post($talk, $_[0])->{message} },
        'staff, by REST'        => sub { say($talk, $_[0], as => $carol)->json->{message} },
        'staff, by socket'      => sub { $office->post($talk, $_[0])->{message} },
    );
    for my $way (sort keys %ways) {
        my $sent = $ways{$way}->("Gr\x{fc}\x{df}e <b>&</b> \x{1F600}\nfrom $way");
        ok $sent->{is_sent_by_user}, "$way: sent, and acknowledged";

        for my $name (@entitled) {
            my $frame = $ws{$name}->await_message($sent->{id});
            is_as_by_rest($frame, $ws{$name}->person, $talk, $name);
        }
        nothing_more();
    }
};

# Sockets in the child where a message was written are told by its feed, as all others are.
subtest 'one after another' => sub {
    my ($own, $carols) = map { ChatTest::Live->of($_, at('usual')) } $ada, $carol;
    my @ids = map { $own->post($talk, "message $_")->{message}{id} } 1 .. 20;

    is ids_until($_, $ids[-1]), "@ids", 'each is heard once, and in order' for $own, $carols, @ws{@entitled};
    $_->leave for $own, $carols;
    nothing_more();
};

subtest 'the answer, and then what came of it' => sub {
    for my $n (1 .. 20) {
        $phone->say({type => 'send', ref => $n, conversation_id => $talk->{id}, content => "in order $n"});
        my @come = map { $phone->_take_first(sub { $_->{type} =~ /^(?:ack|message)$/ }) // {} } 1 .. 2;
        is join(' ', map { $_->{type} // 'none' } @come), 'ack message', "message $n";
    }
    ok $ws{$_}->await('message'), "$_ hears them" for map { ($_) x 20 } grep { $_ ne 'Ada, phone' } @entitled;
    nothing_more();
};

subtest 'what differs between those who hear it' => sub {
    my $id = $office->post($talk, 'in the name of the church')->{message}{id};
    my %heard = map { $_ => $ws{$_}->await_message($id) } @entitled;
    my %own   = map { $_ => $heard{$_}{message}{is_sent_by_user} ? 1 : 0 } @entitled;

    is_deeply \%own, {'Ada, phone' => 0, 'Ada, laptop' => 0, Colin => 0, 'Carol, office' => 1, 'Carol, home' => 1},
        'it is their own on both devices of who sent it';
    is $heard{$_}{message}{sender_name}, 'Home', "$_: the church speaks" for @entitled;
    is $heard{$_}{message}{staff_name}, 'Carol', "$_ is told who of the staff" for grep { !/Ada/ } @entitled;
    ok !exists $heard{$_}{message}{staff_name}, "$_ is not" for grep {/Ada/} @entitled;
    is $heard{$_}{conversation}{is_church_owner}, /Ada/ ? $false : $true, "$_ sees their side" for @entitled;
    is $heard{$_}{conversation}{church_name}, /Ada/ ? 'Home' : 'Ada', "$_ sees the other" for @entitled;
    nothing_more();
};

subtest 'one that looks like spam' => sub {
    my $guarded = ChatTest::Live->of($ada, at('usual'));
    my $ack     = $guarded->post($talk, 'win the lottery');
    my %heard   = map { $_ => $ws{$_}->await_message($ack->{message}{id}) } @entitled;
    my $own     = $guarded->await_message($ack->{message}{id});

    ok !exists $ack->{message}{flagged}, 'its sender is not told by the ack';
    ok !exists $own->{message}{flagged}, 'nor by the message';
    ok !exists $heard{$_}{message}{flagged}, "nor $_" for grep {/Ada/} @entitled;
    is $heard{$_}{message}{flagged}, $true, "$_ is" for grep { !/Ada/ } @entitled;
    is_as_by_rest($heard{Colin}, $colin, $talk, 'Colin');
    is_refused $guarded->post($talk, 'to the casino', ref => 7), [7, 422, 'spam'], 'one that is rejected';
    nothing_more('nobody hears that one');
    $guarded->leave;
};

subtest 'read receipts' => sub {
    my @sent = map { $phone->post($talk, "to be read $_")->{message}{id} } 1 .. 3;
    $_->await_message($sent[2]) for @ws{@entitled};
    $_->come for values %ws;

    is post($carol, "$talk->{path}read/", {up_to => $sent[1]})->json->{success}, $true, 'staff read, by REST';
    my ($message) = grep { $_->{id} == $sent[1] } @{messages_of($talk)};
    receipts($sent[1], $message->{read_at}, qr/Ada/);
    $office->say({type => 'read', conversation_id => $talk->{id}, ref => 'r'});
    receipts($sent[2], undef, qr/Ada/);
    nothing_more();

    my $answer = $office->post($talk, 'an answer')->{message}{id};
    $_->await_message($answer) for @ws{@entitled};
    $phone->say({type => 'read', conversation_id => $talk->{id}, up_to => "$answer"});
    receipts($answer, undef, qr/Carol|Colin/);
    nothing_more();

    $phone->say({type => 'read', conversation_id => $talk->{id}});
    is read_all($talk)->code, 200, 'read again';
    nothing_more('when all is read nothing is told');
};

# Everybody who may hears that it was read up to there, by the other side for those that $others means.
sub receipts
{
    my ($up_to, $read_at, $others) = @_;

    for my $name (@entitled) {
        my $frame = $ws{$name}->await('read', sub { $_->{up_to} == $up_to });
        my $now   = get($ws{$name}->person, $talk->{path})->json->{conversation};
        $read_at //= $frame->{read_at};
        is_deeply $frame, {type => 'read', conversation_id => $talk->{id}, up_to => $up_to, read_at => $read_at,
            by_me => $name =~ $others ? $false : $true, unread_count => $now->{unread_count}, version => $now->{version}},
            "$name hears of it";
    }
}

subtest 'a conversation that is opened' => sub {
    my $nora = member('Nora');
    my $ws   = ChatTest::Live->of($nora);
    my $new  = conversation($nora, $church);

    is_deeply $ws->await('conversation'), {type => 'conversation', conversation => get($nora, $new->{path})->json->{conversation}},
        'who opened it hears of it';
    conversation($nora, $church);
    is_deeply [ChatTest::Live->until_fence($ws)], [[]], 'opening it again is nothing new';
    nothing_more('staff do not hear of it yet');
    my $id = $ws->post($new, 'and now')->{message}{id};
    is $ws->await_message($id)->{message}{seq}, 1, 'messages follow';
    for my $name (grep { !/Ada/ } @entitled) {
        my $frame = $ws{$name}->await_message($id);
        is_deeply $frame->{conversation}, get($ws{$name}->person, $new->{path})->json->{conversation},
            "$name: with the first one staff hear of the conversation";
    }
    nothing_more('and nobody else');
};

subtest 'a member who is blocked' => sub {
    for my $blocked ($true, $false) {
        is post($carol, "$talk->{path}block/", {blocked => $blocked})->code, 200, $blocked ? 'blocked' : 'let in again';
        for my $name (grep { !/Ada/ } @entitled) {
            my $frame = $ws{$name}->await('conversation', sub { $_->{conversation}{id} == $talk->{id} });
            is_deeply $frame->{conversation}, get($ws{$name}->person, $talk->{path})->json->{conversation}, "$name is told";
        }
        if ($blocked) {
            is_refused $phone->post($talk, 'let me in', ref => 'b'), ['b', 403, 'blocked'], 'cannot send';
            is_refused $phone->ask({type => 'typing', conversation_id => $talk->{id}, is_typing => $true, ref => 't'}),
                ['t', 403, 'blocked'], 'nor type';
        }
        post($carol, "$talk->{path}block/", {blocked => $blocked});
        nothing_more('the member is told nothing');
    }
    my $id = $phone->post($talk, 'here I am')->{message}{id};
    ok $_->await_message($id), 'can send again' for @ws{@entitled};
};

subtest 'typing' => sub {
    my $begin = time;
    my $ended = sub { post($_, "$talk->{path}typing/", {is_typing => $false}) for $ada, $carol; ChatTest::Live->until_fence(values %ws) };

    for my $is_typing ($true, $false) {
        $phone->say({type => 'typing', conversation_id => $talk->{id}, is_typing => $is_typing});
        for my $name (grep { !/Ada/ } @entitled) {
            is_deeply $ws{$name}->await('typing'), typing($is_typing, $ada, 'Ada', '/ada.png'), "$name sees the member";
        }
        nothing_more('nobody else does', $begin) or return $ended->();

        $office->say({type => 'typing', conversation_id => $talk->{id}, is_typing => $is_typing});
        is_deeply $ws{$_}->await('typing'), typing($is_typing, undef, 'Home', $church->{logo_url}), "$_ sees the church"
            for grep {/Ada/} @entitled;
        is_deeply $ws{Colin}->await('typing'), typing($is_typing, $carol, 'Carol', undef), 'a fellow sees who it is';
        nothing_more('nobody else does', $begin) or return $ended->();
    }
    is post($ada, "$talk->{path}typing/", {is_typing => $true})->code, 200, 'by REST';
    my $seen = get($colin, "$talk->{path}typing-status/")->json->{typers}[0];
    is_deeply $ws{$_}->await('typing'), {type => 'typing', conversation_id => $talk->{id}, is_typing => $true, typer => $seen},
        "$_ sees what REST tells" for grep { !/Ada/ } @entitled;
    post($ada, "$talk->{path}typing/", {is_typing => $false});
    ok $ws{$_}->await('typing'), "$_ sees the end" for grep { !/Ada/ } @entitled;
    nothing_more();
};

subtest 'several of the staff who type are one church' => sub {
    my $church_types = sub { typing($_[0], undef, 'Home', $church->{logo_url}) };

    for ([$carol, $true], [$colin, $true], [$carol, $false], [$colin, $false]) {
        my ($who, $is_typing) = @$_;

        post($who, "$talk->{path}typing/", {is_typing => $is_typing});
        $ws{$who == $carol ? 'Colin' : 'Carol, office'}->await('typing', sub { $_->{is_typing} == $is_typing });
    }
    for my $name (grep {/Ada/} @entitled) {
        my @frames = grep { $_->{type} eq 'typing' } @{(ChatTest::Live->until_fence($ws{$name}))[0]};
        is_deeply \@frames, [$church_types->($true), $church_types->($false)], "$name sees one who begins, and one end";
    }
    $_->come for grep {defined} @ws{'Carol, office', 'Carol, home', 'Colin'};
    nothing_more();
};

subtest 'what staff call their messages is theirs' => sub {
    my $sent = post($carol, "$talk->{path}messages/", {content => 'named', client_id => 'carol@desk-3'})->json->{message};

    is $sent->{client_id}, 'carol@desk-3', 'the sender has it back';
    for my $name (@entitled) {
        my $frame = $ws{$name}->await_message($sent->{id});
        is $frame->{message}{client_id}, $name =~ /Ada/ ? undef : 'carol@desk-3', "$name, live";
    }
    my ($seen) = grep { $_->{id} == $sent->{id} } @{messages_of($talk, as => $ada)};
    is $seen->{client_id}, undef, 'the member, by REST';
    nothing_more();
};

sub typing
{
    my ($is_typing, $person, $name, $avatar) = @_;

    return {type => 'typing', conversation_id => $talk->{id}, is_typing => $is_typing,
        typer => {user_id => $person && $person->id, username => $person && $person->{username}, display_name => $name, avatar => $avatar}};
}

subtest 'staff who write to their own church' => sub {
    my $eve = member('Eve');
    my $own = conversation($eve, $church);
    staff_of($church, $eve);
    my $ws  = ChatTest::Live->of($eve);

    ChatTest::Live->until_fence($ws); # that the conversation was opened may come late
    my $id = $ws->post($own, 'as a member')->{message}{id};
    is_as_by_rest($ws->await_message($id), $eve, $own, 'she, as the member she is there,');
    is_as_by_rest($ws{Colin}->await_message($id), $colin, $own, 'a fellow');
    is_deeply [ChatTest::Live->until_fence($ws)], [[]], 'once';
    $id = $ws->post($talk, 'as staff')->{message}{id};
    is $ws->await_message($id)->{conversation}{is_church_owner}, $true, 'elsewhere she is staff';
    ok $_->await_message($id), 'all hear it' for @ws{@entitled};
    $_->come for @ws{'Carol, office', 'Carol, home', 'Colin'};
    sql('delete from chat.church_staff where user_id = ?', $eve->id);
    $ws->leave;
};

subtest 'over both children' => sub {
    my @sockets = map { spread($_) } $ada, $carol;
    my @sent;

    for my $n (1 .. 20) {
        push @sent, $n % 2 ? say($talk, "by REST $n", fresh => 1)->json->{message}{id}
            : $sockets[rand @sockets]->post($talk, "by socket $n")->{message}{id};
    }
    my @wrong = grep { ids_until($_, $sent[-1]) ne "@sent" } @sockets, @ws{@entitled};
    is scalar @wrong, 0, 'each of ' . (@sockets + @entitled) . ' sockets hears all, once and in order';
    $_->leave for @sockets;
    nothing_more();
};

# The ids of the messages that came up to that one, in their order.
sub ids_until
{
    my ($ws, $last) = @_;
    my @ids;

    while (my $frame = $ws->await('message')) {
        push @ids, $frame->{message}{id};
        last if $ids[-1] == $last;
    }
    return "@ids";
}

# Sockets of a person in more than one child.
sub spread
{
    my ($person) = @_;
    my (@sockets, @tags, %children);

    until (keys %children > 1 || @sockets > 60) {
        for (1 .. 4) {
            push @tags, "tag-$$-" . $person->id . '-' . @sockets;
            push @sockets, ChatTest::Live->of($person, query => $tags[-1]);
        }
        until_logged($tags[-1], \%children) or last;
    }
    cmp_ok scalar(keys %children), '>', 1, scalar(@sockets) . ' sockets, in ' . keys(%children) . ' children';
    return @sockets;
}

# A handshake is logged when it is over, a second after it was accepted.
sub until_logged
{
    my ($tag, $children) = @_;
    my $log = ChatTest::Config->suite->{vars}{t_logs} . '/access_log';
    my $deadline = time + 5 * slow();

    while (time < $deadline) {
        open my $in, '<', $log or return;
        seek $in, -2_000_000, 2 if -s $log > 2_000_000;
        my ($stem) = $tag =~ /(.*)-/;
        my $is_there;
        while (my $line = <$in>) {
            $line =~ /^\S+ (\d+) .*\?\Q$stem\E-(\d+) / or next;
            $children->{$1}++;
            $is_there ||= $line =~ /\?\Q$tag\E /;
        }
        return 1 if $is_there;
        Time::HiRes::sleep(0.05);
    }
    return fail('the handshake is logged');
}

subtest 'access taken away' => sub {
    nothing_more();
    @{$ws{Colin}{resyncs}} = (); # of when they became staff
    sql('delete from chat.church_staff where user_id = ?', $colin->id);
    ok $ws{Colin}->await('resync'), 'who has just been removed fetches anew what is left to see';
    my $id = $phone->post($talk, 'not for Colin')->{message}{id};
    ok $ws{$_}->await_message($id), "$_ hears it" for grep { $_ ne 'Colin' } @entitled;
    is_deeply [ChatTest::Live->until_fence($ws{Colin})], [[]], 'they do not';
    is_refused $ws{Colin}->post($talk, 'still here', ref => 1), [1, 404, 'not_found'], 'nor can they write';
    $phone->say({type => 'typing', conversation_id => $talk->{id}, is_typing => $true});
    ok $ws{$_}->await('typing'), "$_ sees typing" for grep {/Carol/} @entitled;
    post($carol, "$talk->{path}read/", undef);
    ok $ws{$_}->await('read'), "$_ hears of reading" for grep { $_ ne 'Colin' } @entitled;
    is_deeply [ChatTest::Live->until_fence($ws{Colin})], [[]], 'not they';

    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', $church->{id}, $colin->id);
    ok $ws{Colin}->await('resync'), 'who is staff again fetches, too';
    $id = $phone->post($talk, 'for Colin again')->{message}{id};
    for my $name (@entitled) {
        ok $ws{$name}->await_message($id), "$name hears the next one";
        ok !$ws{$name}->await('typing')->{is_typing}, "$name hears that it ends the typing" if $name !~ /Ada/;
    }
    nothing_more();
};

subtest 'a user who is deactivated' => sub {
    my $zoe  = member('Zoe');
    my @zoes = map { ChatTest::Live->of($zoe) } 1 .. 6;

    sql('update chat.users set is_active = false where id = ?', $zoe->id);
    is_deeply [map { $_->closed(3 * slow()) } @zoes], [(1008) x 6], 'all their sockets are closed';
    is +ChatTest::Live->of($zoe, plain => 1)->code, 403, 'and they get no other';
    sql('update chat.users set is_active = true where id = ?', $zoe->id);
    ok +(my $ws = ChatTest::Live->of($zoe))->{hello}, 'until they are let in again';
    sql(q{update chat.users set display_name = 'Zo' where id = ?}, $zoe->id);
    is_deeply [ChatTest::Live->until_fence($ws)], [[]], 'another change does no harm';
    nothing_more('others are not concerned');
};

subtest 'what cannot be done' => sub {
    my $ws  = $phone;
    my $id  = $talk->{id};
    my @bad = (
        ['not JSON',                   'hello',                       'invalid_json'],
        ['nothing',                    '',                            'invalid_json'],
        ['half of it',                 '{"type":"send"',              'invalid_json'],
        ['something behind it',        '{"type":"read"} x',           'invalid_json'],
        ['a key twice',                '{"type":"read","type":"send"}', 'invalid_json'],
        ['nine levels',                '{"type":"send","x":' . '[' x 9 . ']' x 9 . '}', 'invalid_json'],
        ['NUL',                        qq({"type":"send","conversation_id":$id,"content":"a\\u0000b"}), 'invalid_json'],
        ['a lone surrogate',           qq({"type":"send","conversation_id":$id,"content":"\\ud800"}), 'invalid_json'],
        ['an array',                   '[]',                          'invalid_json'],
        ['a string',                   '"send"',                      'invalid_json'],
        ['no type',                    {},                            'invalid_field', 'type'],
        ['a type of null',             {type => undef},               'invalid_field', 'type'],
        ['a type of 1',                {type => 1},                   'invalid_field', 'type'],
        ['an unknown type',            {type => 'shout'},             'invalid_field', 'type'],
        ['one of the server',          {type => 'message'},           'invalid_field', 'type'],
        ['another case',               {type => 'SEND'},              'invalid_field', 'type'],
        ['no conversation',            {type => 'send', content => 'x'},                             'invalid_field', 'conversation_id'],
        ['a conversation without id',  {type => 'send', conversation_id => 'x', content => 'x'},     'invalid_field', 'conversation_id'],
        ['a negative one',             {type => 'send', conversation_id => -1, content => 'x'},      'invalid_field', 'conversation_id'],
        ['one and a half',             {type => 'send', conversation_id => 1.5, content => 'x'},     'invalid_field', 'conversation_id'],
        ['no content',                 {type => 'send', conversation_id => $id},                     'invalid_field', 'content'],
        ['content of null',            {type => 'send', conversation_id => $id, content => undef},   'invalid_field', 'content'],
        ['content of 1',               {type => 'send', conversation_id => $id, content => 1},       'invalid_field', 'content'],
        ['empty content',              {type => 'send', conversation_id => $id, content => ''},      'invalid_field', 'content'],
        ['blanks',                     {type => 'send', conversation_id => $id, content => " \n\t"}, 'invalid_field', 'content'],
        ['too much content',           {type => 'send', conversation_id => $id, content => 'x' x 1001}, 'invalid_field', 'content'],
        ['a client_id too long',       {type => 'send', conversation_id => $id, content => 'x', client_id => 'x' x 65}, 'invalid_field', 'client_id'],
        ['a client_id out of bounds',  {type => 'send', conversation_id => $id, content => 'x', client_id => "\x{e9}"}, 'invalid_field', 'client_id'],
        ['reading nothing',            {type => 'read'},                                             'invalid_field', 'conversation_id'],
        ['reading up to "x"',          {type => 'read', conversation_id => $id, up_to => 'x'},       'invalid_field', 'up_to'],
        ['typing nowhere',             {type => 'typing', is_typing => $true},                       'invalid_field', 'conversation_id'],
        ['typing without saying so',   {type => 'typing', conversation_id => $id},                   'invalid_field', 'is_typing'],
        ['typing 7',                   {type => 'typing', conversation_id => $id, is_typing => 7},   'invalid_field', 'is_typing'],
        ['resuming nothing',           {type => 'resume'},                                           'invalid_field', 'conversations'],
        ['resuming a list',            {type => 'resume', conversations => [$id]},                   'invalid_field', 'conversations'],
        ['resuming from "1"',          {type => 'resume', conversations => {$id => '1'}},            'invalid_field', 'conversations'],
        ['resuming from -1',           {type => 'resume', conversations => {$id => -1}},             'invalid_field', 'conversations'],
        ['resuming "x"',               {type => 'resume', conversations => {x => 1}},                'invalid_field', 'conversations'],
    );
    $_->come for values %ws;
    for my $case (@bad) {
        my ($what, $frame, $code, @fields) = @$case;
        my $error;

        if (ref $frame) {
            is_refused $ws->ask({%$frame, ref => $what}), [$what, 400, $code, @fields], $what;
            next;
        }
        $ws->send(ChatTest::WebSocket::TEXT(), $frame);
        is_refused $ws->await('error'), [undef, 400, $code], $what;
    }
    my $none = 1 + sql('select max(id) from chat.conversations')->{max};
    for my $id ($none + 1000, $other->{id}, '9223372036854775807') {
        is_refused $ws->ask({type => $_, conversation_id => $id, content => 'x', is_typing => $true, ref => $_}),
            [$_, 404, 'not_found'], "$_ in conversation $id" for qw(send read typing);
    }
    nothing_more('and nobody hears of it');
};

subtest 'refs' => sub {
    for my $ref ('', 'x', 0, -1, 7, 9_007_199_254_740_993, "\x{1F600} <>", 'r' x 64, '"resume"') {
        is $phone->ask({type => 'shout', ref => $ref})->{ref}, $ref, "'$ref' comes back";
    }
    for my $ref (undef, $true, [1], {a => 1}) {
        $phone->say({type => 'shout', ref => $ref});
        is $phone->await('error')->{ref}, undef, 'what is neither string nor number does not';
    }
    $phone->say({type => 'shout', ref => 1.5});
    is $phone->await('error')->{ref}, 1.5, 'a fraction is a number';
};

subtest 'old clients' => sub {
    my $ack = $phone->ask({type => 'send', conversation_id => "$talk->{id}", content => 'ids as strings', more => [1]});
    is $ack->{type}, 'ack', 'an id may be a string, and unknown members are passed over';
    $_->await_message($ack->{message}{id}) for @ws{@entitled};
    nothing_more();
};

subtest 'sending the same twice' => sub {
    my $once  = $phone->post($talk, 'the first', client_id => 'k1');
    my $again = $phone->post($talk, 'something else', client_id => 'k1');

    is_deeply $again->{message}, $once->{message}, 'gives the same message';
    is $once->{message}{client_id}, 'k1', 'with its name';
    is_deeply $ws{'Ada, laptop'}->post($talk, 'x', client_id => 'k1')->{message}, $once->{message}, 'from another device';
    is_deeply say($talk, 'x', client_id => 'k1')->json->{message}, $once->{message}, 'by REST';
    my $posted = say($talk, 'by REST first', client_id => 'k2');
    is $posted->code, 201, 'by REST first';
    is_deeply $phone->post($talk, 'x', client_id => 'k2')->{message}, $posted->json->{message}, 'then by socket';
    my $own = $office->post($talk, 'of somebody else', client_id => 'k1')->{message};
    isnt $own->{id}, $once->{message}{id}, 'the same name of somebody else is another message';

    my @sockets = @ws{'Ada, phone', 'Ada, laptop'};
    for my $ws (@sockets) {
        $ws->write(join '', map { command({type => 'send', ref => "race $_", conversation_id => $talk->{id}, content => 'x', client_id => 'k3'}) } 1 .. 20);
    }
    my %ids;
    for my $ws (@sockets) {
        for my $n (1 .. 20) {
            my $ack = $ws->await('ack', sub { $_->{ref} eq "race $n" });
            $ids{$ack ? $ack->{message}{id} : 'none'}++;
        }
    }
    is_deeply [values %ids], [40], '40 in a race are one';
    my @ids = ($once->{message}{id}, $posted->json->{message}{id}, $own->{id}, keys %ids);
    is ids_until($ws{$_}, $ids[-1]), "@ids", "$_ hears each once" for @entitled;
    nothing_more();
};

sub command { return ChatTest::WebSocket::frame(ChatTest::WebSocket::TEXT(), Cpanel::JSON::XS->new->utf8->encode($_[0])) }

subtest 'in the order they were sent' => sub {
    my $mine = conversation(member('Bea'), $church);
    my $ws   = ChatTest::Live->of($mine->{member});
    $ws->write(join '', map { command({type => 'send', ref => $_, conversation_id => $mine->{id}, content => "number $_"}) } 1 .. 100);

    my @acks = map { $ws->await('ack') // {} } 1 .. 100;
    is join(' ', map { $_->{ref} // 'none' } @acks), join(' ', 1 .. 100), '100 at once are answered in order';
    is join(' ', map { $_->{message}{seq} // 'none' } @acks), join(' ', 1 .. 100), 'and numbered so';
    is join(' ', map { $_->{message}{content} =~ /(\d+)/ } @acks), join(' ', 1 .. 100), 'each with its text';
    my @heard = map { $ws->await('message') // {} } 1 .. 100;
    is join(' ', map { $_->{message}{seq} // 'none' } @heard), join(' ', 1 .. 100), 'and heard so';
    @heard = map { $ws{Colin}->await('message') // {} } 1 .. 100;
    is join(' ', map { $_->{message}{seq} // 'none' } @heard), join(' ', 1 .. 100), 'by the staff, too';

    $ws->write(join '', map { command($_) } (
        {type => 'send', ref => 'a', conversation_id => $mine->{id}, content => 'one'},
        {type => 'shout', ref => 'b'},
        {type => 'resume', ref => 'c', conversations => {$mine->{id} => 99}},
        {type => 'read', ref => 'd', conversation_id => $other->{id}},
        {type => 'send', ref => 'e', conversation_id => $mine->{id}, content => 'two'},
        {type => 'typing', ref => 'f', conversation_id => $mine->{id}},
    ));
    my @answers = map { $ws->_take_first(sub { $_->{type} =~ /^(?:ack|error|resumed)$/ }) // {} } 1 .. 6;
    is join(' ', map {"$_->{ref}:$_->{type}"} @answers), 'a:ack b:error c:resumed d:error e:ack f:error', 'all kinds';
    $ws->leave;
    $_->come for values %ws;
};

subtest 'limits' => sub {
    my $lea  = member('Lea');
    my $mine = conversation($lea, $church);
    my $ws   = ChatTest::Live->of($lea, at('strict'));

    is $ws->post($mine, $_)->{type}, 'ack', 'two may be sent' for 'one', 'two';
    my $error = $ws->post($mine, 'three', ref => 3);
    cmp_ok $error->{retry_after} // 0, '>', 0, 'then one has to wait';
    cmp_ok $error->{retry_after} // 0, '<=', 3600, 'not for ever';
    delete $error->{retry_after};
    is_refused $error, [3, 429, 'rate_limited'], 'is told so';
    is say($mine, 'four', at('strict'))->code, 429, 'REST counts, too';
    $error = ChatTest::Live->of($lea, at('strict'))->post($mine, 'five');
    is $error->{status}, 429, 'and so does another socket';
    is $ws->post($mine, 'x' x 11, ref => 5)->{status}, 429, 'before anything else is looked at';

    my $typing = {type => 'typing', conversation_id => $mine->{id}, is_typing => $true};
    $ws->say($typing);
    is $ws->ask($typing)->{status}, 429, 'typing has a limit';
    $ws->say({type => 'read', conversation_id => $mine->{id}});
    is $ws->ask({type => 'read', conversation_id => $mine->{id}})->{status}, 429, 'reading, too, and resuming counts as that';

    my $keyed = sub { my ($key) = @_; my %at = at('keyed'); $at{headers}{'X-Key'} = $key; ChatTest::Live->of($lea, %at) };
    my $first = $keyed->('a');
    is $first->post($mine, 'one')->{type}, 'ack', 'a key of the handshake';
    is $first->post($mine, 'two')->{status}, 429, 'counts for its socket';
    is $keyed->('a')->post($mine, 'two')->{status}, 429, 'and for others with the same one';
    is $keyed->('b')->post($mine, 'two')->{type}, 'ack', 'but not for those with another';

    my $dry = ChatTest::Live->of($lea, at('dry'));
    is $dry->post($mine, "dry $_")->{type}, 'ack', 'a dry run refuses nothing' for 1 .. 3;
    is scalar(() = $ruled->said =~ /socket: the rate limit \S+ would refuse this \(dry run\)/g), 2, 'and the log tells what it would';
};

subtest 'another name is seen at once' => sub {
    $_->come for values %ws;
    sql('update chat.users set display_name = ? where id = ?', 'Ada Newly', $ada->id);
    for my $name (grep {/Carol|Colin/} @entitled) {
        my $frame = $ws{$name}->await('conversation', sub { $_->{conversation}{id} == $talk->{id} });
        is $frame && $frame->{conversation}{church_name}, 'Ada Newly', "$name sees that of the member";
    }
    sql('update chat.churches set name = ? where id = ?', 'Home Again', $church->{id});
    for my $name (grep {/Ada/} @entitled) {
        my $frame = $ws{$name}->await('conversation', sub { $_->{conversation}{id} == $talk->{id}
            && $_->{conversation}{church_name} eq 'Home Again' });
        ok $frame, "$name sees that of the church";
    }
    is get($carol, "conversations/$talk->{id}/")->json->{conversation}{church_name}, 'Ada Newly', 'as REST says';
    $_->come for values %ws;
};

subtest 'what is deleted or changed' => sub {
    my @ids = map { say($talk, "to go $_", as => $carol)->json->{message}{id} } 1 .. 3;
    $_->await_message($ids[2]) for @ws{@entitled};
    $_->come for values %ws;
    my $cached = sub { return map { scalar get($_, "$talk->{path}messages/?limit=3")->json->{messages}[-1]{id} } $ada, $colin };
    is_deeply [$cached->()], [$ids[2], $ids[2]], 'there are three';

    sql('delete from chat.messages where conversation_id = ? and id = any (?)', $talk->{id}, [@ids[0, 2]]);
    for my $name (@entitled) {
        is_deeply $ws{$name}->await('message_deleted'), {type => 'message_deleted', conversation_id => $talk->{id}, message_ids => [@ids[0, 2]]},
            "$name hears which messages were deleted";
    }
    is_deeply [$cached->()], [$ids[1], $ids[1]], 'and no answer shows them any more';
    my $shown = get($ada, $talk->{path})->json->{conversation};
    is $shown->{last_message}, 'to go 2', 'the one before is the last';
    my $seq = sql('select max(seq) - 1 as seq from chat.messages where conversation_id = ? and id = ?', $talk->{id}, $ids[1])->{seq};
    $phone->come;
    $phone->say({type => 'resume', conversations => {$talk->{id} => $seq}, ref => 'r'});
    is $phone->await('resumed')->{ref}, 'r', 'a resume goes past what is gone';
    my $next = $phone->post($talk, 'afterwards')->{message};
    is $next->{seq}, $seq + 3, 'numbers are not given again';
    $_->await_message($next->{id}) for @ws{@entitled};

    sql("update chat.messages set flag = 'links', has_attachment = true where conversation_id = ? and id = ?", $talk->{id}, $ids[1]);
    sql("insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
         values (?, ?, 'a.txt', 'other', 'text/plain', 1, sha256('a'))", $talk->{id}, $ids[1]);
    sql('delete from chat.attachments where conversation_id = ? and message_id = ?', $talk->{id}, $ids[1]);
    for my $name (@entitled) {
        my $frame = $ws{$name}->await('message_changed');
        my ($message) = grep { $_->{id} == $ids[1] } @{messages_of($talk, as => $ws{$name}->person)};
        is_deeply $frame, {type => 'message_changed', message => $message}, "$name hears what has become of a message without its file";
        is $message->{attachment}, undef, 'it has none';
    }

    my $gone   = conversation(member('Gil'), $church);
    my $gils   = ChatTest::Live->of($gone->{member});
    is say($gone, 'soon gone')->code, 201, 'another conversation';
    $ws{Colin}->await('message', sub { $_->{message}{conversation_id} == $gone->{id} });
    my $before = get($colin, 'conversations/unread/')->json;
    sql('delete from chat.conversations where id = ?', $gone->{id});
    for my $who ($gils, $ws{Colin}) {
        is_deeply $who->await('conversation_deleted'), {type => 'conversation_deleted', conversation_id => $gone->{id}}, 'is deleted';
        my $frame = $who->await('notification', sub { !$_->{notification} });
        ok $frame, 'and the counts are told';
        is $frame->{unread_conversations}, $who == $gils ? 0 : $before->{unread_conversations} - 1, 'without it';
    }
    is get($gone->{member}, $gone->{path})->code, 404, 'it is not there any more';
    $gils->leave;
    $_->come for values %ws;
    is scalar(grep { $_->{type} eq 'conversation_deleted' } map {@$_} ChatTest::Live->until_fence(@ws{@outsiders})), 0, 'outsiders hear nothing';
};

is_deeply [$ruled->unexpected], [], 'the log of the other httpd is quiet';
$_->leave for values %ws;
done_testing;
