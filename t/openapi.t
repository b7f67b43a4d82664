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
    'conversations/unread/'         => [qw(get)],
    'conversations/1/'              => [qw(get)],
    'conversations/1/messages/'     => [qw(get post)],
    'conversations/1/read/'         => [qw(post)],
    'conversations/1/typing/'       => [qw(post)],
    'conversations/1/typing-status/' => [qw(get)],
    'conversations/1/block/'        => [qw(post)],
    'conversations/ws/'             => [qw(get)],
    'notifications/'                => [qw(get)],
    'notifications/read/'           => [qw(post)],
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
            ok((grep { $operation->{responses}{$_} } 101, 200, 201), 'a success');
            ok $operation->{responses}{401} || $template =~ /openapi/, 'what nobody gets';
            for my $code (sort keys %{$operation->{responses}}) {
                my $response = $openapi->_resolve($operation->{responses}{$code});

                ok length $response->{description}, "$code has a description";
                next if $code =~ /^(?:101|304)$/;
                my ($type) = keys %{$response->{content} // {}};
                is $type, $code =~ /^[45]/ ? 'application/problem+json' : 'application/json', 'and its type';
            }
            my @in_path = $template =~ /\{(\w+)\}/g;
            my %declared = map { my $p = $openapi->_resolve($_); ("$p->{in} $p->{name}" => $p) }
                @{$operation->{parameters} // []}, @{$document->{paths}{$template}{parameters} // []};
            ok $declared{"path $_"} && $declared{"path $_"}{required}, "parameter $_" for @in_path;
            ok $operation->{requestBody}, 'a body' if $method eq 'post';
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
        my $copy = JSON::PP->new->utf8->decode($right->body);
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
