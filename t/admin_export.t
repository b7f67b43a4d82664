use ChatTest;
use ChatTest::Httpd ();
use IO::Select ();
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);
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

my $head = ask($boss, HEAD => "admin/users/export/?q=$mark-", contract => 0);
is $head->code, 200, 'HEAD is answered';
is $head->header('Content-Disposition'), 'attachment; filename="users.csv"', 'as GET';
is ChatTest::sql(q{select count(*) as n from chat.audit_log where username = ?}, $boss->{username})->{n}, 4, 'nothing was exported, and it is not audited';
for my $case (['format=xml', 'format'], ['limit=5', 'limit'], ['cursor=x', 'cursor'], ['order=x', 'order'], ['colour=red', 'colour'], ['day=7', 'day']) {
    my $answer = export_of($case->[0]);
    is $answer->code . ' ' . ($answer->json->{errors}[0]{field} // ''), "400 $case->[1]", "not $case->[0]";
}
is ChatTest::sql(q{select count(*) as n from chat.audit_log where username = ?}, $boss->{username})->{n}, 4, 'what is refused is not audited';
is post($boss, 'admin/users/export/', {}, contract => 0)->code, 405, 'nothing can be posted there';
is get($boss, 'admin/stats/export/', contract => 0)->code, 404, 'only lists are exported';

# Conversations, messages and the audit log: what their lists have.
my $resources = get($boss, 'admin/', statements => 0)->json->{resources};
my $document  = get($boss, 'conversations/openapi.json', contract => 0)->json;
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
    is_deeply $json->json, {items => $list, truncated => Cpanel::JSON::XS::false}, 'has what the list has';
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

# The action: some conversations, whose file is fetched by the id in the audit log.
sub act { return post($boss, 'admin/conversations/actions/', {action => 'export', @_}) }
my $aside = conversation(member('Aside'), $church);
my $done  = act(ids => [$talk->{id}, 999_999_999], reason => 'asked for')->json;
is_deeply [@$done{qw(done skipped has_more after)}], [1, 1, Cpanel::JSON::XS::false, undef], 'an action says how many there are';
is $done->{url}, "/api/admin/conversations/export/?selection=$done->{audit_id}", 'and where their file is';
is_deeply [map { $_->{id} } @{get($boss, $done->{url} . '&format=json', contract => 0, statements => 1)->json->{items}}], [$talk->{id}], 'with these';
my %found = (filter => {church_id => $church->{id}, empty => Cpanel::JSON::XS::true}, reason => 'all of them');
is act(%found)->code, 409, 'all that filters find needs a dry run';
is_deeply act(ids => [$talk->{id}], after => 1)->fields, ['after'], 'there are no parts';
is_deeply act(%found, filter => {selection => $done->{audit_id}})->fields, ['selection'], 'nor a selection of a selection';
my $all_found = act(%found, confirm => act(%found, dry_run => Cpanel::JSON::XS::true)->json->{confirm})->json;
is $all_found->{done}, 1, 'then it is done';
is_deeply [map { $_->{id} } @{get($boss, "$all_found->{url}&format=json", contract => 0)->json->{items}}], [$aside->{id}], 'to what they find';
is_deeply get($boss, "admin/conversations/?selection=$_")->json->{items}, [], "nothing is in $_" for $done->{audit_id} + 1_000_000, 1;

# All that is kept of a user.
my $eve  = staff_of($church, "Eve $$");
say($talk, "as staff $$", as => $eve);
my $answer = get($boss, 'admin/users/' . $ada->id . '/export/', contract => 0, statements => 1);
my $all    = $answer->json;
is $answer->header('Content-Disposition'), 'attachment; filename="user-' . $ada->id . '.json"', 'a user: a file';
is $answer->header('Cache-Control'), 'no-store', 'of the administrator alone';
is_deeply [sort keys %$all], [sort @{$document->{components}{schemas}{AdminPersonExport}{required}}], 'with all sections';
is_deeply $all->{user}, [map { my %item = %$_; delete $item{read_only}; \%item } get($boss, 'admin/users/' . $ada->id . '/')->json], 'the profile';
is_deeply $all->{conversations}, [map { +{%$_, last_message => undef} } @{get($boss, 'admin/conversations/?member_id=' . $ada->id)->json->{items}}],
    'the conversations, without what staff wrote last';
is_deeply [map { $_->{content} } @{$all->{messages}}], ["=cmd|' /C calc'!A0 $$", "two\nlines, and \"quotes\" $$", '@here'], 'what they wrote';
is_deeply [map { $_->{action} } @{$all->{audit}}], ['view', 'export'], 'who saw it';
is scalar @{$all->{messages_as_staff}}, 0, 'nothing as staff';
ok !$all->{truncated}, 'all of it';
my $hers = get($boss, 'admin/users/' . $eve->id . '/export/?format=json', contract => 0)->json;
is_deeply [map { $_->{content} } @{$hers->{messages_as_staff}}], ["as staff $$"], 'what staff wrote';
is_deeply [map { $_->{church_id} } @{$hers->{staff}}], [$church->{id}], 'and where they are staff';
is sql(q{select count(*) as n from chat.audit_log where action = 'export' and object_kind = 'user' and object_id = any (?)}, [$ada->id, $eve->id])->{n},
    2, 'each is in the audit log';
is get($boss, 'admin/users/' . $ada->id . '/export/?format=csv', contract => 0)->code, 400, 'not as CSV';
is ask($boss, HEAD => "admin/users/$_->[0]/export/", contract => 0)->code, $_->[1], "HEAD: $_->[1]" for [$ada->id, 200], [0, 404], ['9223372036854775807', 404];
is get($boss, "admin/users/$_/export/", contract => 0)->code, 404, "there is no $_" for '9223372036854775807', '0', 'x';
is post($boss, 'admin/users/' . $ada->id . '/export/', {}, contract => 0)->code, 405, 'nothing can be posted there';

# More than one part.
ChatTest::sql(q{insert into chat.users (username, external_id, display_name) select n, n, n from (select ? || n as n from generate_series(1, 5001) n) n}, "many$$-");
my $many = get($boss, "admin/users/export/?q=many$$-&format=json&order=id", contract => 0, statements => 2)->json;
is scalar @{$many->{items}}, 5001, 'a second part';
my %seen;
is scalar(grep { $seen{$_->{id}}++ } @{$many->{items}}), 0, 'nobody twice';
is scalar(() = get($boss, "admin/users/export/?q=many$$-", contract => 0, statements => 2)->body =~ /\r\n/g), 5002, 'as CSV';

subtest 'a full disk' => sub {
    my $disk = ChatTest::Config->suite->{vars}{serverroot} . "/disk-$$";

    mkdir $disk or die "$disk: $!";
    plan skip_all => 'no tmpfs can be mounted here' if $> != 0 || system("mount -t tmpfs -o size=64k,mode=1777 tmpfs '$disk' 2>/dev/null") != 0;
    delete local @ENV{qw(TMP TEMP)};
    local $ENV{TMPDIR} = $disk;
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAdmin true\n");
    my %there = (site => $httpd->url, contract => 0);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $audited = q{select count(*) as n from chat.audit_log where username = ? and action = 'export'};
    my $before  = sql($audited, $boss->{username})->{n};
    my $answer  = get($boss, "admin/users/export/?q=many$$-", %there);
    is $answer->code . ' ' . $answer->json->{code}, '507 storage_full', 'has no room for many users';
    is $answer->header('Content-Disposition'), undef, 'and nothing is saved';
    is scalar(() = get($boss, "admin/users/export/?q=many$$-500", %there)->body =~ /\r\n/g), 4, 'but for three of them';
    is sql($audited, $boss->{username})->{n}, $before + 2, 'what was read is in the audit log';
    $httpd->stop;
    is scalar(my @lines = $httpd->unexpected), 1, 'one line';
    like $lines[0], qr/an export cannot be written to a file in \Q$disk\E/, 'says where';
    undef $httpd;
    system("umount -l '$disk'");
};

# 100,000 rows, in a database of their own, and an httpd with one child and small buffers.
my $ROWS     = 100_000;
my $database = "chat_exports_$$";
(my $own = ChatTest::Config->suite->{vars}{database}) =~ s/dbname=\S+/dbname=$database/ or die 'no dbname in the parameters';
my $owner = $$;
my $httpd;
db()->do("create database $database");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$own" 2>&1};
is $?, 0, 'a database' or diag $migrated;
$httpd = ChatTest::Httpd->new(database => $own, conf => ChatTest::Httpd->usual(undef, undef, "exports$$")
    . "ChatAdmin true\nChatRateLimit admin off\nServerLimit 1\nStartServers 1\nThreadsPerChild 4\nMaxRequestWorkers 4\nMinSpareThreads 1\n"
    . "MaxSpareThreads 4\nSendBufferSize 65536\n");
my $who   = "auditor-$$";

sub drop
{
    local ($@, $?);
    $httpd->stop if $httpd;
    eval { db($own)->disconnect; ChatTest::forget_db($own); db()->do("drop database if exists $database with (force)") };
}

sub child { return Mojo::File->new("/proc/@{[$httpd->pid]}/task/@{[$httpd->pid]}/children")->slurp =~ /(\d+)/ ? $1 : die 'no child' }
sub resident { return Mojo::File->new('/proc/' . child() . '/smaps_rollup')->slurp =~ /^Rss:\s+(\d+)/m ? 1024 * $1 : die 'no size' }

# A request, the answer of which is not read yet.
sub begin_export
{
    my ($path) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $httpd->{port}, Timeout => 20 * slow()) or die "no connection: $@";

    $socket->setsockopt(Socket::SOL_SOCKET, Socket::SO_RCVBUF, 65_536);
    print {$socket} join "\r\n", "GET /api/admin/$path HTTP/1.1", 'Host: 127.0.0.1', 'Connection: close',
        'Authorization: Basic ' . encode_base64("$boss->{username}:x", ''), '', '';
    $socket->flush;
    return $socket;
}

