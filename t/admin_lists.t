use ChatTest;
use ChatTest::Search qw(indexed);
use ChatTest::Upload qw(upload);
use utf8;

# What administrators see: lists with filters, orders, counts and pages, and single objects. In these tests everybody is
# an administrator (t/conf); who is one elsewhere: t/admin.t.
my $boss = {username => 'boss-' . $$}; # who is no user of the chat
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $mark = 'list' . $$;

my $described = get($boss, 'admin/', statements => 0)->json->{resources};
my %resource  = map { ($_->{name} => $_) } @$described;

sub list { my ($path, %query) = @_; return get($boss, "admin/$path/" . query(%query)) }
sub ids  { return [map { $_->{id} } @{list(@_)->json->{items}}] }

sub query
{
    my (%query) = @_;

    return %query ? '?' . join '&', map { "$_=" . Mojo::Util::url_escape(Mojo::Util::encode('UTF-8', $query{$_})) } sort keys %query : '';
}

sub refused
{
    my ($answer, $field, $what) = @_;

    is $answer->code . ' ' . join(' ', map { $_->{field} } @{$answer->json->{errors} // []}), "400 $field", $what;
}

# All pages of a list, and whether each said what the first one did.
sub walk
{
    my ($path, %query) = @_;
    my $page  = list($path, %query);
    my @items = @{$page->json->{items}};

    while (my $next = $page->json->{next}) {
        $page = get($boss, $next);
        last unless @{$page->json->{items}};
        push @items, @{$page->json->{items}};
    }
    return @items;
}

# Something of everything.
my $church = church("$mark Abbey");
my $other  = church("$mark Other");
my $carol  = staff_of($church, "$mark Carol");
my $ben    = member("$mark Ben");
my $talk   = conversation($ben, $church);
my $quiet  = conversation($ben, $other);
my @said   = map { say($talk, "$mark pony number$_")->json->{message}{id} } 1 .. 3;
push @said, say($talk, "$mark answer", as => $carol)->json->{message}{id};
my $file   = upload($talk, {name => 'pony.txt', bytes => 'hello'}, content => "$mark see this")->json->{message};
push @said, $file->{id};
sql(q{update chat.messages set flag = 'links' where conversation_id = ? and id = ?}, $talk->{id}, $said[1]);
my @delivery = map { sql(q{insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at, last_error)
    values (?, ?, ?, ?, now() + interval '1 day', case when ? <> 'due' then now() end, ?) returning id},
    $talk->{id}, $_->[0]->id, @$_[1, 2, 2, 3])->{id} } [$carol, 'email', 'dead', '550 <Carol@example.org> (x@y.example): no such user'], [$ben, 'push', 'sent', undef];
sql(q{insert into chat.audit_log (username, address, request_id, action, object_kind, object_id, before, after, reason)
    values (?, '192.0.2.7', 'id7', 'change', 'user', ?, '{"a":1}', '{"a":"<b>"}', 'why')}, "$mark-eve", $ben->id);

# Of what this file has made: other files change theirs meanwhile.
my %mine = (users => [q => $mark], churches => [q => $mark], audit => [username => "$mark-eve"],
    (map { $_ => [church_id => $church->{id}] } qw(staff conversations notifications)), (map { $_ => [conversation_id => $talk->{id}] } qw(messages attachments deliveries)));

subtest 'the description is that of the routes' => sub {
    my $paths = get($boss, 'conversations/openapi.json', contract => 0)->json->{paths};
    my $there = sub { my ($path, $method) = @_; return $paths->{"/admin/$path"}{$method} ? $true : $false };

    for (@$described) {
        my $name = $_->{name};

        is_deeply {map { $_ => $resource{$name}{$_} } qw(export export_item create delete erase)}, {
            export => $there->("$name/export/", 'get'),
            export_item => $there->("$name/{id}/export/", 'get'),
            create => $there->("$name/", 'post'),
            delete => $there->("$name/{id}/", 'delete'),
            erase  => $there->("$name/{id}/erase/", 'post')}, $name;
        is !!@{$_->{actions}}, !!$there->("$name/actions/", 'post'), 'with its actions';
        is @{$_->{columns}} > @{$_->{read_only}}, !!$there->("$name/{id}/", 'patch'), 'and what can be changed';
    }
};

subtest 'each resource' => sub {
    for my $name (map { $_->{name} } @$described) {
        my $answer = list($name, limit => 2, @{$mine{$name}});
        my $json   = $answer->json;

        is $answer->code, 200, $name;
        is $answer->header('Cache-Control'), 'no-store', 'is not stored';
        is_deeply [sort keys %$json], [qw(count count_is dates items next)], 'has these members';
        cmp_ok scalar(@{$json->{items}}), '>=', 1, 'there are some';
        like $answer->header('RateLimit-Policy') // '', qr/admin/, 'is limited';
        for my $item (@{$json->{items}}) {
            is_deeply [sort keys %$item], [sort @{$resource{$name}{columns}}], 'its items have its columns';
            my $one = get($boss, "admin/$name/$item->{id}/");
            is $one->code, 200, 'each can be fetched' or next;
            is_deeply delete $one->json->{read_only}, $resource{$name}{read_only}, 'with what cannot be changed';
            is_deeply {map { $_ => $one->json->{$_} } keys %$item}, $item, 'and is the same there';
            is get($boss, "admin/$name/$item->{id}/", headers => {'If-Match' => '"x"'})->json->{code}, 'stale', 'not with another ETag';
        }
        is get($boss, "admin/$name/999999999/")->json->{error}, 'There is nothing at this address.', 'whatever is not there';
        is get($boss, "admin/$name/$_/")->code, 404, "there is no $_" for '9223372036854775807', '0', 'x', '-1', '9223372036854775808';
        is ask($boss, HEAD => "admin/$name/")->code, 200, 'HEAD';
        is ask($boss, OPTIONS => "admin/$name/")->code, 204, 'OPTIONS';

        for my $filter (@{$resource{$name}{filters}}) {
            my @values = $filter->{type} eq 'boolean' ? qw(true false 1 0) : $filter->{type} eq 'word' ? @{$filter->{values}} : ('7', '1');

            is list($name, $filter->{name} => $_, limit => 1)->code, 200, "$filter->{name}=$_" for @values;
            is list($name, $filter->{name} => '', year => 1999)->json->{count}, 0, "$filter->{name} without a value";
            next if $filter->{type} =~ /^(?:text|search)$/;
            for my $wrong ('x', '-1', "1'", '9223372036854775808', 'tru', "true\n", 'ü', 'ok none') {
                refused(list($name, $filter->{name} => $wrong), $filter->{name}, "$filter->{name}=$wrong");
            }
        }
        for my $order (map { ($_, "-$_") } @{$resource{$name}{orders}}) {
            is list($name, order => $order, limit => 1)->code, 200, "order=$order";
        }
        refused(list($name, order => $_), 'order', "order=$_") for '--id', '-', 'nothing', 'id,name', "id'", 'id desc';
        refused(list($name, $_ => 1), $_, "$_ is no filter") for 'x', "is_active'", 'Limit', 'limit[]';
        refused(list($name, limit => $_), 'limit', "limit=$_") for 0, 201, -1, 'x';
    }
};

subtest 'cursors' => sub {
    member("$mark C$_") for 1 .. 3;
    my $cursor = (list('users', limit => 1)->json->{next} =~ /cursor=([^&]+)/)[0];

    ok $cursor, 'there is one';
    is list('users', cursor => $cursor)->code, 200, 'leads on';
    refused(list('users', cursor => $cursor, order => 'id'), 'cursor', 'not in another order');
    refused(list('users', cursor => $_), 'cursor', "cursor=$_") for 'x', 'ÿ', '%', "$cursor$cursor", 'A' x 5000, 'LWlk',
        map { Mojo::Util::b64_encode($_, '') =~ tr{+/=}{-_}dr } '-id 0 0', '-id  ', '-id 0 7', '-id 0 -7 ', '-id 0 x ', "-id 0 7 \xff",
        "-id 0 7 =\0", '-id 0 7 key', '-id 0123456789abcdef 7 ';
};

subtest 'users' => sub {
    my @people = map { member("$mark Ümlaut $_", email => "\u$mark-$_\@example.org", created_at => "2024-02-$_ 23:59:59.999999+00") } 10 .. 15;
    my $staff  = staff_of(church(), $people[2]);

    sql('update chat.users set is_active = false where id = ?', $people[1]->id);
    sql('update chat.users set email = null where id = ?', $people[3]->id);
    sql(q{insert into chat.mail_failures (address, failures, is_off, error) values (lower(?), 9, true, '550')}, "$mark-14\@example.org");
    sql(q{insert into chat.preferences (user_id, language) values (?, 'de')}, $people[5]->id);
    my @ids = map { $_->id } @people;

    is_deeply ids('users', q => "$mark umlaut"), [reverse @ids], 'by the beginning of the display name, the newest first';
    is_deeply ids('users', q => "$mark ÜMLAUT"), [reverse @ids], 'however it is written';
    is_deeply ids('users', q => 'umlaut'), [], 'not by its middle';
    is_deeply ids('users', q => "$mark-12"), [$ids[2]], 'by the beginning of the address';
    is_deeply ids('users', q => substr($people[0]{username}, 0, -1)), [grep {
        sql('select username from chat.users where id = ?', $_)->{username} =~ /^\Q${\substr($people[0]{username}, 0, -1)}/ } reverse @ids],
        'by that of the user name';
    is_deeply ids('users', username => $people[0]{username}), [$ids[0]], 'by the user name, all of it';
    is_deeply ids('users', username => substr($people[0]{username}, 0, -1)), [], 'and no less';
    is_deeply ids('users', q => "$mark umlaut", is_active => 'false'), [$ids[1]], 'deactivated';
    is_deeply ids('users', q => "$mark umlaut", role => 'staff'), [$ids[2]], 'staff';
    is_deeply ids('users', q => "$mark umlaut", role => 'member', is_active => 1), [@ids[5, 4, 3, 0]], 'two filters';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'none'), [$ids[3]], 'without an address';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'failing'), [$ids[4]], 'with one that fails';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'ok'), [@ids[5, 2, 1, 0]], 'with one that does not';
    is_deeply [map { $_->{id} } walk('users', q => "$mark umlaut", limit => 2)], [reverse @ids], 'page by page';
    is_deeply [map { $_->{id} } walk('users', q => "$mark umlaut", limit => 2, order => $_)], [/^-/ ? reverse @ids : @ids], "by $_"
        for 'id', 'name', '-name';

    is_deeply list('users', q => "$mark umlaut")->json->{dates}, [{year => 2024, count => 6}], 'by year';
    is_deeply list('users', q => "$mark umlaut", year => 2024)->json->{dates}, [{month => 2, count => 6}], 'by month';
    is_deeply list('users', q => "$mark umlaut", year => 2024, month => 2)->json->{dates}, [map { +{day => $_, count => 1} } 10 .. 15], 'by day';
    my $day = list('users', q => "$mark umlaut", year => 2024, month => 2, day => 12)->json;
    is_deeply [$day->{count}, $day->{items}[0]{id}], [1, $ids[2]], 'one day, in UTC';
    is_deeply ids('users', q => "$mark umlaut", year => 2024, month => 2, day => 29), [], 'a day without any';
    refused(list('users', @{$_->[1]}), $_->[0], "@{$_->[1]}") for
        [month => [month => 2]], [day => [year => 2024, day => 2]], [day => [year => 2023, month => 2, day => 29]], [day => [year => 2024, month => 4, day => 31]],
        [year => [year => 0]], [year => [year => 10000]], [month => [year => 2024, month => 13]], [day => [year => 2024, month => 1, day => 32]],
        [q => [q => 'x' x 201]];
    is list('users', year => 9999, month => 12, day => 31)->json->{count}, 0, 'the last day that there is';

    is_deeply get($boss, "admin/users/$ids[5]/")->json, {
        id => $ids[5], username => $people[5]{username}, external_id => $people[5]{username}, display_name => "$mark Ümlaut 15",
        email => "\u$mark-15\@example.org", email_state => 'ok', avatar_url => undef, language => 'de', role => 'member', is_active => $true,
        created_at => '2024-02-15T23:59:59.999999Z', read_only => [qw(id username external_id email_state avatar_url role created_at)],
    }, 'one user';
    my $etag = get($boss, "admin/users/$ids[5]/")->header('ETag');
    is get($boss, "admin/users/$ids[5]/", headers => {'If-None-Match' => $etag})->code, 304, 'the ETag holds';
    is get({username => 'other'}, "admin/users/$ids[5]/")->header('ETag'), $etag, 'for every administrator';
    sql(q{update chat.preferences set language = 'en' where user_id = ?}, $ids[5]);
    isnt get($boss, "admin/users/$ids[5]/")->header('ETag'), $etag, 'until something changes';
};

