use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Search qw(indexed search found);
use ChatTest::Upload qw(upload);
use MIME::Base64 ();
use Mojo::URL ();
use Time::HiRes ();

# Searches in messages: who finds what, page by page. What is found by which words is in t/search_queries.t.
my $word   = join '', map { chr ord('a') + int rand 26 } 1 .. 12; # which only this file writes
my %church = map { $_ => church() } qw(home away shut);
my %staff  = (map({ $_ => staff_of($church{$_}) } qw(home away shut)), former => staff_of($church{home}), both => member('Both'));
my %talk   = (
    ada     => conversation(member('Ada'), $church{home}),
    bob     => conversation(member('Bob'), $church{home}),
    both    => conversation($staff{both}, $church{home}),
    faraway => conversation(member('Faraway'), $church{away}),
    shut    => conversation(member('Shut'), $church{shut}),
    silent  => conversation(member('Silent'), $church{home}),
);
$talk{'ada away'} = conversation($talk{ada}{member}, $church{away});
staff_of($church{home}, $staff{both});
my %id;
for my $name (grep { $_ ne 'silent' } sort keys %talk) {
    push @{$id{$name}}, said($talk{$name}, "$word from a member of $name") for 1 .. 2;
    push @{$id{$name}}, said($talk{$name}, "$word from staff", as => $staff{$name =~ /away/ ? 'away' : $name eq 'shut' ? 'shut' : 'home'});
}
sql('update chat.churches set is_active = false where id = ?', $church{shut}{id});
sql('delete from chat.church_staff where user_id = ?', $staff{former}->id);
sql('update chat.conversations set member_blocked = true where id = ?', $talk{bob}{id});
indexed(values %talk);
my ($ada, $bob) = map { $talk{$_}{member} } qw(ada bob);

sub said { return say(@_)->json->{message}{id} }
sub of { return reverse sort { $a <=> $b } map { @{$id{$_}} } @_ }

subtest 'everybody finds what they may see, and nothing else' => sub {
    is_deeply [found($ada, $word)], [of('ada', 'ada away')], 'a member, in their conversations';
    is_deeply [found($bob, $word)], [of('bob')], 'a blocked one';
    is_deeply [found($talk{shut}{member}, $word)], [of('shut')], 'a member of a church that is switched off';
    is_deeply [found($staff{home}, $word)], [of('ada', 'bob', 'both')], 'staff, in those of their church';
    is_deeply [found($staff{away}, $word)], [of('faraway', 'ada away')], 'of another church';
    is_deeply [found($staff{shut}, $word)], [of('shut')], 'of one that is switched off';
    is_deeply [found($staff{both}, $word)], [of('ada', 'bob', 'both')], 'who are a member, too, find each message once';
    is_deeply [found($_, $word)], [], 'who belongs nowhere, or not any more' for $staff{former}, member('Nobody');
    is_deeply [found($ada, $word, church_id => $church{away}{id})], [of('ada away')], 'of one church';
    is_deeply [found($staff{home}, $word, church_id => $church{home}{id})], [of('ada', 'bob', 'both')], 'as staff';
    is_deeply [found($ada, $word, church_id => $church{shut}{id})], [], 'not of one that is not theirs';
    is_deeply [found($staff{home}, $word, conversation_id => $talk{bob}{id})], [of('bob')], 'of one conversation';
    is_deeply [found($ada, $word, conversation_id => $talk{$_}{id})], [], "not of $_" for qw(bob faraway silent);
    is_deeply [found($ada, $word, conversation_id => $talk{ada}{id}, church_id => $church{away}{id})], [], 'of both or none';

    my $gone = member('Gone', is_active => 0);
    my $answer = search($gone, $word);
    is $answer->code . ' ' . $answer->json->{code}, '403 user_inactive', 'an account that is not active';
    is search(undef, $word)->code, 401, 'nobody';
};

