use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use File::Temp qw(tempdir);
use Cpanel::JSON::XS ();

# conf/monitoring: Prometheus understands the alerts, each comes when it should and not before, and neither they nor
# the dashboard of Grafana use a metric that is not there.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $rules     = slurp('conf/monitoring/alerts.yml');
my $cases     = slurp('t/monitoring/alerts.yml');
my $dashboard = Cpanel::JSON::XS->new->utf8->decode(slurp('conf/monitoring/dashboard.json'));
my @alerts    = $rules =~ /^ *- alert: (\w+)$/mg;

subtest 'the alerts' => sub {
    cmp_ok scalar(@alerts), '>=', 10, 'there are alerts';
    for my $command ('check rules conf/monitoring/alerts.yml', 'test rules t/monitoring/alerts.yml') {
        my $said = qx{promtool $command 2>&1};
        is $?, 0, "promtool $command" or diag $said;
    }
    for my $alert (@alerts) {
        like $cases, qr/alertname: $alert\n +exp_alerts:\n +- exp_labels: /, "$alert: there is a case in which it comes";
        like $cases, qr/alertname: $alert, exp_alerts: \[\]/, 'and one in which it does not';
    }
    is scalar(() = $rules =~ /^ +labels: \{severity: (?:page|ticket)\}$/mg), scalar(@alerts), 'each has a severity';
    is scalar(() = $rules =~ /^ +description: \S/mg), scalar(@alerts), 'and says what to do';
};

my @panels  = grep { $_->{type} ne 'row' } @{$dashboard->{panels}};
my @targets = map { @{$_->{targets}} } @panels;

subtest 'the dashboard' => sub {
    my (%ids, %taken);

    cmp_ok scalar(@panels), '>=', 15, 'has panels';
    is scalar(grep { $ids{$_->{id}}++ } @{$dashboard->{panels}}), 0, 'each with an id of its own';
    for my $place (map { $_->{gridPos} } @{$dashboard->{panels}}) {
        for my $x ($place->{x} .. $place->{x} + $place->{w} - 1) {
            $taken{"$x,$_"}++ for $place->{y} .. $place->{y} + $place->{h} - 1;
        }
        cmp_ok $place->{x} + $place->{w}, '<=', 24, 'in the grid' if $place->{x} + $place->{w} > 24;
    }
    is scalar(grep { $_ > 1 } values %taken), 0, 'none upon another';
    my %variables = map { $_->{name} => 1 } @{$dashboard->{templating}{list}};
    for my $panel (@panels) {
        is $panel->{datasource}{uid}, '${datasource}', "$panel->{title}: of the data source that is chosen";
        my @unknown = grep { !$variables{$_} && !/^__/ } map { $_->{expr} =~ /\$(\w+)/g } @{$panel->{targets}};
        is_deeply \@unknown, [], 'its variables are there';
    }
    my $folder = tempdir(CLEANUP => 1);
    my $n = 0;
    open my $out, '>', "$folder/rules.yml" or die "$folder: $!";
    print {$out} "groups:\n  - name: dashboard\n    rules:\n";
    for my $target (@targets) {
        my $expr = $target->{expr} =~ s/\$__rate_interval/5m/gr =~ s/\$instance/.*/gr;
        printf {$out} "      - {record: 'dashboard:%d', expr: '%s'}\n", $n++, $expr =~ s/'/''/gr;
    }
    close $out;
    my $said = qx{promtool check rules $folder/rules.yml 2>&1};
    is $?, 0, 'Prometheus understands each expression' or diag $said;
    like $said, qr/\b\Q@{[scalar @targets]}\E rules found/, 'all of them';
};

subtest 'what they use' => sub {
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "<Location /chat-metrics>\nSetHandler chat-metrics\n</Location>\n");

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $text = ChatTest::Metrics->of($httpd->url)->answer->body;
    my (%labels, %used);
    while ($text =~ /^(chat_\w+)(?:\{(.*?)\})? \S+$/mg) {
        my ($name, $labels) = ($1, $2 // '');
        $labels{$name} //= {};
        push @{$labels{$name}{$1}}, $2 while $labels =~ /(\w+)="([^"]*)"/g;
    }
    for my $expr ((map { $_->{expr} } @targets), $rules =~ /^ +expr: (?!>)(.*)$/mg, $rules =~ /^ +expr: >-\n((?: {10}.*\n)+)/mg) {
        while ($expr =~ /(chat_\w+)(?:\{(.*?)\})?/g) {
            my ($name, $matchers) = ($1, $2 // '');
            $used{$name} = 1;
            ok $labels{$name}, "$name is there" or next;
            while ($matchers =~ /(\w+)=~?"([^"]*)"/g) {
                next if $1 eq 'instance'; # which Prometheus adds
                ok scalar(grep { $_ eq $2 } @{$labels{$name}{$1} // []}), "with $1 $2";
            }
        }
    }
    my @unused = grep { !$used{$_} } keys %labels;
    is_deeply \@unused, [], 'and each metric is in a panel or an alert';
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

done_testing;

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline $in;
}
