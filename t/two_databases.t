use ChatTest;
use ChatTest::Httpd ();
use Time::HiRes qw(time);

# Two virtual hosts, each with a database of its own, where the same numbers name different people.
my $true   = Cpanel::JSON::XS::true;
my $params = ChatTest::Config->suite->{vars}{database};
my $name   = "chat_second_$$";
(my $second = $params) =~ s/dbname=\S+/dbname=$name/ or die 'no dbname in the parameters';
my $owner  = $$;

ChatTest::db()->do("create database $name");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$second" 2>&1};
is $?, 0, 'a second database' or diag $migrated;

my $options = q{connect_timeout=10 application_name=own options='-c statement_timeout=10000 -c lock_timeout=10000'};
my $pool    = "DBDMin 2\nDBDKeep 2\nDBDMax 2\nDBDExptime 0\n";
my $conf    = ChatTest::Httpd->usual . join '', map { my ($site, $database) = @$_; <<"END" }
<VirtualHost *:\@port\@>
    ServerName $site.example
    DBDriver pgsql
    DBDParams "$database $options"
    $pool
</VirtualHost>
END
    ['first', $params], ['second', $second], ['newcomer', $params];

# The same numbers on both sides: of a church, of who belongs to it, of what they talk in.
my $church = church('First');
my $ada    = member('Ada');
my $carol  = staff_of($church, 'Carol');
my $talk   = begun($ada, $church);
copy_to_second();

my $httpd = ChatTest::Httpd->new(conf => $conf);
ok $httpd->start, 'httpd starts' or diag $httpd->said;

sub types { return at($_[0], $ada, POST => "$talk->{path}typing/", json => {is_typing => $_[1]}) }

# Asked before its virtual host has sent a single statement to its database.
subtest 'the very first question finds who types' => sub {
    is types('first', $true)->code, 200, 'Ada types in one';
    my $first = at('newcomer', $carol, GET => "$talk->{path}typing-status/");
    ok $first->json->{is_typing}, 'another virtual host with the same database knows';
    is seen_by('first'), 20, 'everybody sees it there';
    is seen_by('second'), 0, 'nobody in the other';
};

subtest 'each knows its own' => sub {
    for my $round (1 .. 2) {
        for ((['first', 'second'], ['second', 'first'])) {
            my ($here, $there) = @$_;
            my @seen;

            for my $try (1 .. 20) {
                types($_, Cpanel::JSON::XS::false) for $here, $there;
                is seen_by($here) + seen_by($there), 0, 'nobody types';
                my $begin = time;
                is types($here, $true)->code, 200, "Ada types in the $here";
                @seen = map { seen_by($_) } $here, $there;
                is types($there, Cpanel::JSON::XS::false)->code, 200, "and stops in the $there";
                push @seen, seen_by($here);
                last if time - $begin < 4; # or it may have ended by itself
            }
            is_deeply \@seen, [20, 0, 20], "she is seen in the $here, not in the $there, and still in the $here";
        }
    }
};

subtest 'who both sides know types on both' => sub {
    is types($_, $true)->code, 200, "in the $_" for 'first', 'second';
    is seen_by($_), 20, "seen in the $_" for 'first', 'second';
};

subtest 'nor does anything else leak' => sub {
    is at('first', $ada, POST => "$talk->{path}messages/", json => {content => 'for the first'})->code, 201, 'a message';
    is_deeply [map { $_->{content} } @{at('second', $ada, GET => "$talk->{path}messages/")->json->{messages}}],
        ['begun in the second'], 'stays where it is';
    my $list = at('second', $ada, GET => 'conversations/')->json->{conversations};
    is_deeply [map { $_->{church_name} } @$list], ['Second'], 'the other side has its own church';
};

subtest 'messages that are sent at the same time' => sub {
    my @hosts   = map { my $site = $_; map { [$site, $_] } 1 .. 10 } 'first', 'second', 'newcomer';
    my @answers = together(map { my ($site, $n) = @$_;
        [$ada, POST => "$talk->{path}messages/", json => {content => "to $site $n"}, site => $httpd->url, headers => {Host => "$site.example"}]
    } @hosts);

    is scalar(grep { $_->code == 201 } @answers), 30, 'are stored';
    my %there = map { my $site = $_; $site => [sort grep { s/^to (\w+) \d+$/$1/ }
        map { $_->{content} } @{at($site, $ada, GET => "$talk->{path}messages/")->json->{messages}}] } 'first', 'second';
    is_deeply \%there, {first => [('first') x 10, ('newcomer') x 10], second => [('second') x 10]}, 'each where its sender is';
};

