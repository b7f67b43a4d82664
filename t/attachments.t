use ChatTest;
use ChatTest::Upload;
use ChatTest::WebSocket ();
use File::Basename qw(dirname);
use Mojo::Util qw(decode encode);

# A file that comes with a message: stored whole, told of wherever the message is, and given to those alone who see the
# conversation. What has to do with where it is stored is tested in the directory and in the database.
my $church = church("Files $$");
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $bytes  = "%PDF-1.7\n" . join '', map { chr int rand 256 } 1 .. 69_991;

# Files of ours, which have this in them: other tests send files at the same time, and may leave them for a while.
my $mark = "of attachments $$";
sub unused_files { return grep { !is_used($_) && stored_bytes($_) =~ /\Q$mark\E/ } stored_files() }
sub fetch { return fetch_file(@_) }
sub open_to_others { my $path = stored_path($_[0]); return grep { (stat $_)[2] & 077 } $path, dirname($path) }

on_each_store 'a file alone' => sub {
    my $store   = shift;
    my $answer  = upload($talk, {name => 'photo.bin', bytes => $bytes});
    my $message = $answer->json->{message};

    is $answer->code, 201, 'is a message';
    is $message->{content}, '', 'without content';
    my $id = $message->{attachment}{id};
    is_deeply $message->{attachment}, {
        id => $id, url => "/api/attachments/$id/photo.bin", name => 'photo.bin', size => 70_000, type => 'document',
        content_type => 'application/pdf', width => undef, height => undef, inline => Cpanel::JSON::XS::false,
    }, 'with an attachment';
    is_deeply messages_of($talk)->[-1], $message, 'the page shows the same';
    is get($talk->{member}, $talk->{path})->json->{conversation}{last_message}, 'photo.bin', 'its name stands for it in lists';
    is notifications_of($carol)->{notifications}[0]{body}, 'photo.bin', 'and in notifications';
    is_deeply [map { length stored_bytes(file_of($_->{attachment})) } $message], [70_000], 'the file is there';
    is_deeply [open_to_others(file_of($message->{attachment}))], [], 'which no other user may read' if $store eq 'directory';
    is_deeply [sql('select * from chat.check(?)', $talk->{id})], [], 'and the conversation says what its messages say';
};

subtest 'with text' => sub {
    my $answer = upload($talk, {name => 'b.txt', bytes => "one\r\ntwo"}, content => "see\r\nthis ", as => $carol);

    is $answer->code, 201, 'sent by staff';
    is $answer->json->{message}{content}, "see\nthis", 'the text is cleaned as that of any message';
    is get($talk->{member}, $talk->{path})->json->{conversation}{last_message}, "see\nthis", 'and stands for it';
    is fetch($talk->{member}, $answer->json->{message}{attachment})->body, "one\r\ntwo", 'the file is not changed';
};

subtest 'live, of both sides' => sub {
    my $live = begun(member('Lea'), $church);

    for my $case (['of a member', $live->{member}, $carol], ['of staff', $carol, $live->{member}]) {
        my ($whose, $writer, $reader) = @$case;
        my $name = "$whose.bin";
        my $ws   = ChatTest::Live->of($reader);
        my $sent = upload($live, {name => $name, bytes => 'x' x 10}, as => $writer)->json->{message};
        my $come = $ws->await_message($sent->{id});

        is_deeply $come && $come->{message}{attachment}, $sent->{attachment}, "$whose: a frame has it";
        is $come && $come->{message}{content}, '', 'without content';
        is $come && $come->{conversation}{last_message}, $name, 'and the conversation its name';
        $come = $ws->await(notification => sub { $_->{notification}{conversation_id} == $live->{id} });
        is $come && $come->{notification}{body}, $name, 'and the notification';
        is +(grep { $_->{conversation_id} == $live->{id} } @{notifications_of($reader)->{notifications}})[0]{body}, $name, 'also in a list';
        my $later = ChatTest::Live->of($reader);
        $later->resume({$live->{id} => $sent->{seq} - 1});
        $come = $later->await_message($sent->{id});
        is_deeply $come && $come->{message}{attachment}, $sent->{attachment}, 'and one that is resumed has it';
        is $come && $come->{conversation}{last_message}, $name, 'with its name';
    }
};

