use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::WebSocket ();
use Cpanel::JSON::XS ();
use Time::HiRes qw(time sleep);

# ChatCache: what was given (a list, a page, a conversation, the number of the unread) is given again without
# asking the database, and never when something in it has changed: at once for what the asker did, as soon as
# a feed hears of it for all else.
my $usual = ChatTest::Httpd->usual . "ChatRateLimitMode off\n";
my $north = ChatTest::Httpd->new(conf => "${usual}ChatCache shmcb\n<Location /chat-metrics>\n    SetHandler chat-metrics\n</Location>\n");
my $south = ChatTest::Httpd->new(conf => "${usual}ChatCache shmcb:lists(1000000)\n");
ok $_->start, 'a host starts' or diag $_->said for $north, $south;
my %north = (site => $north->url, statements => undef);
my %south = (site => $south->url, statements => undef);

# A list, and whether the database was asked.
sub list
{
    my ($person, $query, %options) = @_;

    return get($person, "conversations/$query", %north, %options);
}

# Asked until it comes from the cache, as soon as a feed listens.
sub kept_path
{
    my ($person, $path, %options) = @_;
    my $answer;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    until_true { ($answer = get($person, $path, %north, %options))->statements == 0 } "$path is kept", 60;
    return $answer;
}

# What the database says, and the same from the cache. Asked again: the sync of a list names transactions of other
# files that were in progress when it was read.
sub fresh_and_kept
{
    my ($person, $path) = @_;
    my ($fresh, $kept);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    until_true {
        $kept  = get($person, $path, %north);
        $fresh = get($person, $path);
        $kept->statements == 0 && $kept->body eq $fresh->body
    } "$path is kept, and is what the database says", 150;
    return ($fresh, $kept);
}

# With its tag it is 304 from the cache. Asked again, as files that run beside this one change what anybody may
# see, and nothing is kept at that moment.
sub known
{
    my ($person, $path, $tag) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return until_true {
        my $answer = get($person, $path, %north, headers => {'If-None-Match' => $tag});
        $answer->code == 304 && $answer->statements == 0
    } 'and is known by its tag', 60;
}

sub kept
{
    my ($person, $query, %options) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return kept_path($person, "conversations/$query", %options);
}

