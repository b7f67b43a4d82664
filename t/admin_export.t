use ChatTest;
use utf8;

# Lists as files: CSV that a spreadsheet shows and does not calculate, and JSON; in parts of one statement each.
my $boss = {username => 'boss-' . $$}; # in these tests everybody is an administrator
my $mark = "export$$";
my %odd  = (
    plain => 'Ada', comma => 'Miller, Ada', quote => "Ada O\x{2019}Neill", formula => '=1+1', plus => '+49 30', minus => '-5', at => '@home',
    umlaut => 'Jörg Müßig', han => '王小明',
);
ChatTest::sql('insert into chat.users (username, external_id, display_name, email) values (?, ?, ?, ?)', "$mark-$_", "$mark-$_", $odd{$_},
    $_ eq 'plain' ? "\"a,b\"\@$mark.example" : undef) for sort keys %odd;

sub export_of { my ($query, %options) = @_; return get($boss, "admin/users/export/?q=$mark-&$query", contract => 0, %options) }

my $csv = export_of('order=id');
is $csv->code, 200, 'CSV';
is $csv->header('Content-Type'), 'text/csv; charset=utf-8', 'is what it says';
is $csv->header('Content-Disposition'), 'attachment; filename="users.csv"', 'and is saved';
is $csv->header('Cache-Control'), 'no-store', 'by the administrator alone';
my $text = $csv->body;
utf8::decode($text) unless utf8::is_utf8($text);
like $text, qr/^\x{feff}id,username,/, 'with a byte order mark and the columns';
my @lines = split /\r\n/, $text =~ s/^\x{feff}//r;
is scalar @lines, 1 + keys %odd, 'a line for each user, with CR LF';
unlike $text =~ s/\r\n//gr, qr/[\r\n]/, 'and no other ends of lines';
my %line = map { /$mark-(\w+)/ ? ($1 => $_) : () } @lines;
like $line{comma}, qr/,"Miller, Ada",/, 'a comma is in quotes';
like $line{plain}, qr/,"""a,b""\@$mark\.example",/, 'quotes are doubled';
like $line{formula}, qr/,'=1\+1,/, 'a formula is text';
like $line{$_->[0]}, qr/,\Q'$_->[1]\E,/, "so is $_->[1]" for [plus => '+49 30'], [minus => '-5'], [at => '@home'];
like $line{umlaut}, qr/,Jörg Müßig,/, 'letters of other scripts';
like $line{han}, qr/,王小明,/, 'of any';
like $line{plain}, qr/,true,/, 'a boolean';
like $line{han}, qr/,,/, 'null is empty';

my $json = export_of('format=json&order=id')->json;
is_deeply [map { $_->{display_name} } @{$json->{items}}], [map { $_->{display_name} } @{get($boss, "admin/users/?q=$mark-&order=id")->json->{items}}],
    'JSON has what the list has';
ok !$json->{truncated}, 'all of it';
is scalar @{export_of('format=json&is_active=false')->json->{items}}, 0, 'filters hold';
is scalar(split /\r\n/, export_of('is_active=false')->body), 1, 'an empty file has the columns';

my $audited = ChatTest::sql(q{select count(*) as n, min(object_kind) as kind, min(after ->> 'format') as format, min(address) as address
    from chat.audit_log where username = ? and action = 'export'}, $boss->{username});
is $audited->{n}, 4, 'each export is in the audit log';
is $audited->{kind}, 'user', 'of what';
is $audited->{format}, 'csv', 'as what';
is $audited->{address}, '127.0.0.1', 'from where';

for my $case (['format=xml', 'format'], ['limit=5', 'limit'], ['cursor=x', 'cursor'], ['order=x', 'order'], ['colour=red', 'colour'], ['day=7', 'day']) {
    my $answer = export_of($case->[0]);
    is $answer->code . ' ' . ($answer->json->{errors}[0]{field} // ''), "400 $case->[1]", "not $case->[0]";
}
is ChatTest::sql(q{select count(*) as n from chat.audit_log where username = ?}, $boss->{username})->{n}, 4, 'what is refused is not audited';
is post($boss, 'admin/users/export/', {}, contract => 0)->code, 405, 'nothing can be posted there';
is get($boss, 'admin/stats/export/', contract => 0)->code, 404, 'only lists are exported';

# Conversations, messages and the audit log: what their lists have.
my $resources = get($boss, 'admin/', statements => 0)->json->{resources};
my $church = church("Export $$");
my $ada    = member("=Ada $$");
my $talk   = conversation($ada, $church);
say($talk, $_) for "=cmd|' /C calc'!A0 $$", "two\nlines, and \"quotes\" $$", '@here';
say($talk, '+49 30 an answer', as => staff_of($church, 'Eve'));
get($boss, "admin/conversations/$talk->{id}/"); # which is in the audit log
for my $case (['conversations', "church_id=$church->{id}", 1], ['messages', "conversation_id=$talk->{id}", 4],
    ['audit', "object_kind=conversation&object_id=$talk->{id}", 1]) {
    my ($name, $filter, $rows) = @$case;
    my $json = get($boss, "admin/$name/export/?format=json&$filter", contract => 0, statements => 1);
    my $file = get($boss, "admin/$name/export/?$filter", contract => 0, statements => 1);
    my $list = get($boss, "admin/$name/?$filter")->json->{items};

    is $json->header('Content-Disposition'), "attachment; filename=\"$name.json\"", "$name: a file";
    is_deeply $json->json, {items => $list, truncated => JSON::PP::false}, 'has what the list has';
    is scalar @$list, $rows, 'all of it';
    is $file->body =~ s/^\xef\xbb\xbf|^\x{feff}//r =~ s/\r\n.*//sr, join(',', @{(grep { $_->{name} eq $name } @$resources)[0]{columns}}),
        'as CSV it has the columns of the list';
    is scalar(() = $file->body =~ /\r\n/g), 1 + $rows, 'and its rows';
    is get($boss, "admin/$name/export/?$filter&limit=1", contract => 0)->code, 400, 'a limit is refused';
    my $kind = $name =~ s/s$//r;
    is_deeply [map { @$_{qw(kind format)} } sql(q{select object_kind as kind, after ->> 'format' as format from chat.audit_log
        where username = ? and action = 'export' order by id desc limit 2}, $boss->{username})], [$kind, 'csv', $kind, 'json'], 'two rows of the audit log';
}
my $said = get($boss, "admin/messages/export/?conversation_id=$talk->{id}&order=id", contract => 0)->body;
utf8::decode($said) unless utf8::is_utf8($said);
like $said, qr/,'=cmd\|' \/C calc'!A0 $$,/, 'what people write is not a formula';
like $said, qr/,"two\nlines, and ""quotes"" $$",/, 'whatever it has';
like $said, qr/,'\@here,/, 'an address';
like $said, qr/,'\+49 30 an answer,/, 'a number';
like $said, qr/,'=Ada $$,/, 'nor is a name';
until_true { get($boss, "admin/messages/?conversation_id=$talk->{id}&q=quotes")->json->{count} } 'the words are there';
is scalar(() = get($boss, "admin/messages/export/?conversation_id=$talk->{id}&q=quotes&year=" . (1900 + (gmtime)[5]), contract => 0)->body =~ /\r\n/g), 2,
    'they are looked for, and in a year';
is get($boss, "admin/$_/export/", contract => 0)->code, 404, "$_ are no file" for qw(churches staff attachments notifications deliveries);

# More than one part.
ChatTest::sql(q{insert into chat.users (username, external_id, display_name) select n, n, n from (select ? || n as n from generate_series(1, 5001) n) n}, "many$$-");
my $many = get($boss, "admin/users/export/?q=many$$-&format=json&order=id", contract => 0, statements => 2)->json;
is scalar @{$many->{items}}, 5001, 'a second part';
my %seen;
is scalar(grep { $seen{$_->{id}}++ } @{$many->{items}}), 0, 'nobody twice';
is scalar(() = get($boss, "admin/users/export/?q=many$$-", contract => 0, statements => 2)->body =~ /\r\n/g), 5002, 'as CSV';

done_testing;
