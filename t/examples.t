use ChatTest;

# What a site copies from the examples does not give more than it is meant to give.
my $here = $0 =~ s{/?t/[^/]+$}{}r || '.';

sub slurp
{
    open my $in, '<:encoding(UTF-8)', "$here/$_[0]" or die "$_[0]: $!";
    local $/;
    return readline $in;
}

# The blocks for paths of an example, commented out or not: what they are for, and what stands in them.
sub blocks_of
{
    my ($text) = @_;
    my @blocks;

    $text =~ s/^#//mg;
    push @blocks, {path => $1, body => $2} while $text =~ m{<Location(?:Match)?\s+"?([^">]+)"?>\n(.*?)</Location}gs;
    return @blocks;
}

subtest 'administration is not for everybody who may log in' => sub {
    for my $file (qw(conf/chat.conf conf/httpd.conf conf/tls.conf README.md)) {
        # A page of its own holds nothing.
        my @open = grep { $_->{path} =~ /admin/ && $_->{path} !~ m{^\^/\(.*admin\)\\\.html} && $_->{body} =~ /^\s*Require\s+(?:valid-user|all\s+granted)/m }
            blocks_of(slurp($file));

        is_deeply [map { $_->{path} } @open], [], $file;
    }
};

subtest 'and has two locks' => sub {
    for my $file (qw(conf/chat.conf conf/httpd.conf)) {
        my @admin = grep { $_->{path} =~ m{/admin\b} } blocks_of(slurp($file));

        cmp_ok scalar(@admin), '>', 0, "$file has an example";
        like $_->{body}, qr/^\s*Require .*^\s*ChatAdmin |^\s*ChatAdmin .*^\s*Require /ms, "$_->{path}: Require and ChatAdmin" for @admin;
    }
};

# A role of a transaction that is rolled back.
subtest 'the role of httpd adds to the audit log, and cannot change it' => sub {
    my @grants = slurp('conf/chat.conf') =~ /^#   ((?:grant|revoke) .* web;)$/mg;
    my $vars   = ChatTest::Config->suite->{vars};
    chomp(my $admin = qx{STATE='$vars->{serverroot}' conf/instance database-params admin});
    my $db = ChatTest::db($admin);

    is scalar(@grants), 5, 'as conf/chat.conf has it';
    $db->begin_work;
    $db->do($_) for 'create role web_of_examples', map {s/ web;/ web_of_examples;/r} @grants;
    $db->do('set local role web_of_examples');
    my ($id) = $db->selectrow_array(q{select chat.audit(('Boss', '127.0.0.1', 'x'), 'view', 'user', 1, null, null, null)});
    ok $id, 'a row is added';
    for my $statement ("update chat.audit_log set reason = 'x' where id = $id", "delete from chat.audit_log where id = $id",
        'truncate chat.audit_log', 'create trigger t before insert on chat.audit_log for each row execute function chat.audit_is_mine()',
        'alter table chat.audit_log disable trigger all', 'drop table chat.audit_log') {
        $db->pg_savepoint('before');
        ok !eval { $db->do($statement); 1 }, $statement;
        is $db->state, '42501', 'is not permitted';
        $db->pg_rollback_to('before');
    }
    $db->rollback;
};

done_testing;
