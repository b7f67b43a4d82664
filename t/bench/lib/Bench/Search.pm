package Bench::Search;

# What searches cost (t/bench/search.sql has the data): how many messages a second of PostgreSQL's CPU indexes, how large
# the index is beside the messages, and how long searches take.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use Time::HiRes qw(clock_gettime time);
use Bench::Clocks;
use Bench::Programs;

my $TEXTS_BRIEF = 20_000;
my $WORDS_BRIEF = 12;
my $SEARCHES    = 40; # of each shape
my $INDEXED_MAX = 1_000_000; # by the function that the thread of httpd calls; larger ones are made with their words

# sql, a function that has statements done in a database; admin and params, connection strings of libpq. is_brief: few
# texts, short ones, and their words not by that function, as a test wants it that has a minute; log, a file, is for that.
sub new
{
    my ($class, %self) = @_;

    return bless {%self, found => {}}, $class;
}

# The connection string of the data set with so many messages, which is kept.
sub load
{
    my ($self, $messages) = @_;
    my $name   = "search_$messages";
    my $admin  = $self->{admin} =~ s/dbname=\S+/dbname=$name/r;
    my $params = $self->{params} =~ s/dbname=\S+/dbname=$name/r;
    my $texts  = $messages < $TEXTS_BRIEF ? $messages : $TEXTS_BRIEF;
    my @brief  = $self->{is_brief} ? ("texts=$texts", "words=$WORDS_BRIEF") : ();
    my $mark   = md5_hex(@brief, map { slurp($_) } glob 't/bench/search{,_word,_index}.sql sql/migrations/*.sql sql/functions/{words,index_*}.sql');

    if ($self->{sql}->($self->{admin}, "select shobj_description(oid, 'pg_database') from pg_database where datname = '$name'") ne $mark) {
        my $start = time;

        $self->{sql}->($self->{admin}, "drop database if exists $name with (force)", "create database $name owner chat");
        run_program(['sql/migrate', $params]);
        my $is_bulk = @brief || $messages > $INDEXED_MAX;
        my @settings = ("messages=$messages", 'with_words=' . ($is_bulk ? 'true' : 'false'), @brief);
        run_program(['psql', '-Xq', '-d', $admin, (map { ('-v', $_) } @settings), '-f', 't/bench/search.sql']);
        $is_bulk ? $self->compare($params) : $self->index($messages, $params);
        $self->{sql}->($self->{admin}, "comment on database $name is '$mark'", 'checkpoint');
        note(sprintf 'bench: %d messages to search made in %.0f s', $messages, time - $start);
    } else {
        run_program(['sql/migrate', $params]);
    }
    return $params;
}

# Words that were not made by chat.index_these() are as it makes them: it writes no row.
sub compare
{
    my ($self, $params) = @_;
    my ($written) = $self->{sql}->($params, q{
        select chat.index_these(array_agg(m.conversation_id), array_agg(m.id), 'simple')
        from (select m.conversation_id, m.id from chat.messages m where m.conversation_id % 1000 = 1 order by 1, 2 limit 1000) m});

    die "bench: of 1,000 messages $written have other words than those of chat.index_these()\n" if $written;
}

sub index
{
    my ($self, $messages, $params) = @_;
    my $before = clocks();

    run_program(['psql', '-Xq', '-d', $params, '-f', 't/bench/search_index.sql']);
    my %used = used($before, clocks());
    $self->{found}{$messages}{rate} = $messages / ($used{postgresql} || 1e-9);
}

sub measure
{
    my ($self, $messages) = @_;
    my $params = $self->load($messages);
    my $found  = $self->{found}{$messages} //= {};

    @$found{qw(table btree gin messages)} = split /\|/, $self->{sql}->($params, q{
        select pg_table_size('chat.message_words'), pg_relation_size('chat.message_words_pkey') + pg_relation_size('chat.message_words_of_church'),
               pg_relation_size('chat.message_words_search'), pg_total_relation_size('chat.messages')});
    my ($missing) = $self->{sql}->($params, 'select (select count(*) from chat.messages) - (select count(*) from chat.message_words)');
    die "bench: $missing of $messages messages were not indexed\n" if $missing;
    $self->search($messages, $params);
}

