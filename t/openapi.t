use ChatTest;

my $answer   = get(undef, 'conversations/openapi.json', contract => 0);
my $document = $answer->json;
my $openapi  = ChatTest::OpenAPI->new($document);

is $answer->code, 200, 'served without a login';
is $answer->type, 'application/json', 'as JSON';
is_deeply [$openapi->repeated_keys($answer->body)], [], 'no key twice in one object';
is_deeply [$openapi->repeated_keys('[{"a":{"b":"a\\"{"},"c":[{"b":1}],"b":{}},{"a":1}]')], [], '(which this notices';
is_deeply [$openapi->repeated_keys('{"a":[{"b":1,"x":"a","b" : {}}],"a":2}')], ['b', 'a'], 'where it is so)';
like $document->{openapi}, qr/^3\.1\.\d+$/, 'OpenAPI 3.1';
ok length $document->{info}{title} && length $document->{info}{version}, 'with title and version';

my %routes = (
    'conversations/'                => [qw(get post)],
    'conversations/openapi.json'    => [qw(get)],
    'conversations/search/'         => [qw(get)],
    'conversations/unread/'         => [qw(get)],
    'conversations/1/'              => [qw(get)],
    'conversations/1/messages/'     => [qw(get post)],
    'conversations/1/read/'         => [qw(post)],
    'conversations/1/typing/'       => [qw(post)],
    'conversations/1/typing-status/' => [qw(get)],
    'conversations/1/block/'        => [qw(post)],
    'conversations/ws/'             => [qw(get)],
    'attachments/1/a.txt'           => [qw(get)],
    'notifications/'                => [qw(get)],
    'admin/'                        => [qw(get)],
    'admin/users/'                  => [qw(get)],
    'admin/churches/'                => [qw(get post)],
    'admin/churches/1/'              => [qw(get delete patch)],
    'admin/staff/'                   => [qw(get post)],
    'admin/staff/1/'                 => [qw(get delete patch)],
    'admin/conversations/'           => [qw(get)],
    'admin/conversations/1/'         => [qw(get delete patch)],
    'admin/messages/'                => [qw(get)],
    'admin/messages/1/'              => [qw(get delete)],
    'admin/attachments/'             => [qw(get)],
    'admin/attachments/1/'           => [qw(get delete)],
    'admin/notifications/'           => [qw(get)],
    'admin/notifications/1/'         => [qw(get)],
    'admin/deliveries/'              => [qw(get)],
    'admin/deliveries/1/'            => [qw(get)],
    'admin/audit/'                   => [qw(get)],
    'admin/audit/1/'                 => [qw(get)],
    (map { ("admin/$_/export/" => [qw(get)]) } qw(users users/1 conversations messages audit)),
    'admin/stats/'                  => [qw(get)],
    'admin/users/1/'                => [qw(get patch)],
    'admin/users/1/erase/'          => [qw(post)],
    (map { ("admin/$_/actions/" => [qw(post)]) } qw(conversations messages attachments deliveries)),
    'notifications/read/'           => [qw(post)],
    'push/key/'                     => [qw(get)],
    'push/subscriptions/'           => [qw(get post delete)],
    'push/subscriptions/1/'         => [qw(delete)],
    'push/test/'                    => [qw(post)],
    'notifications/preferences/'    => [qw(get put)],
    'notifications/preferences/email/' => [qw(post)],
    'notifications/unsubscribe/'    => [qw(get post)],
);
my @methods = qw(get put post delete patch head options trace);

for my $path (sort keys %routes) {
    my $template = $openapi->template($path);

    ok $template, "$path is described" or next;
    my $item = $document->{paths}{$template};
    is_deeply [grep { $item->{$_} } @methods], [grep { my $m = $_; grep { $_ eq $m } @{$routes{$path}} } @methods],
        'with its methods';
}
is keys %{$document->{paths}}, keys %routes, 'and nothing else is';

my @table   = route_table('mod_chat/api/chat_api.c');
# A search counts, a list does not; and sockets have limits of their own.
my %limited_by_handler = map { ($_ => 1) } 'get /conversations/', 'get /conversations/{id}/messages/', 'get /conversations/ws/';

cmp_ok scalar @table, '>', 10, 'the route table can be read';
is_deeply [differences(\@table, $document)], [], 'the document and the route table say the same';