subtest 'churches and staff' => sub {
    is_deeply ids('churches', q => "$mark a"), [$church->{id}], 'by the beginning of the name';
    is_deeply [map { $_->{id} } walk('churches', q => $mark, limit => 1, order => 'name')], [$church->{id}, $other->{id}], 'in the order of names';
    is_deeply ids('churches', q => $mark, is_active => 'false'), [], 'switched off';
    my $item = get($boss, "admin/churches/$church->{id}/")->json;
    is_deeply [@$item{qw(name staff_count unread_conversations)}], ["$mark Abbey", 1, 1], 'one';
    my ($carols) = @{list('staff', church_id => $church->{id})->json->{items}};
    is_deeply [@$carols{qw(church_id church_name user_id display_name role user_is_active)}],
        [$church->{id}, "$mark Abbey", $carol->id, "$mark Carol", 'staff', $true], 'who answers for a church';
    is_deeply ids('staff', user_id => $carol->id), [$carols->{id}], 'and for which';
    is_deeply ids('staff', church_id => $church->{id}, role => 'manager'), [], 'as whom';
    is_deeply ids('staff', q => "$mark caro"), [$carols->{id}], 'by name';
};

subtest 'conversations' => sub {
    my %of = (member_id => $ben->id);

    is_deeply ids('conversations', %of), [$quiet->{id}, $talk->{id}], 'of a member';
    is_deeply ids('conversations', church_id => $church->{id}), [$talk->{id}], 'of a church';
    is_deeply ids('conversations', %of, @$_), [$talk->{id}], "@$_" for [unread => 1], [empty => 0], [flagged => 1], [q => "$mark BEN", flagged => 1];
    is_deeply ids('conversations', %of, @$_), [$quiet->{id}], "@$_" for [unread => 0], [empty => 1], [flagged => 0];
    is_deeply ids('conversations', %of, blocked => 1), [], 'blocked';
    sql('update chat.conversations set member_blocked = true where id = ?', $quiet->{id});
    is_deeply ids('conversations', %of, blocked => 1), [$quiet->{id}], 'when one is';
    my ($item) = @{list('conversations', church_id => $church->{id})->json->{items}};
    is_deeply [@$item{qw(member_name church_name last_seq last_message last_message_from member_unread church_unread member_blocked)}],
        ["$mark Ben", "$mark Abbey", 5, "$mark see this", 'member', 1, 4, $false], 'what is shown';
};