# What comes until the connection ends; `look` is called now and then.
sub rest_of
{
    my ($socket, $look) = @_;
    my ($text, $n) = ('', 0);

    while (sysread $socket, $text, 65536, length $text) {
        $look->() if $look && !(++$n % 50);
    }
    return $text;
}

db($own)->do(q{insert into chat.audit_log (username, address, request_id, action, object_kind, object_id, after)
    select ?, '127.0.0.1', 'r' || n, 'block', 'conversation', n, jsonb_build_object('text', repeat('x', 200)) from generate_series(1, ?) n}, {}, $who, $ROWS + 1);
ok $httpd->start, 'httpd starts' or diag $httpd->said;

subtest 'memory' => sub {
    my $path = "audit/export/?username=$who&format=json";

    rest_of(begin_export("$path&object_id=7")) for 1 .. 8; # every thread has what threads keep
    rest_of(begin_export($path));
    my $before = resident();
    my $most   = 0;
    my $text   = rest_of(begin_export($path), sub { my $now = resident(); $most = $now if $now > $most });
    like $text, qr/"truncated":true\}\n\r\n0\r\n\r\n\z/, 'the end says that there is more';
    is scalar(() = $text =~ s/\r\n[0-9a-f]+\r\n//gr =~ /"request_id":/g), $ROWS, 'all rows but one';
    cmp_ok length $text, '>', 30_000_000, 'which are many bytes';
    cmp_ok $most - $before, '<', 1_000_000, 'in little memory, where a part has two megabytes' if watched() == 1;
};

