use ChatTest;
use ChatTest::Httpd ();

# The columns of a result are found by their names. A result that has other ones than the module reads is refused,
# and the log says which; their order, and further ones, do not matter. Shown with a function that all statements
# of users call, in a database of its own.
my $suite = ChatTest::Config->suite->{vars};
my $name  = "chat_columns_$$";
my $owner = $$;
my ($params, $admin) = map {s/dbname=\S+/dbname=$name/r} $suite->{database},
    qx{STATE='$suite->{serverroot}' conf/instance database-params admin};
chomp $admin;

ChatTest::db()->do("create database $name");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$params" 2>&1};
is $?, 0, 'a database' or diag $migrated;
my $httpd = ChatTest::Httpd->new(database => $params);
my %here  = (site => $httpd->url, statements => undef);
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my $db    = ChatTest::db($admin);
my $ada   = stranger();
my ($church) = $db->selectrow_array(q{insert into chat.churches (name) values ('Abbey') returning id});
my $opened = post($ada, 'conversations/', {church_id => $church}, %here);
is $opened->code, 201, 'opened';
my $path = "conversations/$opened->{json}{conversation}{id}/";
my $usual = do { local (@ARGV, $/) = 'sql/functions/asker.sql'; <> };
my $shown = conversation_of($ada);

asker(sub { s/(user_avatar_url) text, (user_email) text/$2 text, $1 text/; s/u\.avatar_url, u\.email/u.email, u.avatar_url/ });
is_deeply conversation_of($ada), $shown, 'columns in another order';
asker(sub { s/user_username text\)/user_username text, more numeric)/; s/u\.username\n/u.username, 1\n/ });
is_deeply conversation_of($ada), $shown, 'one more column';

for my $case (
    ['a column with another name', qr/statement \w+: its result has no column "user_email"/, sub { s/user_email/user_mail/ }],
    ['a column less', qr/statement \w+: its result has no column "user_username"/,
        sub { s/,\s+user_username text\)/)/; s/, u\.username\n/\n/ }],
    ['a number for text', qr/statement \w+: the column "user_email" is of another type \(20\)/,
        sub { s/user_email text/user_email bigint/; s/u\.email/length(u.email)::bigint/ }],
    ['text for a boolean', qr/statement \w+: the column "user_is_active" is of another type \(25\)/,
        sub { s/user_is_active boolean/user_is_active text/; s/u\.is_active/u.is_active::text/ }],
    )
{
    my ($what, $words, $change) = @$case;

    subtest $what => sub {
        asker($change);
        for my $request ([GET => 'conversations/unread/'], [GET => $path], [POST => "${path}read/"]) {
            is ask($ada, @$request, %here)->code, 500, "$request->[0] is refused";
            like $httpd->said, $words, 'the log says why';
        }
    };
}
asker(sub { });
is_deeply conversation_of($ada), $shown, 'as it was';

$httpd->stop;
drop();
done_testing;

sub conversation_of
{
    my $answer = get($_[0], $path, %here, fresh => 1);

    return $answer->code == 200 ? $answer->json : $answer->code;
}

# The function as the change leaves its text.
sub asker
{
    my ($change) = @_;
    local $_ = $usual;

    $change->();
    $db->begin_work;
    $db->do('drop function chat.asker(text)');
    $db->do($_);
    $db->commit;
}

sub drop
{
    return unless defined $owner;
    undef $owner;
    local $?;
    $db->disconnect if $db;
    eval { ChatTest::db($admin =~ s/dbname=\S+/dbname=postgres/r)->do("drop database $name with (force)") };
}
