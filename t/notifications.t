use ChatTest;
use ChatTest::Httpd ();

# Notifications over REST: derived from what is unread, marked by each reader for themselves.
my $church = church('The Parish');
my $carol  = staff_of($church, 'Carol');
my $colin  = staff_of($church, 'Colin');
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);

my %nothing = (unread_messages => 0, unread_conversations => 0);
my %none = (notifications => [], unread_count => 0, %nothing, as_member => \%nothing, next => undef);

sub ids { return [map { $_->{id} } @{$_[0]{notifications}}] }
sub mark { my ($person, $json, %options) = @_; return post($person, 'notifications/read/', $json, %options) }

subtest 'nothing yet' => sub {
    is_deeply notifications_of(member()), \%none, 'an empty list';
};

subtest 'what each side is told of a conversation' => sub {
    my $ada   = member('Ada');
    my $talk  = conversation($ada, $church);
    my @said  = map { say($talk, $_)->json->{message} } 'one', 'two', ('ä😀' x 100);
    my $reply = say($talk, 'an <b>answer</b>', as => $carol)->json->{message};

    is_deeply notifications_of($carol), {notifications => [{
        id => $talk->{id}, kind => 'message', title => 'Ada', body => substr('ä😀' x 100, 0, 140),
        link => "/api/conversations/$talk->{id}/", conversation_id => $talk->{id}, count => 3,
        created_at => $said[0]{created_at}, updated_at => $said[2]{created_at}, read_at => undef}],
        unread_count => 1, unread_messages => 3, unread_conversations => 1, as_member => \%nothing, next => undef}, 'staff: the member, what they wrote last, how much, and since when';
    is_deeply notifications_of($ada), {notifications => [{
        id => $talk->{id}, kind => 'message', title => 'The Parish', body => 'an <b>answer</b>',
        link => "/api/conversations/$talk->{id}/", conversation_id => $talk->{id}, count => 1,
        created_at => $reply->{created_at}, updated_at => $reply->{created_at}, read_at => undef}],
        unread_count => 1, unread_messages => 1, unread_conversations => 1,
        as_member => {unread_messages => 1, unread_conversations => 1}, next => undef}, 'the member: the church';
    is_deeply notifications_of($colin), notifications_of($carol), 'fellow staff the same';

    is post($carol, "$talk->{path}read/", {up_to => $said[0]{id}})->json->{marked_read}, 1, 'one is read';
    my ($row) = @{notifications_of($colin)->{notifications}};
    is "$row->{count} $row->{created_at}", "2 $said[0]{created_at}", 'two are left, and it began when it began';
    is read_all($talk, as => $colin)->json->{marked_read}, 2, 'a fellow reads the rest';
    is_deeply notifications_of($carol), \%none, 'then there is none';
    is notifications_of($ada)->{unread_count}, 1, 'the other side has its own';
    my $anew = say($talk, 'three')->json->{message};
    is notifications_of($carol)->{notifications}[0]{created_at}, $anew->{created_at}, 'a new message begins anew';
    read_all($talk, as => $carol);
};