subtest 'a conversation that is viewed' => sub {
    my $views = sub { return list('audit', object_kind => 'conversation', object_id => $talk->{id}, action => 'view')->json->{items} };
    my $count = @{$views->()};
    my $answer = get($boss, "admin/conversations/$talk->{id}/");
    my $json = $answer->json;

    is_deeply [map { $_->{id} } @{$json->{messages}}], \@said, 'has its messages, the oldest first';
    is_deeply [@{$json->{messages}[1]}{qw(seq content flag sender_name from_church)}], [2, "$mark pony number2", 'links', "$mark Ben", $false], 'with all of them';
    is $json->{messages}[4]{attachment}{name}, 'pony.txt', 'and files';
    is $json->{has_more}, $false, 'there are no more';
    my @now = @{$views->()};
    is @now, $count + 1, 'the audit log says that it was viewed';
    is_deeply [@{$now[0]}{qw(username address request_id action before after reason)}],
        [$boss->{username}, '127.0.0.1', $answer->header('X-Request-Id'), 'view', undef, undef, undef], 'by whom, from where, in which request';
    is get($boss, "admin/conversations/$talk->{id}/", headers => {'If-None-Match' => $answer->header('ETag')})->code, 200, 'it is shown each time';
    is get($boss, 'admin/conversations/9223372036854775807/')->code, 404, 'there is none';
    is @{$views->()}, $count + 2, 'each view is one';
    is sql(q{select count(*) as n from chat.audit_log where action = 'view' and object_id = 9223372036854775807})->{n}, 0, 'of what is there';

    my $long = conversation(member("$mark Long"), $church);
    sql(q{select count(chat.send_message(?, ?, 'no ' || n)) from generate_series(1, 51) n}, $long->{member}->id, $long->{id});
    $json = get($boss, "admin/conversations/$long->{id}/")->json;
    is_deeply [scalar @{$json->{messages}}, $json->{messages}[0]{content}, $json->{messages}[49]{content}, $json->{has_more}],
        [50, 'no 2', 'no 51', $true], 'the newest 50';
    is list('messages', conversation_id => $long->{id}, limit => 1, order => 'id')->json->{items}[0]{content}, 'no 1', 'the others are in the list of messages';
};

