use ChatTest;

# One round trip to the database for each call: asked explicitly here, held everywhere else.
my $church = church();
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};
my $true   = Cpanel::JSON::XS::true;
my $subscription = {endpoint => "https://push.example.org/$$", keys => {auth => 'BTBZMqHH6r4Tts7J_aSIgg',
    p256dh => 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'}};

is say($talk, 'something')->code, 201, 'something to read';
for my $request (
    [200, $ada, GET => 'conversations/'],
    [200, $carol, GET => 'conversations/'],
    [200, $carol, GET => 'conversations/?unread=1&limit=5'],
    [200, $carol, GET => 'conversations/?q=a'],
    [200, $ada, GET => 'conversations/?updated_since=2020-01-01T00:00:00Z'],
    [200, $ada, GET => 'conversations/search/?q=some'],
    [200, $carol, GET => 'conversations/search/?q=some+-thing&from=them&since=2020-01-01T00:00:00Z'],
    [200, $ada, GET => 'conversations/unread/'],
    [200, $ada, GET => $talk->{path}],
    [404, $ada, GET => 'conversations/9000000000000000000/'],
    [200, $ada, GET => "$talk->{path}messages/"],
    [200, $ada, GET => "$talk->{path}messages/?after=1"],
    [200, $ada, GET => "$talk->{path}messages/?q=some"],
    [404, member(), GET => "$talk->{path}messages/?q=some"],
    [200, $ada, GET => "$talk->{path}messages/?before=9000000000000000000"],
    [404, member(), GET => "$talk->{path}messages/"],
    [200, $ada, POST => 'conversations/', json => {church_id => $church->{id}}],
    [201, $ada, POST => 'conversations/', json => {church_id => church()->{id}}],
    [404, $ada, POST => 'conversations/', json => {church_id => '9000000000000000000'}],
    [201, $ada, POST => "$talk->{path}messages/", json => {content => 'x', client_id => 'a'}],
    [200, $ada, POST => "$talk->{path}messages/", json => {content => 'x', client_id => 'a'}],
    [404, member(), POST => "$talk->{path}messages/", json => {content => 'x'}],
    [200, $carol, POST => "$talk->{path}read/"],
    [200, $carol, POST => "$talk->{path}read/", json => {up_to => 1}],
    [200, $ada, POST => "$talk->{path}typing/", json => {is_typing => $true}],
    [200, $carol, GET => "$talk->{path}typing-status/"],
    [200, $carol, POST => "$talk->{path}block/", json => {blocked => $true}],
    [403, $ada, POST => "$talk->{path}messages/", json => {content => 'x'}],
    [200, $ada, GET => 'notifications/'],
    [200, $carol, GET => 'notifications/?limit=1'],
    [200, $carol, POST => 'notifications/read/', json => {ids => [$talk->{id}]}],
    [200, $carol, POST => 'notifications/read/', json => {all => $true}],
    [200, $ada, GET => 'push/key/'],
    [201, $ada, POST => 'push/subscriptions/', json => $subscription],
    [200, $ada, POST => 'push/subscriptions/', json => $subscription],
    [200, $ada, GET => 'push/subscriptions/'],
    [202, $carol, POST => 'push/test/'],
    [204, $ada, DELETE => 'push/subscriptions/', json => $subscription],
    [404, $ada, DELETE => 'push/subscriptions/9000000000000000000/'],
    )
{
    my ($code, @request) = @$request;
    my $answer = ask(@request, statements => 1);

    is $answer->code, $code, $answer->what;
    is $answer->statements, 1, 'one statement';
}

for my $request (
    [404, $ada, GET => 'conversations/null/'], [405, $ada, PUT => 'conversations/'],
    [204, $ada, OPTIONS => 'conversations/'], [200, $ada, GET => 'conversations/openapi.json'],
    [400, $ada, GET => 'conversations/?limit=0'], [400, $ada, GET => 'conversations/search/'], [401, undef, GET => 'conversations/'],
    [400, $ada, POST => 'conversations/', json => {}],
    [400, $ada, POST => 'push/subscriptions/', json => {endpoint => 'https://localhost/'}], [400, $ada, DELETE => 'push/subscriptions/', json => {}],
    [400, $ada, GET => 'notifications/?limit=0'], [400, $ada, POST => 'notifications/read/', json => {}],
    [415, $ada, POST => "$talk->{path}messages/", body => 'x', type => 'text/plain'],
    [400, $ada, POST => "$talk->{path}messages/", json => {content => ' '}],
    )
{
    my ($code, @request) = @$request;
    my $answer = ask(@request, statements => 0);

    is $answer->code, $code, $answer->what;
    is $answer->statements // 0, 0, 'no statement';
}

done_testing;
