use ChatTest;

my $church = church();
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $path   = "$talk->{path}messages/";
my $ada    = $talk->{member};

sub page { return get($ada, length($_[0] // '') ? "$path?$_[0]" : $path) }
sub ids { return [map { $_->{id} } @{$_[0]->json->{messages}}] }

subtest 'an empty conversation' => sub {
    my $answer = page();

    my $json   = $answer->json;

    like delete $json->{epoch}, qr/^[0-9a-f]{16}$/, 'epoch';
    is_deeply $json, {messages => [], has_more => Cpanel::JSON::XS::false}, 'nothing, and no more';
    is_deeply $answer->links, {}, 'no links';
};

sql('select chat.send_message(?, ?, ?)', $_ % 3 ? $ada->id : $carol->id, $talk->{id}, "message $_")
    for 1 .. 120;
my @all = map { $_->{id} }
    sql('select id from chat.messages where conversation_id = ? order by seq', $talk->{id});

subtest 'the newest, oldest of them first' => sub {
    my $answer = page();

    is_deeply ids($answer), [@all[70 .. 119]], 'fifty';
    is $answer->json->{has_more}, Cpanel::JSON::XS::true, 'there are more';
    is_deeply [map { $_->{seq} } @{$answer->json->{messages}}], [71 .. 120], 'in order';
    is_deeply ids(page('limit=3')), [@all[117 .. 119]], 'limit';
    is_deeply ids(page('limit=200')), \@all, 'all of them';
    is page('limit=200')->json->{has_more}, Cpanel::JSON::XS::false, 'no more then';
    is page('limit=120')->json->{has_more}, Cpanel::JSON::XS::false, 'exactly all: no more';
    is page('limit=119')->json->{has_more}, Cpanel::JSON::XS::true, 'one less: more';
};

subtest 'before' => sub {
    is_deeply ids(page("before=$all[70]")), [@all[20 .. 69]], 'the fifty before it';
    is page("before=$all[70]")->json->{has_more}, Cpanel::JSON::XS::true, 'and more';
    is_deeply ids(page("before=$all[20]")), [@all[0 .. 19]], 'what is left';
    is page("before=$all[20]")->json->{has_more}, Cpanel::JSON::XS::false, 'no more';
    is_deeply ids(page("before=$all[0]")), [], 'before the first: nothing';
    is_deeply ids(page("before=$all[5]&limit=2")), [@all[3, 4]], 'with a limit the nearest';
    is_deeply ids(page('before=9223372036854775807&limit=2')), [@all[118, 119]], 'the largest id';
};

subtest 'after' => sub {
    is_deeply ids(page("after=$all[99]")), [@all[100 .. 119]], 'what came after it';
    is page("after=$all[99]")->json->{has_more}, Cpanel::JSON::XS::false, 'no more';
    is_deeply ids(page("after=$all[9]&limit=5")), [@all[10 .. 14]], 'with a limit the nearest';
    is page("after=$all[9]&limit=5")->json->{has_more}, Cpanel::JSON::XS::true, 'and more';
    is_deeply ids(page("after=$all[119]")), [], 'after the last: nothing';
    is page("after=$all[114]&limit=5")->json->{has_more}, Cpanel::JSON::XS::false, 'exactly the rest';
};

subtest 'both: what lies between, from after on' => sub {
    is_deeply ids(page("after=$all[9]&before=$all[20]")), [@all[10 .. 19]], 'between';
    is page("after=$all[9]&before=$all[20]")->json->{has_more}, Cpanel::JSON::XS::false, 'no more';
    is_deeply ids(page("after=$all[9]&before=$all[20]&limit=3")), [@all[10 .. 12]], 'with a limit';
    is page("after=$all[9]&before=$all[20]&limit=3")->json->{has_more}, Cpanel::JSON::XS::true, 'and more';
    is_deeply ids(page("after=$all[9]&before=$all[10]")), [], 'neighbours';
    is_deeply ids(page("after=$all[20]&before=$all[9]")), [], 'the wrong way round';
};

subtest 'Link leads through all pages' => sub {
    for my $limit (7, 40, 120) {
        my $url = "/api/$path?limit=$limit";
        my @seen;

        for (1 .. 30) {
            my $answer = get($ada, $url);

            unshift @seen, @{ids($answer)};
            $url = $answer->links->{prev} or last;
            like $url, qr{^/api/$path\?}, 'under the root, with the slash';
            like $url, qr/limit=$limit/, 'keeps the limit';
            is $answer->json->{has_more}, Cpanel::JSON::XS::true, 'prev comes with has_more';
        }
        is_deeply \@seen, \@all, "backwards by $limit";

        @seen = ();
        $url  = "/api/$path?limit=$limit&after=0";
        for (1 .. 30) {
            my $answer = get($ada, $url);

            push @seen, @{ids($answer)};
            last unless @{ids($answer)} && ($url = $answer->links->{next});
        }
        is_deeply \@seen, \@all, "forwards by $limit";
    }
};

subtest 'what a query must not say' => sub {
    for my $name (qw(limit before after)) {
        for my $value (qw(0 -1 x 1.5 1x 9223372036854775808 99999999999999999999), '%00') {
            next if "$name=$value" eq 'after=0'; # behind nothing: from the first message on
            my $answer = page("$name=$value");

            is $answer->code, 400, "$name=$value";
            is_deeply $answer->fields, [$name], 'the field is named' if $value !~ /%/;
        }
    }
    is page('limit=201')->code, 400, 'limit=201';
    is page('after=0&limit=1')->json->{messages}[0]{seq}, 1, 'after=0 begins with the first';
    is page('limit=&before=&after=')->code, 200, 'empty values are none';
    is page('other=1&_=2')->code, 200, 'others are ignored';
};

subtest 'under concurrent inserts no message comes twice and none is skipped' => sub {
    my $busy   = conversation(member('Busy'), $church);
    my $writer = in_background {
        my $answer = say($busy, "number $_[0]", contract => 0);
        $answer->code == 201;
    };
    my (@forward, %backward);
    my $after = 0;

    until_true {
        my $page = get($busy->{member}, "$busy->{path}messages/?limit=7&after=$after")->json->{messages};

        push @forward, @$page;
        $after = $page->[-1]{id} if @$page;
        @forward >= 150;
    } 'a reader follows the writer';
    my $url = "/api/$busy->{path}messages/?limit=7";
    while ($url) {
        my $answer = get($busy->{member}, $url);

        $backward{$_->{seq}}++ for @{$answer->json->{messages}};
        $url = $answer->links->{prev};
    }
    my $written = $writer->stop;
    is_deeply [map { $_->{seq} } @forward], [1 .. @forward], 'forwards: each once, in order';
    my ($newest) = sort { $b <=> $a } keys %backward;
    is_deeply [sort { $a <=> $b } keys %backward], [1 .. $newest], 'backwards: none skipped';
    ok !(grep { $_ > 1 } values %backward), 'backwards: none twice';
    cmp_ok $written, '>=', $newest, 'while it went on being written';
};

done_testing;
