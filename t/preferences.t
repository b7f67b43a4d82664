use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Mail ();
use utf8;

# How a user wants to be told of messages: what holds without a choice, what can be chosen, and what is refused.
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $path = 'notifications/preferences/';
my %mail = (site => 'profile'); # where the address comes with the request

sub preferences { my ($person, %options) = @_; return get($person, $path, %options)->json }
sub put { my ($person, $json, %options) = @_; return ask($person, PUT => $path, json => $json, %options) }
sub refused
{
    my ($answer, $field, $what) = @_;

    is $answer->code . ' ' . join(' ', map { $_->{field} } @{$answer->json->{errors} // []}), "400 $field", $what;
}

my %default = (
    email => 'instant', push => $true, digest_at => '07:00', quiet => undef, language => 'en', email_address => undef,
    email_state => 'none', time_zone => sql(q{select current_setting('TimeZone') as zone})->{zone},
);

subtest 'without a choice' => sub {
    my $ada = member('Ada');

    is_deeply preferences($ada), \%default, 'a member';
    is_deeply preferences(staff_of(church())), \%default, 'and staff';
    is sql('select count(*) as n from chat.preferences where user_id = ?', $ada->id)->{n}, 0, 'asking writes nothing';
    is_deeply put($ada, {})->json, \%default, 'an empty change changes nothing';
    is put(stranger('Newcomer'), {push => $false}, statements => 3)->json->{push}, $false, 'of who was never here before';
};

subtest 'each is kept, and what is not named stays' => sub {
    my $ada  = member('Ada');
    my %want = (%default, email_address => undef);

    for my $change (
        {email => 'digest'}, {push => $false}, {digest_at => '00:00'}, {digest_at => '23:59'},
        {quiet => {from => '22:00', to => '07:00'}}, {quiet => {from => '12:30', to => '13:00', why => 'lunch'}},
        {time_zone => 'Europe/Berlin'}, {time_zone => 'America/Argentina/Buenos_Aires'}, {time_zone => 'Etc/GMT+3'},
        {time_zone => 'UTC'}, {language => 'de'}, {language => 'pt-BR'}, {language => 'zh-Hant-TW'}, {language => 'sr-Latn'},
        {email => 'off', push => $true, digest_at => '06:30', quiet => undef, language => 'en-GB', unknown => [1], email_state => 'ok'},
        {quiet => {from => '01:00', to => '02:00'}}, {email => 'instant'},
        )
    {
        %want = (%want, map { $_ => $change->{$_} } grep { !/^(unknown|email_state)$/ } keys %$change);
        $want{quiet} = {map { $_ => $want{quiet}{$_} } qw(from to)} if $want{quiet};
        my $what   = Cpanel::JSON::XS->new->canonical->encode($change);
        my $answer = put($ada, $change);

        is_deeply [$answer->code, $answer->json], [200, \%want], $what;
        is_deeply preferences($ada), \%want, 'and it stays so';
    }
    is_deeply preferences(member('Ben')), \%default, 'of one user alone';
};

subtest 'what is refused changes nothing' => sub {
    my %good = (email => 'digest', quiet => {from => '22:00', to => '07:00'}, time_zone => 'Europe/Berlin', language => 'de');
    my %wrong = (
        email     => ['', 'on', 'Instant', 'instant ', 1, $true, undef, [], {}],
        push      => ['true', 1, 0, undef, []],
        digest_at => ['', '7:00', '07:0', '24:00', '07:60', '07.00', '07:00:00', ' 07:00', '+7:00', '٠٧:٠٠', 700, undef, {}],
        time_zone => ['', 'Berlin', 'europe/berlin', 'Europe/Berlin ', 'Europe/Nowhere', '+02:00', 'GMT+3', 'FOO+3',
            'Europe/Berlin+3', '../etc/passwd', 'Europe/../Europe/Berlin', "Europe/Berlin'", 'Österreich/Wien', 'a' x 65, 2, undef],
        language  => ['', 'd', 'deutsch!', 'de_AT', 'de-', '-de', 'de--AT', 'x-klingon', '12', 'de-AT-verylongone', 'ü', 'a' x 36, 3, undef],
        quiet     => ['22:00-07:00', [], $true, 5],
    );

    for my $field (sort keys %wrong) {
        my $ada    = member('Ada');
        my $before = put($ada, \%good)->json;

        refused(put($ada, {push => $false, $field => $_}), $field, Cpanel::JSON::XS->new->allow_nonref->encode($_) . " as $field") for @{$wrong{$field}};
        is_deeply preferences($ada), $before, "$field is as it was, and push";
    }
    my $ada    = member('Ada');
    my $before = put($ada, \%good)->json;
    for my $quiet ([{}, 'from'], [{from => '22:00'}, 'to'], [{to => '22:00'}, 'from'], [{from => '25:00', to => '07:00'}, 'from'],
        [{from => '22:00', to => undef}, 'to'], [{from => '22:00', to => '22:00'}, 'to'], [{from => [], to => '22:00'}, 'from'])
    {
        refused(put($ada, {push => $false, quiet => $quiet->[0]}), "quiet.$quiet->[1]", Cpanel::JSON::XS->new->canonical->encode($quiet->[0]));
    }
    is_deeply preferences($ada), $before, 'all is as it was';
    is put($ada, [])->code, 400, 'a list';
    is ask($ada, PUT => $path, body => 'email=off', headers => {'Content-Type' => 'application/x-www-form-urlencoded'})->code, 415, 'a form';
    is post($ada, $path, {email => 'off'})->code, 405, 'POST';
};

subtest 'the address' => sub {
    my $ada = member('Ada');
    my @with = (headers => {'X-Email' => 'Ada.Lovelace@Example.org'}, statements => 2, %mail);
    my @then = (headers => {'X-Email' => 'Ada.Lovelace@Example.org'}, %mail);

    is_deeply [@{preferences($ada, @with)}{qw(email_address email_state)}], ['A…@Example.org', 'ok'],
        'masked, at the first request that brings it';
    is_deeply [@{preferences($ada)}{qw(email_address email_state)}], ['A…@Example.org', 'ok'], 'known from then on';
    sql(q{insert into chat.mail_failures (address, failures, is_off, error) values ('ada.lovelace@example.org', 2, false, '550')});
    is preferences($ada)->{email_state}, 'ok', 'one failure is none';
    sql(q{update chat.mail_failures set is_off = true where address = 'ada.lovelace@example.org'});
    is preferences($ada)->{email_state}, 'failing', 'a server has refused it for good';
    is put($ada, {push => $true}, @then)->json->{email_state}, 'failing', 'PUT says so, too';
    is preferences($ada, headers => {'X-Email' => 'ada@example.net'}, statements => 2, %mail)->{email_state}, 'ok', 'another address is another';
    sql(q{delete from chat.mail_failures where address = 'ada.lovelace@example.org'});
    for my $mask (['élan@example.org', 'é…@example.org'], ['x@y', 'x…@y'], ['a@b@c.d', 'a…@c.d'], ['none', '…'], ['@x', '…']) {
        sql('update chat.users set email = ? where id = ?', $mask->[0], $ada->id);
        is preferences($ada)->{email_address}, $mask->[1], "$mask->[0] is $mask->[1]";
    }
};

subtest 'trying a refused address again' => sub {
    my $ada = member('Ada');

    for my $json ({}, {retry => $false}, {retry => 'true'}, {retry => undef}) {
        is post($ada, "${path}email/", $json)->code, 400, Cpanel::JSON::XS->new->canonical->encode($json);
    }
    my $answer = post($ada, "${path}email/", {retry => $true});
    is_deeply [$answer->code, $answer->json->{code}, $answer->statements], [409, 'no_mail', 0], 'where no mail is sent';
    is get($ada, "${path}email/")->header('Allow'), 'OPTIONS, POST', 'POST alone';
};

subtest 'where mail is configured' => sub {
    my $mail = ChatTest::Mail->new;
    my $httpd = $mail->httpd("ChatEmailDefault member=digest staff=off\nChatMailLanguage de\n");
    my $site = $httpd->url;
    my %id   = $mail->people('Ada', 'Eve');
    my ($ada, $eve) = map { {username => $_} } qw(Ada Eve);
    my $refuse = 'insert into chat.mail_failures (address, failures, is_off, error) values (?, 3, true, ?) returning address';

    is_deeply [@{preferences($ada, site => $site)}{qw(email language email_address email_state)}],
        ['digest', 'de', 'a…@example.org', 'ok'], 'a member';
    is_deeply [@{preferences($eve, site => $site)}{qw(email language)}], ['off', 'de'], 'staff';
    is put($eve, {email => 'instant'}, site => $site)->json->{email}, 'instant', 'who choose';
    $mail->sql($refuse, $_, '550') for 'ada@example.org', 'eve@example.org';
    is preferences($ada, site => $site)->{email_state}, 'failing', 'refused';
    my $answer = post($ada, "${path}email/", {retry => $true}, site => $site);
    is_deeply [$answer->code, $answer->json->{email_state}, $answer->statements], [200, 'ok', 1], 'tried again';
    is preferences($ada, site => $site)->{email_state}, 'ok', 'and it stays so';
    is post($ada, "${path}email/", {retry => $true}, site => $site)->code, 200, 'twice is harmless';
    is preferences($eve, site => $site)->{email_state}, 'failing', 'for that address alone';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
    $httpd->stop;
};

subtest 'one statement' => sub {
    my $ada = member('Ada');

    is get($ada, $path)->statements, 1, 'to ask';
    is put($ada, {time_zone => 'Asia/Tokyo'})->statements, 1, 'to change';
};

subtest 'an answer that is known is not sent again' => sub {
    my $ada  = member('Ada');
    my $etag = get($ada, $path)->header('ETag');

    is get($ada, $path, headers => {'If-None-Match' => $etag})->code, 304, 'as it was';
    put($ada, {push => $false});
    is get($ada, $path, headers => {'If-None-Match' => $etag})->code, 200, 'after a change';
};

subtest 'at once' => sub {
    my $ada = member('Ada');
    my @answers = together(map { [$ada, PUT => $path, json => $_] }
        map { ({email => 'digest'}, {push => $false}, {digest_at => '05:00'}, {language => 'fr'}) } 1 .. 5);

    is scalar(grep { $_->code == 200 } @answers), 20, 'each change is made';
    is_deeply [@{preferences($ada)}{qw(email push digest_at language)}], ['digest', $false, '05:00', 'fr'], 'and none undoes another';
};

subtest 'changing has a limit, asking has none' => sub {
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatRateLimit notify 3/1h\n");
    my $ada   = member('Ada');

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    is put($ada, {push => $false}, site => $httpd->url)->code, 200, 'three' for 1 .. 3;
    is put($ada, {push => $true}, site => $httpd->url)->code, 429, 'and no more';
    is preferences($ada, site => $httpd->url)->{push}, $false, 'asking goes on';
    $httpd->stop;
};

done_testing;
