use ChatTest;
use ChatTest::Httpd ();
use Time::HiRes qw(time);

# What a user asked for is done even when the new name or address cannot be written.
my $lock_ms = 300 * slow();
my $all_ms  = 5 * $lock_ms; # several locks may be waited for
my $usual   = ChatTest::Httpd->usual =~ s/lock_timeout=\d+/lock_timeout=$lock_ms/r
    =~ s/statement_timeout=\d+/statement_timeout=$all_ms/r;
my $httpd   = ChatTest::Httpd->new(conf => <<"END" . $usual);
ChatUserName "%{req:X-Name}"
ChatUserEmail "%{req:X-Email}"
ChatDatabaseWait 60000
END
my %here    = (site => $httpd->url);
my $warning = qr/\[chat:warn\] .*user profile not updated, the next request tries again: .*lock/;

ok $httpd->start, 'httpd starts' or diag $httpd->said;

my $church = church();
my $ada    = stranger();
is get($ada, 'conversations/', %here, named('Ada'), statements => [1, 3])->code, 200, 'Ada is known';
my $talk = conversation($ada, $church);
my $path = "$talk->{path}messages/";

sub named { return (headers => {'X-Name' => $_[0], 'X-Email' => $_[1] // 'ada@example.org'}, statements => [1, 2]) }
sub name { return sql('select display_name from chat.users where id = ?', $ada->id)->{display_name} }
sub stored { return sql('select count(*) from chat.messages where conversation_id = ? and content = ?',
    $talk->{id}, $_[0])->{count} }
sub warnings { return scalar(() = $httpd->said =~ /$warning/g) }

# As a site's own update of the row does; foreign keys to it stay free.
sub while_locked(&)
{
    my ($code) = @_;
    my $other = ChatTest::db()->clone;

    $other->begin_work;
    $other->do('select 1 from chat.users where id = ? for no key update', undef, $ada->id);
    $code->();
    $other->rollback;
    $other->disconnect;
}

subtest 'a message with a changed name' => sub {
    while_locked {
        my $begin  = time;
        my $answer = post($ada, $path, {content => 'said once', client_id => 'k1'}, %here, named('Ada King'));
        my $took   = time - $begin;

        is $answer->code, 201, 'is sent';
        is $answer->statements, 2, 'the name was tried after it';
        cmp_ok $took, '>=', $lock_ms / 1000 - 0.05, 'it waited for the lock';
        cmp_ok $took, '<', $lock_ms / 1000 + 1 * slow(), sprintf 'and no longer: %.1f s', $took;
        is stored('said once'), 1, 'stored';
        is warnings(), 1, 'with a warning in the log';

        my $again = post($ada, $path, {content => 'said once', client_id => 'k1'}, %here, named('Ada King'));
        is $again->code, 200, 'saying it again is no error';
        is $again->json->{message}{id}, $answer->json->{message}{id}, 'it is the same one';
        is stored('said once'), 1, 'stored once';
        is warnings(), 2, 'another warning';
        is name(), 'Ada', 'the name is still the old one';
    };
    is_deeply [map { $_->{content} } @{messages_of($talk)}], ['said once'], 'it is there';
};

subtest 'without a client_id' => sub {
    my $before = warnings();

    while_locked {
        is post($ada, $path, {content => 'no id'}, %here, named('Ada King'))->code, 201, 'sent';
    };
    is stored('no id'), 1, 'stored once';
    is warnings(), $before + 1, 'one warning';
};

subtest 'other requests' => sub {
    my $before = warnings();

    while_locked {
        is get($ada, $_, %here, named('Ada', 'new@example.org'))->code, 200, "reading $_"
            for 'conversations/', $path;
        is post($ada, 'conversations/', {church_id => $church->{id}}, %here, named('Ada King'))->code, 200, 'opening';
        is post($ada, "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true}, %here, named('Ada King'))->code, 200,
            'typing';
    };
    is warnings(), $before + 4, 'a warning for each';
    unlike $httpd->said, qr/example\.org|Ada|said once|no id/, 'that names nobody';
};

subtest 'an unchanged profile waits for nobody' => sub {
    my $before = warnings();

    while_locked {
        is post($ada, $path, {content => 'same'}, %here, named('Ada'))->statements, 1, 'one statement';
    };
    is warnings(), $before, 'no warning';
};

subtest 'many at once' => sub {
    while_locked {
        my @answers = together(map {
            [$ada, POST => $path, json => {content => "many $_", client_id => "m$_"}, %here, named('Ada King')]
        } 1 .. 4);
        is scalar(grep { $_->code == 201 } @answers), 4, 'all are sent';
    };
    is stored("many $_"), 1, 'once' for 1 .. 4;
};

subtest 'the next request tries again' => sub {
    my $before = warnings();

    is get($ada, 'conversations/unread/', %here, named('Ada King'))->code, 200, 'when the row is free';
    is name(), 'Ada King', 'the name is kept';
    is get($ada, 'conversations/unread/', %here, named('Ada King'))->statements, 1, 'and not written again';
    is warnings(), $before, 'without a warning';
};

subtest 'the very first request has nothing to stand on' => sub {
    my $other = ChatTest::db()->clone;
    my $new   = stranger();

    $other->begin_work;
    $other->do('insert into chat.users (username, display_name) values (?, ?)', undef, $new->{username}, 'Else');
    is post($new, 'conversations/', {church_id => $church->{id}}, %here, statements => [1, 2])->code, 503,
        'refused while another session makes the same row';
    $other->rollback;
    $other->disconnect;
    is post($new, 'conversations/', {church_id => $church->{id}}, %here, statements => [1, 3])->code, 201, 'then served';
};

is_deeply [$httpd->unexpected($warning, qr/503 busy: statement ensure_user/)], [], 'its log is quiet but for that';
done_testing;