# The list says so, within the second or two that a feed may take.
sub soon(&$)
{
    my ($is_so, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return until_true { $is_so->() } $what, 30;
}

subtest 'is off unless asked for' => sub {
    my $ada = conversation(member('Ada'), church())->{member};
    is get($ada, 'conversations/')->statements, 1, 'the database is asked' for 1 .. 4;
};

subtest 'what is kept' => sub {
    my $talk  = conversation(member('Ada'), church('Abbey'));
    my $ada   = $talk->{member};
    say($talk, 'hello');
    my ($fresh, $kept) = fresh_and_kept($ada, 'conversations/');
    is $kept->header($_), $fresh->header($_), $_ for qw(ETag Cache-Control Content-Type Content-Length);
    my $before = ChatTest::Metrics->of($north->url);
    known($ada, 'conversations/', $fresh->header('ETag'));
    cmp_ok(ChatTest::Metrics->of($north->url)->since($before, 'chat_cache_hits_total'), '>=', 1, 'the metrics count it');
    is +ask($ada, HEAD => 'conversations/', %north)->header('Content-Length'), $fresh->header('Content-Length'), 'HEAD';
    kept($ada, "?$_") for 'limit=1', 'unread=1', "church_id=$talk->{church}{id}";
    is_deeply list($ada, '?limit=1&church_id=1')->json->{conversations}, [], 'another question is another answer';
    is scalar @{list(member('Ben'), '')->json->{conversations}}, 0, 'and so is another user';
    list($ada, '?q=Abbey') for 1 .. 3;
    is list($ada, '?q=Abbey')->statements, 1, 'a search is not kept';
    my $misses = ChatTest::Metrics->of($north->url)->value('chat_cache_misses_total');
    is list($ada, '?limit=2')->statements, 1, 'what was not asked before is read';
    cmp_ok(ChatTest::Metrics->of($north->url)->value('chat_cache_misses_total'), '>', $misses, 'and counted');
    my $app = list($ada, '?limit=1', root => '/api');
    is $app->code, 200, 'again';
};

subtest 'pages, conversations and numbers are kept, too' => sub {
    my $talk = conversation(member('Ada'), church('Abbey'));
    my $ada  = $talk->{member};
    my $path = "$talk->{path}messages/";
    my @ids  = map { say($talk, "number $_")->json->{message}{id} } 1 .. 5;

    for my $what ($path, "$path?limit=2&before=$ids[3]", "$path?after=$ids[1]&limit=2", $talk->{path}, 'conversations/unread/',
        'notifications/') {
        my ($fresh, $kept) = fresh_and_kept($ada, $what);
        is $kept->header($_), $fresh->header($_), "$_ of it" for qw(ETag Link Cache-Control Content-Length);
        known($ada, $what, $fresh->header('ETag'));
    }
    is get(member('Ben'), $path, %north)->code, 404, 'but only for who may see it';
    is get($ada, "$talk->{path}typing-status/", %north)->statements, 1, 'who types is not kept' for 1 .. 3;
    is get($ada, 'conversations/0/messages/', %north)->code, 404, 'nor is a refusal';
};

subtest 'and never when they have changed' => sub {
    my $church = church('Near');
    my $carol  = staff_of($church, 'Carol');
    my $talk   = conversation(member('Ada'), $church);
    my $ada    = $talk->{member};
    my $path   = "$talk->{path}messages/";
    my $page   = sub { get($_[0], $path, %north)->json->{messages} };
    my $unread = sub { get($_[0], 'conversations/unread/', %north)->json->{unread_count} };
    my @late;

    for my $n (1 .. 30) { # what the asker does
        $page->($ada);
        $unread->($carol);
        say($talk, "number $n", %north);
        push @late, "Ada's $n" unless ($page->($ada)->[-1]{content} // '') eq "number $n";
        next if $n % 3;
        $page->($carol);
        read_all($talk, as => $carol, %north);
        push @late, "the number, at $n" if $unread->($carol);
        push @late, "Carol's receipt of $n" unless $page->($carol)->[-1]{is_read};
    }
    is_deeply \@late, [], 'at once for who did it';
    kept_path($_, $path) for $ada, $carol;
    kept_path($ada, 'conversations/unread/');
    say($talk, 'an answer', as => $carol, %south);
    soon { $page->($ada)->[-1]{content} eq 'an answer' } 'a message of another host';
    soon { $unread->($ada) == 1 } 'and its number';
    kept_path($_, $path) for $ada, $carol;
    read_all($talk, as => $ada, %south);
    soon { $page->($carol)->[-1]{is_read} } 'a receipt';
    say($talk, 'to be marked', as => $carol, %south);
    soon { notifications_of($ada, '', %north)->{unread_count} == 1 } 'a notification';
    kept_path($ada, 'notifications/');
    post($ada, 'notifications/read/', {all => Cpanel::JSON::XS::true}, %north);
    is notifications_of($ada, '', %north)->{unread_count}, 0, 'marked: at once';
    kept_path($ada, 'notifications/');
    say($talk, 'and again', as => $carol, %south);
    soon { notifications_of($ada, '', %north)->{unread_count} == 1 } 'a newer message takes the mark away';
    kept_path($ada, 'notifications/');
    post($ada, 'notifications/read/', {ids => [$talk->{id}]}, %south);
    soon { notifications_of($ada, '', %north)->{unread_count} == 0 } 'marked at another host';
    kept_path($ada, $path);
    sql('update chat.churches set name = ? where id = ?', 'Nearer', $church->{id});
    soon { $page->($ada)->[-1]{sender_name} eq 'Nearer' } 'the name of who wrote';
    kept_path($carol, $path);
    sql('delete from chat.church_staff where user_id = ?', $carol->id);
    soon { get($carol, $path, %north)->code == 404 } 'who is no staff any more sees nothing';
};

subtest 'what the asker does shows at once' => sub {
    my $church = church('Quick');
    my $carol  = staff_of($church, 'Carol');
    my $talk   = conversation(member('Ada'), $church);
    my $ada    = $talk->{member};
    my @late;

    for my $n (1 .. 60) {
        list($ada, '');
        is +say($talk, "number $n", %north)->code, 201, "number $n" if $n == 1;
        say($talk, "number $n", %north) if $n > 1;
        my $list = list($ada, '')->json;
        push @late, "Ada's $n" unless $list->{conversations}[0]{last_message} eq "number $n";
        list($carol, '');
        next if $n % 3;
        read_all($talk, as => $carol, %north);
        $list = list($carol, '')->json;
        push @late, "Carol's reading of $n" if $list->{unread_count};
    }
    is_deeply \@late, [], 'also when it was kept a moment ago';
    kept($ada, '');
    my $id = 'again';
    say($talk, 'once', client_id => $id); # at another host, and the answer is lost
    is say($talk, 'once', client_id => $id, %north)->code, 200, 'what was done already';
    is list($ada, '')->json->{conversations}[0]{last_message}, 'once', 'shows, too';
    my $other = church('Other');
    kept($ada, '');
    is post($ada, 'conversations/', {church_id => $other->{id}}, %north)->code, 201, 'a conversation is opened';
    is scalar @{list($ada, '')->json->{conversations}}, 2, 'and stands in the list';
    my $ws = ChatTest::Live->of($ada, site => $north->url);
    kept($ada, '');
    $ws->post($talk, 'by WebSocket');
    is list($ada, '')->json->{conversations}[0]{last_message}, 'by WebSocket', 'what is said there, too';
    $ws->leave;
};

subtest 'what others do shows soon' => sub {
    my $church = church('Far');
    my $carol  = staff_of($church, 'Carol');
    my $dave   = staff_of($church, 'Dave');
    my $talk   = conversation(member('Ada'), $church);
    my $ada    = $talk->{member};
    my $first  = sub { list($_[0], '')->json->{conversations}[0] // {} }; # the first message brings it into the list

    kept($_, '') for $ada, $carol, $dave;
    say($talk, 'from the south', %south);
    soon { ($first->($carol)->{last_message} // "") eq 'from the south' } 'a message of another host';
    soon { list($dave, '')->json->{unread_count} == 1 } 'for all of the staff';
    kept($_, '') for $ada, $dave;
    read_all($talk, as => $carol, %south);
    soon { list($dave, '')->json->{unread_count} == 0 } 'that a colleague has read it';
    kept($_, '') for $ada, $carol;
    sql('update chat.users set display_name = ? where id = ?', 'Ada Lovelace', $ada->id);
    soon { $first->($carol)->{church_name} eq 'Ada Lovelace' } 'another name';
    kept($_, '') for $ada, $carol;
    sql('update chat.churches set name = ? where id = ?', 'Near', $church->{id});
    soon { $first->($ada)->{church_name} eq 'Near' } 'another church';
    kept($_, '') for $dave;
    sql('delete from chat.church_staff where user_id = ?', $dave->id);
    soon { !@{list($dave, '')->json->{conversations}} } 'who is no staff any more has nothing';
    kept($ada, '');
    sql('update chat.users set is_active = false where id = ?', $ada->id);
    soon { list($ada, '')->code == 403 } 'a deactivated user is refused';
};

subtest 'who was told by WebSocket finds it in the list' => sub {
    my $church = church('Told');
    my $carol  = staff_of($church, 'Carol');
    my $talk   = conversation(member('Ada'), $church);
    my @sockets = map { ChatTest::Live->of($carol, site => $north->url) } 1 .. 4;
    my $late = 0;

    for my $n (1 .. 40) {
        list($carol, '') for 1 .. 2;
        my $id = say($talk, "number $n", %south)->json->{message}{id};
        $sockets[$n % 4]->await_message($id) or fail("number $n");
        $late++ unless list($carol, '')->json->{conversations}[0]{last_message} eq "number $n";
    }
    is $late, 0, 'each time';
    $_->leave for @sockets;
};

# Many people at both hosts, who list, write and read at random. No list may lack what its asker did at
# that host before, nor what anybody had done some seconds before.
subtest 'a hunt for stale answers' => sub {
    my $church  = church('Hunt');
    my @staff   = map { staff_of($church, "Staff $_") } 1 .. 2;
    my @talks   = map { begun(member("Member $_"), $church) } 1 .. 4;
    my $grace   = 1 + slow();
    my @hunters = map { my $i = $_; in_background { hunt($i % 2 ? \%north : \%south, $_[0], $grace, \@staff, \@talks) } } 0 .. 3;
    sleep 6 + $grace;
    my $turns = 0;
    $turns += $_->stop for @hunters;
    cmp_ok $turns, '>', 4, "$turns turns";
    for my $person (@staff, map { $_->{member} } @talks) {
        my $now = get($person, 'conversations/')->body;
        soon { list($person, '')->body eq $now } 'in the end all is the same in the north';
        soon { get($person, 'conversations/', %south)->body eq $now } 'and in the south';
    }
};

my %seen; # the highest id of a conversation's last message that somebody knew of, and when
sub hunt
{
    my ($where, $turn, $grace, $staff, $talks) = @_;
    my $talk   = $talks->[rand @$talks];
    my $person = rand() < 0.5 ? $talk->{member} : $staff->[rand @$staff];
    my $path   = "conversations/$talk->{id}/messages/?limit=1";
    my $known  = get($person, $path)->json->{messages}[0]; # from the database
    push @{$seen{$talk->{id}}}, [time, $known->{id}] if $known;
    my $own = 0;

    for (1 .. rand 4) {
        get($person, $_, %$where) for 'conversations/', $path;
    }
    if (rand() < 0.3) { $own = say($talk, "turn $turn", as => $person, %$where, contract => 0)->json->{message}{id} }
    elsif (rand() < 0.3) {
        read_all($talk, as => $person, %$where);
        $own = $known ? $known->{id} : 0;
    }
    my $asked = time;
    my $list  = get($person, 'conversations/', %$where)->json->{conversations};
    my $page  = get($person, $path, %$where)->json->{messages};
    my ($c) = grep { $_->{id} == $talk->{id} } @$list;
    my %last = (list => $c->{last_message_id} // 0, page => @$page ? $page->[-1]{id} : 0);
    while (my ($what, $last) = each %last) {
        die "turn $turn: own message $own is missing behind $last in the $what\n" if $own > $last;
        for my $old (grep { $_->[0] < $asked - $grace } @{$seen{$talk->{id}} // []}) {
            die "turn $turn: $old->[1] is missing behind $last in the $what after @{[$asked - $old->[0]]} s\n"
                if $old->[1] > $last;
        }
    }
    return 1;
}

# Everything that reaches an answer tells one question from another.
subtest 'virtual hosts share a cache, not answers' => sub {
    my $vhost = sub { "<VirtualHost *:\@port\@>\nServerName $_[0].example\n$_[1]</VirtualHost>\n" };
    my $own = ChatTest::Httpd->new(conf => "${usual}ChatCache shmcb\n"
        . $vhost->(one => "ChatNotificationLink /one/{conversation_id}\n")
        . $vhost->(two => "ChatNotificationLink /two/{conversation_id}\n")
        . $vhost->(three => "ChatRoot /three /api\n<Location /three>\nRequire valid-user\n</Location>\n"));
    ok $own->start, 'a server with three virtual hosts' or diag $own->said;
    my $church = church('Vaults');
    my $talk   = conversation(member('Ada'), $church);
    my $ada    = $talk->{member};
    my $at     = sub {
        my ($host, $path, %options) = @_;
        return get($ada, $path, site => $own->url, statements => undef, headers => {Host => "$host.example"}, %options);
    };
    say($talk, "number $_", as => staff_of($church, "Carol $_")) for 1 .. 3;
    my %links = (one => "/one/$talk->{id}", two => "/two/$talk->{id}", three => "/three/conversations/$talk->{id}/");
    my @hosts = sort keys %links;
    until_true { $at->($_, 'notifications/')->statements == 0 } "$_: kept", 60 for @hosts;
    is $at->($_, 'notifications/')->json->{notifications}[0]{link}, $links{$_}, "$_: its own link" for @hosts, @hosts;
    my $page = "$talk->{path}messages/?limit=1";
    my %page = map { $_ => $at->('three', $page, root => "/$_") } qw(api three);
    until_true { $at->('three', $page, root => "/$_")->statements == 0 } "$_: kept", 60 for sort keys %page;
    like $at->('three', $page, root => "/$_")->header('Link'), qr{^</\Q$_\E/conversations/}, "/$_: links below it" for sort keys %page;
    is_deeply [$own->unexpected], [], 'the error log is quiet';
};

subtest 'without a feed nothing is taken for current' => sub {
    my $postgresql = ChatTest::PostgreSQL->new;
    my $params     = $postgresql->params;
    $postgresql->migrate;
    my $own = ChatTest::Httpd->new(database => $params, conf => "${usual}ChatCache shmcb\n");
    ok $own->start, 'a host with a database of its own' or diag $own->said;
    my %own = (site => $own->url, statements => undef);
    my $ada = stranger('ada');
    my $asked = sub { get($ada, 'conversations/', %own, contract => 0, fresh => 1) }; # the restart closes those kept
    until_true { $asked->()->statements == 0 } 'a list is kept', 60;
    ChatTest::forget_db($params);
    $postgresql->stop;
    until_true { $asked->()->code == 503 } 'the database is gone: what was kept ends', 10;
    $postgresql->start;
    until_true { $asked->()->code == 200 } 'it is back', 60;
    until_true { $asked->()->statements == 0 } 'and lists are kept again', 60;
    ok $own->graceful, 'a graceful restart' ;
    until_true { $asked->()->statements == 0 } 'they are kept after it, too', 60;
    is_deeply [$own->unexpected(qr/cannot be reached|\[dbd:|terminating|server closed|administrator command|no connection|connection to server|shutting down|starting up|feed: /)], [], 'nothing else was logged';
};

is_deeply [$_->unexpected], [], 'the error log is quiet' for $north, $south;
done_testing;
