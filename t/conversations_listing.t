use ChatTest;
use ChatTest::WebSocket ();

my $church = church('The Parish');
my $carol  = staff_of($church, 'Carol');

sub list
{
    my ($person, $query, %options) = @_;

    return get($person, 'conversations/' . (length($query // '') ? "?$query" : ''), %options);
}
sub ids { return [map { $_->{id} } @{$_[0]->json->{conversations}}] }

subtest 'an empty list' => sub {
    my $list = list(member())->json;

    like delete $list->{epoch}, qr/^[0-9a-f]{16}$/, 'epoch';
    like delete $list->{sync}, qr/^s1\./, 'sync';
    is_deeply $list, {conversations => [], unread_count => 0, unread_messages => 0, unread_conversations => 0,
        as_member => {unread_messages => 0, unread_conversations => 0}, version => 0, next => undef},
        'nobody yet';
};

subtest 'a member and the staff see the same conversation each in their way' => sub {
    my $ada  = member('Ada', avatar_url => '/ada.png');
    my $talk = conversation($ada, $church);
    my $said = say($talk, 'good morning')->json->{message};

    my $mine = list($ada)->json;
    is @{$mine->{conversations}}, 1, 'one entry for the member';
    is $mine->{unread_count}, 0, 'own messages are not unread';
    my $entry = $mine->{conversations}[0];
    is $entry->{church_name}, 'The Parish', 'the church by name';
    is $entry->{church_avatar}, $church->{logo_url}, 'and logo';
    is $entry->{last_message}, 'good morning', 'last_message';
    is $entry->{last_message_id}, $said->{id}, 'last_message_id';
    is $entry->{last_message_time}, $said->{created_at}, 'last_message_time';
    is $entry->{updated_at}, $said->{created_at}, 'updated_at moved with the message';
    ok !exists $entry->{$_}, "no $_" for qw(managed_church_name managed_church_logo other_user_id last_message_staff_id);

    my ($theirs) = grep { $_->{id} == $talk->{id} } @{list($carol)->json->{conversations}};
    is $theirs->{church_name}, 'Ada', 'staff see the member by name';
    is $theirs->{church_avatar}, '/ada.png', 'and picture';
    is $theirs->{managed_church_name}, 'The Parish', 'managed_church_name';
    is $theirs->{managed_church_logo}, $church->{logo_url}, 'managed_church_logo';
    is $theirs->{other_user_id}, $ada->id, 'other_user_id';
    is $theirs->{church_id}, $church->{id}, 'church_id';
    is $theirs->{unread_count}, 1, 'unread for them';
    ok $theirs->{is_church_owner}, 'is_church_owner';
    is_deeply get($carol, $talk->{path})->json->{conversation}, $theirs,
        'asked for alone it is the same';
    is_deeply get($ada, $talk->{path})->json->{conversation}, $entry, 'for the member too';
};

subtest 'who of the staff spoke last, for staff' => sub {
    my $parish = church('Voices');
    my $cleo   = staff_of($parish, 'Cleo');
    my $drew   = staff_of($parish, 'Drew');
    my $talk   = begun(member('Ada'), $parish);
    my $ada    = $talk->{member};
    my $live   = ChatTest::Live->of($drew);
    my $seen   = sub {
        my ($entry) = grep { $_->{id} == $talk->{id} } @{list($drew)->json->{conversations}};

        is_deeply get($drew, $talk->{path})->json->{conversation}, $entry, 'asked for alone it is the same';
        return [@$entry{qw(last_message_from last_message_staff_id last_message_staff_name)}];
    };
    my $frame = sub {
        my ($id) = @_;
        my $conversation = $live->await_message($id)->{conversation};

        return [@$conversation{qw(last_message_from last_message_staff_id last_message_staff_name)}];
    };

    is_deeply $seen->(), ['member', undef, undef], 'the member';
    my $answer = say($talk, 'an answer', as => $cleo)->json->{message};
    my $spoke  = ['staff', $cleo->id, 'Cleo'];
    is_deeply $frame->($answer->{id}), $spoke, 'in a frame';
    is_deeply $seen->(), $spoke, 'in lists';
    sql('update chat.conversations set last_from_church = null where id = ?', $talk->{id});
    is_deeply $seen->(), $spoke, 'in a row of the version before';
    my ($entry) = grep { $_->{id} == $talk->{id} } @{list($ada)->json->{conversations}};
    is $entry->{last_message_from}, 'staff', 'members are told that it was the church';
    ok !exists $entry->{$_}, "and no $_" for qw(last_message_staff_id last_message_staff_name);
    my $again = say($talk, 'thank you')->json->{message};
    is_deeply $frame->($again->{id}), ['member', undef, undef], 'the member again, in a frame';
    is_deeply $seen->(), ['member', undef, undef], 'and in lists';
};

subtest 'no picture and no logo are null' => sub {
    my $plain = church('Plain', logo_url => undef);
    my $staff = staff_of($plain, 'Staff');
    my $talk  = begun(member('Bare'), $plain);

    is list($talk->{member})->json->{conversations}[0]{church_avatar}, undef, 'church_avatar';
    my $seen = list($staff)->json->{conversations}[0];
    is $seen->{church_avatar}, undef, 'church_avatar for staff';
    is $seen->{managed_church_logo}, undef, 'managed_church_logo';
};

subtest 'a long last message is cut after 140 characters' => sub {
    my $talk = conversation();
    my $text = 'ä😀' x 100;

    is say($talk, $text)->code, 201, 'said';
    is list($talk->{member})->json->{conversations}[0]{last_message}, substr($text, 0, 140),
        '140 code points';
};

my $inbox = church('Inbox');
my $dave  = staff_of($inbox, 'Dave');
my @talks = map { begun(member(sprintf 'Person %02d', $_), $inbox) } 1 .. 12;

subtest 'the newest change stands first' => sub {
    is_deeply ids(list($dave)), [reverse map { $_->{id} } @talks], 'by opening';
    is say($talks[3], 'up')->code, 201, 'a message';
    is ids(list($dave))->[0], $talks[3]{id}, 'moves its conversation to the top';
    is read_all($talks[5], as => $dave)->code, 200, 'reading';
    is ids(list($dave))->[0], $talks[3]{id}, 'moves nothing';
    @talks = (grep({ $_ != $talks[3] } @talks), $talks[3]);
};

subtest 'pages by cursor hold every conversation once' => sub {
    for my $limit (1, 5, 6, 12, 200) {
        my ($next, @seen, $pages) = ("/api/conversations/?limit=$limit");

        while ($next && ++$pages < 20) {
            my $answer = get($dave, $next);

            is $answer->code, 200, "limit $limit, page $pages" or last;
            is $answer->json->{unread_count}, 1, 'the sum is that of all pages';
            push @seen, @{ids($answer)};
            $next = $answer->json->{next};
            like $next, qr{^/api/conversations/\?}, 'next is under the root asked, with the slash'
                if $next;
        }
        is_deeply \@seen, [reverse map { $_->{id} } @talks], "all of them with limit $limit";
        is $pages, $limit >= 12 ? 1 : POSIX::ceil(12 / $limit), 'and no page too many';
    }
};

subtest 'conversations that change while a list is read come once or not, never twice' => sub {
    my $first = list($dave, 'limit=4');
    my @rest;

    is say($talks[0], 'meanwhile')->code, 201, 'the oldest moves to the top';
    my $next = $first->json->{next};
    while ($next) {
        my $page = get($dave, $next);
        push @rest, @{ids($page)};
        $next = $page->json->{next};
    }
    my %count;
    $count{$_}++ for @{ids($first)}, @rest;
    ok !(grep { $_ > 1 } values %count), 'no conversation twice';
    is_deeply [sort { $a <=> $b } keys %count],
        [sort { $a <=> $b } map { $_->{id} } @talks[1 .. 11]],
        'all that did not move are there';
};

subtest 'next keeps the filters' => sub {
    my $page = list($dave, "limit=2&church_id=$inbox->{id}&q=Person");

    like $page->json->{next}, qr/church_id=$inbox->{id}/, 'church_id';
    like $page->json->{next}, qr/limit=2/, 'limit';
    like $page->json->{next}, qr/q=Person/, 'q';
};

subtest 'church_id' => sub {
    my $other = church('Other');
    my $both  = staff_of($inbox, 'Both');

    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', $other->{id}, $both->id);
    my $talk = begun(member(), $other);
    is_deeply ids(list($both, "church_id=$other->{id}")), [$talk->{id}], 'only that church';
    is @{ids(list($both))}, 13, 'without it both';
    is_deeply ids(list($both, 'church_id=' . church()->{id})), [], 'a church of others is empty';
};

subtest 'unread=1' => sub {
    my $unread = church('Unread');
    my $staff  = staff_of($unread, 'Staff');
    my @some   = map { begun(member(), $unread) } 1 .. 4;

    is say($_, 'hello')->code, 201, 'said' for @some[0, 2];
    is say($some[1], 'from us', as => $staff)->code, 201, 'answered';
    is_deeply ids(list($staff, 'unread=1')), [map { $_->{id} } @some[2, 0]], 'what staff did not read';
    is @{ids(list($staff, 'unread=0'))}, 4, 'unread=0 is all';
    is_deeply ids(list($some[1]{member}, 'unread=1')), [$some[1]{id}], 'what the member did not read';
    is_deeply ids(list($some[0]{member}, 'unread=1')), [], 'own messages are read';
    my $whole = list($staff)->json;
    is_deeply [@$whole{qw(unread_count unread_messages unread_conversations)}], [2, 2, 2], 'the sums';
    is_deeply get($staff, 'conversations/unread/')->json,
        {map { $_ => $whole->{$_} } qw(unread_count unread_messages unread_conversations as_member version epoch)}, 'asked for alone';
    my %from = map { $_->{id} => $_->{last_message_from} } @{$whole->{conversations}};
    is_deeply [@from{map { $_->{id} } @some}], ['member', 'staff', 'member', 'member'], 'who wrote last';
    is read_all($some[0], as => $staff)->code, 200, 'read';
    is_deeply ids(list($staff, 'unread=1')), [$some[2]{id}], 'gone from the unread';

    my $page = list($staff, 'unread=1&limit=1');
    is $page->json->{next}, undef, 'no next page after the last';
};

subtest 'q finds by the name one sees' => sub {
    my $hall  = church('Zion_Hall 100%');
    my $staff = staff_of($hall, 'Staff');
    my $zoe   = member('Zoë Ångström');
    my $talk  = begun($zoe, $hall);
    my $other = begun(member('Somebody'), $hall);

    for my $q ('zoë', 'ÅNG', 'Zoë Ångström', 'oë Å') {
        is_deeply ids(list($staff, 'q=' . url_escape(Encode::encode('UTF-8', $q)))), [$talk->{id}],
            "staff find the member by '$q'";
    }
    is_deeply ids(list($zoe, 'q=zion')), [$talk->{id}], 'the member finds the church';
    is_deeply ids(list($zoe, 'q=hall+100')), [$talk->{id}], 'a + is a blank';
    is_deeply ids(list($zoe, 'q=' . url_escape('n_H'))), [$talk->{id}], '_ is a letter';
    is_deeply ids(list($zoe, 'q=' . url_escape('i_n'))), [], 'and no wildcard';
    is_deeply ids(list($zoe, 'q=' . url_escape('0%'))), [$talk->{id}], '% is one too';
    is_deeply ids(list($zoe, 'q=' . url_escape('Z%n'))), [], 'and no wildcard either';
    is_deeply ids(list($zoe, 'q=' . url_escape('\\'))), [], 'nor is a backslash';
    is_deeply ids(list($zoe, 'q=' . url_escape("'; --"))), [], 'nor is a quote';
    is_deeply ids(list($staff, 'q=zion')), [], 'staff see members, not the church';
    is_deeply ids(list($zoe, 'q=')), [$talk->{id}], 'an empty one finds all';
    is_deeply ids(list($staff, 'q=zo&unread=1')), [], 'together with unread';
    is list($zoe, 'q=%ff')->code, 400, 'no UTF-8: 400';
};

subtest 'updated_since tells what changed' => sub {
    my $since  = church('Since');
    my $staff  = staff_of($since, 'Staff');
    my @some   = map { begun(member(), $since) } 1 .. 3;
    my $moment = $some[1]{updated_at};

    sql(q{update chat.conversations set created_at = created_at - interval '1 day',
        updated_at = updated_at - interval '1 day' where id = ?}, $some[0]{id});
    is_deeply ids(list($staff, "updated_since=$moment")), [map { $_->{id} } @some[2, 1]],
        'that moment and later';
    is say($some[0], 'news')->code, 201, 'a message';
    is_deeply ids(list($staff, "updated_since=$moment")), [map { $_->{id} } @some[0, 2, 1]],
        'what changed again';
    (my $offset = $moment) =~ s/Z$/%2B00:00/;
    is @{ids(list($staff, "updated_since=$offset"))}, 3, 'with an offset';
    is_deeply ids(list($staff, 'updated_since=2999-01-01T00:00:00Z')), [], 'nothing in the future';
    is @{ids(list($staff, 'updated_since=2001-01-01T00:00:00Z'))}, 3, 'everything since long ago';
};

subtest 'what a query must not say' => sub {
    my %wrong = (
        limit         => [qw(0 -1 201 1.5 x 1x 99999999999999999999), '%31%00', '+5'],
        church_id     => [qw(0 -1 x 1.5 9223372036854775808)],
        unread        => [qw(2 yes x)],
        updated_since => ['yesterday', '2026-13-01T00:00:00Z', '2026-01-01', '2026-02-30T00:00:00Z', '1'],
        cursor        => ['x', 'AAAA', '!!!!', '%00', 'a' x 500],
    );

    for my $name (sort keys %wrong) {
        for my $value (@{$wrong{$name}}) {
            my $answer = list($dave, "$name=$value");

            is $answer->code, 400, "$name=" . substr $value, 0, 40;
            is_deeply $answer->fields, [$name], 'the field is named' if $value !~ /%00/;
        }
    }
    my ($cursor) = list($dave, 'limit=1')->json->{next} =~ /cursor=([^&]+)/;
    is list($dave, "cursor=$cursor")->code, 200, 'a cursor is accepted';
    is list($dave, 'cursor=' . substr $cursor, 0, -1)->code, 400, 'not when it is cut';
    is list($dave, "cursor=${cursor}A")->code, 400, 'nor when it is longer';
    is list($dave, 'colour=blue&limit=3&_=1')->code, 200, 'unknown parameters are ignored';
};

subtest 'what an old list costs nothing' => sub {
    is list($dave, 'limit=200')->code, 200, 'the largest limit';
    is @{ids(list($dave, 'limit=2'))}, 2, 'limit';
    is list($dave, 'limit=')->code, 200, 'an empty value is none';
};

subtest 'where one is member and staff at once, the member sees it' => sub {
    my $own   = church('Own');
    my $staff = member('Staff'); # of it later
    my $mate  = staff_of($own, 'Mate');
    my $talk  = begun($staff, $own);

    staff_of($own, $staff);
    my $list = list($staff)->json->{conversations};
    is @$list, 1, 'once';
    ok !$list->[0]{is_church_owner}, 'as member';
    is list($mate)->json->{conversations}[0]{is_church_owner}, Cpanel::JSON::XS::true, 'others as staff';
    is say($talk, 'to us', as => $staff)->code, 201, 'said as member';
    is list($staff)->json->{unread_count}, 0, 'not unread for whom said it';
    is list($mate)->json->{unread_count}, 1, 'but for the others';
};

done_testing;
