use ChatTest;
use Encode ();

my $church = church();

sub row
{
    my ($person) = @_;

    return scalar sql('select *, xmin::text, ctid::text from chat.users where username = ?',
        $person->{username});
}
sub as
{
    my ($person, %profile) = @_;
    my %headers = map { ("X-$_" => Encode::encode('UTF-8', $profile{$_})) }
        grep { defined $profile{$_} } keys %profile;

    return get($person, 'conversations/unread/', site => 'profile', statements => [1, 3],
        headers => \%headers);
}

subtest 'the first request makes the row' => sub {
    my $new = stranger();

    is get($new, 'conversations/', statements => [1, 3])->code, 200, 'answered';
    my $row = row($new);
    ok $row, 'there';
    is $row->{display_name}, $new->{username}, 'called by the user name';
    ok $row->{is_active}, 'active';
    is $row->{email}, undef, 'no address';
    is get($new, 'conversations/')->code, 200, 'the second needs one statement';
    is row($new)->{xmin}, $row->{xmin}, 'and wrote nothing';
};

subtest 'any route may be the first' => sub {
    my @any = (statements => [1, 3]);

    is post(stranger(), 'conversations/', {church_id => $church->{id}}, @any)->code, 201, 'opening';
    is get(stranger(), 'conversations/unread/', @any)->code, 200, 'the sum';
    is get(stranger(), 'conversations/1/', @any)->code, 404, 'what is not theirs';
    is post(stranger(), 'conversations/1/messages/', {content => 'x'}, @any)->code, 404, 'a message';
    is post(stranger(), 'conversations/1/read/', undef, @any)->code, 404, 'reading';
};

subtest 'thirty first requests at once make one row' => sub {
    my $new     = stranger();
    my @answers = together(map { [$new, GET => 'conversations/', statements => [1, 3]] } 1 .. 30);

    is scalar(grep { $_->code == 200 } @answers), 30, 'all are answered';
    is sql('select count(*) from chat.users where username = ?', $new->{username})->{count}, 1, 'one row';

    my $opener = stranger();
    @answers = together(map { [$opener, POST => 'conversations/', json => {church_id => $church->{id}},
        statements => [1, 3]] } 1 .. 30);
    is_deeply [sort map { $_->code } @answers], [(200) x 29, 201], 'and one conversation';
};

subtest 'the profile comes with the request' => sub {
    my $new = stranger();
    my %profile = (Name => 'Ada Lovelace', Email => 'ada@example.org', Avatar => 'https://example.org/ada.png');

    is as($new, %profile)->code, 200, 'the first time';
    my $row = row($new);
    is $row->{display_name}, 'Ada Lovelace', 'ChatUserName';
    is $row->{email}, 'ada@example.org', 'ChatUserEmail';
    is $row->{avatar_url}, 'https://example.org/ada.png', 'ChatUserAvatar';

    my $same = as($new, %profile);
    is $same->statements, 1, 'unchanged: one statement';
    is_deeply [@{row($new)}{qw(xmin ctid)}], [@$row{qw(xmin ctid)}], 'and nothing written';

    is as($new, %profile, Name => 'Ada King')->code, 200, 'a new name';
    is row($new)->{display_name}, 'Ada King', 'is kept';
    is as($new, %profile, Name => 'Ada King', Email => 'king@example.org')->code, 200, 'a new address';
    is row($new)->{email}, 'king@example.org', 'is kept';
    is as($new, %profile, Name => 'Ada King', Email => 'king@example.org')->statements, 1,
        'then one statement again';
    is get($new, 'conversations/unread/')->code, 200, 'where nothing is said of a profile';
    is row($new)->{display_name}, 'Ada King', 'nothing changes';
    is as($new)->code, 200, 'where nothing is known';
    is row($new)->{display_name}, 'Ada King', 'the name stays';
};

# Each change makes void what ChatCache has kept for everybody.
subtest 'a profile that is another one each time is not stored each time' => sub {
    my $new = stranger();
    my $changes = 0;

    is as($new, Name => 'Janus', statements => undef)->code, 200, 'the first time';
    for my $n (1 .. 60) {
        my $answer = as($new, Name => $n % 2 ? 'Janus' : 'Bifrons', statements => undef);
        $answer->code == 200 or fail("request $n: " . $answer->code);
        $changes++ if $answer->statements > 1;
    }
    cmp_ok $changes, '>=', 10, 'it is stored';
    cmp_ok $changes, '<', 50, "but not always ($changes times)";
};

