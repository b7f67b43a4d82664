use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time sleep);

# Several httpd hosts that share nothing but the database: what is said at one is heard at all of them, soon
# and in order, also when the child that took it dies before it could tell the others.
my $tls_port = ChatTest::Httpd::_free_port();
my $usual = ChatTest::Httpd->usual . "ChatRateLimit send off\n";
my $north = ChatTest::Httpd->new(conf => $usual);
my $south = ChatTest::Httpd->new(conf => $usual . <<"END");
LoadModule ssl_module \@modules_dir\@/mod_ssl.so
Listen 127.0.0.1:$tls_port
<VirtualHost 127.0.0.1:$tls_port>
    SSLEngine On
    SSLCertificateFile \@serverroot\@/tls.crt
    SSLCertificateKeyFile \@serverroot\@/tls.key
</VirtualHost>
END
make_certificate($south);
ok $_->start, 'a host starts' or diag $_->said for $north, $south;

sub make_certificate
{
    my ($httpd) = @_;
    my $home = $httpd->{home};
    my $said = qx{openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext basicConstraints=CA:FALSE -keyout '$home/tls.key' -out '$home/tls.crt' 2>&1};

    die "no certificate: $said" if $?;
}

# Sooner than feeds look that nobody has woken, each once a second.
my $AT_ONCE = 0.4;

my $church = church('Far and wide');
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};
my %site   = (north => $north->url, south => $south->url, tls => undef, suite => undef);

sub live
{
    my ($where, $person) = @_;

    return ChatTest::Live->of($person) if $where eq 'suite';
    return ChatTest::Live->of($person, site => $site{$where}) if $where ne 'tls';
    return ChatTest::Live->of($person, site => $south->url, tls => {PeerPort => $tls_port});
}

# Some at each host, so that each of its children has one; the suite's own httpd is a third host.
my @places  = map { ($_) x 4 } qw(north south tls suite);
my @sockets = map { live($_, $carol) } @places;

# Each has heard exactly these, by id and in this order.
sub all_hear
{
    my ($what, @ids) = @_;
    my @wrong;

    for my $i (0 .. $#sockets) {
        my @heard = ids_until($sockets[$i], $ids[-1]);
        push @wrong, "$places[$i]: @heard" if "@heard" ne "@ids";
    }
    is_deeply \@wrong, [], $what;
}

sub ids_until
{
    my ($ws, $last) = @_;
    my @ids;

    while (my $frame = $ws->await('message')) {
        push @ids, $frame->{message}{id};
        last if $ids[-1] == $last;
    }
    return @ids;
}

subtest 'what is said at one host' => sub {
    my @seconds;

    for my $where (qw(north south tls suite) x 3) {
        my $ws    = live($where, $ada);
        my $begin = time;
        my $id    = $ws->post($talk, "from $where")->{message}{id};

        all_hear("$where: is heard at all", $id);
        push @seconds, time - $begin;
        $ws->leave;
    }
    my @sorted = sort { $a <=> $b } @seconds;
    cmp_ok $sorted[0], '<', $AT_ONCE, sprintf 'at once: %.0f ms, the longest %.0f ms', map { 1e3 * $_ } @sorted[0, -1];
    cmp_ok $sorted[-1], '<', 1 * slow(), 'never much later';
};

subtest 'a conversation over two hosts' => sub {
    my @ids;

    for my $n (1 .. 50) {
        my ($as, $site) = $n % 2 ? ($ada, 'north') : ($carol, 'south');
        push @ids, say($talk, "line $n", as => $as, site => $site{$site})->json->{message}{id};
    }
    all_hear('is heard in order everywhere', @ids);
};

subtest 'who types at one host' => sub {
    my $begin = time;

    is post($ada, "conversations/$talk->{id}/typing/", {is_typing => Cpanel::JSON::XS::true}, site => $north->url, statements => undef)->code, 200, 'types';
    is scalar(grep { !$_->await('typing') } @sockets), 0, 'is seen at all';
    cmp_ok time - $begin, '<', 1 * slow(), sprintf 'within %.2f s', time - $begin;
};