subtest 'messages' => sub {
    my %of = (conversation_id => $talk->{id});
    my @back = reverse @said;

    indexed($talk);
    is_deeply ids('messages', %of), \@back, 'of a conversation, the newest first';
    is_deeply ids('messages', church_id => $church->{id}, q => $mark), \@back, 'of a church';
    is_deeply [map { $_->{id} } walk('messages', %of, limit => 2)], \@back, 'page by page';
    is_deeply ids('messages', sender_id => $carol->id), [$said[3]], 'of a sender';
    is_deeply ids('messages', %of, sender_id => $carol->id, q => 'pony'), [], 'with words of others';
    is_deeply ids('messages', %of, flag => $_), [$said[1]], "flagged: $_" for 'any', 'links';
    is_deeply ids('messages', %of, flag => 'pattern'), [], 'for another reason';
    is_deeply ids('messages', %of, flag => 'none'), [@back[0, 1, 2, 4]], 'not flagged';
    is_deeply ids('messages', %of, has_attachment => 1), [$said[4]], 'with an attachment';
    is_deeply ids('messages', %of, has_attachment => 0), [@back[1 .. 4]], 'without';
    is_deeply ids('messages', q => "$mark pony"), [@back[0, 2 .. 4]], 'with words, also of names of files';
    is_deeply ids('messages', q => "$mark number2"), [$said[1]], 'with a rare one';
    is_deeply ids('messages', q => "$mark -pony"), [$said[3]], 'without one';
    is_deeply ids('messages', q => '!!!'), [], 'with nothing that can be found';
    is list('messages', q => join ' ', 1 .. 9)->json->{code}, 'search_query', 'with too many words';
    read_all($talk, as => $carol);
    is_deeply ids('messages', %of, unread => 1), [$said[3]], 'unread';
    is_deeply ids('messages', %of, unread => 0), [@back[0, 2 .. 4]], 'read';
    my ($last, @of_day) = sql(q{select m.id, extract(year from d.day)::int as year, extract(month from d.day)::int as month, extract(day from d.day)::int as day
        from (select m.id, (m.created_at at time zone 'UTC')::date as day from chat.messages m where m.conversation_id = ?) m
        join (select (created_at at time zone 'UTC')::date as day from chat.messages where id = ?) d on d.day = m.day order by m.id desc}, $talk->{id}, $said[4]);
    is_deeply ids('messages', %of, map { $_ => $last->{$_} } qw(year month day)), [map { $_->{id} } $last, @of_day], 'of the day of the last one';
    is_deeply ids('messages', %of, year => $_), [], "not of $_" for 1, 2020, 9999;
    sql(q{delete from chat.attachments where conversation_id = ?}, $talk->{id});
    is_deeply ids('messages', %of, has_attachment => 1), [], 'whose attachment was deleted';
    is get($boss, "admin/messages/$said[4]/")->json->{attachment}, undef, 'it has none any more';
};

