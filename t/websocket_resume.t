use ChatTest;
use Cpanel::JSON::XS ();
use MIME::Base64 ();
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time sleep);

# A client that was away, or whose server lost the database for a while, ends with all there is: from any
# point, in the order of seq, without a gap and nothing twice, whatever is said meanwhile.
my $church = church('Long memory');
my $carol  = staff_of($church, 'Carol');

# As many messages at once, the last one by REST so that everybody hears of it.
sub write_history
{
    my ($talk, $count) = @_;

    sql(q{select count(chat.send_message(?, ?, 'number ' || n)) from generate_series(1, ?) n}, $talk->{member}->id, $talk->{id}, $count - 1);
    return say($talk, "number $count")->json->{message};
}

# The seqs of what has come of the conversation: "3-30" when each came once and in order.
sub seqs
{
    my ($talk, @frames) = @_;
    my @spans;

    for my $seq (map { $_->{message}{seq} } grep { is_message($_, $talk) } @frames) {
        if (@spans && $seq == $spans[-1][1] + 1) { $spans[-1][1] = $seq }
        else { push @spans, [$seq, $seq] }
    }
    return join ' ', map {"$_->[0]-$_->[1]"} @spans;
}
sub is_message { return $_[0]{type} eq 'message' && $_[0]{message}{conversation_id} == $_[1]{id} }

# A socket to which nothing is on its way of what was written before: its child's feed may be behind.
sub settled
{
    my $ws = ChatTest::Live->of(@_);

    ChatTest::Live->until_fence($ws);
    return $ws;
}

# How a resume ends, and what has come before. A conversation may be told of at any moment, as the one that
# settled() opens: such frames are no part of the answer, and go to `others`.
sub resumes
{
    my ($ws, $from, %options) = @_;
    my $end    = $ws->resume($from, $options{seconds}) // {type => 'nothing'};
    my @frames = $ws->come;

    push @{$options{others}}, grep { $_->{type} eq 'conversation' } @frames;
    return ($end, grep { $_->{type} ne 'conversation' } @frames);
}

subtest 'from any point' => sub {
    my $talk = conversation(member('Ada'), $church);
    say($talk, "answer $_", as => $_ % 3 ? $talk->{member} : $carol) for 1 .. 30;
    read_all($talk);

    for my $person ($talk->{member}, $carol) {
        my $ws  = settled($person);
        my @all = @{messages_of($talk, as => $person)};
        my $c   = get($person, $talk->{path})->json->{conversation};

        for my $from (0, 1, 17, 29) {
            my ($end, @frames) = resumes($ws, {$talk->{id} => $from});

            is $end->{type}, 'resumed', "from $from";
            is_deeply \@frames, [map { {type => 'message', message => $_, conversation => $c} } @all[$from .. 29]], 'all that is behind it, as REST tells it';
        }
        my ($end, @frames) = resumes($ws, {$talk->{id} => 30});
        is $end->{type} . @frames, 'resumed0', 'from 30: nothing is behind it';
        for my $from (31, 9_000_000_000) {
            my ($end, @frames) = resumes($ws, {$talk->{id} => $from});
            is $end->{type} . @frames, 'resync0', "from $from, which is not there: fetch anew";
        }
        $ws->leave;
    }
};

subtest 'how it ends' => sub {
    my $ws = settled($carol);

    $ws->say({type => 'resume', conversations => {}});
    is_deeply $ws->await('resumed'), {type => 'resumed'}, 'without a ref';
    is_deeply $ws->ask({type => 'resume', conversations => {}, ref => $_}), {type => 'resumed', ref => $_}, "ref $_" for 7, 'seven';
    $ws->leave;
};