subtest 'a database that fails in the middle' => sub {
    my $socket = begin_export("audit/export/?username=$who&format=json");
    my $holder = db($own);
    my $text   = '';

    sysread $socket, $text, 8192;
    like $text, qr{^HTTP/1\.1 200 .*Transfer-Encoding: chunked}s, 'it has begun';
    $holder->begin_work;
    $holder->do('lock table chat.audit_log in access exclusive mode');
    until_true {
        sysread $socket, $text, 65536, length $text if IO::Select->new($socket)->can_read(0);
        $holder->selectrow_array(q{select count(pg_terminate_backend(pid)) from pg_stat_activity
            where application_name = ? and wait_event_type = 'Lock'}, undef, "exports$$");
    } 'the statement of a later part is ended';
    $holder->rollback;
    $text .= rest_of($socket);
    like $text, qr/"request_id":"r100001"/, 'what came first is there';
    unlike $text, qr/\r\n0\r\n\r\n\z/, 'without the last chunk';
    unlike $text, qr/"truncated"/, 'and without the end';
    my @lines = $httpd->unexpected;
    is scalar(grep {/statement export_admin_items/} @lines), 1, 'the log says it';
    is scalar(@lines), 1, 'once' or diag @lines;
    like rest_of(begin_export("audit/export/?username=$who&object_id=7")), qr{^HTTP/1\.1 200 }, 'the next one is served';
};

done_testing;
