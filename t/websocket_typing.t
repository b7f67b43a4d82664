use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time);

# Whoever was shown that somebody types hears of the end, however it comes about, and typing-status says the
# same as the frames: in all children of a host, and at another host.
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $church = church('Ends');
my $carol  = staff_of($church, 'Carol');
my $colin  = staff_of($church, 'Colin');
my $talk   = begun(member('Ada'), $church);
my $ada    = $talk->{member};
my $other  = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual);
ok $other->start, 'another host' or diag $other->said;

my %watch = (
    'Carol'          => ChatTest::Live->of($carol),
    'Carol, again'   => ChatTest::Live->of($carol),
    'Carol, far off' => ChatTest::Live->of($carol, site => $other->url),
);

sub types
{
    my ($who, $is_typing) = @_;
    my %frame = (conversation_id => $talk->{id}, is_typing => $is_typing);

    return $who->say({type => 'typing', %frame}) if $who->isa('ChatTest::Live');
    return is post($who, "$talk->{path}typing/", {is_typing => $is_typing}, fresh => 1)->code, 200, 'said by REST';
}

sub status
{
    my ($who, %options) = @_;

    return get($who, "$talk->{path}typing-status/", fresh => 1, %options)->json->{is_typing};
}

# All who watch hear this next, and every host says the same.
sub all_hear
{
    my ($is_typing, $what, $who) = @_;

    $who //= $ada;
    for my $name (sort keys %watch) {
        my $frame = $watch{$name}->await('typing');

        is $frame && $frame->{is_typing} ? 1 : 0, $is_typing ? 1 : 0, "$name: $what";
        is $frame && $frame->{typer}{user_id}, $who->id, 'of whom it is';
    }
    my $asker = $who == $carol ? $colin : $carol;
    until_true { !!status($asker) == !!$is_typing } 'so says typing-status';
    until_true { !!status($asker, site => $other->url) == !!$is_typing } 'also at the other host';
}

sub nobody_hears
{
    my ($what) = @_;
    my @names = sort keys %watch;
    my @heard = ChatTest::Live->until_fence(@watch{@names});

    for my $i (0 .. $#names) {
        my @typing = grep { $_->{type} eq 'typing' && $_->{conversation_id} == $talk->{id} } @{$heard[$i]};
        is_deeply \@typing, [], "$names[$i]: $what";
    }
}

# The nearest WebSocket hears nothing of itself, and may be in any child.
my %tab = map { $_ => ChatTest::Live->of($ada) } qw(A B);

subtest 'said' => sub {
    for my $who ($ada, $tab{A}) {
        types($who, $true);
        all_hear($true, 'begins');
        types($who, $false);
        all_hear($false, 'ends');
    }
};

subtest 'a message ends what its sender typed, wherever it was typed and sent' => sub {
    for my $case ([$ada, $ada], [$tab{A}, $ada], [$ada, $tab{B}], [$tab{A}, $tab{A}], [$tab{A}, $tab{B}]) {
        my ($typist, $sender) = @$case;

        types($typist, $true);
        all_hear($true, 'begins');
        if ($sender == $ada) { is say($talk, 'here it is')->code, 201, 'sent by REST' }
        else { is $sender->post($talk, 'here it is')->{type}, 'ack', 'sent' }
        all_hear($false, 'ends');
    }
    types($tab{A}, $true);
    types($tab{B}, $true);
    all_hear($true, 'one tab') for 1 .. 2;
    say($talk, 'from neither');
    all_hear($false, 'both end');
    nobody_hears('once');
};

subtest 'what is on its way when the message is sent does not outlive it' => sub {
    for my $round (1 .. 15) {
        types($tab{A}, $true);
        say($talk, "at once $round");
    }
    say($talk, 'the last');
    until_true { !status($carol) } 'nobody types';
    ChatTest::Live->until_fence(values %watch);
    until_true { !status($carol) } 'nor later';
};

subtest 'a message of somebody else ends nothing' => sub {
    types($tab{A}, $true);
    all_hear($true, 'begins');
    my $id = say($talk, 'a word between', as => $carol)->json->{message}{id};
    ok $_->await_message($id), 'heard' for values %watch;
    nobody_hears('no end');
    ok status($carol), 'still there';
    types($tab{A}, $false);
    all_hear($false, 'ends');
};

subtest 'one tab does not end another' => sub {
    my $third = ChatTest::Live->of($ada);

    types($tab{A}, $true);
    all_hear($true, 'A begins');
    types($tab{B}, $false);
    types($ada, $false);
    types($third, $true);
    all_hear($true, 'a third begins');
    $third->leave;
    nobody_hears('no end of A');
    ok status($carol), 'who still types';
    types($tab{A}, $false);
    all_hear($false, 'until A ends');
};

subtest 'a socket that closes' => sub {
    for my $end (qw(leave vanish)) {
        my $tab = ChatTest::Live->of($ada);

        types($tab, $true);
        all_hear($true, 'begins');
        $tab->$end;
        all_hear($false, "ends: $end");
    }
    my $tab = ChatTest::Live->of($ada);
    types($tab, $true);
    $tab->leave; # before it was worked on, perhaps
    until_true { !status($carol) } 'nothing stays';
    ChatTest::Live->until_fence(values %watch);
};

subtest 'time' => sub {
    for my $who ($ada, $tab{A}) {
        my $begin = time;

        types($who, $true);
        all_hear($true, 'begins');
        all_hear($false, 'ends');
        cmp_ok time - $begin, '>', 4.5, 'after five seconds';
    }
};

subtest 'access that is lost' => sub {
    my $leaving = staff_of($church, 'Leaving');
    my $tab     = ChatTest::Live->of($leaving);

    types($tab, $true);
    all_hear($true, 'staff begin', $leaving);
    sql('delete from chat.church_staff where user_id = ?', $leaving->id);
    all_hear($false, 'and have left', $leaving);
    $tab->leave;

    types($tab{A}, $true);
    all_hear($true, 'a member begins');
    post($carol, "$talk->{path}block/", {blocked => $true});
    all_hear($false, 'and is blocked');
    is status($carol), $false, 'as typing-status says';
    post($carol, "$talk->{path}block/", {blocked => $false});

    types($tab{B}, $true);
    all_hear($true, 'a member begins');
    sql('update chat.users set is_active = false where id = ?', $ada->id);
    all_hear($false, 'and is deactivated');
    is $tab{$_}->closed, 1008, 'and gone' for qw(A B);
    sql('update chat.users set is_active = true where id = ?', $ada->id);
};

$_->leave for values %watch;
done_testing;