subtest 'a result' => sub {
    my ($result) = @{search($staff{home}, qq{"$word from staff"}, conversation_id => $talk{ada}{id})->json->{results}};
    my ($message) = grep { $_->{id} == $id{ada}[2] } @{messages_of($talk{ada}, as => $staff{home})};

    is_deeply $result->{conversation}, get($staff{home}, $talk{ada}{path})->json->{conversation}, 'its conversation';
    is_deeply $result->{message}, $message, 'its message';
    is $result->{snippet}, "<mark>$word from staff</mark>", 'its snippet';

    ($result) = @{search($ada, qq{"$word from staff"}, conversation_id => $talk{ada}{id})->json->{results}};
    ok !exists $result->{message}{staff_name}, 'a member is not told who of the staff wrote';
    is $result->{message}{sender_name}, $church{home}{name}, 'but that the church did';
    like search($ada, 'member', conversation_id => $talk{ada}{id})->body, qr/"snippet":"\w+ from a \\u003cmark\\u003emember\\u003c\/mark\\u003e of ada"/,
        'marks are escaped in JSON, as all is';

    my $answer = search($ada, $word);
    ok $answer->json->{up_to_date}, 'the index is up to date';
    my $url = "conversations/search/?q=$word";
    is get($ada, $url, headers => {'If-None-Match' => $answer->header('ETag')})->code, 304, 'the same answer is not sent again';
    is ask($ada, HEAD => $url)->code, 200, 'HEAD';
};

subtest 'page by page' => sub {
    my @all = of('ada', 'bob', 'both');

    for my $limit (1, 2, 4, 8, 9) {
        my ($url, @seen, $pages) = ("conversations/search/?q=$word&limit=$limit&church_id=$church{home}{id}&from=&since=2020-01-01T00:00:00%2B01:00");
        while ($url) {
            my $answer = get($staff{home}, $url)->json;
            push @seen, map { $_->{message}{id} } @{$answer->{results}};
            $url = $answer->{next};
            last if ++$pages > 20;
        }
        is_deeply \@seen, \@all, "$limit a page";
        is $pages, POSIX::ceil(@all / $limit), 'no page is empty';
    }
    my $first = search($staff{home}, qq{"$word from" -bob}, limit => 2)->json;
    my $next  = Mojo::URL->new($first->{next})->query->to_hash;
    is $next->{q}, qq{"$word from" -bob}, 'the next page asks for the same words';
    is get($staff{home}, $first->{next})->code, 200, 'and is there';

    my $new = said($talk{ada}, "$word in between");
    indexed($talk{ada});
    is_deeply [map { $_->{message}{id} } @{get($staff{home}, $first->{next})->json->{results}}],
        [(grep { my $id = $_; !grep { $_ == $id } $id{bob}[0], $id{bob}[1] } @all)[2, 3]], 'which is the same after another message';
    push @{$id{ada}}, $new;

    my $bytes = MIME::Base64::decode_base64url($next->{cursor});
    substr($bytes, -1) = chr(1 ^ ord substr $bytes, -1);
    for my $cursor (MIME::Base64::encode_base64url($bytes), 'x', substr $next->{cursor}, 1) {
        my $answer = search($staff{home}, $word, cursor => $cursor);
        is $answer->code . ' ' . join(',', @{$answer->fields}), '400 cursor', 'a cursor of another epoch, or that is none';
    }
};