subtest 'what only one of them says is found' => sub {
    my $one     = 'get conversations/{id}/';
    my %planted = (
        'a path only in the table'      => sub { push @{$_[0]}, {%{row($_[0], $one)}, path => 'conversations/{id}/pin/'} },
        'a method only in the table'    => sub { push @{$_[0]}, {%{row($_[0], $one)}, method => 'delete'} },
        'a path only in the document'   => sub { $_[1]{paths}{'/conversations/pins/'} = {get => {}} },
        'a method only in the document' => sub { $_[1]{paths}{'/conversations/'}{put} = {} },
        'an id that is not declared'    => sub { $_[1]{paths}{'/conversations/{id}/'}{get}{parameters} = [] },
        'an id that is not in the path' =>
            sub { push @{$_[1]{paths}{'/notifications/'}{get}{parameters}}, {in => 'path', name => 'id'} },
        'a limit only in the table'     => sub { row($_[0], $one)->{action} = 1 },
        'a limit only in the document'  => sub { row($_[0], 'post notifications/read/')->{action} = 0 },
        'what is public'                => sub { row($_[0], $one)->{is_public} = 1 },
        'what is not'                   => sub { delete $_[1]{paths}{'/conversations/openapi.json'}{get}{security} },
        'a WebSocket'                   => sub { delete $_[1]{paths}{'/conversations/ws/'}{get}{responses}{101} },
        'an ETag'                       => sub { delete $_[1]{paths}{'/notifications/'}{get}{responses}{304} },
    );

    for my $what (sort keys %planted) {
        my @copy = ([map { {%$_} } @table], Cpanel::JSON::XS->new->decode(Cpanel::JSON::XS->new->encode($document)));

        $planted{$what}->(@copy);
        is scalar(my @found = differences(@copy)), 1, $what;
    }
};

subtest 'and so does the server' => sub {
    for my $template (sort keys %{$document->{paths}}) {
        my $path  = $template =~ s{^/}{}r =~ s/\{\w+\}/1/gr;
        my @known = map { uc } grep { $document->{paths}{$template}{$_} } @methods;

        is ask(member('Ada'), OPTIONS => $path)->header('Allow'),
            join(', ', 'OPTIONS', map { $_ eq 'GET' ? qw(GET HEAD) : $_ } @known), "the methods of $path";
    }
};

subtest 'limits of a WebSocket' => sub {
    open my $in, '<', (glob 'mod_chat/*/chat_resume.h')[0] or die "chat_resume.h: $!";
    my ($most) = join('', readline $in) =~ /CHAT_RESUME_POINTS_MAX (\d+)/;

    ok $most, 'a resume has a limit';
    $most =~ s/(?<=\d)(?=(?:\d{3})+$)/,/g;
    like $document->{paths}{'/conversations/ws/'}{get}{description}, qr/at most $most conversations/, 'the document says which';
};

