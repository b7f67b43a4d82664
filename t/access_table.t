use ChatTest;
use ChatTest::Upload qw(upload);

# Every route of the published table as everybody, on everybody's conversation, with every method:
# what is answered is written down here, and what is refused changes nothing.
my @methods = qw(GET HEAD POST PUT PATCH DELETE OPTIONS BREW);
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);

# ---- Who there is ----------------------------------------------------------------------------

# Their names are this file's alone: who shares a name with others' staff may get a mark behind it at any moment.
my %church = (home => church("Home $$"), away => church("Away $$"), shut => church("Shut $$"));
my %person = (
    member     => member("Member $$"),
    neighbour  => member("Neighbour $$"),     # another member of the same church
    blocked    => member("Blocked $$"),
    inactive   => member("Inactive $$"),
    faraway    => member("Faraway $$"),       # a member of another church
    shutmember => member("Shutmember $$"),    # whose church was switched off since
    outsider   => member("Outsider $$"),      # belongs nowhere
    staff      => staff_of($church{home}, "Staff $$"),
    both       => member("Both $$"), # a member of a church, and then staff of it
    awaystaff  => staff_of($church{away}, "Awaystaff $$"),
    shutstaff  => staff_of($church{shut}, "Shutstaff $$"),
    formerly   => staff_of($church{home}, "Formerly $$"),
    gonestaff  => staff_of($church{home}, "Gonestaff $$"), # staff whose account is inactive
);
my @people = ('nobody', sort keys %person);

# Conversations, by their members.
my %talk = (
    member     => conversation($person{member},     $church{home}),
    blocked    => conversation($person{blocked},    $church{home}),
    inactive   => conversation($person{inactive},   $church{home}),
    both       => conversation($person{both},       $church{home}),
    neighbour  => conversation($person{neighbour},  $church{home}),
    faraway    => conversation($person{faraway},    $church{away}),
    shutmember => conversation($person{shutmember}, $church{shut}),
);
staff_of($church{home}, $person{both});
say($talk{$_}, 'from the member') for sort keys %talk;
say($talk{member}, 'from staff', as => $person{staff});
sql('update chat.churches set is_active = false where id = ?', $church{shut}{id});
sql('update chat.users set is_active = false where id = any (?)', [map { $person{$_}->id } qw(inactive gonestaff)]);
sql('delete from chat.church_staff where user_id = ?', $person{formerly}->id);
sql('update chat.conversations set member_blocked = true where id = ?', $talk{blocked}{id});

# What somebody is in a conversation: m its member, s staff of its church, - nothing; with b for a
# blocked member and x where the church is switched off.
my @talks    = qw(member blocked inactive both neighbour faraway shutmember);
my %standing = (
    #              member blocked inactive both neighbour faraway shutmember
    member     => [qw(m     -       -       -     -         -       -)],
    blocked    => [qw(-     mb      -       -     -         -       -)],
    inactive   => [qw(!     !       !       !     !         !       !)],
    both       => [qw(s     s       s       m     s         -       -)],
    neighbour  => [qw(-     -       -       -     m         -       -)],
    faraway    => [qw(-     -       -       -     -         m       -)],
    shutmember => [qw(-     -       -       -     -         -       mx)],
    outsider   => [qw(-     -       -       -     -         -       -)],
    staff      => [qw(s     s       s       s     s         -       -)],
    awaystaff  => [qw(-     -       -       -     -         s       -)],
    shutstaff  => [qw(-     -       -       -     -         -       sx)],
    formerly   => [qw(-     -       -       -     -         -       -)],
    gonestaff  => [qw(!     !       !       !     !         !       !)],
    nobody     => [qw(?     ?       ?       ?     ?         ?       ?)],
);

# ---- What is answered ------------------------------------------------------------------------