subtest 'filters' => sub {
    is_deeply [found($staff{home}, $word, conversation_id => $talk{ada}{id}, from => 'me')], [$id{ada}[2]], 'from me';
    is_deeply [found($staff{home}, $word, conversation_id => $talk{ada}{id}, from => 'them')], [@{$id{ada}}[3, 1, 0]], 'from them';
    is_deeply [found($staff{both}, $word, conversation_id => $talk{ada}{id}, from => 'me')], [], 'fellow staff are others';
    is_deeply [found($ada, $word, church_id => $church{home}{id}, from => 'me')], [@{$id{ada}}[3, 1, 0]], 'of a member';

    my %at = map { ($_->{id} => $_->{created_at}) } @{messages_of($talk{ada})};
    my $second = $at{$id{ada}[1]};
    my @where  = (conversation_id => $talk{ada}{id});
    is_deeply [found($_->[0], $word, @{$_->[1]}, since => $second)], [@{$id{ada}}[3, 2, 1]], "since, as $_->[2]"
        for [$ada, \@where, 'a member'], [$staff{home}, \@where, 'staff'];
    is_deeply [found($ada, $word, @where, until => $second)], [$id{ada}[0]], 'until';
    is_deeply [found($staff{home}, $word, since => $second, until => $at{$id{ada}[2]}, from => 'them')], [$id{ada}[1]], 'of a church, all at once';
    is_deeply [found($ada, $word, @where, since => $at{$id{ada}[2]}, until => $second)], [], 'no time';
};

subtest 'in one conversation' => sub {
    my $path   = "$talk{ada}{path}messages/";
    my $answer = get($ada, "$path?q=$word&limit=3");
    my $page   = $answer->json;

    is_deeply [map { $_->{id} } @{$page->{messages}}], [@{$id{ada}}[3, 2, 1]], 'newest first';
    ok $page->{has_more}, 'there are more';
    is $page->{messages}[0]{snippet}, "<mark>$word</mark> in between", 'each with its snippet';
    is_deeply [map { my %m = %$_; delete $m{snippet}; \%m } @{$page->{messages}}],
        [reverse grep { $_->{id} >= $id{ada}[1] && $_->{content} =~ /$word/ } @{messages_of($talk{ada})}], 'otherwise as they are';
    my ($prev) = $answer->header('Link') =~ /<([^>]+)>; rel="prev"/;
    unlike $answer->header('Link'), qr/next/, 'Link has no next';
    for my $query ($prev, "$path?q=$word&before=$id{ada}[1]") {
        my $last = get($ada, $query)->json;
        is_deeply [map { $_->{id} } @{$last->{messages}}], [$id{ada}[0]], 'the last page';
        ok !$last->{has_more}, 'which says so';
    }
    is scalar @{get($ada, "$path?q=")->json->{messages}}, 4, 'an empty q is none';
    is_deeply get($ada, "$path?q=-$word")->json->{messages}, [], 'only without: nothing';
    is get($_, "$path?q=$word")->code, 404, 'not in that of others' for $bob, $staff{away}, $staff{former};
    is get($staff{home}, "$talk{silent}{path}messages/?q=$word")->code, 404, 'staff do not see one without a message';
    is_deeply get($talk{silent}{member}, "$talk{silent}{path}messages/?q=$word")->json->{messages}, [], 'its member does';
    my $both = get($ada, "$path?q=$word&after=1");
    is $both->code . ' ' . join(',', @{$both->fields}), '400 after', 'not with after';
};

# Elements open a conversation at a message.
subtest 'both ways from a message' => sub {
    my $talk = conversation(member('Dora'));
    my @ids  = map { said($talk, "number $_") } 1 .. 7;
    my $path = "$talk->{path}messages/";
    my $older = get($talk->{member}, "$path?limit=3&before=" . ($ids[3] + 1))->json;
    my $newer = get($talk->{member}, "$path?limit=2&after=$ids[3]")->json;

    is_deeply [map { $_->{id} } @{$older->{messages}}], [@ids[1 .. 3]], 'up to the message';
    is_deeply [map { $_->{id} } @{$newer->{messages}}], [@ids[4, 5]], 'from the message on';
    ok $older->{has_more} && $newer->{has_more}, 'there are more before and after';
    ok !get($talk->{member}, "$path?limit=4&before=" . ($ids[3] + 1))->json->{has_more}, 'none before the first';
    ok !get($talk->{member}, "$path?limit=3&after=$ids[3]")->json->{has_more}, 'none after the last';
};