subtest 'claims in Latin-1' => sub {
    my $new    = stranger();
    my %latin1 = (Name => "Zo\xeb M\xfcller", Email => "zo\xeb\@example.org", Avatar => "/pictures/zo\xeb.png");
    my $ask    = sub { get($new, 'conversations/unread/', site => 'profile', statements => $_[0], headers => {@_[1 .. $#_]}) };
    my @bytes  = map { ("X-$_" => $latin1{$_}) } keys %latin1;

    is $ask->([1, 3], @bytes)->code, 200, 'answered';
    my $row = row($new);
    is $row->{display_name}, $latin1{Name}, 'the name is read';
    is $row->{email}, $latin1{Email}, 'so is the address';
    is $row->{avatar_url}, $latin1{Avatar}, 'and the picture';
    is $ask->(1, @bytes)->statements, 1, 'and not written again';
    is $ask->(1, map { ("X-$_" => Encode::encode('UTF-8', $latin1{$_})) } keys %latin1)->statements, 1,
        'nor when the same comes as UTF-8';
};

subtest 'others see the new name' => sub {
    my $carol = staff_of($church, 'Carol');
    my $new   = stranger();

    is as($new, Name => 'Before')->code, 200, 'first name';
    my $talk = conversation($new, $church);
    say($talk, 'hello');
    is as($new, Name => 'Zoë Ångström')->code, 200, 'then another';
    is get($carol, $talk->{path})->json->{conversation}{church_name}, 'Zoë Ångström', 'staff see it';
};

subtest 'names are made harmless' => sub {
    my %name = (
        '<b>"Ada"</b>'             => '‹b›″Ada″‹/b›',
        "  Ada \t Love  "          => 'Ada Love',
        "A\x{202e}da\x{2066}\x{200f}" => 'Ada',
        "Zoe\x{308}"               => "Zo\x{eb}",
        'O\'Brien & Sons'          => 'O’Brien & Sons',
    );

    for my $name (sort keys %name) {
        my $new = stranger();

        is as($new, Name => $name)->code, 200, 'answered';
        is row($new)->{display_name}, $name{$name}, $name{$name};
        is as($new, Name => $name)->statements, 1, 'and is not written again';
    }
    my $long = stranger();
    is as($long, Name => 'x' x 3000)->code, 200, 'a very long one';
    cmp_ok length row($long)->{display_name}, '<', 500, 'is cut';
    is as($long, Name => 'x' x 3000)->statements, 1, 'and not written again';
};

subtest 'pictures and addresses that are none' => sub {
    for my $avatar ('javascript:alert(1)', 'data:text/html,x', ' ', '<x>', "https://e.example/\"x") {
        my $new = stranger();

        is as($new, Avatar => $avatar)->code, 200, 'answered';
        unlike row($new)->{avatar_url} // '', qr/script:|data:|[<>" ]/, "not kept: $avatar";
        is as($new, Avatar => $avatar)->statements, 1, 'once';
    }
    my $new = stranger();
    is as($new, Email => 'no address')->code, 200, 'answered';
    is row($new)->{email}, undef, 'not kept';
};

subtest 'user names of any kind' => sub {
    for my $name ('with blank', 'zoë', '你好', 'a@b.example', q{o'brien}, 'back\\slash', '%41', 'x' x 200, '😀',
        'UPPER', '{1,2}', '"')
    {
        my $new = stranger("$name-$$-" . time);

        is get($new, 'conversations/', statements => [1, 3])->code, 200, 'a new one: ' . substr $name, 0, 20;
        ok row($new), 'has a row';
        is post($new, 'conversations/', {church_id => $church->{id}})->code, 201, 'and opens';
        my $talk = {id => sql('select id from chat.conversations where member_id = ?', $new->id)->{id}};
        is post($new, "conversations/$talk->{id}/typing/", {is_typing => Cpanel::JSON::XS::true})->code, 200, 'types';
    }
    my $upper = stranger("Case-$$");
    my $lower = stranger("case-$$");
    is get($_, 'conversations/', statements => [1, 3])->code, 200, 'case' for $upper, $lower;
    isnt $upper->id, $lower->id, 'tells users apart';
};

subtest 'login by form, in a session' => sub {
    my $new   = stranger();
    my $login = ask(undef, POST => '/login', site => 'form', contract => 0,
        body => "httpd_username=$new->{username}&httpd_password=x",
        type => 'application/x-www-form-urlencoded');
    my ($cookie) = ($login->header('Set-Cookie') // '') =~ /^(session=[^;]+)/;

    is get(undef, 'conversations/', site => 'form')->code, 401, 'without it: 401';
    ok $cookie, 'logged in' or return;
    my %session = (site => 'form', headers => {Cookie => $cookie});
    my $list = get(undef, 'conversations/', %session, statements => [1, 3]);
    is $list->code, 200, 'with the cookie';
    is post(undef, 'conversations/', {church_id => $church->{id}}, %session, statements => 0)->code,
        403, 'a POST needs the token as well';
    my ($token) = ($list->header('Set-Cookie') // '') =~ /chat_csrf=([^;]+)/;
    $session{headers}{'X-CSRFToken'} = $token;
    is post(undef, 'conversations/', {church_id => $church->{id}}, %session)->code, 201, 'with it: 201';
    ok row($new), 'it is that user';
};

done_testing;
