use ChatTest;
use Time::HiRes qw(time);

# A virtual host with a pool of two in each child, and what happens when slow statements fill it.
my $church = church();
my @talks  = map { conversation(member("Person $_"), $church) } 1 .. 12;
my %pool   = (site => 'pool');
my %long   = (site => 'longpool'); # the same, where nothing is given up soon

subtest 'a pool of its own serves as any other' => sub {
    for my $round (1 .. 3) {
        my @answers = together(map { [$_->{member}, GET => "$_->{path}messages/", %long] } @talks);

        is scalar(grep { $_->code == 200 } @answers), 12, "reading, round $round";
        @answers = together(map {
            [$_->{member}, POST => "$_->{path}messages/", json => {content => 'x'}, %long]
        } @talks);
        is scalar(grep { $_->code == 201 } @answers), 12, "writing, round $round";
    }
    my $connections = sql(q{select count(*) from pg_stat_activity where application_name = 'longpool'})->{count};
    cmp_ok $connections, '<=', 4, "two for each of two children ($connections)";
};

subtest 'an exhausted pool answers at once, and nobody hangs' => sub {
    my $other = ChatTest::db()->clone;
    my @locked = @talks[0 .. 7];

    $other->begin_work;
    $other->do('select 1 from chat.conversations where church_id = ? for update', undef, $church->{id});
    my $begin   = time;
    my @answers = together(map {
        [$_->{member}, POST => "$_->{path}messages/", json => {content => 'waits'}, %pool, statements => [0, 1]]
    } (@locked) x 4);
    my $took = time - $begin;
    my %codes;
    $codes{$_->code}++ for @answers;

    is_deeply [keys %codes], [503], 'all 503: ' . join ' ', %codes;
    cmp_ok $took, '<', 6 * slow(), sprintf 'within %.1f s', $took;
    my ($busy) = grep { ($_->statements // 0) == 0 } @answers;
    ok $busy, 'some never reached the database';
    like $answers[0]->header('Retry-After'), qr/^[1-9]\d?$/, 'Retry-After';

    is get($talks[9]{member}, 'conversations/')->code, 200, 'the other pool is not concerned';
    is get($talks[9]{member}, 'conversations/null/', %pool)->code, 404, 'nor what needs no database';
    $other->rollback;
    $other->disconnect;

    my $after = sub { my ($talk, $n) = @_; say($talk, 'after', client_id => "after $n", %pool, statements => undef)->code };
    my $n = 0;
    for my $talk (@locked) {
        $n++;
        until_true { $after->($talk, $n) =~ /^20[01]$/ } 'then all goes on';
    }
    my $waited = sql(q{select count(*) from chat.messages m join chat.conversations c on c.id = m.conversation_id
        where c.church_id = ? and m.content = 'waits'}, $church->{id})->{count};
    is $waited, 0, 'what was refused was not stored';
};

subtest 'a lock that is given back in time costs a little patience' => sub {
    my $other = ChatTest::db()->clone;

    $other->begin_work;
    $other->do('select 1 from chat.conversations where id = ? for update', undef, $talks[0]{id});
    Mojo::IOLoop->timer(0.4 => sub { $other->rollback });
    my ($answer) = together([$talks[0]{member}, POST => "$talks[0]{path}messages/",
        json => {content => 'patient'}, %long]);
    is $answer->code, 201, 'answered after the wait';
    $other->disconnect;
};

log_may_say(qr/no connection came free|took too long|lock timeout|statement timeout|statement_timeout/);
done_testing;