subtest 'a message without a file, as a form' => sub {
    my ($type, $body) = form(content => 'no file', client_id => 'form-1', attachment => {name => '', bytes => ''}, other => 'x');
    my $answer = ask($talk->{member}, POST => "$talk->{path}messages/", type => $type, body => $body);

    is $answer->code, 201, 'is sent';
    is $answer->json->{message}{content}, 'no file', 'its content';
    is $answer->json->{message}{client_id}, 'form-1', 'its client_id';
    is $answer->json->{message}{attachment}, undef, 'no attachment';
};

on_each_store 'the same client_id again' => sub {
    my $store  = shift;
    my $first  = upload($talk, {name => 'once.txt', bytes => 'first'}, client_id => "once-$store-$$");
    my $second = upload($talk, {name => 'twice.txt', bytes => "second $mark"}, client_id => "once-$store-$$");

    is $first->code, 201, 'stored';
    is $second->code, 200, 'found';
    is_deeply $second->json, $first->json, 'the first one, with its file';
    is fetch($talk->{member}, $first->json->{message}{attachment})->body, 'first', 'which is as it was';
    until_true { !unused_files() } 'and the second file was taken away';
    is say($talk, 'third', client_id => "once-$store-$$")->json->{message}{attachment}{name}, 'once.txt', 'by JSON, too';

    my ($type, $body) = form(client_id => "race-$store-$$", attachment => {name => 'race.bin', bytes => 'r' x 5000});
    my @raced = together(map { [$talk->{member}, POST => "$talk->{path}messages/", type => $type, body => $body, here(5000), statements => undef] } 1 .. 6);
    is_deeply [sort map { $_->code } @raced], [(200) x 5, 201], 'six at once are one message';
    is scalar(keys %{{map { ($_->json->{message}{attachment}{id} => 1) } @raced}}), 1, 'with one file';
};

on_each_store 'what is served' => sub {
    my $attachment = upload($talk, {name => 'served.bin', bytes => $bytes})->json->{message}{attachment};
    my $answer     = fetch($talk->{member}, $attachment);
    my $etag       = $answer->header('ETag');

    is $answer->code, 200, 'found';
    ok $answer->body eq $bytes, 'all its bytes';
    is $answer->statements, 1, 'by one statement';
    my %wanted = (
        'Content-Type' => 'application/pdf', 'Content-Length' => 70_000, 'Accept-Ranges' => 'bytes',
        'Cache-Control' => 'private, max-age=31536000, immutable', 'X-Content-Type-Options' => 'nosniff',
        'Content-Security-Policy' => q{sandbox; default-src 'none'}, 'Cross-Origin-Resource-Policy' => 'same-origin',
        'Content-Disposition' => q{attachment; filename="served.bin"; filename*=UTF-8''served.bin},
    );
    is $answer->header($_), $wanted{$_}, $_ for sort keys %wanted;
    like $etag, qr/^"[0-9a-f]{32}"$/, 'a strong ETag';
    my $head = fetch($talk->{member}, $attachment, method => 'HEAD', headers => {Range => 'bytes=0-9'});
    is $head->code . ' ' . length($head->body) . ' ' . $head->header('Content-Length'), '200 0 70000', 'HEAD has the headers';
    is fetch($talk->{member}, $attachment, headers => {'If-None-Match' => $etag})->code, 304, 'known';
    is fetch($talk->{member}, $attachment, headers => {'If-Match' => '"other"'})->code, 412, 'another one was wanted';

    my %ranges = ('0-9' => [0, 10], '69990-' => [69_990, 10], '-7' => [69_993, 7], '5-5' => [5, 1], '100-99999' => [100, 69_900]);
    for my $range (sort keys %ranges) {
        my ($from, $count) = @{$ranges{$range}};
        my $part = fetch($talk->{member}, $attachment, headers => {Range => "bytes=$range"});

        is $part->code, 206, "bytes $range";
        ok $part->body eq substr($bytes, $from, $count), 'are these';
        is $part->header('Content-Range'), sprintf('bytes %d-%d/70000', $from, $from + $count - 1), 'and said to be';
    }
    my $several = fetch($talk->{member}, $attachment, headers => {Range => 'bytes=0-9,1000-1009'});
    is $several->code, 206, 'two ranges';
    like $several->header('Content-Type'), qr{^multipart/byteranges}, 'in parts';
    is_deeply [map { $_->asset->slurp } @{$several->{response}->content->parts}], [map { substr $bytes, $_, 10 } 0, 1000], 'with both';
    my $none = fetch($talk->{member}, $attachment, headers => {Range => 'bytes=70000-'});
    is $none->code, 416, 'beyond the end';
    is $none->json->{code}, 'range_not_satisfiable', 'as a problem';
    is fetch($talk->{member}, $attachment, headers => {Range => 'bytes=0-9', 'If-Range' => $etag})->code, 206, 'If-Range, the same';
    is fetch($talk->{member}, $attachment, headers => {Range => 'bytes=0-9', 'If-Range' => '"other"'})->code, 200, 'If-Range, another: all of it';
};