subtest 'attachments, notifications, deliveries, audit' => sub {
    my $sent = upload($talk, {name => 'a <b>.txt', bytes => 'hello'})->json->{message};
    my %of = (conversation_id => $talk->{id});
    my ($item) = @{list('attachments', %of)->json->{items}};

    is_deeply [@$item{qw(id message_id sender_id type content_type size church_id)}],
        [$sent->{attachment}{id}, $sent->{id}, $ben->id, $sent->{attachment}{type}, $sent->{attachment}{content_type}, 5, $church->{id}], 'an attachment';
    is_deeply ids('attachments', %of, @$_), [$item->{id}], "@$_" for [type => $item->{type}], [content_type => $item->{content_type}], [min_size => 5], [scanned => 0];
    is_deeply ids('attachments', %of, @$_), [], "@$_" for [type => 'image'], [content_type => 'image/png'], [min_size => 6], [scanned => 1];

    my ($unread) = @{list('notifications', church_id => $church->{id}, member_id => $ben->id)->json->{items}};
    is_deeply [@$unread{qw(id church_unread member_unread member_name)}], [$talk->{id}, 1, 1, "$mark Ben"], 'what is unread';
    read_all($talk, as => $carol), read_all($talk);
    is_deeply ids('notifications', member_id => $ben->id), [], 'until it is read';
    is get($boss, "admin/notifications/$talk->{id}/")->code, 404, 'then there is none';

    is_deeply ids('deliveries', %of, state => 'dead'), [$delivery[0]], 'a delivery that failed';
    is get($boss, "admin/deliveries/$delivery[0]/")->json->{last_error}, '550 ‹…› (…): no such user' =~ tr/‹›/<>/r, 'why, without addresses';
    is_deeply ids('deliveries', %of, @$_), [$delivery[1]], "@$_" for [kind => 'push'], [state => 'sent'], [user_id => $ben->id];

    my ($entry) = @{list('audit', username => "$mark-eve")->json->{items}};
    is_deeply [@$entry{qw(address request_id action object_kind object_id before after reason)}],
        ['192.0.2.7', 'id7', 'change', 'user', $ben->id, {a => 1}, {a => '<b>'}, 'why'], 'an entry of the audit log';
    is_deeply ids('audit', username => "$mark-eve", @$_), [$entry->{id}], "@$_" for [action => 'change'], [object_kind => 'user'], [object_kind => 'user', object_id => $ben->id];
    is_deeply ids('audit', username => "$mark-eve", @$_), [], "@$_" for [action => 'view'], [object_kind => 'church'], [object_id => $ben->id + 1];
    is_deeply get($boss, "admin/audit/$entry->{id}/")->json->{read_only}, $resource{audit}{columns}, 'none of it can be changed';
};

