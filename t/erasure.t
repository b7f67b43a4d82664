use ChatTest;
use ChatTest::WebSocket ();

# A user is erased: after a dry run, with a reason; sockets end, staff hear of it, and nothing has the name any more.
my $boss   = {username => "boss-$$"}; # who is no user of the chat
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $church = church('Erasures');
my $eve    = staff_of($church, 'Eve');
my $zeb    = member("Zeb$$");
my $talk   = conversation($zeb, $church);
my $path   = 'admin/users/' . $zeb->id . '/erase/';

sub erase { my (%json) = @_; return post($boss, $path, \%json) }
sub logged { return sql('select * from chat.audit_log where username = ? order by id', $boss->{username}) }

# The columns of all tables in which a word is; new ones are found by themselves.
sub places
{
    my ($word) = @_;
    my @found;

    for my $column (sql(q{select a.attrelid::regclass as relation, quote_ident(a.attname) as name, a.atttypid = 'bytea'::regtype as is_bytes
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'chat'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
          and a.atttypid not in ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype, 'boolean'::regtype)})) {
        my $value = $column->{is_bytes} ? "encode($column->{name}, 'escape')" : "$column->{name}::text";

        push @found, "$column->{relation}.$column->{name}"
            if sql("select exists (select from $column->{relation} where strpos(lower($value), lower(?)) > 0) as is_there", $word)->{is_there};
    }
    return @found;
}

say($talk, "heliotrope-$$ of $zeb->{username}");
say($talk, 'an answer', as => $eve);
sql('update chat.users set email = ? where id = ?', "$zeb->{username}\@example.org", $zeb->id);
is ask($zeb, PUT => 'notifications/preferences/', json => {language => 'de'})->code, 200, 'preferences';
cmp_ok scalar(() = places($zeb->{username})), '>', 3, 'the name is in several places';
is_deeply [grep {/^chat\.messages\.content|^messages\.content/} places("heliotrope-$$")] > 0, 1, 'and so is what was written';

subtest 'what is wrong is refused, and changes nothing' => sub {
    my %wrong = (reason => [5, [], 'x' x 501], dry_run => ['true', 1], after => ['x', 0, -1], confirm => [5, {}]);

    for my $name (sort keys %wrong) {
        is erase(reason => 'x', $name => $_)->code, 400, "$name: " . Cpanel::JSON::XS->new->allow_nonref->encode($_) for @{$wrong{$name}};
    }
    is erase()->code . ' ' . join(' ', @{erase()->fields}), '400 reason', 'no reason';
    is erase(reason => 'x')->json->{code}, 'confirm', 'no dry run before';
    my $word = erase(dry_run => $true)->json->{confirm};
    my $other = 'admin/users/' . $eve->id . '/erase/';
    is post($boss, $other, {reason => 'x', confirm => $word})->code, 409, 'that of another user';
    is erase(reason => 'x', confirm => "${word}x")->code, 409, 'not quite it';
    is post($boss, 'admin/users/999999999/erase/', {dry_run => $true})->code, 404, 'nobody';
    is scalar(() = logged()), 0, 'nothing is logged';
    is get($zeb, 'conversations/')->code, 200, 'and they are there';
};

subtest 'a user is erased' => sub {
    my $mine   = ChatTest::Live->of($zeb);
    my $eves   = ChatTest::Live->of($eve);
    my $would  = erase(dry_run => $true)->json;
    my $answer = erase(reason => "$zeb->{username} asked for it", confirm => $would->{confirm});
    my $json   = $answer->json;
    my ($row)  = reverse logged();

    is_deeply $would->{would}, {conversations => 1, messages => 2, attachments => 0}, 'a dry run says what would be deleted';
    is $answer->code, 200, 'erased';
    is_deeply [@{$json->{removed}}{qw(conversations messages preferences users)}], [1, 2, 1, 1], 'how much of which table';
    is_deeply [@$json{qw(has_more after)}], [$false, undef], 'all of it';
    is $json->{audit_id}, $row->{id}, 'one row of the log';
    is scalar(() = logged()), 1, 'and no more';
    is $row->{reason}, 'Erased user ' . $zeb->id . ' asked for it', 'without the name in the reason';
    ok defined $mine->closed, 'their sockets are closed';
    is $eves->await('conversation_deleted')->{conversation_id}, $talk->{id}, 'staff hear of the conversation';
    is_deeply [places($zeb->{username})], [], 'the name is nowhere';
    is_deeply [places("heliotrope-$$")], [], 'what was written is nowhere';
    $eves->leave;
    my $again = erase(reason => 'again', confirm => erase(dry_run => $true)->json->{confirm});
    is_deeply [grep {$_} values %{$again->json->{removed}}], [], 'again, nothing is left';
    my $item = get($boss, 'admin/users/' . $zeb->id . '/')->json;
    is_deeply [@$item{qw(username external_id email is_active)}], [undef, undef, undef, $false], 'a row without a name';
};

done_testing;