subtest 'marking' => sub {
    my @talks = map { conversation(member("Person $_"), $church) } 1 .. 4;
    say($_, 'hello') for @talks;
    is_deeply ids(notifications_of($carol)), [reverse map { $_->{id} } @talks], 'the newest first';

    my $before = get($carol, 'notifications/');
    is_deeply mark($carol, {ids => [$talks[1]{id}]})->json, {success => $true, marked_read => 1}, 'one';
    my $after = get($carol, 'notifications/', headers => {'If-None-Match' => $before->header('ETag')});
    is $after->code, 200, 'with another ETag';
    my ($marked) = grep { $_->{id} == $talks[1]{id} } @{$after->json->{notifications}};
    ok $marked->{read_at} && $marked->{read_at} ge $marked->{updated_at}, 'it stays in the list, with read_at';
    is $after->json->{unread_count}, 3, 'and is not counted';
    is get($carol, 'notifications/', headers => {'If-None-Match' => $after->header('ETag')})->code, 304, 'then all is as it was';
    is notifications_of($colin)->{unread_count}, 4, 'not by others';
    is get($carol, "$talks[1]{path}")->json->{conversation}{unread_count}, 1, 'the message is unread as before';
    is mark($carol, {ids => [$talks[1]{id}]})->json->{marked_read}, 0, 'once is enough';
    is mark($carol, {ids => [map { "00$_->{id}" } @talks[1, 2, 2]]})->json->{marked_read}, 1, 'each once, and as strings';

    say($talks[1], 'more');
    my ($voided) = @{notifications_of($carol)->{notifications}};
    is_deeply [@$voided{qw(id count read_at body)}], [$talks[1]{id}, 2, undef, 'more'], 'a newer message: on top, and not marked';
    say($talks[2], 'an answer', as => $colin);
    is notifications_of($carol)->{unread_count}, 3, 'an answer of the own side changes nothing';
    is_deeply mark($carol, {all => $true})->json, {success => $true, marked_read => 3}, 'all that were left';
    is_deeply [@{notifications_of($carol)}{'unread_count'}, scalar @{notifications_of($carol)->{notifications}}], [0, 4], 'all are in the list still';
    is mark($carol, {all => $true})->json->{marked_read}, 0, 'then there is nothing to mark';
    read_all($_, as => $colin) for @talks[0, 1];
    is @{notifications_of($carol)->{notifications}}, 2, 'reading, by whomever, takes them away';
    say($talks[0], 'again');
    is notifications_of($carol)->{unread_count}, 1, 'and what comes then is new';
    read_all($_, as => $carol) for @talks;
};

subtest 'of others' => sub {
    my $talk  = conversation(member('Ada'), $church);
    my $other = conversation(member('Ben'), church());
    say($_, 'hello') for $talk, $other;

    is mark($carol, {ids => [$other->{id}, 9_000_000_000_000_000_000]})->json->{marked_read}, 0, 'is not marked, nor is nothing';
    is mark($talk->{member}, {ids => [$talk->{id}]})->json->{marked_read}, 0, 'nor what one wrote oneself';
    is mark($carol, {ids => [$other->{id}, $talk->{id}]})->json->{marked_read}, 1, 'but what is one\'s own among them';
    my $gone = staff_of($church, 'Gone');
    is notifications_of($gone)->{unread_count}, 1, 'who is staff is told';
    mark($gone, {all => $true});
    sql('delete from chat.church_staff where user_id = ?', $gone->id);
    is_deeply notifications_of($gone), \%none, 'who is not any more, is not, whatever they marked';
    read_all($talk, as => $carol);
};

subtest 'staff who wrote to their own church' => sub {
    my $eve = member('Eve');
    my $own = conversation($eve, $church);

    staff_of($church, $eve);
    say($own, 'hello');
    is notifications_of($eve)->{unread_count}, 0, 'are not told of what they wrote';
    is_deeply ids(notifications_of($carol)), [$own->{id}], 'fellows are';
    say($own, 'hello Eve', as => $carol);
    is_deeply [map { ($_->{title}, $_->{body}) } @{notifications_of($eve)->{notifications}}], ['The Parish', 'hello Eve'], 'the answer comes from the church';
    is notifications_of($eve)->{unread_count}, 1, 'and counts once';
    is mark($eve, {all => $true})->json->{marked_read}, 1, 'marked as the member that she is there';
    is notifications_of($eve)->{unread_count}, 0, 'is marked';
    read_all($own, as => $carol);
};