subtest 'every operation' => sub {
    my %seen;
    my %tag = map { $_->{name} => length $_->{description} } @{$document->{tags}};

    for my $template (sort keys %{$document->{paths}}) {
        for my $method (grep { $document->{paths}{$template}{$_} } @methods) {
            my $operation = $document->{paths}{$template}{$method};
            my $what = "$method $template";

            ok length $operation->{operationId} && !$seen{$operation->{operationId}}++, "$what has its own operationId";
            ok length $operation->{summary}, 'a summary';
            ok length $operation->{description}, 'a description';
            ok $tag{$_}, "the tag $_ is explained" for @{$operation->{tags}};
            is scalar @{$operation->{tags}}, 1, 'one tag';
            ok((grep { $operation->{responses}{$_} } 101, 200, 201, 202, 204), 'a success');
            ok $operation->{responses}{$template =~ m{^/admin/} ? 404 : 401} || $template =~ /openapi|unsubscribe/, 'what nobody gets';
            for my $code (sort keys %{$operation->{responses}}) {
                my $response = $openapi->_resolve($operation->{responses}{$code});

                ok length $response->{description}, "$code has a description";
                next if $code =~ /^(?:101|204|304)$/;
                is join(' ', sort keys %{$response->{content} // {}}),
                    $code =~ /^[45]/ ? 'application/problem+json' : $template =~ /unsubscribe/ ? 'text/html'
                    : $template =~ /^.attachments/ ? 'application/octet-stream'
                    : $template =~ m{(?<!\}/)export.$} ? 'application/json text/csv' : 'application/json', 'and its type';
            }
            my @in_path = $template =~ /\{(\w+)\}/g;
            my %declared = map { my $p = $openapi->_resolve($_); ("$p->{in} $p->{name}" => $p) }
                @{$operation->{parameters} // []}, @{$document->{paths}{$template}{parameters} // []};
            ok $declared{"path $_"} && $declared{"path $_"}{required}, "parameter $_" for @in_path;
            ok $operation->{requestBody}, 'a body' if $method =~ /^p/;
        }
    }
};

subtest 'every reference leads somewhere' => sub {
    my ($refs, @lost) = (0);
    my $walk;
    $walk = sub {
        my ($node) = @_;

        if (ref $node eq 'ARRAY') { $walk->($_) for @$node }
        return unless ref $node eq 'HASH';
        if (defined $node->{'$ref'} && !ref $node->{'$ref'}) {
            my $target = $document;
            $refs++;
            for my $step (split m{/}, $node->{'$ref'} =~ s{^#/}{}r) {
                $target = ref $target eq 'HASH' ? $target->{$step} : undef;
            }
            push @lost, $node->{'$ref'} unless $target;
        }
        $walk->($_) for values %$node;
    };
    $walk->($document);
    cmp_ok $refs, '>', 10, 'there are some';
    is_deeply \@lost, [], 'none is lost';
};

subtest 'the schemas are strict enough to notice a wrong answer' => sub {
    my $talk = conversation(member('Ada'));
    is say($talk, 'x')->code, 201, 'a message';
    my $right = get($talk->{member}, "$talk->{path}messages/");

    is_deeply [$openapi->breaches($right)], [], 'the right one';
    for my $spoil (
        sub { delete $_[0]{messages}[0]{seq} }, sub { $_[0]{messages}[0]{id} = "$_[0]{messages}[0]{id}" },
        sub { $_[0]{messages}[0]{is_read} = 'no' }, sub { delete $_[0]{has_more} },
        sub { $_[0]{messages}[0]{content} = undef }, sub { $_[0]{messages}[0]{created_at} = 5 },
        )
    {
        my $copy = Cpanel::JSON::XS->new->utf8->decode($right->body);
        $spoil->($copy);
        my $wrong = bless {%$right, json => $copy}, 'ChatTest::Answer';
        isnt scalar(my @found = $openapi->breaches($wrong)), 0, 'a wrong one';
    }
};

subtest 'a root of one\'s own' => sub {
    for my $root ('/api', '/app/api') {
        my $servers = get(undef, 'conversations/openapi.json', site => 'roots', root => $root, contract => 0)
            ->json->{servers};

        is $servers->[0]{url}, $root, "servers: $root";
    }
};

done_testing;

# The route table of the module, as its source has it.
sub route_table
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    my ($text) = join('', readline $in) =~ /^const chat_route_t chat_api_routes\[\] = \{\n(.*?)^\};/ms;
    my @rows   = $text =~ /\{("[^}]*?"(?:[^{}"]|"[^"]*")*)\}/g;

    return map {
        my ($method, $path, $rest) = /^"(\w+)",\s*"([^"]+)"(.*)$/s or die "cannot read: $_";
        {
            method => lc $method, path => $path, is_public => $rest =~ /\.is_public = 1/ ? 1 : 0,
            is_socket => $rest =~ /\.is_socket = 1/ ? 1 : 0, is_page => $rest =~ /\.is_page = 1/ ? 1 : 0, action => $rest =~ /\.action = (?!CHAT_ACTION_NONE)/ ? 1 : 0,
        }
    } @rows;
}

sub row
{
    my ($table, $what) = @_;

    return (grep {"$_->{method} $_->{path}" eq $what} @$table)[0];
}

# In one line each.
sub differences
{
    my ($table, $document) = @_;
    my %routed    = map { ("$_->{method} /$_->{path}" => $_) } @$table;
    my %described = map {
        my $path = $_;
        map { ("$_ $path" => $document->{paths}{$path}{$_}) } grep { $document->{paths}{$path}{$_} } @methods
    } keys %{$document->{paths}};

    return (
        map({"$_ is not in the document"} grep { !$described{$_} } sort keys %routed),
        map({"$_ is not in the table"} grep { !$routed{$_} } sort keys %described),
        map({ differences_of($_, $routed{$_}, $described{$_}) } grep { $described{$_} } sort keys %routed),
    );
}

sub differences_of
{
    my ($what, $route, $operation) = @_;
    my @in_path  = sort $route->{path} =~ /\{(\w+)\}/g;
    my @declared = sort map { $_->{name} } grep { $_->{in} eq 'path' }
        map { $openapi->_resolve($_) } @{$operation->{parameters} // []};
    my %answers  = map { ($_ => 1) } keys %{$operation->{responses} // {}};
    my $public   = $operation->{security} && grep { !%$_ } @{$operation->{security}};
    my $with_tag = $route->{method} eq 'get' && !$route->{is_socket} && !$route->{is_page};
    my %same     = (
        'path parameters'    => "@in_path" eq "@declared",
        'a login'            => !$route->{is_public} == !$public,
        'a limit'            => !($route->{action} || $limited_by_handler{$what}) == !$answers{429},
        'a WebSocket'        => !$route->{is_socket} == !$answers{101},
        'an ETag'            => !$with_tag == !$answers{304} && !($with_tag || $answers{428}) == !$answers{412},
    );

    return map {"$what: $_"} grep { !$same{$_} } sort keys %same;
}