# The list is fetched beside the handshake, so that something may come in between that no event tells.
subtest 'whether a list has changed' => sub {
    my $talk = conversation(member('Ada'), $church);
    my ($ada, $bob) = ($talk->{member}, member('Bob'));
    say($talk, 'good morning');
    my $staff = settled($carol);
    my $ws    = settled($ada);
    my $list  = sub { my ($who, $role) = @_; wait_for_others(); return get($who, "conversations/?role=$role")->json };
    my $asks  = sub { my ($of, $list, %more) = @_; return $of->resume({}, undef, undef, sync => $list->{sync}, %more) };
    my $counts = sub { return join ' ', map { $_[0]{$_} // 'none' } qw(unread_messages unread_conversations version) };

    my $before = $list->($ada, 'member');
    my $end    = $asks->($ws, $before, role => 'member');
    is $end->{type}, 'resumed', 'resumed';
    is_deeply $end->{has_changed}, Cpanel::JSON::XS::false, 'it has not';
    is $counts->($end), $counts->($before), 'the counts are those of the list';
    ok !exists $ws->resume({})->{has_changed}, 'who does not ask is not told';

    say($talk, 'welcome', as => $carol);
    $end = $asks->($ws, $before, role => 'member');
    is_deeply $end->{has_changed}, Cpanel::JSON::XS::true, 'a message of the other side: it has';
    cmp_ok $end->{version}, '>', $before->{version}, 'with a higher version';
    my $after = $list->($ada, 'member');
    $end = $asks->($ws, $after);
    is_deeply $end->{has_changed}, Cpanel::JSON::XS::false, 'the list of now has not, whatever the user is in it';
    read_all($talk, as => $ada);
    $end = $asks->($ws, $after);
    cmp_ok $end->{version}, '>', $after->{version}, 'what was read shows in the version';
    is $end->{unread_messages}, $after->{unread_messages} - 1, 'and in the counts';

    my $as_member = $list->($carol, 'member');
    my $as_staff  = $list->($carol, 'staff');
    say($talk, 'one more question');
    is_deeply $asks->($staff, $as_member, role => 'member')->{has_changed}, Cpanel::JSON::XS::false, 'as a member, carol has nothing new';
    is_deeply $asks->($staff, $as_staff, role => 'staff')->{has_changed}, Cpanel::JSON::XS::true, 'as staff, she has';
    my $then = $list->($carol, 'staff');
    post($bob, 'conversations/', {church_id => $church->{id}});
    is_deeply $asks->($staff, $then, role => 'staff')->{has_changed}, Cpanel::JSON::XS::false, 'an empty conversation is not for staff';

    my ($epoch, $snapshot) = split / /, MIME::Base64::decode_base64url($after->{sync} =~ s/^s1\.//r);
    my $other = 's1.' . MIME::Base64::encode_base64url($epoch =~ tr/0-9a-f/1-9a-f0/r . " $snapshot");
    is_deeply $ws->resume({}, undef, undef, sync => $other)->{has_changed}, Cpanel::JSON::XS::true, 'a list of another epoch has';
    is $ws->resume({}, undef, 'another', sync => $after->{sync})->{type}, 'resync', 'a client of another epoch is told to begin anew';
    for my $bad ([sync => 'yesterday'], [sync => 7], [sync => $after->{sync} . 'x'], [role => 'boss'], [role => 1]) {
        my $error = $ws->resume({$talk->{id} => 0}, undef, undef, @$bad);
        is "$error->{type} $error->{status} $error->{errors}[0]{field}", "error 400 $bad->[0]", "$bad->[0] $bad->[1]";
    }
    ($end, my @frames) = do {
        $ws->await('message', sub { $_->{message}{conversation_id} == $talk->{id} && $_->{message}{seq} == 3 }); # as it was sent
        $ws->come;
        my $end = $ws->resume({$talk->{id} => 1}, undef, undef, sync => $before->{sync}, role => 'member');
        ($end, grep { is_message($_, $talk) } $ws->come);
    };
    is_deeply [$end->{has_changed}, seqs($talk, @frames)], [Cpanel::JSON::XS::true, '2-3'], 'with what was missed, before it';
    $_->leave for $ws, $staff;
};

subtest 'several conversations' => sub {
    my @talks = map { conversation(member("Person $_"), $church) } 1 .. 5;
    write_history($_, 250) for @talks;
    my $ws  = settled($carol);
    my $n   = 0;
    my %from = map { $_->{id} => 50 * $n++ } @talks;
    my ($end, @frames) = resumes($ws, \%from);

    is $end->{type}, 'resumed', 'resumed';
    is seqs($_, @frames), $from{$_->{id}} + 1 . '-250', "from $from{$_->{id}}" for @talks;
    $ws->leave;
};

subtest 'what they may not see' => sub {
    my $talk    = conversation(member('Ada'), $church);
    my $foreign = conversation(member('Bob'), church());
    write_history($_, 5) for $talk, $foreign;
    my $none = 1000 + sql('select max(id) from chat.conversations')->{max};
    my $ws   = settled($talk->{member});
    my %from = ($foreign->{id} => 0, $none => 0, '9223372036854775807' => 0, $talk->{id} => 2);
    my ($end, @frames) = resumes($ws, \%from, others => \my @others);

    is $end->{type}, 'resumed', 'is passed over';
    is scalar(grep { $_->{conversation}{id} == $foreign->{id} } @others), 0, 'and not told of';
    is join(' ', map { $_->{message}{conversation_id} . ':' . $_->{message}{seq} } @frames), join(' ', map {"$talk->{id}:$_"} 3 .. 5), 'the rest comes';
    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', $foreign->{church}{id}, $talk->{member}->id);
    my $id = say($foreign, 'welcome')->json->{message}{id};
    is $ws->await_message($id)->{message}{seq}, 6, 'who may see it later hears what is said from then on';
    ($end, @frames) = resumes($ws, {$foreign->{id} => 0});
    is seqs($foreign, @frames), '1-6', 'and can resume it';
    $ws->leave;
};

subtest 'how many points' => sub {
    my $talk = conversation(member('Ada'), $church);
    write_history($talk, 3);
    my $none = 1000 + sql('select max(id) from chat.conversations')->{max};
    my %from = ((map { $none + $_ => 0 } 1 .. 999), $talk->{id} => 1);
    my $ws   = settled($talk->{member});
    my ($end, @frames) = resumes($ws, \%from, seconds => 30 * slow());

    is $end->{type}, 'resumed', 'a thousand';
    is seqs($talk, @frames), '2-3', 'are gone through';
    my $error = $ws->resume({%from, $none => 0});
    is "$error->{type} $error->{status} $error->{errors}[0]{field}", 'error 400 conversations', 'one more is too many';
    is $ws->post($talk, 'on it goes')->{message}{seq}, 4, 'and does no harm';
    $ws->leave;
};

# Of a thousand conversations, a hundred by one statement, and each of these is a reading.
subtest 'what a resume costs' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "ChatRateLimit read 5/h burst=5\n" . ChatTest::Httpd->usual);
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $talk = conversation(member('Ada'), $church);
    write_history($talk, 3);
    my $none = 1000 + sql('select max(id) from chat.conversations')->{max};
    my $ws   = ChatTest::Live->of($talk->{member}, site => $httpd->url); # which resumes nothing: one reading

    my ($end, @frames) = resumes($ws, {(map { $none + $_ => 0 } 1 .. 199), $talk->{id} => 1});
    is $end->{type}, 'resumed', 'two hundred are two readings';
    is seqs($talk, @frames), '2-3', 'and what was missed comes';
    my $error = $ws->resume({map { $none + $_ => 0 } 1 .. 1000});
    is "$error->{type} $error->{status}", 'error 429', 'a thousand are more than two';
    ok $error->{retry_after} > 0, 'it says when to come again';
    ok $ws->post($talk, 'on it goes')->{message}, 'the socket goes on';
    $ws->leave;
    $httpd->stop;
};

subtest 'a long history and a slow reader' => sub {
    my $talk = conversation(member('Ada'), $church);
    write_history($talk, 1500);
    my $slow = settled($talk->{member}, bytes => 4096);
    my $ref  = 'behind the resume';

    $slow->say({type => 'resume', conversations => {$talk->{id} => 0}, ref => 1});
    $slow->say({type => 'send', ref => $ref, conversation_id => $talk->{id}, content => 'patient'});
    my $begin = time;
    my @frames;
    until (@frames && $frames[-1]{type} eq 'ack' || time > $begin + 60 * slow()) {
        $slow->_receive(5) or last;
        push @frames, splice @{$slow->{inbox}};
        sleep 0.001;
    }
    my @messages = grep { $_->{type} eq 'message' } @frames;
    is seqs($talk, @messages[0 .. 1499]), '1-1500', 'get it all';
    is join(' ', map { $_->{type} } grep { $_->{type} =~ /resumed|ack/ } @frames), 'resumed ack', 'and what was asked behind is done behind';
    is $slow->await('message', sub { $_->{message}{seq} == 1501 })->{message}{content}, 'patient', 'once';
    $slow->leave;
};

# Writers that say something in these conversations, until stopped.
sub writers
{
    my (@talks) = @_;

    return map {
        my $talk = $_;
        in_background { my $code = say($talk, "live $_[0]", contract => 0)->code; sleep 0.01; $code == 201 };
    } @talks;
}

subtest 'while others write' => sub {
    my @talks   = map { conversation(member("Writer $_"), $church) } 1 .. 4;
    write_history($_, 120) for @talks;
    settled($carol)->leave;
    my @writers = writers(@talks);
    my $late    = 0;

    for my $round (1 .. 12) {
        my $begin = time;
        my $ws    = ChatTest::Live->of($carol, plain => 1);
        my %from  = map { $_->{id} => $round % 3 ? int rand 100 : 0 } @talks;

        $ws->await('hello');
        sleep 0.05 * ($round % 4); # what comes now is held back, for half a second
        if (time > $begin + 0.3) {
            $ws->leave;
            redo if $late++ < 200;
            diag 'the machine is too slow for the time in which messages are held back';
            last;
        }
        my $end    = $ws->resume(\%from, 20 * slow());
        my @frames = splice @{$ws->{inbox}};
        for my $live (1 .. 40) {
            push @frames, $ws->await('message') // ();
        }
        is $end->{type}, 'resumed', 'resumed';
        like seqs($_, @frames), qr/^@{[$from{$_->{id}} + 1]}-\d+$/, "from $from{$_->{id}}, each once and in order" for @talks;
        is scalar(grep { $_->{type} ne 'message' } @frames), 0, 'nothing else';
        $ws->leave;
    }
    my $written = 0;
    $written += $_->stop for @writers;
    cmp_ok $written, '>', 100, "$written messages were written meanwhile";
};

subtest 'what was read before it could be told' => sub {
    my $talk = conversation(member('Ada'), $church);
    my $ws   = ChatTest::Live->of($talk->{member}, plain => 1);

    $ws->await('hello'); # from here on messages are held back for a resume
    my $message = say($talk, 'read at once')->json->{message};
    is read_all($talk, as => $carol)->code, 200, 'is read at once';
    my ($read, $is_read);
    until ($is_read && $read) {
        my $frame = $ws->_take_first(sub { $_->{type} =~ /^(?:message|read)$/ }) or last;

        if ($frame->{type} eq 'read') { $read++; $is_read = 1 if defined $is_read }
        else { $is_read = $frame->{message}{is_read} ? 1 : 0 }
    }
    ok $is_read, 'who takes the frames one by one ends with a message that has been read';
    $ws->leave;
};

# ---- A database that goes and comes ------------------------------------------------------------------

my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
$postgresql->migrate;
my $httpd = ChatTest::Httpd->new(database => $params, conf => ChatTest::Httpd->usual =~ s/ application_name=own//r . <<'END');
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
my %here  = (site => $httpd->url, statements => undef);
sub metrics { return ChatTest::Metrics->of($httpd->url, fresh => 1) }
ok $httpd->start, 'an httpd with its own database starts' or diag $httpd->said;

sub here { return ChatTest::db($params) }

my ($here_id) = here()->selectrow_array(q{insert into chat.churches (name) values ('Here') returning id});
my @here = map {
    my $member = stranger();
    my $opened = post($member, 'conversations/', {church_id => $here_id}, %here);
    +{%{$opened->json->{conversation}}, member => $member};
} 1 .. 4;
my $staff = stranger();
get($staff, 'conversations/', %here);
here()->do('insert into chat.church_staff (church_id, user_id) select ?, id from chat.users where username = ?', undef,
    $here_id, $staff->{username});

# A client that follows the protocol: it resumes from what it has at hello, at a resync and at a hole.
sub follower
{
    my $ws = ChatTest::Live->of($staff, %here, plain => 1);

    $ws->await('hello') or return fail('hello');
    my $client = {ws => $ws, last => {map { $_->{id} => 0 } @here}, resyncs => 0, disorder => 0};
    $ws->say({type => 'resume', conversations => $client->{last}});
    return $client;
}

sub follow
{
    my ($client, $seconds) = @_;
    my ($ws, $last) = @$client{qw(ws last)};

    while ($ws->_receive($seconds // 0)) {
        for my $frame (splice(@{$ws->{inbox}}), splice @{$ws->{resyncs}}) {
            if ($frame->{type} eq 'resync') {
                $client->{resyncs}++;
                $ws->say({type => 'resume', conversations => $last});
            }
            next if $frame->{type} ne 'message';
            my ($id, $seq) = @{$frame->{message}}{qw(conversation_id seq)};
            $client->{$seq > $last->{$id} + 1 ? 'holes' : $seq <= $last->{$id} ? 'again' : 'good'}++;
            $last->{$id} = $seq if $seq == $last->{$id} + 1;
        }
    }
    return $client;
}

# All clients have all there is.
sub is_complete
{
    my ($what, @clients) = @_;
    my %truth = map {@$_} @{here()->selectall_arrayref('select id, last_seq from chat.conversations')};

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    until_true {
        follow($_) for @clients;
        !grep { my $last = $_->{last}; grep { $truth{$_} != $last->{$_} } keys %truth } @clients;
    } $what;
}

my $said = 0;
sub say_here { my ($talk) = @_; return say($talk, 'x', %here, client_id => join '-', $$, ++$said)->code }

my @clients;

subtest 'clients of both children' => sub {
    @clients = map { follower() } 1 .. 8;
    say_here($_) for @here;
    is_complete('hear all', @clients);
    is scalar(grep { $_->{holes} } @clients), 0, 'without a hole';
};

subtest 'the feed loses its backend' => sub {
    for my $round (1 .. 3) {
        my $before  = $clients[0]{resyncs};
        my $metrics = metrics();
        my $writer  = in_background { my $code = say_here($here[$_[0] % 4]); sleep 0.01; $code == 201 };

        sleep 0.2; # so that they write
        my ($count) = here()->selectrow_array(
            q{select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'mod_chat feed'});
        cmp_ok $count, '>=', 1, "$count feeds are without theirs";
        until_true {
            follow($_) for @clients;
            !grep { $_->{resyncs} <= $before } @clients;
        } 'all clients are told to resync';
        $writer->stop;
        is_complete("and have everything, round $round", @clients);
        cmp_ok metrics()->since($metrics, 'chat_resyncs_total'), '>=', $count, 'each feed has counted it';
    }
};

subtest 'PostgreSQL is restarted' => sub {
    my $before = $clients[0]{resyncs};
    my $writer = in_background {
        my $id = "restart-$$-$_[0]";
        my $code;

        for (1 .. 2000) { # what a client does: the same again until it is told
            $code = say($here[$_[0] % 4], $id, client_id => $id, %here, contract => 0)->code;
            last unless $code == 503;
            sleep 0.05;
        }
        $code == 201 || $code == 200;
    };
    here()->disconnect;
    ChatTest::forget_db($params);
    $postgresql->stop;
    my $error = $clients[0]{ws}->ask({type => 'send', conversation_id => $here[0]{id}, content => 'lost'});
    is "$error->{type} $error->{status}", 'error 503', 'what cannot be done is told';
    is +ChatTest::Live->of($staff, %here, plain => 1)->code, 503, 'who comes is refused for now';
    is scalar(grep { follow($_); defined $_->{ws}{closed} } @clients), 0, 'who is there stays';
    until_true { metrics()->value('chat_feeds', state => 'away') == 2 } 'both feeds are away, as the metrics say';
    $postgresql->start;
    until_true {
        follow($_) for @clients;
        !grep { $_->{resyncs} <= $before } @clients;
    } 'all clients are told to resync';
    $writer->stop;
    is_complete('and have everything', @clients);
    until_true { metrics()->value('chat_feeds', state => 'away') == 0 } 'no feed is away';
    say_here($_) for (@here) x 5;
    is_complete('what is said afterwards, too', @clients);
    my $late = follower();
    is_complete('and who comes late', $late);
};

is_deeply [$httpd->unexpected(
    qr/cannot be reached|\[dbd:|terminating connection|server closed the connection|administrator command/,
    qr/mod_dbd gave no connection|connection to server|shutting down|starting up|SSL SYSCALL|no connection came free/,
    qr/feed: (?:the connection to PostgreSQL was lost|.*no live updates until it reconnects)/,
)], [], 'nothing else was logged';
done_testing;
