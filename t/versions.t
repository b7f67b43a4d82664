use ChatTest;
use Mojo::JSON qw(encode_json);

# Versions while many write at once: whoever looks sees them grow, and what has the same version is the same, whichever
# way it is told (lists, unread/, one conversation, frames). t/sql/versions.sql has each change alone.
my @churches = map { church("Versions $_") } 1 .. 2;
my @staff    = (staff_of($churches[0], 'Vera'), staff_of($churches[0], 'Vito'));
my @members  = map { member("Member $_") } 1 .. 3;
my $both     = staff_of($churches[1], 'Both'); # a member of the first church
my @talks    = ((map { begun($_, $churches[0]) } @members, $both), begun($members[0], $churches[1]));
my @people   = (@staff, @members, $both);

sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', $churches[1]{id}, $staff[0]->id);

my (%said, %newest); # by what is said of whom: version => the rest; and the highest version that was seen by then
my ($lies, $looks, %versions) = (0, 0);

# What was said in one answer, and whether everything that was asked for after another answer is not older than that.
sub look_at
{
    my ($whose, $what, $json, $floor) = @_;
    my $version = $json->{version};
    my $key     = "$what of $whose";
    my $rest    = encode_json([map { $json->{$_} } $what eq 'counts' ? qw(unread_messages unread_conversations as_member)
        : $what eq 'bell' ? qw(unread_count unread_messages) : qw(unread_count last_message_id last_message_from member_blocked updated_at)]);

    $looks++;
    $versions{$key}{$version} = 1;
    $said{$key}{$version} //= $rest;
    if ($said{$key}{$version} ne $rest) {
        $lies++;
        diag "$key, version $version: $said{$key}{$version} and $rest";
    }
    if ($version < ($floor->{$key} // 0)) {
        $lies++;
        diag "$key: version $version was asked for after $floor->{$key} had been seen";
    }
    $newest{$key} = $version if $version > ($newest{$key} // 0);
    return;
}

sub look
{
    my ($whose, $json, $floor) = @_;

    look_at($whose, 'counts', $json, $floor) if defined $json->{unread_messages};
    look_at($whose, 'bell', $json, $floor) if $json->{notifications};
    look_at($whose, "conversation $_->{id}", $_, $floor) for @{$json->{conversations} // []}, grep {$_} $json->{conversation};
    return;
}

sub any { return $_[rand @_] }

# One round of requests at once: what they change, and those who look.
srand 16;
for my $round (1 .. 40) {
    my (@requests, @whose);

    for (1 .. 6) {
        my $talk = any(@talks);
        my $side = $talk->{church}{id} == $churches[0]{id} ? any(@staff) : $staff[0];
        my $who  = any($talk->{member}, $side);
        push @requests, any(
            [$who, POST => "$talk->{path}messages/", json => {content => "round $round"}],
            [$who, POST => "$talk->{path}messages/", json => {content => "again $round"}],
            [$who, POST => "$talk->{path}read/"],
            [$side, POST => "$talk->{path}block/", json => {blocked => any(Cpanel::JSON::XS::true, Cpanel::JSON::XS::false)}],
            [$who, POST => 'notifications/read/', json => {all => Cpanel::JSON::XS::true}]);
        push @whose, undef;
    }
    for (1 .. 6) {
        my $who = any(@people);
        push @requests, [$who, GET => any('conversations/', 'conversations/unread/', 'conversations/?unread=1', 'notifications/')];
        push @whose, 'user ' . $who->id;
    }
    my %floor   = %newest;
    my @answers = together(@requests);

    for my $i (0 .. $#answers) {
        my $code = $answers[$i]->code;
        next if $code =~ /^40[34]$/ && !defined $whose[$i]; # blocked, or staff no more
        $code =~ /^20[01]$/ or fail "$requests[$i][1] $requests[$i][2]: $code";
        look($whose[$i], $answers[$i]->json, \%floor) if defined $whose[$i];
    }
    if ($round % 10 == 5) { # access changes: the sums that are lost take no version with them
        sql('delete from chat.church_staff where church_id = ? and user_id = ?', $churches[1]{id}, $staff[0]->id);
    } elsif ($round % 10 == 9) {
        sql('insert into chat.church_staff (church_id, user_id) values (?, ?) on conflict do nothing', $churches[1]{id}, $staff[0]->id);
    }
}
is $lies, 0, "in $looks looks, versions grew, and what has the same one is the same";
cmp_ok scalar(grep { keys %{$versions{$_}} > 5 } keys %versions), '>', 6, 'of many things, of which each had many versions';

subtest 'when all is quiet, every way tells the same' => sub {
    for my $who (@people) {
        my $list  = get($who, 'conversations/')->json;
        my $count = get($who, 'conversations/unread/')->json;
        my $bell  = get($who, 'notifications/')->json;

        for my $key (qw(unread_messages unread_conversations as_member version)) {
            is_deeply $count->{$key}, $list->{$key}, "$key of user " . $who->id;
            is_deeply $bell->{$key}, $list->{$key}, 'with notifications';
        }
        is $list->{unread_messages}, $list->{unread_count}, 'unread_count is that of messages';
        is scalar(grep { $_->{unread_count} > 0 } @{$list->{conversations}}), $list->{unread_conversations}, 'as the rows say';
        is scalar(grep { $_->{unread_count} > 0 && !$_->{is_church_owner} } @{$list->{conversations}}), $list->{as_member}{unread_conversations},
            'also of those as a member';
        is_deeply get($who, "conversations/$_->{id}/")->json->{conversation}, $_, 'one conversation' for @{$list->{conversations}};
    }
};

subtest 'an unchanged answer has the same version and ETag, a changed one has others' => sub {
    my ($vera, $talk) = ($staff[0], $talks[0]);
    my $before = get($vera, 'conversations/unread/');
    my $again  = get($vera, 'conversations/unread/');

    is_deeply [$again->json, $again->header('ETag')], [$before->json, $before->header('ETag')], 'the same';
    sql('update chat.conversations set member_blocked = false where id = ?', $talk->{id});
    say($talk, 'one more');
    my $after = get($vera, 'conversations/unread/');
    cmp_ok $after->json->{version}, '>', $before->json->{version}, 'a higher version';
    isnt $after->header('ETag'), $before->header('ETag'), 'another ETag';
    is get($vera, 'conversations/unread/', headers => {'If-None-Match' => $after->header('ETag')})->code, 304, 'which is still good';
};

done_testing;