subtest 'whatever is searched for' => sub {
    my $ada = member(q{O'Neil %_\\ <b>&"} . "\x{2028}" . 'Ada');

    for my $q (q{'}, q{''}, q{\\}, q{%}, q{_}, q{$1}, q{$sql$}, q{%s}, q{%1$s}, q{'; drop table chat.users; --}, q{" or 1=1}, "\x{1f600}", "a\nb", q{O'Neil %}) {
        my $json = list('users', q => $q)->json;

        is_deeply [grep { lc(substr $_->{display_name}, 0, length $q) =~ tr/’/'/r ne lc $q && lc(substr $_->{username}, 0, length $q) ne lc $q } @{$json->{items}}],
            [], "q=$q finds only what begins so";
    }
    is_deeply ids('users', q => q{O'Neil %_\\}), [$ada->id], 'each character is itself';
    my $body = get($boss, 'admin/users/' . $ada->id . '/')->body;
    unlike $body, qr/[<>&]|\xe2\x80\xa8/, 'and the answer is safe inside a page';
    refused(get($boss, 'admin/users/?q=%ff'), 'q', 'text that is not UTF-8');
    refused(get($boss, 'admin/users/?q=a%00b'), 'limit', 'a NUL');
};

subtest 'who is an administrator need not be a user' => sub {
    is sql('select count(*) as n from chat.users where username = ?', $boss->{username})->{n}, 0, 'and does not become one';
    my $ada = member('Ada');
    sql('update chat.users set is_active = false where id = ?', $ada->id);
    is get($ada, 'admin/users/?limit=1')->code, 200, 'nor an active one';
};

done_testing;