sub search
{
    my ($self, $messages, $params) = @_;
    chomp(my $statement = qx{conf/statements search_messages});

    for (split /\n/, run_program(['psql', '-Xq', '-d', $params, '-v', "statement=$statement", '-v', 'searches=200', '-f', 't/bench/search_times.sql'])) {
        my ($shape, @ms) = split /\|/;
        push @{$self->{shapes}}, $shape unless grep { $_ eq $shape } @{$self->{shapes}};
        $self->{found}{$messages}{ms}{$shape} = \@ms;
    }
}

# ---- By CPU, beside each other ---------------------------------------------------------------------

# The searches of a shape, one by one with so many messages and with so many others: what PostgreSQL's CPU for the ones is
# by that for the others. What else the machine does changes both.
sub ratio
{
    my ($self, $shape, @messages) = @_;
    my @seconds;

    for my $search ($self->searches($shape)) {
        $seconds[$_] += $self->seconds($messages[$_], $search) for 0, 1;
    }
    return $seconds[0] / $seconds[1];
}

# As EXECUTE of what session() prepares.
sub searches
{
    my ($self, $shape) = @_;

    $self->{searches} ||= [split /\n/, run_program(['psql', '-XqAt', '-d', $self->{params}, '-v', "searches=$SEARCHES", '-f', 't/bench/search_shapes.sql',
            '-c', q{select shape || '|' || format('execute found (%L, %s, 21, null, null, null, null, null, null);', by_user,
                                                  'E''' || replace(terms, E'\n', '\n') || '''') from asked order by place, n}])];
    return map { /^\Q$shape\E\|(.*)/ ? $1 : () } @{$self->{searches}};
}

# What the process of a session has used for it.
sub seconds
{
    my ($self, $messages, $search) = @_;
    my $session = $self->{sessions}{$messages} ||= $self->session($messages);
    my $before  = seconds_of($session->{backend});

    talk_to($session, "$search\n\\echo done");
    my ($said) = hear_from($session);
    die "bench: $search said $said\n" if $said ne 'done';
    return seconds_of($session->{backend}) - $before;
}

# As the module asks: with generic plans, and no scan of a table.
sub session
{
    my ($self, $messages) = @_;
    my $session = start_program(['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $self->load($messages)], pipes => 1, log => $self->{log});
    my %text    = map { chomp(my $text = qx{conf/statements $_}); $_ => $text } qw(search_messages list_messages_before);

    talk_to($session, 'select pg_backend_pid();');
    ($session->{backend}) = hear_from($session);
    talk_to($session, "set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set statement_timeout = '20 s';\n\\o /dev/null\n"
            . "prepare found as $text{search_messages};\nprepare page as $text{list_messages_before};");
    $self->{sessions}{$messages} = $session;
    for my $warm (1, 2) {
        $self->seconds($messages, $_) for map { s/^.*?\|//r } @{$self->{searches}};
    }
    return $session;
}

# As clock_getcpuclockid() gives it: not rounded to ticks.
sub seconds_of
{
    my ($process) = @_;

    return clock_gettime(-8 * ($process + 1) + 2);
}

# ---- What is printed -------------------------------------------------------------------------------

# rate is of the run that has made the data as httpd does.
sub print_found
{
    my ($self) = @_;

    printf "\n%-32s %12s %22s %22s\n", 'index of searches:', 'a second', 'by the messages\' size', 'without its table';
    for my $messages (sort { $a <=> $b } keys %{$self->{found}}) {
        my $found = $self->{found}{$messages};

        printf "%-32s %12s %22.2f %22.2f\n", $messages, defined $found->{rate} ? sprintf '%.0f', $found->{rate} : '-',
            ($found->{table} + $found->{btree} + $found->{gin}) / $found->{messages}, ($found->{btree} + $found->{gin}) / $found->{messages};
        printf "  %-30s p50 %6.1f ms   p95 %6.1f ms   max %6.1f ms\n", $_, @{$found->{ms}{$_}} for @{$self->{shapes}};
    }
}

1;
