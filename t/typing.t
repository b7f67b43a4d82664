use ChatTest;

my $church = church('Typists');
my $carol  = staff_of($church, 'Carol');
my $mate   = staff_of($church, 'Colin');
my $ada    = member('Ada', avatar_url => '/ada.png');
my $talk   = begun($ada, $church);
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);

sub types { return post($_[0], "$talk->{path}typing/", {is_typing => $_[1]}, fresh => 1) }
sub status { return get($_[0], "$talk->{path}typing-status/", fresh => 1, @_[1 .. $#_])->json }

subtest 'who types is seen by the others' => sub {
    is_deeply status($carol), {is_typing => $false, typers => []}, 'nobody';
    is_deeply types($ada, $true)->json, {success => $true, is_typing => $true}, 'a member types';
    is_deeply status($carol), {
        is_typing => $true,
        typers => [{user_id => $ada->id, username => $ada->{username}, display_name => 'Ada',
            avatar => '/ada.png'}],
    }, 'staff see who';
    is_deeply status($ada), {is_typing => $false, typers => []}, 'never the asker';
    is_deeply types($ada, $false)->json, {success => $true, is_typing => $false}, 'stops';
    is_deeply status($carol), {is_typing => $false, typers => []}, 'at once nobody';
    is types($ada, $false)->code, 200, 'stopping again is fine';
};

subtest 'staff type in the name of the church' => sub {
    is types($carol, $true)->code, 200, 'a staff member types';
    my $seen = status($ada);
    is $seen->{is_typing}, $true, 'the member sees it';
    my $the_church = {user_id => undef, username => undef, display_name => 'Typists', avatar => $church->{logo_url}};
    is_deeply $seen->{typers}, [$the_church], 'as the church, with its logo, and no word of who';
    is status($mate)->{typers}[0]{display_name}, 'Carol', 'a fellow sees who it is';

    is types($mate, $true)->code, 200, 'two of them';
    is_deeply status($ada)->{typers}, [$the_church], 'are one church to the member';
    types($carol, $false);
    is_deeply status($ada)->{typers}, [$the_church], 'until the last of them';
    types($mate, $false);
    is_deeply status($ada), {is_typing => $false, typers => []}, 'has stopped';
    types($_, $true) for $carol, $mate;
    is_deeply [map { $_->{user_id} } @{status($carol)->{typers}}], [$mate->id], 'each sees the other';
    types($_, $false) for $carol, $mate;
};

subtest 'it is known to every child' => sub {
    my %seen;

    is types($ada, $true)->code, 200, 'types';
    until_true {
        my $begin = Time::HiRes::time();

        types($ada, $true);
        my @answers = together(map { [$carol, GET => "$talk->{path}typing-status/"] } 1 .. 20);
        if (Time::HiRes::time() - $begin < 4) { # or it may have ended by itself
            $seen{child_of($_)} ||= $_->json->{is_typing} ? 'typing' : 'nobody' for @answers;
        }
        keys %seen >= 2;
    } 'two children have answered', 30;
    cmp_ok scalar(keys %seen), '>=', 2, 'more than one child answered';
    is_deeply [values %seen], [('typing') x keys %seen], 'and all knew';
};

sub child_of
{
    my ($answer) = @_;
    my $id  = $answer->header('X-Request-Id');
    my $log = ChatTest::Config->suite->{vars}{t_logs} . '/access_log';

    for (1 .. 500) {
        open my $in, '<', $log or last;
        seek $in, -2_000_000, 2 if -s $log > 2_000_000;
        while (my $line = <$in>) {
            return $1 if $line =~ /^\S+ (\d+) \Q$id\E /;
        }
        Time::HiRes::sleep(0.02);
    }
    return 0;
}

subtest 'it ends by itself after five seconds' => sub {
    my $since = Time::HiRes::time();
    is types($ada, $true)->code, 200, 'types';
    ok status($carol)->{is_typing}, 'seen';
    until_true { !status($carol)->{is_typing} } 'gone in the end', 30;
    cmp_ok Time::HiRes::time() - $since, '>=', 4.5, 'not before its time';
    cmp_ok Time::HiRes::time() - $since, '<=', 6.5 * ChatTest::slow(), 'nor long after it';
};

subtest 'a conversation has its own typers' => sub {
    my $other = begun(member('Bob'), $church);

    is types($ada, $true)->code, 200, 'types in one';
    is get($carol, "$other->{path}typing-status/")->json->{is_typing}, $false, 'not in the other';
    types($ada, $false);
};

subtest 'many at once' => sub {
    my $crowded = church('Crowded');
    my $meeting = begun(member('Ada'), $crowded);
    my @staff   = map { staff_of($crowded, "Staff $_") } 1 .. 12;
    my @answers = together(
        map { [$_, POST => "$meeting->{path}typing/", json => {is_typing => $true}] } @staff);

    is scalar(grep { $_->code == 200 } @answers), 12, 'all may';
    my $typers = get($staff[0], "$meeting->{path}typing-status/")->json->{typers};
    cmp_ok scalar(@$typers), '>=', 4, 'several are seen';
    my %ids = map { $_->id => 1 } @staff;
    ok !(grep { !$ids{$_->{user_id}} } @$typers), 'and nobody else';
    is scalar @{get($meeting->{member}, "$meeting->{path}typing-status/")->json->{typers}}, 1, 'to the member they are one';
};

subtest 'who may not see the conversation any more is not shown' => sub {
    my $leaving = staff_of($church, 'Leaving');

    is types($leaving, $true)->code, 200, 'types';
    ok status($ada)->{is_typing}, 'seen';
    sql('delete from chat.church_staff where user_id = ?', $leaving->id);
    ok !status($ada)->{is_typing}, 'not after the role was lost';
};

subtest 'the body' => sub {
    for my $wrong (undef, 'true', 1, 0, '', [], {}) {
        my $answer = types($ada, $wrong);

        is $answer->code, 400, '400: ' . Cpanel::JSON::XS->new->allow_nonref->encode($wrong);
        is_deeply $answer->fields, ['is_typing'], 'the field is named';
    }
    is post($ada, "$talk->{path}typing/", {})->code, 400, 'it is required';
    is ask($ada, POST => "$talk->{path}typing/")->code, 415, 'so is the body';
};

done_testing;