on_each_store 'a file of three parts' => sub {
    my $store = shift;
    my $large = "%PDF-1.7\n" . join '', map { pack 'N', $_ * 2_654_435_761 % 2**32 } 1 .. 150_000;
    my $sent  = upload($talk, {name => 'large.pdf', bytes => $large}, options => {statements => $store eq 'database' ? 4 : 1});
    my $attachment = $sent->json->{message}{attachment};
    my $size  = length $large;

    is $sent->code, 201, 'is sent';
    ok stored_bytes(file_of($attachment)) eq $large, 'and stored';
    my $all = fetch($talk->{member}, $attachment);
    is $all->header('Content-Length'), $size, 'its length is known';
    ok $all->body eq $large, 'and it comes back';
    # Where parts end, in one, over several, from the end.
    for my $range ('262143-262144', '262144-524287', '0-262143', '0-', '1-600000', '524287-524289', '100-200', '-1', '-300000') {
        my ($from, $to) = split /-/, $range, -1;
        ($from, $to) = ($size - $to, $size - 1) if $from eq '';
        $to = $size - 1 if $to eq '';
        my $part = fetch($talk->{member}, $attachment, headers => {Range => "bytes=$range"});

        is $part->code . ' ' . $part->header('Content-Range'), "206 bytes $from-$to/$size", "bytes $range";
        ok $part->body eq substr($large, $from, $to - $from + 1), 'are these';
    }
    my $several = fetch($talk->{member}, $attachment, headers => {Range => 'bytes=0-9,262140-262150,524280-524300,600000-'});
    is $several->code, 206, 'several ranges';
    is_deeply [map { unpack 'H*', $_->asset->slurp } @{$several->{response}->content->parts}],
        [map { unpack 'H*', substr $large, $_->[0], $_->[1] } [0, 10], [262_140, 11], [524_280, 21], [600_000, 9]], 'are all there';

    # Each statement that is needed for it, as the access log has them.
    my $many = fetch($talk->{member}, $attachment, headers => {Range => 'bytes=' . join ',', map { $_ * 10 . '-' . $_ * 10 } 1 .. 100});
    my $log  = ChatTest::Config->suite->{vars}{t_logs} . '/access_log';
    my $id   = $many->header('X-Request-Id');
    my $statements;
    is $many->code, 206, 'a hundred ranges of one part';
    until_true { ($statements) = Mojo::File->new($log)->slurp =~ / \Q$id\E .* statements=(\d+)/ } 'are logged';
    is $statements, $store eq 'database' ? 2 : 1, 'and the part is read once';
};