# Routes on a conversation, by standing; `!` is an account that is not active, `?` is nobody.
my @standings = qw(m s - mb mx sx ! ?);
my %on_conversation = (
    #                                              m   s   -   mb  mx  sx  !   ?
    'GET /conversations/{id}/'               => [qw(200 200 404 200 200 200 403 401)],
    'GET /conversations/{id}/messages/'      => [qw(200 200 404 200 200 200 403 401)],
    'POST /conversations/{id}/messages/'     => [qw(201 201 404 403 403 403 403 401)],
    'POST /conversations/{id}/read/'         => [qw(200 200 404 200 200 200 403 401)],
    'POST /conversations/{id}/typing/'       => [qw(200 200 404 403 200 200 403 401)],
    'GET /conversations/{id}/typing-status/' => [qw(200 200 404 200 200 200 403 401)],
    'POST /conversations/{id}/block/'        => [qw(403 200 404 403 403 200 403 401)],
);
# Other routes: everybody active, an account that is not, nobody.
my %elsewhere = (
    'GET /conversations/'             => [qw(200 403 401)],
    'GET /conversations/search/'      => [qw(200 403 401)],
    'GET /conversations/unread/'      => [qw(200 403 401)],
    'GET /conversations/openapi.json' => [qw(200 200 200)],
    'GET /conversations/ws/'          => [qw(426 426 401)], # without a handshake
    'POST /conversations/'            => [qw(special 403 401)],
    'GET /notifications/'             => [qw(200 403 401)],
    'POST /notifications/read/'       => [qw(200 403 401)],
    'GET /push/key/'                  => [qw(200 403 401)],
    'GET /push/subscriptions/'        => [qw(200 403 401)],
    'POST /push/subscriptions/'       => [qw(201 403 401)],
    'DELETE /push/subscriptions/'     => [qw(204 403 401)],
    'POST /push/test/'                => [qw(202 403 401)],
    'GET /notifications/preferences/' => [qw(200 403 401)],
    'PUT /notifications/preferences/' => [qw(200 403 401)],
    'POST /notifications/preferences/email/' => [qw(409 409 401)], # mail is not configured
    'GET /notifications/unsubscribe/'  => [qw(400 400 400)], # without a token
    'POST /notifications/unsubscribe/' => [qw(400 400 400)],
);
# A file, by standing as above; nobody who may not see it can tell that it is there.
my %on_attachment = ('GET /attachments/{id}/{name}' => [qw(200 200 404 200 200 200 403 401)]);
# A push subscription: its user, others, an account that is not active, nobody.
my %on_subscription = ('DELETE /push/subscriptions/{id}/' => [qw(204 404 403 401)]);
my %query = ('/conversations/search/' => '?q=from');
# Opening a conversation, by church: 200 where there is one.
my %opening = (
    #                home away shut nowhere
    member     => [qw(200 201 404 404)],
    blocked    => [qw(403 201 404 404)],
    inactive   => [qw(403 403 403 403)],
    both       => [qw(200 201 404 404)],
    neighbour  => [qw(200 201 404 404)],
    faraway    => [qw(201 200 404 404)],
    shutmember => [qw(201 201 404 404)],
    outsider   => [qw(201 201 404 404)],
    staff      => [qw(403 201 404 404)], # not with their own
    awaystaff  => [qw(201 403 404 404)],
    shutstaff  => [qw(201 201 404 404)],
    formerly   => [qw(201 201 404 404)],
    gonestaff  => [qw(403 403 403 403)],
    nobody     => [qw(401 401 401 401)],
);
my %body = (
    'POST /conversations/{id}/messages/' => {content  => 'x'},
    'POST /conversations/{id}/typing/'   => {is_typing => $true},
    'POST /conversations/{id}/block/'    => {blocked => $false},
    'POST /conversations/'               => {church_id => $church{home}{id}},
    'POST /notifications/preferences/email/' => {retry => $true},
    'POST /push/subscriptions/'          => {endpoint => "https://push.example.org/$$", keys => {auth => 'BTBZMqHH6r4Tts7J_aSIgg',
        p256dh => 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'}},
    'DELETE /push/subscriptions/'        => {endpoint => "https://push.example.org/$$"},
);

# ---- The published table against the tables above --------------------------------------------

my $document = get(undef, 'conversations/openapi.json', contract => 0)->json;
my %published; # path => {method => 1}
for my $path (grep { !m{^/admin/} } sort keys %{$document->{paths}}) { # which only ChatAdmin opens: t/admin.t
    for my $method (grep { $document->{paths}{$path}{$_} } qw(get put post delete patch head options trace)) {
        $published{$path}{uc $method} = 1;
    }
}
my @routes = map { my $path = $_; map {"$_ $path"} sort keys %{$published{$path}} } sort keys %published;

is_deeply [sort @routes], [sort keys %on_conversation, keys %elsewhere, keys %on_subscription, keys %on_attachment],
    'every published route has its line in this table, and no other is published';

# Everything that a request here could have changed, in one word; xmin sees rewritten rows too.
my @user_ids   = map { $person{$_}->id } sort keys %person;
my @church_ids = map { $church{$_}{id} } sort keys %church;
sub rows
{
    return sql(q{
        with conversations as (
            select * from chat.conversations where member_id = any ($1) or church_id = any ($2)),
        ids as (select id from conversations)
        select md5(string_agg(line, E'\n' order by line)) as sum from (
            select 'u' || u.xmin || u::text as line from chat.users u where id = any ($1)
            union all select 'h' || h.xmin || h::text from chat.churches h where id = any ($2)
            union all select 's' || s.xmin || s::text from chat.church_staff s
                where church_id = any ($2) or user_id = any ($1)
            union all select 'c' || c.xmin || c::text from chat.conversations c where id in (select id from ids)
            union all select 'm' || m.xmin || m::text from chat.messages m
                where conversation_id in (select id from ids)
            union all select 'a' || a::text from chat.attachments a where conversation_id in (select id from ids)
            union all select 'n' || n::text from chat.notification_marks n
                where conversation_id in (select id from ids) or user_id = any ($1)
            union all select 'p' || p::text from chat.push_subscriptions p where user_id = any ($1)
            union all select 'o' || o::text from chat.outbox o where conversation_id in (select id from ids)
            union all select 'w' || w::text from chat.preferences w where user_id = any ($1)
        ) lines}, \@user_ids, \@church_ids)->{sum};
}

my ($before, $asked, @wrong, @wrote) = (rows(), 0);

# One request: its code is as wanted, and only a success of an unsafe method may write.
sub holds
{
    my ($who, $method, $path, $wanted, $what, @options) = @_;
    my $person = $who eq 'nobody' ? undef : $person{$who};
    my $answer = ask($person, $method, $path, statements => undef, @options);
    my $after  = rows();
    my $is_safe = $method =~ /^(GET|HEAD|OPTIONS)$/;

    $asked++;
    push @wrong, sprintf '%s: %s %s (%s): %s instead of %s', $who, $method, $path, $what, $answer->code, $wanted
        if $answer->code != $wanted;
    push @wrote, sprintf '%s: %s %s (%s): %s', $who, $method, $path, $what, $answer->code
        if $after ne $before && ($is_safe || $answer->code >= 300);
    $before = $after;
    return $answer;
}

sub told
{
    my ($what, $least) = @_;

    cmp_ok $asked, '>=', $least, "$what: $asked requests";
    is_deeply [splice @wrong], [], 'each was answered as the table says';
    is_deeply [splice @wrote], [], 'no refusal and no safe method wrote a row';
    $asked = 0;
}

# A method that a path does not have.
sub unrouted
{
    my ($who, $method, $path) = @_;

    return $who eq 'nobody' && ($path // '') !~ /openapi|unsubscribe/ ? 401 : $method eq 'OPTIONS' ? 204 : 405;
}

subtest 'conversations, with the methods they have' => sub {
    for my $route (sort keys %on_conversation) {
        my ($method, $path) = split / /, $route;
        my %wanted;
        @wanted{@standings} = @{$on_conversation{$route}};

        for my $who (@people) {
            for my $i (0 .. $#talks) {
                my $talk = $talk{$talks[$i]};
                my $is   = $standing{$who}[$i];
                my %json = %{$body{$route} // {}};

                $json{blocked} = $true if exists $json{blocked} && $talks[$i] eq 'blocked';
                (my $here = $path) =~ s{^/|\{id\}}{$& eq '/' ? '' : $talk->{id}}ge;
                holds($who, $_, $here, $wanted{$is}, "$talks[$i], standing $is",
                    $_ eq 'POST' ? (json => \%json) : ())
                    for $method, $method eq 'GET' ? 'HEAD' : ();
            }
        }
    }
    told('every person on every conversation', 7 * 14 * 7);
};

subtest 'conversations, with the methods they have not' => sub {
    for my $path (grep {/\{id\}/ && !/\{name\}/} sort keys %published) {
        for my $who (@people) {
            # One that is theirs, if there is one, and one that is not.
            my ($own)   = grep { $standing{$who}[$_] =~ /[ms]/ } 0 .. $#talks;
            my ($other) = grep { $standing{$who}[$_] !~ /[ms]/ } 0 .. $#talks;

            for my $i (grep {defined} $own, $other) {
                (my $here = $path) =~ s{^/|\{id\}}{$& eq '/' ? '' : $talk{$talks[$i]}{id}}ge;
                for my $method (@methods) {
                    next if $published{$path}{$method} || $method eq 'HEAD' && $published{$path}{GET};
                    my $answer = holds($who, $method, $here, unrouted($who, $method), $talks[$i],
                        $method =~ /^P/ ? (json => {content => 'x', blocked => $true}) : ());
                    push @wrong, "$who: $method $here: Allow names it"
                        if $answer->code == 405 && $answer->header('Allow') =~ /\b$method\b/;
                }
            }
        }
    }
    told('every other method', 6 * 14 * 5);
};

subtest 'what belongs to no conversation' => sub {
    for my $path (grep { !/\{id\}/ } sort keys %published) {
        for my $who (@people) {
            for my $method (@methods) {
                my $routed = $method eq 'HEAD' ? 'GET' : $method;
                my $line   = $elsewhere{"$routed $path"};
                my $wanted = !$line ? unrouted($who, $method, $path)
                    : $line->[$who eq 'nobody' ? 2 : $who =~ /^(inactive|gonestaff)$/ ? 1 : 0];

                next if $wanted eq 'special';
                holds($who, $method, substr($path, 1) . ($query{$path} // ''), $wanted, 'everybody',
                    $method =~ /^[PD]/ ? (json => {church_id => $church{away}{id}, ids => [map { $_->{id} } values %talk],
                        %{$body{"$method $path"} // {}}}) : ());
            }
        }
    }
    told('every method', 5 * 14 * 8 - 14); # but opening, which is below
};

subtest 'a file is for those who see its conversation' => sub {
    my ($route) = keys %on_attachment;
    my %wanted;
    my @sent = map { upload($talk{$_}, {name => 'a b.txt', bytes => "of $_"}) } grep { $_ =~ /^(member|both|neighbour)$/ } @talks;
    @wanted{@standings} = @{$on_attachment{$route}};
    $before = rows();

    for my $i (grep { $talks[$_] =~ /^(member|both|neighbour)$/ } 0 .. $#talks) {
        my $attachment = (shift @sent)->json->{message}{attachment};
        for my $who (@people) {
            holds($who, $_, "attachments/$attachment->{id}/a%20b.txt", $wanted{$standing{$who}[$i]}, "$talks[$i]\'s") for qw(GET HEAD);
            holds($who, $_, "attachments/$attachment->{id}/a%20b.txt", unrouted($who, $_), "$talks[$i]\'s", $_ =~ /^P/ ? (json => {}) : ())
                for grep { !/^(GET|HEAD)$/ } @methods;
            holds($who, GET => "attachments/$attachment->{id}/other.txt", $wanted{$standing{$who}[$i]} == 200 ? 404 : $wanted{$standing{$who}[$i]}, 'another name');
        }
    }
    told('each by everybody', 3 * 14 * 9);
};

subtest 'a push subscription is its user\'s alone' => sub {
    my ($route) = keys %on_subscription;

    # Nobody wants pushes, or the notifier would write rows meanwhile.
    sql(q{insert into chat.preferences (user_id, push) select unnest($1::bigint[]), false
          on conflict (user_id) do update set push = false}, \@user_ids);
    for my $whose (grep { !/^(nobody|inactive|gonestaff)$/ } @people) {
        my $id = post($person{$whose}, 'push/subscriptions/', $body{'POST /push/subscriptions/'})->json->{id};
        $before = rows();
        for my $who ((grep { $_ ne $whose } @people), $whose) {
            my ($own, $other, $inactive, $nobody) = @{$on_subscription{$route}};
            my $wanted = $who eq $whose ? $own : $who eq 'nobody' ? $nobody : $who =~ /^(inactive|gonestaff)$/ ? $inactive : $other;
            holds($who, DELETE => "push/subscriptions/$id/", $wanted, "$whose\'s");
        }
        push @wrong, "${whose}: it is there still" if @{get($person{$whose}, 'push/subscriptions/')->json->{subscriptions}};
    }
    told('each by everybody', 11 * 14);
};

subtest 'lists hold what one may see, and nothing else' => sub {
    for my $who (grep { !/^(nobody|inactive|gonestaff)$/ } @people) {
        my @seen = sort map { $_->{id} } @{get($person{$who}, 'conversations/')->json->{conversations}};
        my @may  = sort map { $talk{$talks[$_]}{id} } grep { $standing{$who}[$_] =~ /[ms]/ } 0 .. $#talks;

        is_deeply \@seen, \@may, $who;
        for my $name (sort keys %church) {
            @seen = sort map { $_->{id} }
                @{get($person{$who}, "conversations/?church_id=$church{$name}{id}")->json->{conversations}};
            my @there = sort map { $_->{id} } grep { my $id = $_->{id}; $_->{church}{id} == $church{$name}{id}
                && grep { $_ == $id } @may } values %talk;
            is_deeply \@seen, \@there, "of $name";
        }
    }
};

subtest 'notifications are of what one may see, and marked by each for themselves' => sub {
    my %written = map { $_ => 1 } qw(member both neighbour faraway);

    is say($talk{$_}, 'news')->code, 201, 'the member writes' for sort keys %written;
    is say($talk{member}, 'news', as => $person{staff})->code, 201, 'staff, too';
    for my $who (grep { !/^(nobody|inactive|gonestaff)$/ } @people) {
        my $list = notifications_of($person{$who});
        my @seen = sort map { $_->{id} } @{$list->{notifications}};
        my @may  = sort map { $talk{$talks[$_]}{id} } grep {
            $written{$talks[$_]} && $standing{$who}[$_] =~ /s/ || $talks[$_] eq 'member' && $standing{$who}[$_] =~ /m/
        } 0 .. $#talks;

        is_deeply \@seen, \@may, $who;
        is $list->{unread_count}, @may, 'as many as it says, whatever others have marked';
        my $marked = post($person{$who}, 'notifications/read/', {ids => [map { $_->{id} } values %talk]})->json->{marked_read};
        is $marked, @may, 'and as many can be marked, of all ids';
        is notifications_of($person{$who})->{unread_count}, 0, 'then all are';
    }
};

subtest 'not theirs and not there look alike' => sub {
    my $nowhere = 9_000_000_000_000_000_000;
    my @odd;

    for my $route (sort keys %on_conversation) {
        my ($method, $path) = split / /, $route;

        for my $who (grep { $standing{$_}[0] eq '-' } @people) {
            my @plain = map {
                (my $here = $path) =~ s{^/|\{id\}}{$& eq '/' ? '' : $_}ge;
                my $answer = ask($person{$who}, $method, $here, $method eq 'POST' ? (json => $body{$route} // {}) : ());
                my %json   = %{$answer->json};
                my %headers = %{$answer->{response}->headers->to_hash};
                delete @json{qw(request_id instance)};
                delete @headers{qw(Date X-Request-Id RateLimit Set-Cookie)};
                Cpanel::JSON::XS->new->canonical->encode([$answer->code, \%json, \%headers])
            } $talk{member}{id}, $nowhere;

            push @odd, "$who: $route: @plain" if $plain[0] ne $plain[1];
        }
    }
    is_deeply \@odd, [], 'the same words and headers';
};

# Last, since it makes conversations.
subtest 'opening a conversation' => sub {
    my %id = (map({ $_ => $church{$_}{id} } keys %church), nowhere => 9_000_000_000_000_000_000);

    $before = rows();
    for my $who (@people) {
        my @churches = qw(home away shut nowhere);

        holds($who, POST => 'conversations/', $opening{$who}[$_], $churches[$_],
            json => {church_id => $id{$churches[$_]}}) for 0 .. $#churches;
    }
    told('every person with every church', 14 * 4);
};

done_testing;
