use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();

# The lines of README.md, Logging, are those that httpd writes with the formats of conf/chat.conf.
my ($levels) = slurp('conf/chat.conf') =~ /^(#LogLevel .*\n#ErrorLogFormat .*)$/m;
my ($format) = slurp('conf/chat.conf') =~ /^#(LogFormat .*) chat$/m;
my $limit    = ' limit=%{chat-limit}n';
my $httpd    = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . ($levels =~ s/^#//mgr) . "\n" . ($format =~ s/"$/$limit"/r) . <<'END');
 chat
CustomLog logs/readme_access_log chat
ChatRateLimit open 2/h
ChatSpam "buy now" reject
END
my %here = (site => $httpd->url, statements => undef);

ok $httpd->start, 'httpd starts' or diag $httpd->said;
my $ada  = member('Ada');
my $talk = conversation($ada, undef, %here);
is say($talk, 'buy now', %here)->code, 422, 'a text that is rejected';
is post($ada, 'conversations/', {church_id => $talk->{church}{id}}, %here)->code, $_, "a conversation that exists: $_" for 200, 429;
is ask($ada, POST => "/api/conversations/$talk->{id}/messages/", %here, content => '{"content":"x"}',
    headers => {'Content-Type' => 'application/json', Origin => 'https://evil.example'})->code, 403, 'a foreign page';
my $ws = ChatTest::WebSocket->new($httpd->url . '/api/conversations/ws/',
    headers => {Authorization => 'Basic ' . Mojo::Util::b64_encode("$ada->{username}:x", '')});
like $ws->message // '', qr/"hello"/, 'a WebSocket';
$ws->write("\xff\xff\xff\xff");
until_true { $httpd->said =~ /conn\(\d+\): closed 1002/ } 'which breaks the protocol';
$httpd->stop;

# What differs from one time to the next: numbers, ids, names.
sub likeness
{
    my ($line) = @_;

    $line =~ s{request\([^)]*\)}{request(ID)};
    $line =~ s{\[[A-Za-z0-9+/]{11}\]}{[ID]};
    $line =~ s{us [A-Za-z0-9+/]{11} }{us ID };
    $line =~ s{^(\S+) \S+ (\[\d+)/\w+/}{$1 NAME $2/MONTH/};
    $line =~ s{\\"}{"}g;
    $line =~ s{ (\d{3}) \d+ (?=\d+us)}{ $1 BYTES };
    $line =~ s{(?<=\d{3} )\[client [\d.]+:\d+\]}{[client ADDRESS]}g;
    $line =~ s{(?<![0-9])\d+\.\d+\.\d+\.\d+}{ADDRESS}g;
    my ($status) = $line =~ /(?:: |" )(\d{3})\b/;
    my ($code)   = $line =~ /(closed \d+)/;
    $line =~ s{(?<!statements=)(?<!\d)\d+}{N}g;
    return join ' ', $line, $status // '', $code // '';
}

my ($logging) = slurp('README.md') =~ /^### Logging\n(.*?)^### /ms;
my @told = $logging =~ /^    (\S.*)$/mg;
my %real = map { likeness($_) => 1 } split /\n/, $httpd->said . slurp($httpd->{home} . '/logs/readme_access_log');

is scalar(@told), 6, 'README.md has lines';
ok $real{likeness($_)}, $_ or diag likeness($_), "\n", map {"  $_\n"} grep {/request|conn|POST/} sort keys %real for @told;
done_testing;

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline $in;
}