subtest 'pages' => sub {
    my $inbox = church('Inbox');
    my $dave  = staff_of($inbox, 'Dave');
    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', church('Second')->{id}, $dave->id);
    my $second = sql('select church_id as id from chat.church_staff where user_id = ? and church_id <> ?', $dave->id, $inbox->{id});
    my $as_member = conversation($dave, $church);
    my @talks = map { conversation(member("Person $_"), $_ % 3 ? $inbox : $second) } 1 .. 11;
    say($_, 'hello') for @talks[0 .. 5];
    say($as_member, 'welcome', as => $carol);
    say($_, 'hello') for @talks[6 .. 10];
    my @wanted = map { $_->{id} } reverse @talks[0 .. 5], $as_member, @talks[6 .. 10];
    say($talks[0], 'on my way', as => $dave); # moves the conversation in its list, and not here
    is mark($dave, {ids => [$wanted[3]]})->json->{marked_read}, 1, 'one is marked';

    for my $limit (1, 5, 6, 11, 12, 200) {
        my ($next, @seen, $pages) = ("/api/notifications/?limit=$limit");

        while ($next && ++$pages < 20) {
            my $page = get($dave, $next)->json;
            push @seen, @{$page->{notifications}};
            is $page->{unread_count}, 11, "limit $limit, page $pages: the number is that of all pages";
            $next = $page->{next};
            like $next, qr{^/api/notifications/\?limit=$limit&cursor=}, 'next' if $next;
        }
        is_deeply [map { $_->{id} } @seen], \@wanted, 'each once, the newest first';
        is $pages, POSIX::ceil(12 / $limit), 'and no page too many';
        is_deeply [map { $_->{updated_at} } @seen], [sort { $b cmp $a } map { $_->{updated_at} } @seen], 'by time';
    }
    my $first = notifications_of($dave, 'limit=4');
    say($talks[0], 'meanwhile');
    my @rest = @{get($dave, $first->{next})->json->{notifications}};
    is_deeply [map { $_->{id} } @rest], [@wanted[4 .. 7]], 'what moves to the top meanwhile comes in no other place twice';
    like notifications_of($dave, 'limit=1', root => '/app/api', site => 'roots')->{next}, qr{^/app/api/notifications/\?}, 'next is under the root asked';
    is get($dave, 'notifications')->code, 200, 'without the slash';
};

subtest 'the number is that of rows without read_at, whatever happened' => sub {
    my $busy  = church('Busy');
    my @staff = map { member("Staff $_") } 1 .. 2;
    my @talks = map { conversation($_ ? member("M$_") : $staff[1], $busy) } 0 .. 5;
    staff_of($busy, $_) for @staff;

    srand 7;
    for my $n (1 .. 60) {
        my $talk = $talks[rand @talks];
        my $who  = $staff[0];
        my $do   = int rand 6;
        if    ($do < 2)  { say($talk, "n$n") }
        elsif ($do == 2) { say($talk, "n$n", as => $who) }
        elsif ($do == 3) { read_all($talk, as => rand() < 0.5 ? $who : $talk->{member}) }
        elsif ($do == 4) { mark($staff[rand 2], {ids => [map { $_->{id} } @talks[grep { rand() < 0.5 } 0 .. 5], $talk]}) }
        else             { mark($staff[rand 2], {all => $true}) if rand() < 0.3 }
        my @wrong = grep {
            my $list = notifications_of($_);
            my %unread = map { $_->{id} => $_->{unread_count} } @{get($_, 'conversations/?unread=1')->json->{conversations}};
            my %count  = map { $_->{id} => $_->{count} } @{$list->{notifications}};
            $list->{unread_count} != grep({ !$_->{read_at} } @{$list->{notifications}})
                || join(' ', map {"$_:$unread{$_}"} sort keys %unread) ne join(' ', map {"$_:$count{$_}"} sort keys %count);
        } @staff, $talks[1]{member};
        is scalar @wrong, 0, "after step $n" or last if @wrong || $n == 60;
    }
};