subtest 'names of files' => sub {
    my $alone = upload($talk{ada}, {name => "Report-$word.txt", bytes => 'x'})->json->{message};
    my $said  = upload($talk{ada}, {name => 'Zählung.txt', bytes => 'x'}, content => 'see this')->json->{message};
    indexed($talk{ada});

    my $found = sub { search($ada, $_[0], conversation_id => $talk{ada}{id})->json->{results}[0] // {message => {}} };
    is $found->('report txt')->{message}{id}, $alone->{id}, 'by the name';
    is $found->('report txt')->{snippet}, "<mark>Report</mark>-$word.<mark>txt</mark>", 'which is the snippet';
    is $found->('see zahl')->{message}{id}, $said->{id}, 'by both';
    is $found->('see zahl')->{snippet}, '<mark>see</mark> this · <mark>Zähl</mark>ung.txt', 'which are in the snippet';
    push @{$id{ada}}, $alone->{id};
};

subtest 'what is deleted is not found' => sub {
    my $talk = conversation(member('Emil'), $church{home});
    my @ids  = map { said($talk, "$word again") } 1 .. 3;
    indexed($talk);
    is_deeply [found($talk->{member}, $word)], [reverse @ids], 'before';
    sql('delete from chat.messages where conversation_id = ? and id = ?', $talk->{id}, $ids[1]);
    is_deeply [found($talk->{member}, $word)], [@ids[2, 0]], 'a message, at once';
    sql('delete from chat.conversations where id = ?', $talk->{id});
    is_deeply [found($talk->{member}, $word)], [], 'a conversation';
    is_deeply [found($staff{home}, "$word again")], [], 'for staff, too';
    is sql('select count(*) as n from chat.message_words where conversation_id = ?', $talk->{id})->{n}, 0, 'no words are left';
};

subtest 'a secret of others leaves no trace' => sub {
    my ($secret, $nothing) = ("sesame$word", "simsim$word");
    my $talk = conversation(member('Keeper'), $church{away});
    said($talk, "the password is $secret") for 1 .. 60;
    indexed($talk);
    is scalar(found($talk->{member}, $secret)), 20, 'its keeper finds it';

    my %fastest;
    for my $person ($ada, $staff{home}, member('Nobody')) {
        for my $words (sub { $_[0] }, sub {"$word or $_[0]"}, sub {"$word -$_[0]"}, sub { substr $_[0], 0, 6 }, sub {"\"is $_[0]\""}) {
            my @answers = map { my %json = %{search($person, $words->($_))->json}; $json{next} &&= 'more'; \%json } $secret, $nothing;
            is_deeply $answers[0], $answers[1], 'the answers are the same';
        }
    }
    for (1 .. 40) {
        for my $searched ($secret, $nothing) {
            my $began = Time::HiRes::time();
            search($staff{home}, $searched, -contract => 0);
            my $took = Time::HiRes::time() - $began;
            $fastest{$searched} = $took if !$fastest{$searched} || $took < $fastest{$searched};
        }
    }
    my $differ = abs $fastest{$secret} - $fastest{$nothing};
    cmp_ok $differ, '<', 0.001 * slow() + $fastest{$nothing} / 2, sprintf 'and take as long: %.2f and %.2f ms', map { 1000 * $fastest{$_} } $secret, $nothing;
};

# In the index alone; these rows have no messages.
subtest 'what was common long ago' => sub {
    my $church = church();
    my $staff  = staff_of($church);
    my $talk   = conversation(member('Old'), $church);
    my ($old, $first, @pages) = ("old$word", 1_000_000_000_000);
    my $fill = sub {
        my ($from, $count, $words) = @_;
        sql(q{insert into chat.message_words (conversation_id, id, church_id, search)
            select ?, n, ?, to_tsvector('simple', ?) || array_to_tsvector(array['~' || ?::bigint]) from generate_series(?::bigint, ?) n},
            $talk->{id}, $church->{id}, $words, $church->{id}, $from, $from + $count - 1);
    };
    my $read = sub {
        my ($words) = @_;
        my ($url, @read) = "conversations/search/?q=$words";
        for (1 .. 5) {
            my $answer = get($staff, $url, statements => 1)->json;
            push @read, $answer;
            $url = $answer->{next} or last;
        }
        return @read;
    };

    $fill->($first, 10_100, $old);
    my $message = $first + 10_100;
    sql(q{insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, created_at)
        values (?, ?, 1, ?, false, ?, now())}, $talk->{id}, $message, $talk->{member}->id, "$old and gone");
    indexed($talk);
    $fill->($message + 1, 12_100, 'new');
    sql('analyze chat.message_words');
    @pages = $read->($old);
    is_deeply $pages[0]{results}, [], 'the newest have none of it, and the index has too many for one request';
    is_deeply [map { $_->{message}{id} } map { @{$_->{results}} } @pages], [$message], 'the next page goes on, and finds it';
    is scalar @pages, 2, 'then it is over';
    @pages = $read->("gone+$old");
    is_deeply [map { scalar @{$_->{results}} } @pages], [1], 'what is rare is found at once';
    sql('delete from chat.message_words where conversation_id = ? and id <> ?', $talk->{id}, $message);
};

