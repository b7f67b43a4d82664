use ChatTest;

# The statistics of administrators. What is counted: t/sql/count_days.sql; here: that httpd counts, and the answer.
my $boss = {username => 'boss-' . $$}; # in these tests everybody is an administrator
my $talk = conversation(member('Ada'));

say($talk, 'counted');
until_true { get($boss, 'admin/stats/')->json->{as_of} } 'httpd counts by itself';
my $answer = get($boss, 'admin/stats/?days=7');
my $stats  = $answer->json;
is $answer->code, 200, 'a week';
is scalar @{$stats->{days}}, 7, 'has seven days';
cmp_ok $stats->{days}[5]{date}, 'lt', $stats->{days}[6]{date}, 'in their order';
cmp_ok $stats->{totals}{users}, '>=', 1, 'there are users';
cmp_ok $stats->{totals}{messages}, '>=', 1, 'and messages';
like $stats->{as_of}, qr/^\d{4}-\d\d-\d\dT.*Z$/, 'as of when';
is scalar @{get($boss, 'admin/stats/')->json->{days}}, 30, 'a month';
for my $days ('-1', '367', 'x', '99999999999999999999') {
    my $refused = get($boss, "admin/stats/?days=$days");
    is $refused->code, 400, "not $days days";
}
is post($boss, 'admin/stats/', {})->code, 405, 'nothing can be posted there';

done_testing;
