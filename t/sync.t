use ChatTest;

# What has changed since a list was read, whoever commits when: moments are taken before a commit, and so
# transactions become visible in another order than that of their moments.
my $church = church('Sync');
my $staff  = staff_of($church, 'Staff');

sub list
{
    my ($person, $query, %options) = @_;

    return get($person, 'conversations/' . ($query ? "?$query" : ''), %options)->json;
}
sub ids { return join ' ', sort { $a <=> $b } map { $_->{id} } @{$_[0]{conversations}} }
sub wanted { return join ' ', sort { $a <=> $b } map { $_->{id} } @_ }

# Another session, which says something in a transaction that it leaves open.
sub writing
{
    my ($talk, $content, %options) = @_;
    my $handle = ChatTest::db()->clone;

    $handle->begin_work;
    $handle->do('savepoint inner_one') if $options{savepoint};
    $handle->do('select chat.send_message(?, ?, ?)', undef, $talk->{member}->id, $talk->{id}, $content);
    return $handle;
}

subtest 'a sync is exact' => sub {
    my @talks = map { begun(member("Member $_"), $church) } 1 .. 4;
    my $list  = list($staff);

    is ids(list($staff, "updated_since=$list->{sync}")), '', 'nothing has changed';
    say($talks[1], 'news');
    my $next = list($staff, "updated_since=$list->{sync}");
    is ids($next), wanted($talks[1]), 'what has';
    is ids(list($staff, "updated_since=$next->{sync}")), '', 'once';
    is ids(list($staff, "updated_since=$list->{sync}")), wanted($talks[1]), 'an older one still tells it';
    my $new = begun(member('New'), $church);
    is ids(list($staff, "updated_since=$next->{sync}")), wanted($new), 'a new conversation';
    is ids(list($talks[0]{member}, 'updated_since=' . list($talks[0]{member})->{sync})), '', 'for a member, too';
};

subtest 'the same list has the same sync' => sub {
    wait_for_others();
    my $list   = get($staff, 'conversations/');
    my $member = member('Nobody yet');
    my $empty  = get($member, 'conversations/');

    say(conversation(member('Elsewhere'), church()), 'something else');
    is get($staff, 'conversations/')->body, $list->body, 'whatever is written elsewhere';
    is get($staff, 'conversations/', headers => {'If-None-Match' => $list->header('ETag')})->code, 304, 'so it costs a 304';
    is get($member, 'conversations/')->body, $empty->body, 'an empty one as well';
    my $sync = $empty->json->{sync};
    my $first = conversation($member, $church);
    is ids(list($member, "updated_since=$sync")), wanted($first), 'and then it finds the first';
};

subtest 'what commits late' => sub {
    my @talks = map { begun(member("Late $_"), $church) } 1 .. 3;
    my $before = list($staff);
    my $slow   = writing($talks[0], 'slow');

    say($talks[1], 'fast');
    my $seen = list($staff, "updated_since=$before->{sync}");
    is ids($seen), wanted($talks[1]), 'is not there yet';
    say($talks[2], 'faster');
    my $newest = list($staff, "updated_since=$seen->{sync}");
    is ids($newest), wanted($talks[2]), 'nor now';
    my $moment = $newest->{conversations}[0]{updated_at};
    $slow->commit;
    is ids(list($staff, "updated_since=$newest->{sync}")), wanted($talks[0]), 'and then it is, alone';
    is ids(list($staff, "updated_since=$seen->{sync}")), wanted(@talks[0, 2]), 'also from before';
    my %told = map { $_->{id} => $_->{last_message} } @{list($staff, "updated_since=$moment")->{conversations}};
    is $told{$talks[0]{id}}, 'slow', 'and for one who knows only the newest moment';
    is ids(list($staff, 'updated_since=' . list($staff)->{sync})), '', 'in the end nothing is left';
    $slow->disconnect;
};

subtest 'what commits late, and in a part of its transaction' => sub {
    my @talks = map { begun(member("Part $_"), $church) } 1 .. 2;
    my $slow  = writing($talks[0], 'slow', savepoint => 1);

    say($talks[1], 'fast');
    my $seen = list($staff);
    $slow->commit;
    my %told = map { $_->{id} => $_->{last_message} } @{list($staff, "updated_since=$seen->{sync}")->{conversations}};
    is $told{$talks[0]{id}}, 'slow', 'is told';
    $slow->disconnect;
};

