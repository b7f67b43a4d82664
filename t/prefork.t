use ChatTest;
use ChatTest::Httpd ();

# An MPM on which no feed runs: nobody reads the events of this host, and its writers take away old ones. In a
# database of its own, where no feed of the suite does so.
my $params = ChatTest::Config->suite->{vars}{database} =~ s/dbname=\S+/dbname=chat_prefork_$$/r;
my $owner  = $$;

ChatTest::db()->do("create database chat_prefork_$$");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$params" 2>&1};
is $?, 0, 'a database' or diag $migrated;
my $db    = ChatTest::db($params);
my $httpd = ChatTest::Httpd->new(database => $params, defines => ['PREFORK'], conf => ChatTest::Httpd->usual . <<'END');
<IfModule mpm_prefork_module>
    StartServers 2
    MaxRequestWorkers 4
</IfModule>
END
my %here = (site => $httpd->url, statements => undef);
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my $ada = stranger();
my ($church) = $db->selectrow_array(q{insert into chat.churches (name) values ('Forks') returning id});
$db->do(q{insert into chat.events (kind, message_id, created_at)
    select 98, n, clock_timestamp() - interval '5 minutes' from generate_series(1, 12000) n});
$db->do(q{insert into chat.events (kind, message_id) values (98, 0)});

my $opened = post($ada, 'conversations/', {church_id => $church}, %here);
is $opened->code, 201, 'opened';
my $path = "conversations/$opened->{json}{conversation}{id}/";
until_true {
    post($ada, "${path}messages/", {content => 'x'}, %here);
    $db->selectrow_array('select count(*) from chat.events where kind = 98') == 1;
} 'what is old is gone, as much as there is', 40;
my $paths = 0;
for (1 .. 10) {
    my $answer = post($ada, "${path}messages/", {content => 'y'}, site => $httpd->url, statements => [1, 2]);

    $paths++ if $answer->code == 201;
}
is $paths, 10, 'and most messages are one statement';
$httpd->stop;
is_deeply [$httpd->unexpected(qr/event MPM/)], [], 'its log is quiet';
$db->disconnect;
drop();
done_testing;

sub drop
{
    return unless defined $owner;
    undef $owner;
    local $?;
    eval { ChatTest::db()->do("drop database chat_prefork_$$ with (force)") } or diag $@;
}