subtest 'what is not a search' => sub {
    my $long = 'é' x 200;
    for my $case (
        ['', 'search_query'], ['q=', 'search_query'], ["q=${long}e", 'search_query'], ['q=a+b+c+d+e+f+g+h+i', 'search_query'],
        ['q=a%00b', 'limit'], ['q=%ff', 'q'], ['q=a&limit=0', 'limit'], ['q=a&limit=51', 'limit'], ['q=a&limit=x', 'limit'], ['q=a&cursor=x', 'cursor'],
        ['q=a&church_id=x', 'church_id'], ['q=a&church_id=-1', 'church_id'], ['q=a&conversation_id=0', 'conversation_id'], ['q=a&from=you', 'from'],
        ['q=a&since=yesterday', 'since'], ['q=a&until=2026-13-01T00:00:00Z', 'until'], ['q=a&until=2026-01-01', 'until'],
        )
    {
        my ($query, $wanted) = @$case;
        my $answer = get($ada, 'conversations/search/?' . Mojo::Util::encode('UTF-8', $query), statements => 0);
        is $answer->code, 400, substr $query, 0, 60;
        is $answer->json->{code} eq 'invalid_field' ? join(',', @{$answer->fields}) : $answer->json->{code}, $wanted, "because of $wanted";
        next if $query !~ /^q=./ || $query =~ /&/;
        is get($ada, "$talk{ada}{path}messages/?" . Mojo::Util::encode('UTF-8', $query), statements => 0)->code, 400, 'in one conversation, too';
    }
    for my $words ($long, 'a b c d e f g h', '   ', '!?', '""', '-a', '-"a b" -c', '"', '~' . $church{home}{id}, 'or') {
        my $answer = search($staff{home}, $words, statements => 1);
        is $answer->code, 200, "'" . substr($words, 0, 20) . "'";
        is_deeply $answer->json->{results}, [], 'finds nothing';
    }
};

subtest 'where searches are switched off' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "ChatSearch off\n" . ChatTest::Httpd->usual);
    ok $httpd->start, 'it starts' or diag $httpd->said;
    for my $url ("conversations/search/?q=$word", 'conversations/search/', "$talk{ada}{path}messages/?q=$word") {
        my $answer = get($ada, $url, site => $httpd->url, statements => 0);
        is $answer->code . ' ' . $answer->json->{detail}, '404 Messages cannot be searched on this server.', $url;
    }
    is get($ada, "$talk{ada}{path}messages/?q=", site => $httpd->url)->code, 200, 'pages are there';
    ok $httpd->stop, 'it stops';
};

done_testing;