on_each_store 'who may have it' => sub {
    my $attachment = upload($talk, {name => 'private.txt', bytes => 'secret'})->json->{message}{attachment};
    my $colin      = staff_of($church, 'Colin');
    my $gone       = member('Gone');
    my $left       = conversation($gone, $church);
    my $theirs     = upload($left, {name => 'theirs.txt', bytes => 'theirs'})->json->{message}{attachment};

    is fetch($talk->{member}, $attachment)->body, 'secret', 'its sender';
    is fetch($colin, $attachment)->body, 'secret', 'staff';
    is fetch(undef, $attachment)->code, 401, 'nobody';
    is fetch($_, $attachment)->code, 404, "not $_->{username}" for $gone, member('Other'), staff_of(church('Other'), 'Otto'), stranger();
    is ask($talk->{member}, GET => "/api/attachments/$attachment->{id}/$_")->code, 404, "not under the name $_" for 'other.txt', 'private.txt.', 'Private.txt';
    is ask($talk->{member}, GET => "/api/attachments/$attachment->{id}/")->code, 404, 'nor without one';
    is ask($talk->{member}, GET => "/api/attachments/$theirs->{id}/private.txt")->code, 404, 'nor another one';
    sql('delete from chat.church_staff where user_id = ?', $colin->id);
    is fetch($colin, $attachment)->code, 404, 'staff no more: at once not';
    is fetch($colin, $attachment, headers => {'If-None-Match' => '*'})->code, 404, 'whatever they have';
    sql('update chat.users set is_active = false where id = ?', $gone->id);
    is fetch($gone, $theirs)->code, 403, 'an account that is not active';
    my $file = file_of($attachment);
    sql('delete from chat.messages where id = (select message_id from chat.attachments where id = ?)', $attachment->{id});
    is fetch($talk->{member}, $attachment)->code, 404, 'deleted: gone';
    remove_stored($file); # other files look for those without a row
    my $whole = conversation(member('Whole'), $church);
    my $last  = upload($whole, {name => 'last.txt', bytes => 'last'})->json->{message}{attachment};
    $file = file_of($last);
    sql('delete from chat.conversations where id = ?', $whole->{id});
    is fetch($_, $last)->code, 404, "nor after its conversation: not $_->{username}" for $whole->{member}, $carol;
    remove_stored($file);
};

on_each_store 'a row whose file was taken away' => sub {
    my $store      = shift;
    my $attachment = upload($talk, {name => 'lost.txt', bytes => 'lost'})->json->{message}{attachment};
    my $file       = file_of($attachment);

    log_may_say(qr/the file of an attachment is missing/);
    if ($store eq 'directory') {
        truncate stored_path($file), 3 or die "$file: $!";
        is fetch($talk->{member}, $attachment)->code, 404, 'one that is shorter is not served';
    }
    ok remove_stored($file), 'removed by hand';
    is fetch($talk->{member}, $attachment)->code, 404, 'not found';
    is messages_of($talk)->[-1]{attachment}{name}, 'lost.txt', 'the message has its name yet';
    sql('delete from chat.attachments where id = ?', $attachment->{id});
    is messages_of($talk)->[-1]{attachment}, undef, 'without a row, there is no attachment';
    is notifications_of($carol)->{notifications}[0]{body}, '', 'and the notification has no text';
};

