use ChatTest;
use utf8;

# What administrators see: lists with filters, orders, counts and pages, and single objects. In these tests everybody is
# an administrator (t/conf); who is one elsewhere: t/admin.t.
my $boss = {username => 'boss-' . $$}; # who is no user of the chat
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $mark = 'list' . $$;

my $described = get($boss, 'admin/', statements => 0)->json->{resources};
my %resource  = map { ($_->{name} => $_) } @$described;

sub list { my ($path, %query) = @_; return get($boss, "admin/$path/" . query(%query)) }
sub ids  { return [map { $_->{id} } @{list(@_)->json->{items}}] }

sub query
{
    my (%query) = @_;

    return %query ? '?' . join '&', map { "$_=" . Mojo::Util::url_escape(Mojo::Util::encode('UTF-8', $query{$_})) } sort keys %query : '';
}

sub refused
{
    my ($answer, $field, $what) = @_;

    is $answer->code . ' ' . join(' ', map { $_->{field} } @{$answer->json->{errors} // []}), "400 $field", $what;
}

# All pages of a list, and whether each said what the first one did.
sub walk
{
    my ($path, %query) = @_;
    my $page  = list($path, %query);
    my @items = @{$page->json->{items}};

    while (my $next = $page->json->{next}) {
        $page = get($boss, $next);
        last unless @{$page->json->{items}};
        push @items, @{$page->json->{items}};
    }
    return @items;
}

subtest 'each resource' => sub {
    for my $name (map { $_->{name} } @$described) {
        my $answer = list($name, limit => 2);
        my $json   = $answer->json;

        is $answer->code, 200, $name;
        is $answer->header('Cache-Control'), 'no-store', 'is not stored';
        is_deeply [sort keys %$json], [qw(count count_is dates items next)], 'has these members';
        like $answer->header('RateLimit-Policy') // '', qr/admin/, 'is limited';
        for my $item (@{$json->{items}}) {
            is_deeply [sort keys %$item], [sort @{$resource{$name}{columns}}], 'its items have its columns';
            my $one = get($boss, "admin/$name/$item->{id}/");
            is $one->code, 200, 'each can be fetched' or next;
            is_deeply delete $one->json->{read_only}, $resource{$name}{read_only}, 'with what cannot be changed';
            is_deeply {map { $_ => $one->json->{$_} } keys %$item}, $item, 'and is the same there';
            is get($boss, "admin/$name/$item->{id}/", headers => {'If-Match' => '"x"'})->json->{code}, 'stale', 'not with another ETag';
        }
        is get($boss, "admin/$name/$_/")->code, 404, "there is no $_" for '9223372036854775807', '0', 'x', '-1', '9223372036854775808';
        is ask($boss, HEAD => "admin/$name/")->code, 200, 'HEAD';
        is ask($boss, OPTIONS => "admin/$name/")->code, 204, 'OPTIONS';

        for my $filter (@{$resource{$name}{filters}}) {
            my @values = $filter->{type} eq 'boolean' ? qw(true false 1 0) : $filter->{type} eq 'word' ? @{$filter->{values}} : ('7', '1');

            is list($name, $filter->{name} => $_, limit => 1)->code, 200, "$filter->{name}=$_" for @values;
            is list($name, $filter->{name} => '', year => 1999)->json->{count}, 0, "$filter->{name} without a value";
            next if $filter->{type} eq 'text';
            for my $wrong ('x', '-1', "1'", '9223372036854775808', 'tru', "true\n", 'ü', 'ok none') {
                refused(list($name, $filter->{name} => $wrong), $filter->{name}, "$filter->{name}=$wrong");
            }
        }
        for my $order (map { ($_, "-$_") } @{$resource{$name}{orders}}) {
            is list($name, order => $order, limit => 1)->code, 200, "order=$order";
        }
        refused(list($name, order => $_), 'order', "order=$_") for '--id', '-', 'nothing', 'id,name', "id'", 'id desc';
        refused(list($name, $_ => 1), $_, "$_ is no filter") for 'x', "is_active'", 'Limit', 'limit[]';
        refused(list($name, limit => $_), 'limit', "limit=$_") for 0, 201, -1, 'x';
    }
};

subtest 'cursors' => sub {
    member("$mark C$_") for 1 .. 3;
    my $cursor = (list('users', limit => 1)->json->{next} =~ /cursor=([^&]+)/)[0];

    ok $cursor, 'there is one';
    is list('users', cursor => $cursor)->code, 200, 'leads on';
    refused(list('users', cursor => $cursor, order => 'id'), 'cursor', 'not in another order');
    refused(list('users', cursor => $_), 'cursor', "cursor=$_") for 'x', 'ÿ', '%', "$cursor$cursor", 'A' x 5000, 'LWlk',
        map { Mojo::Util::b64_encode($_, '') =~ tr{+/=}{-_}dr } '-id 0 0', '-id  ', '-id 0 7', '-id 0 -7 ', '-id 0 x ', "-id 0 7 \xff",
        "-id 0 7 =\0", '-id 0 7 key', '-id 0123456789abcdef 7 ';
};

subtest 'users' => sub {
    my @people = map { member("$mark Ümlaut $_", email => "\u$mark-$_\@example.org", created_at => "2024-02-$_ 23:59:59.999999+00") } 10 .. 15;
    my $staff  = staff_of(church(), $people[2]);

    sql('update chat.users set is_active = false where id = ?', $people[1]->id);
    sql('update chat.users set email = null where id = ?', $people[3]->id);
    sql(q{insert into chat.mail_failures (address, failures, is_off, error) values (lower(?), 9, true, '550')}, "$mark-14\@example.org");
    sql(q{insert into chat.preferences (user_id, language) values (?, 'de')}, $people[5]->id);
    my @ids = map { $_->id } @people;

    is_deeply ids('users', q => "$mark umlaut"), [reverse @ids], 'by the beginning of the display name, the newest first';
    is_deeply ids('users', q => "$mark ÜMLAUT"), [reverse @ids], 'however it is written';
    is_deeply ids('users', q => 'umlaut'), [], 'not by its middle';
    is_deeply ids('users', q => "$mark-12"), [$ids[2]], 'by the beginning of the address';
    is_deeply ids('users', q => substr($people[0]{username}, 0, -1)), [grep {
        sql('select username from chat.users where id = ?', $_)->{username} =~ /^\Q${\substr($people[0]{username}, 0, -1)}/ } reverse @ids],
        'by that of the user name';
    is_deeply ids('users', q => "$mark umlaut", is_active => 'false'), [$ids[1]], 'deactivated';
    is_deeply ids('users', q => "$mark umlaut", role => 'staff'), [$ids[2]], 'staff';
    is_deeply ids('users', q => "$mark umlaut", role => 'member', is_active => 1), [@ids[5, 4, 3, 0]], 'two filters';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'none'), [$ids[3]], 'without an address';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'failing'), [$ids[4]], 'with one that fails';
    is_deeply ids('users', q => "$mark umlaut", email_state => 'ok'), [@ids[5, 2, 1, 0]], 'with one that does not';
    is_deeply [map { $_->{id} } walk('users', q => "$mark umlaut", limit => 2)], [reverse @ids], 'page by page';
    is_deeply [map { $_->{id} } walk('users', q => "$mark umlaut", limit => 2, order => $_)], [/^-/ ? reverse @ids : @ids], "by $_"
        for 'id', 'name', '-name';

    is_deeply list('users', q => "$mark umlaut")->json->{dates}, [{year => 2024, count => 6}], 'by year';
    is_deeply list('users', q => "$mark umlaut", year => 2024)->json->{dates}, [{month => 2, count => 6}], 'by month';
    is_deeply list('users', q => "$mark umlaut", year => 2024, month => 2)->json->{dates}, [map { +{day => $_, count => 1} } 10 .. 15], 'by day';
    my $day = list('users', q => "$mark umlaut", year => 2024, month => 2, day => 12)->json;
    is_deeply [$day->{count}, $day->{items}[0]{id}], [1, $ids[2]], 'one day, in UTC';
    is_deeply ids('users', q => "$mark umlaut", year => 2024, month => 2, day => 29), [], 'a day without any';
    refused(list('users', @{$_->[1]}), $_->[0], "@{$_->[1]}") for
        [month => [month => 2]], [day => [year => 2024, day => 2]], [day => [year => 2023, month => 2, day => 29]], [day => [year => 2024, month => 4, day => 31]],
        [year => [year => 0]], [year => [year => 10000]], [month => [year => 2024, month => 13]], [day => [year => 2024, month => 1, day => 32]],
        [q => [q => 'x' x 201]];
    is list('users', year => 9999, month => 12, day => 31)->json->{count}, 0, 'the last day that there is';

    is_deeply get($boss, "admin/users/$ids[5]/")->json, {
        id => $ids[5], username => $people[5]{username}, external_id => $people[5]{username}, display_name => "$mark Ümlaut 15",
        email => "\u$mark-15\@example.org", email_state => 'ok', avatar_url => undef, language => 'de', role => 'member', is_active => $true,
        created_at => '2024-02-15T23:59:59.999999Z', read_only => [qw(id username external_id email_state avatar_url role created_at)],
    }, 'one user';
    my $etag = get($boss, "admin/users/$ids[5]/")->header('ETag');
    is get($boss, "admin/users/$ids[5]/", headers => {'If-None-Match' => $etag})->code, 304, 'the ETag holds';
    is get({username => 'other'}, "admin/users/$ids[5]/")->header('ETag'), $etag, 'for every administrator';
    sql(q{update chat.preferences set language = 'en' where user_id = ?}, $ids[5]);
    isnt get($boss, "admin/users/$ids[5]/")->header('ETag'), $etag, 'until something changes';
};