subtest 'who is blocked at one host' => sub {
    my $ws = live('south', $ada);

    is post($carol, "conversations/$talk->{id}/block/", {blocked => Cpanel::JSON::XS::true}, site => $north->url)->code, 200, 'blocked';
    is $ws->post($talk, 'hello?')->{status}, 403, 'is so at another';
    is post($carol, "conversations/$talk->{id}/block/", {blocked => Cpanel::JSON::XS::false}, site => $north->url)->code, 200, 'and let in again';
    is scalar(grep { !$_->await('conversation') || !$_->await('conversation') } @sockets), 0, 'all hear of both';
    $ws->leave;
};

subtest 'bursts from all sides' => sub {
    my @seconds;

    for my $round (1 .. 40) {
        my @sent = together(map { [$ada, POST => "$talk->{path}messages/", json => {content => "burst $_"}, contract => 0,
            site => $_ % 3 ? $_ % 3 == 1 ? $north->url : $south->url : undef] } 1 .. 9);
        my $begin = time;
        my %wanted = map { $_->json->{message}{id} => 1 } @sent;

        $_->_receive(0) for @sockets[12 .. 15]; # the suite's ping more often
        for my $ws (@sockets[0, 5, 10, 15]) {
            delete local @wanted{map { $ws->await_message($_) ? $_ : () } keys %wanted};
        }
        push @seconds, time - $begin;
    }
    $_->come for @sockets;
    my @sorted = sort { $a <=> $b } @seconds;
    cmp_ok $sorted[10], '<', $AT_ONCE, sprintf 'are heard at once: %.0f ms, the longest %.0f ms', 1e3 * $sorted[20], 1e3 * $sorted[-1];
    cmp_ok $sorted[-1], '<', 1 * slow(), 'never much later';
};

# The children of an httpd.
sub children
{
    my ($httpd) = @_;
    my $parent = $httpd->pid or return;

    open my $children, '<', "/proc/$parent/task/$parent/children" or return;
    return split ' ', readline($children) // '';
}

subtest 'a commit that nobody told of' => sub {
    my $begin = time;
    my $id    = sql('select (message).id from chat.send_message(?, ?, ?)', $ada->id, $talk->{id}, 'written behind their backs')->{id};

    all_hear('is heard all the same', $id);
    cmp_ok time - $begin, '<', 1.6 * slow(), sprintf 'within %.2f s', time - $begin;
};

subtest 'children die while they write' => sub {
    my $writer = in_background {
        my $id = "killed-$$-$_[0]";

        for (1 .. 1000) { # what a client does: the same again until it is told
            my $answer = eval { ChatTest::_agent('fresh')->start(ChatTest::_transaction(ChatTest::_agent('fresh'), $ada, POST => "$talk->{path}messages/",
                {site => $north->url, json => {content => $id, client_id => $id}})) };
            return 1 if $answer && ($answer->res->code // 0) =~ /^20[01]$/;
            sleep 0.05;
        }
        0;
    };
    my @far = grep { $places[$_] ne 'north' } 0 .. $#sockets;
    my @first = children($north); # whose sockets are looked at below; then whichever
    for my $round (1 .. @first + 3) {
        my @children = children($north);
        my $victim   = shift @first // $children[rand @children];

        kill KILL => $victim if $victim;
        sleep 0.4;
    }
    my $is_sent = 'select count(*) from chat.messages where conversation_id = ? and content like ?';
    until_true { sql($is_sent, $talk->{id}, 'killed-%')->{count} > 10 } 'messages were sent', 30;
    $writer->stop;
    my @ids = map { $_->{id} } sql('select id from chat.messages where conversation_id = ? and content like ? order by seq', $talk->{id}, 'killed-%');
    my ($begin, @wrong) = (time);
    for my $i (@far) {
        my @heard = ids_until($sockets[$i], $ids[-1]);
        push @wrong, $places[$i] if "@heard" ne "@ids";
    }
    is_deeply \@wrong, [], 'all of them were heard at the other hosts, once and in order';
    cmp_ok time - $begin, '<', 1.6 * slow(), sprintf 'the last within %.2f s', time - $begin;
    is $sockets[$_]->closed, 1006, 'who was with a child that died knows it' for grep { $places[$_] eq 'north' } 0 .. $#sockets;
};

is_deeply [$_->unexpected(qr/AH01882|AH01873|AH00052|AH00051/)], [], 'the log of a host is quiet' for $north, $south;
done_testing;
