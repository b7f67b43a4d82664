use ChatTest;
use ChatTest::Mail ();
use ChatTest::Metrics ();
use ChatTest::Upload qw(upload files_conf);

# Mail to people who are away: what is in it, when it comes, and how it is ended.
my $mail  = ChatTest::Mail->new;
my $httpd = $mail->httpd(files_conf() . <<'END');
ChatEmailRepeat 0
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
my $db    = $mail->{db};
my %ada   = $mail->people('Ada', 'Eve');
my $site  = $httpd->url;

sub say_to
{
    my ($who, $talk, $content) = @_;
    my $answer = post({username => $who}, "conversations/$talk/messages/", {content => $content}, site => $site, statements => undef);

    is $answer->code, 201, "$who writes";
    return $answer->json->{message}{id};
}

subtest 'one mail' => sub {
    my $text = "Grüße aus Köln 😀\n.\n..two dots\nFrom the church & <b>bold</b> {{link}} \n" . 'ü' x 200;
    my $id   = say_to('Eve', $ada{talk}, $text);
    $mail->hurry;
    my ($one) = $mail->wait_for(1);
    is_deeply $one->{facts}{wrong}, [], 'it is as RFC 5322 has it' or diag $one->{source};
    is_deeply [@{$one->{facts}}{qw(from to helo)}], ['chat@example.org', ['ada@example.org'], 'chat.example.org'], 'the envelope';
    my $head = $one->{head};
    s/^ // for values %$head; # where the name is in a line of its own
    is $head->{from}, "\"St. Märy’s ″Abbey″\" <chat\@example.org>", 'from the church' or diag $one->{source};
    is $head->{to}, 'Ada <ada@example.org>', 'to its reader';
    is $head->{subject}, "New message from St. Märy’s ″Abbey″", 'the subject';
    is $head->{'message-id'}, "<c$ada{talk}.u$ada{Ada}.m$id\@chat.example.org>", 'its id';
    is $head->{$_}, "<c$ada{talk}\@chat.example.org>", $_ for qw(in-reply-to references);
    is $head->{'auto-submitted'}, 'auto-generated', 'nobody is to answer by itself';
    is $head->{'list-id'}, '<chat.chat.example.org>', 'a list';
    is $head->{'list-unsubscribe-post'}, 'List-Unsubscribe=One-Click', 'one click';
    like $head->{'list-unsubscribe'}, qr{^<https://chat\.example\.org/api/notifications/unsubscribe/\?token=[\w.-]+>$}, 'where';
    like $head->{date}, qr/ \+0000$/, 'the time';
    is $one->{type}, 'multipart/alternative', 'two parts';
    my $unescaped = $one->{html} =~ s/<[^>]*>//gr;
    $unescaped =~ s/&lt;/</g; $unescaped =~ s/&gt;/>/g; $unescaped =~ s/&#39;/'/g; $unescaped =~ s/&quot;/"/g; $unescaped =~ s/&amp;/&/g;
    like $one->{text}, qr/\Q$text\E/, 'the text has the message, word for word';
    like $unescaped, qr/\Q$text\E/, 'and so has the HTML, escaped' or diag $one->{html};
    unlike $one->{html}, qr/<b>/, 'nothing of it is HTML';
    my $words = sub { join ' ', map {split} $_[0] };
    my ($body) = $unescaped =~ /(Hello Ada.*)/s;
    is $words->($body), $words->($one->{text}), 'both say the same';
    like $one->{text}, qr{https://chat\.example\.org/messages\?c=$ada{talk}$}m, 'it leads into the conversation';
    is $mail->sql('select state from chat.outbox'), 'sent', 'that is recorded';
};

subtest 'what a filter thinks of it, without the network' => sub {
    my ($file) = glob "$mail->{folder}/*.eml";
    my $said   = qx{HOME='$mail->{folder}' spamassassin -L -t <'$file' 2>/dev/null};
    my ($score) = $said =~ /^X-Spam-Status: .*?score=(-?[\d.]+)/m;

    ok defined $score && $score <= 0.5, 'nothing bad' or diag $said;
};

subtest 'not after it was read' => sub {
    $mail->forget;
    is post({username => 'Ada'}, "conversations/$ada{talk}/read/", {}, site => $site, statements => undef)->code, 200, 'Ada reads';
    my $id = say_to('Eve', $ada{talk}, 'seen at once');
    is post({username => 'Ada'}, "conversations/$ada{talk}/read/", {}, site => $site, statements => undef)->code, 200, 'and again';
    $mail->hurry;
    until_true { !$mail->sql('select count(*) from chat.waiting') } 'it was looked at';
    is $mail->sql(q{select count(*) from chat.outbox where state = 'due'}), 0, 'nobody is told';

    # As if it had been decided before Ada has read.
    my $dropped = sub { ChatTest::Metrics->of($site)->value('chat_deliveries_total', kind => 'email', result => 'dropped') };
    my $before  = $dropped->();
    $mail->sql(q{insert into chat.outbox (conversation_id, user_id, kind, due_at) values (?, ?, 'email', now()) returning 1}, $ada{talk}, $ada{Ada});
    until_true { $dropped->() == $before + 1 } 'what was decided before is dropped, and counted', 90;
    is $mail->sql('select state from chat.outbox order by id desc limit 1'), 'dropped', 'which is recorded';
    is_deeply [$mail->mails], [], 'no mail has come';
};

# What is decided while a message is on its way must not lose it.
subtest 'read, but for a message that is not committed yet' => sub {
    my %finn  = $mail->people('Finn', 'Lea');
    my $other = ChatTest::db("$mail->{admin} connect_timeout=20"); # another connection than $db
    my $send  = sub { $_[0]->selectrow_array('select (chat.send_message(?, ?, ?)).outcome', undef, $finn{Lea}, $finn{talk}, 'hello') };
    my $wait  = q{from chat.waiting where conversation_id = ? and not church_side};

    # No mail, whenever the notifiers of httpd look.
    $db->do(q{insert into chat.preferences (user_id, email) values (?, 'off')}, undef, $finn{Finn});
    is $send->($db), 'posted', 'a message';
    is $mail->sql(q{update chat.waiting set due_at = 'infinity', decided_up_to = 9223372036854775807
        where conversation_id = ? and not church_side returning 1}, $finn{talk}), 1, 'its reader is waited for, and nobody looks';
    $mail->sql('select chat.mark_read(?, ?)', $finn{Finn}, $finn{talk});
    $other->begin_work;
    is $send->($other), 'posted', 'another one, in a transaction';
    $mail->sql(q{update chat.waiting set due_at = now() where conversation_id = ? and not church_side returning 1}, $finn{talk});
    until_true {
        $mail->sql(q{select decided from chat.decide_deliveries('0', '0', 'instant', 'instant', null, 100)});
        !$mail->sql("select count(*) $wait and due_at <= now()", $finn{talk});
    } 'decided meanwhile';
    $other->commit;
    is $mail->sql("select count(*) $wait", $finn{talk}), 1, 'its reader is still waited for';
    $mail->sql('select chat.mark_read(?, ?)', $finn{Finn}, $finn{talk});
};

subtest 'staff, in their language, of several messages' => sub {
    $mail->forget;
    $db->do(q{insert into chat.preferences (user_id, language, time_zone) values (?, 'de-AT', 'Asia/Tokyo')}, undef, $ada{Eve});
    say_to('Ada', $ada{talk}, "message $_.") for 1 .. 12;
    $mail->hurry;
    my ($one) = $mail->wait_for(1);
    is $one->{head}{subject}, 'Neue Nachricht von Ada', 'in German';
    is $one->{head}{to}, 'Eve <eve@example.org>', 'to staff';
    is_deeply [$one->{text} =~ /^message (\d+)\.$/mg], [3 .. 12], 'the newest ten';
    like $one->{text}, qr/Nicht gezeigt: 2 weitere/, 'and how many more';
    is_deeply $one->{facts}{wrong}, [], 'it is as RFC 5322 has it' or diag $one->{source};
};

subtest 'files, by name and size' => sub {
    my $name  = 'Plan & "Maße" תמונה.txt';
    my $shown = 'Plan & ″Maße″ תמונה.txt'; # as it is stored: DESIGN, names
    my $send  = sub {
        my ($who, $file, @fields) = @_;
        my $answer = upload({id => $ada{talk}}, $file, as => {username => $who}, options => {site => $site, statements => undef}, @fields);

        is $answer->code, 201, "$who sends a file" or diag $answer->body;
        return $answer->json->{message}{attachment}{name};
    };

    $mail->forget;
    $shown = $send->('Eve', {name => $name, bytes => 'secret of the file ' x 4000});
    $mail->hurry;
    my ($one) = $mail->wait_for(1);
    my $html = $shown =~ s/&/&amp;/gr =~ s/"/&quot;/gr =~ s/'/&#39;/gr;
    is $one->{head}{to}, 'Ada <ada@example.org>', 'the member has mail';
    like $one->{text}, qr/^\Q$shown\E \(76 kB\)\s*$/m, 'with the name and the size';
    like $one->{html}, qr/\Q$html\E \(76 kB\)/, 'in both parts';
    unlike "$one->{text}$one->{html}", qr/secret of the file/, 'and without the file';
    is $one->{type}, 'multipart/alternative', 'which is not attached either';

    $mail->forget;
    $send->('Ada', {name => 'a.txt', bytes => 'x' x 999}, content => "see\nthis");
    $mail->hurry;
    ($one) = $mail->wait_for(1);
    is $one->{head}{to}, 'Eve <eve@example.org>', 'and staff';
    like $one->{text}, qr/^see\r?\nthis\r?\na\.txt \(999 B\)\r?$/m, 'below what was written';
    is $mail->sql(q{select string_agg(chat.file_line('n', s), ', ') from unnest(array[0, 1500, 9999499, 9999500, 1000000000]::bigint[]) s}),
        'n (0 B), n (2 kB), n (9999 kB), n (10 MB), n (1000 MB)', 'sizes';
    for (qw(Ada Eve)) {
        is post({username => $_}, "conversations/$ada{talk}/read/", {}, site => $site, statements => undef)->code, 200, "$_ reads";
    }
};

subtest 'a digest' => sub {
    $mail->forget;
    my %other = $mail->people('Ben', 'Joe');
    $db->do(q{insert into chat.preferences (user_id, email) values (?, 'digest')}, undef, $ada{Ada});
    my $talk = $mail->sql('select (conversation).id from chat.open_conversation(?, ?)', $ada{Ada}, $other{church});
    is upload({id => $ada{talk}}, {name => 'first of two.txt', bytes => 'x' x 2000}, as => {username => 'Eve'},
        options => {site => $site, statements => undef})->code, 201, 'Eve sends a file';
    say_to('Joe', $talk, 'second of two');
    $mail->hurry;
    until_true { $mail->sql(q{select count(*) from chat.outbox where state = 'due' and digest}) == 2 } 'two are due tomorrow';
    is $mail->sql(q{select count(*) from chat.outbox where state = 'due' and due_at < now()}), 0, 'not now';
    $db->do(q{update chat.outbox set due_at = now() where state = 'due'});
    my ($one, @more) = $mail->wait_for(1);
    is @more, 0, 'one mail';
    like $one->{text}, qr/^first of two\.txt \(2 kB\)\s.*second of two/ms, 'of both';
    is $one->{head}{subject}, 'Your unread messages', 'its subject';
    is $one->{head}{references}, undef, 'it belongs to no conversation';
    is_deeply $one->{facts}{wrong}, [], 'it is as RFC 5322 has it' or diag $one->{source};
};

subtest 'unsubscribe' => sub {
    $mail->forget;
    my %cleo = $mail->people('Cleo', 'Max');
    say_to('Max', $cleo{talk}, 'hello');
    $mail->hurry;
    my ($one)   = $mail->wait_for(1);
    my ($token) = $one->{head}{'list-unsubscribe'} =~ /token=([^>]+)/;
    my $path    = "notifications/unsubscribe/?token=$token";
    my $is_off  = sub { return $mail->sql(q{select count(*) from chat.preferences where user_id = ? and email = 'off'}, $cleo{Cleo}) };
    my @form    = (type => 'application/x-www-form-urlencoded', body => 'List-Unsubscribe=One-Click', site => $site, contract => 0);
    my $page    = ask(undef, GET => $path, site => $site, contract => 0);

    is $page->code, 200, 'the page is there without a login';
    like $page->body, qr{<form method="post"><button name="List-Unsubscribe" value="One-Click">}, 'with a button';
    like $page->header('Content-Security-Policy'), qr/^default-src 'none'/, 'and a strict policy';
    is $page->header('Set-Cookie'), undef, 'without a cookie';
    is $page->header('Cache-Control'), 'no-store', 'not for caches';
    is $is_off->(), 0, 'looking changes nothing';
    like ask(undef, GET => $path, site => $site, contract => 0, headers => {'Accept-Language' => 'de-DE'})->body, qr/abbestellen/, 'in German';

    my $bad = substr($token, 0, -1) . (substr($token, -1) eq 'A' ? 'B' : 'A');
    for my $wrong ($bad, 'x', '', "$cleo{Max}." . ($token =~ s/^\d+\.//r), "$token.") {
        is ask(undef, $_, "notifications/unsubscribe/?token=$wrong", $_ eq 'POST' ? @form : (site => $site, contract => 0))->code, 400, "$_ with a bad token"
            for qw(GET POST);
    }
    is ask(undef, POST => $path, @form, body => 'x=y')->code, 400, 'a POST of something else';
    is $is_off->(), 0, 'changes nothing';
    is ask(undef, POST => $path, @form, headers => {Origin => 'https://mail.example.net', 'Sec-Fetch-Site' => 'cross-site'})->code, 200,
        'one click, from a page of elsewhere';
    is $is_off->(), 1, 'ends mail';
    is ask(undef, POST => $path, @form)->code, 200, 'and again';

    $db->do(q{update chat.preferences set email = 'instant' where user_id = ?}, undef, $cleo{Cleo});
    $db->do(q{update chat.users set email = 'other@example.org' where id = ?}, undef, $cleo{Cleo});
    is ask(undef, POST => $path, @form)->code, 200, 'that of another address';
    is $is_off->(), 0, 'changes nothing';
};

is_deeply [$httpd->unexpected], [], 'the log is quiet';
unlike $httpd->said, qr/\@example\.org|hello|Köln/, 'without addresses and content';
done_testing;