subtest 'names' => sub {
    my %names = (
        'Ein Bild von Müller.jpg' => 'Ein Bild von Müller.jpg', 'תמונה.png' => 'תמונה.png', '写真 1.jpeg' => '写真 1.jpeg',
        '100%.txt' => '100%.txt', 'a?b#c;d=e&f.txt' => 'a?b#c;d=e&f.txt', 'C:\\temp\\x.txt' => 'x.txt', '/etc/passwd' => 'passwd',
        '../../up.txt' => 'up.txt', '<script>.html' => '‹script›.html', "new\nline.txt" => 'new line.txt',
    );

    for my $name (sort keys %names) {
        my $answer     = upload($talk, {name => $name, bytes => encode('UTF-8', "of $names{$name}")});
        my $attachment = $answer->json->{message}{attachment};

        is $answer->code, 201, "sent: " . ($name =~ s/\n/\\n/r);
        is $attachment->{name}, $names{$name}, 'its name';
        my $got = fetch($talk->{member}, $attachment);
        is $got->code, 200, "at $attachment->{url}";
        is decode('UTF-8', $got->body), "of $names{$name}", 'it is the same';
        like $got->header('Content-Disposition'), qr/^attachment; filename="[ -~]*"; filename\*=UTF-8''[\w.~!#\$&+^`|%-]+$/, 'its disposition';
    }
};

on_each_store 'what is refused, and leaves nothing' => sub {
    my $other  = conversation(member('Bert'), $church);
    my $send   = sub {
        my ($body, %options) = @_;
        return ask($talk->{member}, POST => "$talk->{path}messages/", type => 'multipart/form-data; boundary=B', body => $body, here(1), statements => 0, %options);
    };
    my $part = qq{--B\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n$mark\r\n};
    my %bad  = (
        'nothing' => ['', 'invalid_body'], 'no end' => [$part, 'invalid_body'], 'no part' => ["--B--\r\n", 'invalid_body'],
        'a preamble' => ["hello\r\n$part--B--\r\n", 'invalid_body'], 'two files' => ["$part$part--B--\r\n", 'invalid_field'],
        'another name' => [($part =~ s/attachment/file/r) . "--B--\r\n", 'invalid_field'],
        'an empty file' => [($part =~ s/\Q$mark\E\r\n$/\r\n/r) . "--B--\r\n", 'file_empty'],
        'no content and no file' => [qq{--B\r\nContent-Disposition: form-data; name="content"\r\n\r\n \r\n--B--\r\n}, 'invalid_field'],
        'content twice' => [qq{--B\r\nContent-Disposition: form-data; name="content"\r\n\r\nx\r\n} x 2 . "--B--\r\n", 'invalid_field'],
        'content too long' => [qq{--B\r\nContent-Disposition: form-data; name="content"\r\n\r\n} . 'x' x 1001 . "\r\n$part--B--\r\n", 'invalid_field'],
        'a bad client_id' => [qq{--B\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n} . 'x' x 65 . "\r\n$part--B--\r\n", 'invalid_field'],
        'no UTF-8' => [qq{--B\r\nContent-Disposition: form-data; name="content"\r\n\r\n\xff\r\n--B--\r\n}, 'invalid_utf8'],
        'seventeen parts' => [qq{--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n} x 17 . "--B--\r\n", 'invalid_body'],
    );

    for my $what (sort keys %bad) {
        my $answer = $send->($bad{$what}[0]);

        is $answer->code . ' ' . ($answer->json->{code} // ''), "400 $bad{$what}[1]", $what;
    }
    is $send->(qq{--B\r\nContent-Disposition: form-data; name="content"\r\n\r\n} . 'x' x 66_000 . "\r\n$part--B--\r\n")->code, 413, 'more text than a body may have';
    my $none = qq{--B\r\nContent-Disposition: form-data; name="attachment"; filename=""\r\n\r\n\r\n};
    is $send->("$none$part--B--\r\n", here(1), statements => [1, 2])->code, 201, 'an empty file input is none, so the file may follow';
    my $off = conversation(member('Off'), $church);
    sql('update chat.users set is_active = false where id = ?', $off->{member}->id);
    is upload($off, {name => 'off.txt', bytes => $mark})->code, 403, 'an account that is not active';
    is $send->("$part--B--\r\n", type => 'multipart/form-data')->code, 400, 'no boundary';
    is $send->("$part--B--\r\n", headers => {'Content-Encoding' => 'gzip'})->code, 415, 'a content coding';
    is ask($talk->{member}, POST => "$talk->{path}read/", type => 'multipart/form-data; boundary=B', body => "$part--B--\r\n")->code, 415, 'elsewhere';
    is ask($talk->{member}, POST => 'conversations/', type => 'multipart/form-data; boundary=B', body => "$part--B--\r\n")->code, 415, 'and there';

    is upload($other, {name => 'a', bytes => $mark . 'x' x 600_000}, as => $talk->{member}, options => {statements => 1})->code, 404,
        'a conversation of others, by the first part of the file';
    sql('update chat.conversations set member_blocked = true where id = ?', $other->{id});
    is upload($other, {name => 'a', bytes => $mark})->code, 403, 'blocked';
    my @left;
    until_true { !(@left = unused_files()) } 'no file is left' or diag "@left";
    is scalar(sql('select count(*) from chat.messages where conversation_id = ?', $other->{id}))->{count}, 0, 'and no message';
};

done_testing;
