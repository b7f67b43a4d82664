use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use HTTP::Date ();
use Cpanel::JSON::XS ();
use Time::HiRes qw(time sleep);

# The wall clock of two hosts is set back by a minute, by ten more, and forward by an hour, as administrators and
# time daemons do, while nothing else notices: libfaketime shows httpd another time, and leaves the monotonic
# clock alone.
my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
plan skip_all => 'httpd is preloaded with other libraries here' if ($ENV{VARIANT} || 'plain') ne 'plain';

our %person;
my $conf  = ChatTest::Httpd->usual . "ChatCache shmcb\nChatRateLimit search 2/1h\nChatWebSocketMaxAge 900\n";
my @hosts = map { ChatTest::Httpd->new(conf => $conf) } 1 .. 2;
my $clock = $hosts[0]->file('clock', "+0\n", 0644);
preload($_) for @hosts;
ok $library, 'libfaketime is there';
ok $_->start, 'a host starts' or diag $_->said for @hosts;
my ($here, $there) = map { {site => $_->url, statements => undef, fresh => 1} } @hosts;

sub preload
{
    my ($httpd) = @_;

    chmod 0755, $httpd->{home};
    $httpd->{httpd} = $httpd->file('httpd', <<"END", 0755);
#!/bin/sh
export FAKETIME_TIMESTAMP_FILE='$clock' FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1
LD_PRELOAD='$library' exec $httpd->{httpd} "\$\@"
END
}

# Set the clock of both hosts so many seconds off, and wait until all of their children have seen it.
sub set_clock
{
    my ($offset) = @_;
    my $right = 0;

    open my $out, '>', $clock or die "$clock: $!";
    printf {$out} "%+d\n", $offset;
    close $out;
    until_true {
        my @off = map { HTTP::Date::str2time(get($person{ada}, 'conversations/unread/', %$_)->header('Date')) - time } $here, $there;
        $right = (grep { abs($_ - $offset) > 20 } @off) ? 0 : $right + 1;
        $right > 8;
    } "the clock is $offset s off", 15;
}


my $church = church('Tower');
my $talk   = conversation(member('Ada'), $church);
@person{qw(ada carol)} = ($talk->{member}, staff_of($church, 'Carol'));
say($talk, 'staff see it from its first message on', as => $person{ada}, %$here);
my $page   = "$talk->{path}messages/";
my $search = sub { get($person{ada}, 'conversations/?q=Tower', %$here)->code };

is $search->(), 200, 'a search' for 1, 2;
is $search->(), 429, 'and no more for an hour';
my $socket = ChatTest::Live->of($person{ada}, site => $here->{site}); # holds on through all

for my $offset (-60, -660, 2940) {
    subtest "$offset s" => sub {
        my $dave  = staff_of($church, 'Dave');
        my $typer = staff_of($church, 'Tess');
        my $types = sub { get($person{carol}, "$talk->{path}typing-status/", %$here)->json->{is_typing} };

        until_true { get($dave, $page, %$here)->statements == 0 } 'a page is kept', 60;
        post($person{ada}, "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true}, %$here);
        set_clock($offset);
        my $begun = time;
        my @ids = map { my $id = say($talk, "message $_ at $offset", as => $person{carol}, %$there)->json->{message}{id} } 1 .. 3;
        ok $socket->await_message($_, 20 * slow()), 'a message of the other host comes' for @ids;
        my $took = time - $begun;
        cmp_ok $took, '<', 20 * slow(), 'within seconds';
        until_true { get($dave, $page, %$here)->json->{messages}[-1]{id} == $ids[-1] } 'the page has it', 10;
        until_true { !$types->() } 'who typed before does not any more', 15;
        until_true { get($dave, $page, %$here)->statements == 0 } 'pages are kept again', 60;
        sql('delete from chat.church_staff where user_id = ?', $dave->id);
        until_true { get($dave, $page, %$here)->code == 404 } 'who is no staff any more sees nothing soon', 10;
        is $search->(), 429, 'a limit counts on';
        ok !defined $socket->{closed}, 'the socket is open';
    };
}

$socket->leave;
is_deeply [$_->unexpected], [], 'the error log is quiet' for @hosts;
done_testing;
