use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Mojo::JSON ();
use Time::HiRes qw(time sleep);

# Frames of notifications: to all sockets of whom they concern and to no other, after the frame of what
# happened, with the row and the number that notifications/ tells at that moment.
my $true   = Cpanel::JSON::XS::true;
my @counts = qw(unread_count unread_messages unread_conversations as_member version);
my $church = church('Home');
my $ada    = member('Ada');
my $carol  = staff_of($church, 'Carol');
my $colin  = staff_of($church, 'Colin');
my $dave   = staff_of(church('Away'), 'Dave');
my $talk   = conversation($ada, $church);

my %ws = (
    'Ada, phone'    => ChatTest::Live->of($ada),
    'Ada, laptop'   => ChatTest::Live->of($ada),
    'Carol, office' => ChatTest::Live->of($carol),
    'Carol, home'   => ChatTest::Live->of($carol),
    'Colin'         => ChatTest::Live->of($colin),
    'Dave'          => ChatTest::Live->of($dave),
);
my @staff  = grep {/Carol|Colin/} sort keys %ws;
my @member = grep {/Ada/} sort keys %ws;

sub mark { my ($person, $json, %options) = @_; return post($person, 'notifications/read/', $json, %options) }

# Each of these sockets is told that, and of what REST tells then.
sub are_told
{
    my ($what, $names, %wanted) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $name (@$names) {
        my $frame = $ws{$name}->await('notification') // {};
        my $list  = get($ws{$name}->person, 'notifications/')->json;
        my $about = $frame->{notification} // {};
        my ($row) = grep { $_->{id} == ($about->{id} // 0) } @{$list->{notifications}};

        is_deeply {map { $_ => $about->{$_} } sort keys %wanted}, \%wanted, "$what: $name";
        is_deeply [@$frame{@counts}], [@$list{@counts}], 'with the numbers that REST tells, and their version';
        is_deeply $about, $row, 'and the row' if $about->{count};
    }
    return;
}

sub is_all_marked
{
    my ($ws, $what) = @_;
    my $list = get($ws->person, 'notifications/')->json;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply $ws->await('notification'), {type => 'notification', notification => undef, map { $_ => $list->{$_} } @counts}, $what;
    is $list->{unread_count}, 0, 'none is left';
    return;
}

# Nobody was told anything but that: a last notification of each has come, and nothing before it.
sub nothing_more
{
    my ($what) = @_;
    my %more;

    for my $name (sort keys %ws) {
        my $more = more($ws{$name});
        $more{$name} = $more if @$more;
    }
    is_deeply \%more, {}, $what // 'once, and nothing more';
}

sub more
{
    my ($ws)   = @_;
    my $person = $ws->person;
    my $fence  = $person->{notified} //= do {
        my $fence = conversation($person, church('Fence'));
        +{%$fence, staff => staff_of($fence->{church}, 'Fence')};
    };

    say($fence, 'fence', as => $fence->{staff});
    my @more;
    while (my $frame = $ws->await('notification')) {
        last if $frame->{notification} && $frame->{notification}{id} == $fence->{id} && $frame->{notification}{count};
        push @more, $frame;
    }
    read_all($fence, as => $person);
    $_->await('notification', sub { (($_->{notification} // {})->{id} // 0) == $fence->{id} && !$_->{notification}{count} })
        for grep { $_->person == $person } values %ws;
    $_->{notifications} = [grep { (($_->{notification} // {})->{id} // 0) != $fence->{id} } @{$_->{notifications}}] for values %ws;
    return \@more;
}

subtest 'a message' => sub {
    my $long = say($talk, 'ä<b>😀' x 60)->json->{message};
    are_told('a member wrote', \@staff, id => $talk->{id}, kind => 'message', title => 'Ada', body => substr('ä<b>😀' x 60, 0, 140), count => 1,
        link => "/api/conversations/$talk->{id}/", conversation_id => $talk->{id}, created_at => $long->{created_at},
        updated_at => $long->{created_at}, read_at => undef);
    my $more = $ws{'Ada, phone'}->post($talk, 'more')->{message};
    are_told('again, by socket', \@staff, title => 'Ada', body => 'more', count => 2, created_at => $long->{created_at},
        updated_at => $more->{created_at}, read_at => undef);
    nothing_more('nobody else is told');

    my $answer = $ws{'Carol, home'}->post($talk, 'an answer')->{message};
    are_told('staff wrote', \@member, title => 'Home', body => 'an answer', count => 1, updated_at => $answer->{created_at}, read_at => undef);
    nothing_more('nobody else is told');
};

subtest 'reading' => sub {
    my @unread = grep { !$_->{is_read} && $_->{sender_name} eq 'Ada' } @{messages_of($talk, as => $carol)};
    is @unread, 2, 'two are unread';
    is post($carol, "$talk->{path}read/", {up_to => $unread[0]{id}})->json->{marked_read}, 1, 'one is read';
    are_told('one is left', \@staff, count => 1, body => 'more', created_at => $unread[0]{created_at}, read_at => undef);
    nothing_more('the other side is not told');

    $ws{Colin}->say({type => 'read', conversation_id => $talk->{id}});
    my $read = $ws{Colin}->await('read', sub { $_->{up_to} == $unread[1]{id} })->{read_at};
    are_told('all is read', \@staff, id => $talk->{id}, count => 0, title => 'Ada', body => 'more', created_at => $unread[1]{created_at},
        updated_at => $unread[1]{created_at}, read_at => $read);
    is notifications_of($ada)->{unread_count}, 1, 'the member has theirs still';
    read_all($talk);
    are_told('the member reads', \@member, count => 0, title => 'Home', body => 'an answer');
    read_all($talk);
    nothing_more('when all is read nothing is told');
    say($talk, 'x' x 70 . 'ä😀' x 70);
    are_told('a long one', \@staff, body => 'x' x 70 . 'ä😀' x 35);
    read_all($talk, as => $carol);
    are_told('is as long when it is read', \@staff, body => 'x' x 70 . 'ä😀' x 35, count => 0);
    nothing_more();
};

subtest 'marking' => sub {
    my @talks = map { conversation(member("Person $_"), $church) } 1 .. 3;
    for my $one (@talks) {
        say($one, 'hello');
        are_told('a message', \@staff, id => $one->{id}, count => 1);
    }
    my @carol = grep {/Carol/} @staff;
    is mark($carol, {ids => [$talks[1]{id}]})->json->{marked_read}, 1, 'one is marked';
    my $at = (grep { $_->{id} == $talks[1]{id} } @{notifications_of($carol)->{notifications}})[0]{read_at};
    ok $at, 'at a time';
    are_told('who marked it is told', \@carol, id => $talks[1]{id}, count => 1, read_at => $at);
    nothing_more('and nobody else');
    is mark($carol, {ids => [map { $_->{id} } @talks]})->json->{marked_read}, 2, 'two more';
    for my $name (@carol) {
        my @frames = map { $ws{$name}->await('notification') } 1 .. 2;
        is_deeply [sort map { $_->{notification}{id} } @frames], [sort map { $_->{id} } @talks[0, 2]], "$name: a frame for each";
        is_deeply [map { $_->{unread_count} } @frames], [0, 0], 'with the number that is left';
        is scalar(grep { $_->{notification}{read_at} } @frames), 2, 'and read_at';
    }
    nothing_more();

    say($talks[1], 'more');
    are_told('a newer message takes the mark away', \@staff, id => $talks[1]{id}, count => 2, read_at => undef);
    is mark($carol, {all => $true})->json->{marked_read}, 1, 'all are marked';
    for my $name (@carol) {
        is_all_marked($ws{$name}, "$name: one frame for all");
    }
    is mark($carol, {all => $true})->json->{marked_read}, 0, 'again';
    is mark($carol, {ids => [$talk->{id}, $talks[0]{id}]})->json->{marked_read}, 0, 'or of what is not unread';
    nothing_more('is not told');

    my ($first) = @{messages_of($talks[1], as => $colin)};
    post($colin, "$talks[1]{path}read/", {up_to => $first->{id}});
    my $marked = (grep { $_->{id} == $talks[1]{id} } @{notifications_of($carol)->{notifications}})[0]{read_at};
    are_told('where one of two is read, her mark stays', \@carol, id => $talks[1]{id}, count => 1, read_at => $marked);
    are_told('and a colleague has none', ['Colin'], id => $talks[1]{id}, count => 1, read_at => undef);
    read_all($_, as => $colin) for @talks;
    for my $name (@staff) {
        my @frames = map { $ws{$name}->await('notification') } @talks;
        is scalar(grep { $_->{notification}{count} == 0 && $_->{notification}{read_at} } @frames), 3, "$name: all are read";
        is $frames[2]{unread_count}, notifications_of($ws{$name}->person)->{unread_count}, 'none is left';
    }
    nothing_more();
};

subtest 'order' => sub {
    my $ws = local $ws{third} = ChatTest::Live->of($carol);
    more($ws);
    my $types = sub { map { (Mojo::JSON::decode_json($ws->message // '{}'))->{type} // 'nothing' } 1 .. $_[0] };
    say($talk, 'first');
    is join(' ', $types->(2)), 'message notification', 'the message comes first';
    read_all($talk, as => $colin);
    is join(' ', $types->(2)), 'read notification', 'and the receipt';
    $ws->leave;
    delete $ws{third};
    more($_) for values %ws;
};

subtest 'staff who write to their own church' => sub {
    my $eve = member('Eve');
    my $own = conversation($eve, $church);
    staff_of($church, $eve);
    local $ws{Eve} = ChatTest::Live->of($eve);

    say($own, 'as a member');
    are_told('fellows are told', \@staff, id => $own->{id}, title => 'Eve', count => 1);
    say($own, 'hello Eve', as => $carol);
    are_told('she is, as the member that she is there', ['Eve'], id => $own->{id}, title => 'Home', count => 1);
    mark($eve, {all => $true});
    is_all_marked($ws{Eve}, 'she marks it');
    mark($carol, {ids => [$own->{id}]});
    are_told('a fellow does', [grep {/Carol/} @staff], id => $own->{id}, title => 'Eve');
    nothing_more();
    sql('delete from chat.church_staff where user_id = ?', $eve->id);
    say($talk, 'not for Eve');
    are_told('the others', \@staff, id => $talk->{id}, count => 1);
    is_deeply more($ws{Eve}), [], 'who is staff no more is not told';
    mark($_, {all => $true}) for $eve, $carol, $colin;
    $ws{Eve}->leave;
    delete $ws{Eve};
    read_all($_, as => $carol) for $own, $talk;
    more($_) for values %ws;
};

subtest 'a burst' => sub {
    my @talks = map { conversation(member("Burst $_"), $church) } 1 .. 5;
    together(map { my $talk = $talks[$_ % 5]; [$talk->{member}, POST => "$talk->{path}messages/", json => {content => "n $_"}] } 1 .. 60);
    for my $name (@staff) {
        my (%last, $unread);
        until (5 == grep { $_->{count} == 12 } values %last) {
            my $frame = $ws{$name}->await('notification') // last;
            $last{$frame->{notification}{id}} = $frame->{notification};
            $unread = $frame->{unread_count};
        }
        is_deeply [@last{map { $_->{id} } @talks}], [map { my $id = $_->{id}; grep { $_->{id} == $id } @{notifications_of($ws{$name}->person)->{notifications}} } @talks],
            "$name: at its end all is told as it is";
    }
    read_all($_, as => $colin) for @talks;
    $_->await('notification', sub { $_->{unread_count} == 0 && ($_->{notification}{count} // 1) == 0 }) for @ws{@staff};
    more($_) for values %ws;
};

subtest 'over children and hosts' => sub {
    my $link  = "ChatNotificationLink /messages/{conversation_id}\n";
    my $usual = ChatTest::Httpd->usual . 'ChatCache shmcb:lists(1000000)' . "\n$link";
    my $north = ChatTest::Httpd->new(conf => $usual);
    ok $north->start, 'another host starts' or diag $north->said;
    my @far = map { ChatTest::Live->of($carol, site => $north->url) } 1 .. 4; # so that each child has one
    $_->told for @far, values %ws;
    my %north = (site => $north->url, statements => undef);
    get($carol, 'conversations/', %north) for 1 .. 3;

    for my $where (undef, $north->url) {
        my $begin = time;
        say($talk, 'hello', site => $where);
        for my $ws (@far) {
            my $frame = $ws->await('notification') // {};
            is "$frame->{notification}{id} $frame->{notification}{count} $frame->{unread_count}", "$talk->{id} 1 1", 'a message';
            is $frame->{notification}{link}, "/messages/$talk->{id}", 'with the link of that host';
        }
        are_told('here', \@staff, id => $talk->{id}, count => 1, link => "/api/conversations/$talk->{id}/");
        mark($carol, {ids => [$talk->{id}]}, site => $where);
        ok +($_->await('notification') // {notification => {}})->{notification}{read_at}, 'a mark' for @far;
        are_told('here', [grep {/Carol/} @staff], id => $talk->{id}, count => 1);
        mark($colin, {all => $true}, site => $where);
        is_all_marked($ws{Colin}, 'all');
        post($colin, "$talk->{path}read/", undef, site => $where);
        is +($_->await('notification') // {notification => {count => 'none'}})->{notification}{count}, 0, 'reading' for @far;
        are_told('here', \@staff, id => $talk->{id}, count => 0);
        cmp_ok time - $begin, '<', 3 * slow(), sprintf 'within %.2f s', time - $begin;
    }
    my $list = get($carol, 'conversations/', %north);
    until_true { ($list = get($carol, 'conversations/', %north))->statements == 0 } 'a list is kept', 60;
    say($talk, 'seen by the list');
    until_true { get($carol, 'conversations/', %north)->json->{conversations}[0]{last_message} eq 'seen by the list' } 'and not for longer than it is true', 30;
    $_->leave for @far;
    read_all($talk, as => $carol);
    more($_) for values %ws;
    is_deeply [$north->unexpected], [], 'the log of the other host is quiet';
};

subtest 'without the second answer all begin anew' => sub {
    my $pg = ChatTest::PostgreSQL->new;
    $pg->migrate;
    my $own = ChatTest::Httpd->new(database => $pg->params);
    ok $own->start, 'a host with a database of its own' or diag $own->said;
    my %at = (site => $own->url, statements => undef);
    my $db = ChatTest::db($pg->params);
    get($_, 'conversations/', %at) for my ($ben, $eve) = (stranger('ben'), stranger('eve'));
    $db->do(q{insert into chat.churches (id, name) values (1, 'Abbey')});
    $db->do(q{insert into chat.church_staff (church_id, user_id) select 1, id from chat.users where username = 'eve'});
    my $id = post($ben, 'conversations/', {church_id => 1}, %at)->json->{conversation}{id};
    my $ws = ChatTest::Live->of($ben, site => $own->url);

    $db->do('alter table chat.notification_marks rename to marks');
    post($ben, "conversations/$id/messages/", {content => 'hello'}, %at);
    ok $ws->await('message'), 'who is not concerned hears the message';
    ok !$ws->await('resync', undef, 1.5), 'and nothing was asked';
    $ws->leave;
    $ws = ChatTest::Live->of($eve, site => $own->url);
    post($ben, "conversations/$id/messages/", {content => 'hello'}, %at);
    ok $ws->await('message'), 'the message is heard';
    ok $ws->await('resync'), 'and then that something may have been missed';
    $db->do('alter table chat.marks rename to notification_marks');
    sleep 1;
    $ws->come;
    until_true {
        post($ben, "conversations/$id/messages/", {content => 'again'}, %at);
        $ws->await('notification', undef, 1);
    } 'notifications come again', 15;
    $ws->leave;
    is scalar(grep { !/notification_marks/ } $own->unexpected), 0, 'the log says why';
    ok scalar($own->unexpected), 'the log says so';
    ChatTest::forget_db($pg->params);
};

$_->leave for values %ws;
done_testing;