subtest 'whatever is searched for' => sub {
    my $ada = member(q{O'Neil %_\\ <b>&"} . "\x{2028}" . 'Ada');

    for my $q (q{'}, q{''}, q{\\}, q{%}, q{_}, q{$1}, q{$sql$}, q{%s}, q{%1$s}, q{'; drop table chat.users; --}, q{" or 1=1}, "\x{1f600}", "a\nb", q{O'Neil %}) {
        my $json = list('users', q => $q)->json;

        is_deeply [grep { lc(substr $_->{display_name}, 0, length $q) =~ tr/’/'/r ne lc $q && lc(substr $_->{username}, 0, length $q) ne lc $q } @{$json->{items}}],
            [], "q=$q finds only what begins so";
    }
    is_deeply ids('users', q => q{O'Neil %_\\}), [$ada->id], 'each character is itself';
    my $body = get($boss, 'admin/users/' . $ada->id . '/')->body;
    unlike $body, qr/[<>&]|\xe2\x80\xa8/, 'and the answer is safe inside a page';
    refused(get($boss, 'admin/users/?q=%ff'), 'q', 'text that is not UTF-8');
    refused(get($boss, 'admin/users/?q=a%00b'), 'limit', 'a NUL');
};

subtest 'who is an administrator need not be a user' => sub {
    is sql('select count(*) as n from chat.users where username = ?', $boss->{username})->{n}, 0, 'and does not become one';
    my $ada = member('Ada');
    sql('update chat.users set is_active = false where id = ?', $ada->id);
    is get($ada, 'admin/users/?limit=1')->code, 200, 'nor an active one';
};

done_testing;
