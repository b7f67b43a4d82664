use ChatTest;
use ChatTest::Mail ();
use ChatTest::Upload qw(upload files_conf);

# How much of a message is in a mail, how many mails there are, and when the next one comes.
my $mail = ChatTest::Mail->new;
my $db   = $mail->{db};
my $httpd;
$mail->busy;

sub say_to
{
    my ($who, $talk, $content) = @_;
    my $answer = post({username => $who}, "conversations/$talk/messages/", {content => $content}, site => $httpd->url, statements => undef);

    is $answer->code, 201, "$who writes";
    return $answer->json->{message}{id};
}

sub end_of
{
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
}

# The secret is beyond what an excerpt has.
my $text    = 'Beginning. ' . 'word ' x 40 . 'Secret at the end.';
my $file    = 'Minutes ' . 'and more ' x 18 . 'annex.txt';
my %content = (
    # its beginning, and all of it, in a mail
    full    => [1, 1],
    excerpt => [1, 0],
    none    => [0, 0],
);
for my $how (sort keys %content) {
    subtest "ChatMailContent $how" => sub {
        $httpd = $mail->httpd("ChatEmailRepeat 0\nChatMailContent $how\n" . files_conf());
        my $name  = "Reader\u$how";
        my %one   = $mail->people($name, "Staff of $name");
        my %other = $mail->people("Other of $name", "Second staff of $name");

        is upload({id => $one{talk}}, {name => $file, bytes => 'x' x 2000}, content => $text, as => {username => "Staff of $name"},
            options => {site => $httpd->url, statements => undef})->code, 201, 'a text and a file';
        $mail->hurry;
        until_true { () = $mail->mails_to($name) } 'a mail has come';
        $db->do(q{insert into chat.preferences (user_id, email) values (?, 'digest')}, undef, $one{$name});
        my $talk = $mail->sql('select (conversation).id from chat.open_conversation(?, ?)', $one{$name}, $other{church});
        say_to("Staff of $name", $one{talk}, "$text Again.");
        say_to("Second staff of $name", $talk, $text);
        $mail->hurry;
        my $due = q{select count(*) from chat.outbox where user_id = ? and state = 'due' and digest};
        until_true { $mail->sql($due, $one{$name}) == 2 } 'a digest is due tomorrow';
        $db->do(q{update chat.outbox set due_at = now() where user_id = ? and state = 'due'}, undef, $one{$name});
        until_true { (() = $mail->mails_to($name)) == 2 } 'it has come';
        my @mails = $mail->mails_to($name);
        isnt $mails[1]{head}{references}, $mails[0]{head}{references}, 'which is not of one conversation';
        for my $part (map { @$_{qw(text html)} } @mails) {
            my $flat = join ' ', split ' ', $part;

            is_deeply [$flat =~ /Beginning\. word/ ? 1 : 0, $flat =~ /Secret at the end/ ? 1 : 0], $content{$how}, 'no more and no less'
                or diag $part;
            like $flat, qr{https://chat\.example\.org/messages\?c=}, 'and where to read it';
        }
        my $flat = join ' ', map { split } @{$mails[0]}{qw(text html)};
        is scalar(() = $flat =~ /\bMinutes and more .*?\(2 kB\)/g), 2 * $content{$how}[0], 'the file by name and size, in both parts' or diag $flat;
        is scalar(() = $flat =~ /annex\.txt/g), 2 * $content{$how}[1], 'and of its name as much';
        unlike $_->{head}{subject}, qr/Beginning|word/, 'nothing in the subject' for @mails;
        is_deeply [map { @{$_->{facts}{wrong}} } @mails], [], 'as RFC 5322 has it';
        end_of();
    };
}

# From before the first one on, when the limit may have begun.
subtest 'ChatMailRate' => sub {
    my ($rate, $count) = (2, 12);
    my $due = q{select count(*) from chat.outbox o join chat.users u on u.id = o.user_id where u.username like 'Limited%' and o.state = ?};
    $httpd = $mail->httpd("ChatMailRate $rate/s\n");
    my $begin = Time::HiRes::time();
    for my $n (1 .. $count) {
        my %people = $mail->people("Limited$n", "Staff of Limited$n");
        $mail->sql('select (message).id from chat.send_message(?, ?, ?)', $people{"Staff of Limited$n"}, $people{talk}, 'hello');
    }
    $mail->hurry;
    until_true { $mail->sql($due, 'sent') == $count } 'all are sent at last';
    my @at = sort { $a <=> $b } map { $_->{facts}{at} - $begin } grep { $_->{head}{to} =~ /Limited/ } $mail->mails;
    is @at, $count, 'each once';
    is_deeply [grep { $at[$_] < ($_ + 1 - $rate) / $rate } 0 .. $#at], [], 'none before its time, by all children together' or diag "@at";
    is $mail->sql(q{select max(attempts) from chat.outbox o join chat.users u on u.id = o.user_id where u.username like 'Limited%'}), 1,
        'waiting is no attempt';
    end_of();
};

# Time passes by moving what the database knows of the past. The first message of each silence comes too early.
subtest 'silence after a mail' => sub {
    $httpd = $mail->httpd("ChatEmailRepeat 3600\n");
    my %ada  = $mail->people('Ada', 'Eve');
    my $told = sub { return scalar(() = $mail->mails_to('Ada')) };
    my $pass = sub {
        my ($seconds) = @_;
        $db->begin_work;
        $db->do(q{update chat.outbox set done_at = done_at - make_interval(secs => ?) where user_id = ?}, undef, $seconds, $ada{Ada});
        $db->do(q{update chat.waiting set due_at = now() where conversation_id = ?}, undef, $ada{talk});
        $db->commit;
    };
    # When it will be looked at again, in seconds after the last mail; undef: as long as it is being decided.
    my $silence = sub { return scalar $mail->sql(<<'END', $ada{talk}, $_[0]) };
select extract(epoch from w.due_at - (select max(o.done_at) from chat.outbox o where o.conversation_id = w.conversation_id))::float8
from chat.waiting w where w.conversation_id = $1 and w.decided_up_to = $2 and w.due_at > now()
END
    my $mails = 0;
    my $come  = sub {
        my ($id, $what) = @_;
        $mails++;
        until_true { $told->() == $mails } $what;
        is +($mail->mails_to('Ada'))[-1]{head}{'message-id'}, "<c$ada{talk}.u$ada{Ada}.m$id\@chat.example.org>", 'of what is new';
        # Its silence begins when that is recorded.
        until_true { !$mail->sql(q{select count(*) from chat.outbox where conversation_id = ? and state = 'due'}, $ada{talk}) } 'that is recorded';
    };
    my $first = say_to('Eve', $ada{talk}, 'the first');

    $mail->hurry;
    $come->($first, 'the first mail comes');
    for my $hours (1, 2, 4, 8, 16, 24, 24) {
        my $id = say_to('Eve', $ada{talk}, "before $hours h");

        $pass->($hours * 3600 - 600);
        until_true { defined $silence->($id) } "ten minutes before $hours h it is decided";
        is $silence->($id), $hours * 3600, "that $hours h are to pass";
        is $told->(), $mails, 'no mail has come';
        $pass->(600);
        $come->($id, 'then one comes');
    }
    $pass->(48 * 3600);
    my $parked = q{select count(*) from chat.waiting where conversation_id = ? and due_at = 'infinity'};
    until_true { $mail->sql($parked, $ada{talk}) } 'without anything new there is nothing to tell, however long it takes';
    is $told->(), $mails, 'and no mail';
    is post({username => 'Ada'}, "conversations/$ada{talk}/read/", {}, site => $httpd->url, statements => undef)->code, 200, 'Ada has been there';
    my $id = say_to('Eve', $ada{talk}, 'after that');
    $mail->hurry;
    $come->($id, 'a mail comes at once');
    $id = say_to('Eve', $ada{talk}, 'and once more');
    $pass->(3000);
    until_true { defined $silence->($id) } 'the next is decided';
    is $silence->($id), 3600, 'for an hour, as in the beginning';
    is $told->(), $mails, 'no mail has come';
    end_of();
};
done_testing;