subtest 'what must not be asked' => sub {
    my %wrong = (limit => [qw(0 -1 201 x 1.5)], cursor => ['x', 'AAAA', 'a' x 500, '%00']);
    for my $name (sort keys %wrong) {
        for my $value (@{$wrong{$name}}) {
            my $answer = get($carol, "notifications/?$name=$value");
            is $answer->code, 400, "$name=" . substr $value, 0, 20;
            is_deeply $answer->fields, [$name], 'the field is named' if $value !~ /%00/;
        }
    }
    my @bodies = (
        [ids => {}], [ids => {ids => []}], [ids => {ids => [1 .. 201]}], [ids => {ids => 1}], [ids => {ids => '1'}],
        [ids => {ids => undef}], [ids => {ids => [0]}], [ids => {ids => [-1]}], [ids => {ids => [1, 'x']}], [ids => {ids => [1, undef]}],
        [ids => {ids => [[1]]}], [ids => {ids => [1.5]}], [ids => {ids => ['9223372036854775808']}], [ids => {ids => {1 => 1}}],
        [ids => {ids => [$true]}], [all => {all => $false}], [all => {all => 1}], [all => {all => 'true'}], [all => {all => undef}],
        [ids => {all => $true, ids => [1]}], [all => {all => $false, ids => [1]}],
    );
    for my $body (@bodies) {
        my ($field, $json) = @$body;
        my $answer = mark($carol, $json);
        is $answer->code, 400, substr Cpanel::JSON::XS->new->canonical->encode($json), 0, 60;
        is_deeply $answer->fields, [$field], "names $field";
    }
    is mark($carol, {ids => [1 .. 200]})->code, 200, '200 are not too many';
    is mark($carol, {ids => [1], colour => 'blue'})->code, 200, 'unknown members are nobody\'s fault';
    is ask($carol, POST => 'notifications/read/')->code, 415, 'no body and no type';
    is ask($carol, POST => 'notifications/read/', body => '[1]', type => 'application/json')->code, 400, 'no object';
    is get($carol, "notifications/$_")->code, 404, "no such path: $_" for qw(1/ nothing/ read/1/ preferences/1/);
    is get($carol, 'notifications/read/')->code, 405, 'not by GET';
    is get($carol, 'notifications/read/')->header('Allow'), 'OPTIONS, POST', 'but by POST';
    is ask(undef, POST => 'notifications/read/', json => {all => $true})->code, 401, 'not by nobody';
    is mark($carol, {all => $true}, headers => {'Sec-Fetch-Site' => 'cross-site'})->code, 403, 'not from a foreign page';
    is mark($carol, {all => $true}, headers => {Cookie => 'session=x', Origin => site()})->code, 403, 'nor by a browser without its token';
    is_deeply notifications_of(stranger(), undef, statements => [2, 3]), \%none, 'who was never seen has none';
};

subtest 'where it leads to' => sub {
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<'END');
ChatNotificationLink /messages?c={conversation_id}&again={conversation_id}#{conversation}
ChatRateLimit read 2/1h
<VirtualHost *:@port@>
    ServerName inherits.test
</VirtualHost>
<VirtualHost *:@port@>
    ServerName own.test
    ChatNotificationLink https://www.example.org/chat/{conversation_id}
</VirtualHost>
END
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $talk = conversation(member('Ada'), $church);
    my $id   = $talk->{id};
    say($talk, 'hello');
    my $link = sub { notifications_of($carol, undef, site => $httpd->url, headers => {Host => "$_[0].test"})->{notifications}[0]{link} };
    is $link->('inherits'), "/messages?c=$id&again=$id#{conversation}", 'as the server says';
    is $link->('own'), "https://www.example.org/chat/$id", 'or the virtual host';
    is notifications_of($carol, undef, site => 'roots', root => '/app/api')->{notifications}[0]{link}, "/api/conversations/$id/",
        'else the conversation under the first root';
    is mark($carol, {ids => [$id]}, site => $httpd->url)->code, 200, 'marking' for 1 .. 2;
    is mark($carol, {ids => [$id]}, site => $httpd->url)->code, 429, 'has the limit of reading';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
    read_all($talk, as => $carol);
};

subtest 'a link that leads nowhere' => sub {
    for my $wrong ('messages/{conversation_id}', 'ftp://x/', '"javascript:alert(1)"', '"/a b"') {
        my ($is_fine, $words) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatNotificationLink $wrong\n")->configtest;
        ok !$is_fine, "$wrong is refused";
        like $words, qr/ChatNotificationLink: .*(?:must begin with|write %20)/, 'with a reason';
    }
};

done_testing;