# As a transaction that was open for an hour: its moment is far below what was seen meanwhile.
subtest 'what commits very late' => sub {
    my @talks = map { begun(member("Very late $_"), $church) } 1 .. 2;
    my $slow  = writing($talks[0], 'slow');

    $slow->do(q{update chat.conversations c set created_at = created_at - interval '1 day',
        updated_at = updated_at - interval '1 hour' where c.id = ?}, undef, $talks[0]{id});
    $slow->do(q{update chat.moments set at = at - interval '2 hours'});
    say($talks[1], 'fast');
    my $seen = list($staff);
    $slow->commit;
    my %news = map { $_->{id} => 1 } @{list($staff, "updated_since=$seen->{sync}")->{conversations}};
    ok $news{$talks[0]{id}}, 'is told';
    ok !$news{$talks[1]{id}}, 'and what was seen is not'; # what was written behind a savepoint may be told again
    my %told = map { $_->{id} => 1 }
        @{list($staff, "limit=200&updated_since=$seen->{conversations}[0]{updated_at}")->{conversations}};
    ok $told{$talks[0]{id}}, 'and for one who knows only the newest moment';
    $slow->disconnect;
    sql('update chat.conversations c set updated_at = last_message_at where c.id = ?', $talks[0]{id});
};

subtest 'many pages' => sub {
    my $large = church('Large');
    my $reader = staff_of($large, 'Reader');
    my @talks = map { begun(member("Page $_"), $large) } 1 .. 7;
    my $sync  = list($reader, 'limit=2')->{sync};
    my %again = map { $_->{id} => 1 } @{list($reader, "limit=200&updated_since=$sync")->{conversations}};

    ok !$again{$talks[6]{id}}, 'the newest is known';
    say($_, 'news') for @talks[0 .. 4];
    my ($page, @found) = list($reader, "limit=2&updated_since=$sync");
    my $next = $page->{sync};
    push @found, map { $_->{id} } @{$page->{conversations}};
    while ($page->{next}) {
        $page = ask($reader, 'GET', $page->{next})->json;
        is $page->{sync}, undef, 'a later page has none';
        push @found, map { $_->{id} } @{$page->{conversations}};
    }
    my %found = map { $_ => 1 } @found;
    is scalar(grep { $found{$_->{id}} } @talks[0 .. 4]), 5, 'all that changed are found';
    is scalar(@found), scalar(keys %found), 'each once';
    say($talks[6], 'more');
    %found = map { $_->{id} => 1 } @{list($reader, "updated_since=$next")->{conversations}};
    ok $found{$talks[6]{id}}, 'and the sync of the first page goes on';
};

subtest 'what a sync is not' => sub {
    my $sync = list($staff)->{sync};
    my @wrong = ('s1.', 's1.x', 's1.' . 'A' x 5000, substr($sync, 0, -1), "${sync}A", "$sync=", 's2.' . substr($sync, 3),
        map { 's1.' . encode($_) } "0123456789abcdef", "0123456789abcdef ", '0123456789abcdef 9:7:', '0123456789abcdef 0:7:',
        '0123456789abcdef 7:9:7,', '0123456789abcdef 7:9:8,7', '0123456789abcdef 7:9:9', '0123456789abcdef 7:9',
        '0123456789abcdef 7:9223372036854775808:', "0123456789abcdef 7:9:'", '0123456789ABCDEF 7:9:', 'x 7:9:',
        '0123456789abcdef 7:99999999999999999999999:');

    for my $wrong (@wrong) {
        my $answer = get($staff, "conversations/?updated_since=$wrong");
        is $answer->code . ' ' . join(',', @{$answer->fields}), '400 updated_since', substr $wrong, 0, 40;
    }
    my ($epoch) = decode(substr $sync, 3) =~ /^(\S+)/;
    is ids(list($staff, 'updated_since=s1.' . encode("$epoch 3:3:"))), ids(list($staff)), 'since the first transaction: all';
    is ids(list($staff, 'updated_since=s1.' . encode("$epoch 9000000000000000000:9000000000000000000:"))), '',
        'one far ahead finds nothing and does no harm';
};

done_testing;

sub encode
{
    require MIME::Base64;
    my $text = MIME::Base64::encode_base64url($_[0]);

    return $text;
}
sub decode { require MIME::Base64; return MIME::Base64::decode_base64url($_[0]) }