# In a database of its own, a column may be what it must not be, and a function be missing.
subtest 'groups of messages in a schema that is not right' => sub {
    my $handle = ChatTest::db($second);
    my $stored = sub {
        my ($name, $column) = @_;

        return $handle->selectrow_array("select count(*), count(distinct $column) from chat.messages where content like ?", undef, "$name%");
    };
    my $send   = sub {
        my ($name) = @_;

        return together(map { [$ada, POST => "$talk->{path}messages/", json => {content => "$name $_"}, statements => undef,
            site => $httpd->url, headers => {Host => 'second.example'}] } 1 .. 20);
    };

    $handle->do(q{create function chat.wait() returns trigger language plpgsql as 'begin perform pg_sleep(0.1); return null; end'});
    $handle->do('create trigger wait after insert on chat.messages for each statement execute function chat.wait()');
    $handle->do("drop trigger $_ on chat.churches") for qw(clean_church tell_changed);
    $handle->do('alter table chat.churches alter column logo_url type varchar');
    $httpd->stop; # or PostgreSQL would refuse what its sessions have prepared
    $httpd->start;
    is scalar(grep { $_->code == 500 } $send->('unfit')), 20, 'an answer that cannot be read is an error';
    # Also those that were left out of a group, as another child's had locked their conversation.
    is_deeply [$stored->('unfit', 'content')], [20, 20], 'all are stored, once each';
    $handle->do('alter table chat.churches alter column logo_url type text');

    $handle->do('drop function chat.send_messages(bigint[], bigint[], text[], text[], text[], jsonb[])');
    is scalar(grep { $_->code == 201 } $send->('missing')), 20, 'without the function all are stored';
    is_deeply [$stored->('missing', 'created_at')], [20, 20], 'one by one';
    my @lines = grep { /stored one by one/ } $httpd->unexpected;
    like "@lines", qr/chat:warn\].*messages are stored one by one, not in groups: .* 42883: .*run chat-migrate/, 'and the log says what to do';
    is @lines, 1, 'once';

    $handle->do('create trigger wait after insert on chat.events for each statement execute function chat.wait()');
    $handle->do('drop function chat.mark_reads');
    for my $try (1 .. 5) { # on a busy machine they may come one by one
        my @answers = together(map { [$carol, POST => "$talk->{path}read/", json => {}, statements => undef,
            site => $httpd->url, headers => {Host => 'second.example'}] } 1 .. 20);
        is scalar(grep { $_->code == 200 } @answers), 20, 'without its function all are served that read';
        is scalar(grep { $_->json->{marked_read} } @answers), 1, 'and what is unread is marked once';
        @lines = grep { /marked as read one by one/ } $httpd->unexpected;
        last if @lines;
        at('second', $ada, POST => "$talk->{path}messages/", json => {content => 'unread'});
    }
    like "@lines", qr/chat:warn\].*messages are marked as read one by one, not in groups: .* 42883: .*run chat-migrate/, 'the log says so';
};
is_deeply [grep { !/(?:stored|marked as read) one by one|does not fit|unfit|logo_url/ } $httpd->unexpected], [], 'its log has nothing else';
$httpd->stop;
drop();
done_testing;

sub at
{
    my ($site, $person, $method, $path, %options) = @_;

    return ask($person, $method, $path, site => $httpd->url, fresh => 1, headers => {Host => "$site.example"}, %options);
}

# How many of twenty who ask, of whichever child, are told that Ada types.
sub seen_by
{
    my ($site) = @_;
    my @answers = together(map {
        [$carol, GET => "$talk->{path}typing-status/", site => $httpd->url, headers => {Host => "$site.example"}]
    } 1 .. 20);

    return scalar(grep { $_->code == 200 && $_->json->{is_typing} } @answers);
}

sub copy_to_second
{
    my $handle = ChatTest::db($second);

    $handle->do('insert into chat.users (id, username, display_name) values (?, ?, ?)', undef,
        $_->id, $_->{username}, $_->{display_name}) for $ada, $carol;
    $handle->do(q{insert into chat.churches (id, name) values (?, 'Second')}, undef, $church->{id});
    $handle->do('insert into chat.church_staff (church_id, user_id) values (?, ?)', undef, $church->{id}, $carol->id);
    $handle->do('insert into chat.conversations (id, member_id, church_id) values (?, ?, ?)', undef,
        $talk->{id}, $ada->id, $church->{id});
    $handle->do('select from chat.send_message(?, ?, ?)', undef, $ada->id, $talk->{id}, 'begun in the second');
}

sub drop
{
    return unless defined $owner;
    undef $owner;
    local $?;
    ChatTest::db($second)->disconnect;
    eval { ChatTest::db()->do("drop database $name with (force)") } or diag $@;
}
