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
    # But for pages, which hold nothing.
    for my $file (qw(conf/chat.conf conf/httpd.conf conf/tls.conf README.md)) {
        my @open = grep { $_->{path} =~ /admin/ && $_->{path} !~ /html/ && $_->{body} =~ /^\s*Require\s+(?:valid-user|all\s+granted)/m }
            blocks_of(slurp($file));

        is_deeply [map { $_->{path} } @open], [], $file;
    }
};

subtest 'and has two locks' => sub {
    # But for pages, which hold nothing.
    for my $file (qw(conf/chat.conf conf/httpd.conf)) {
        my @admin = grep { $_->{path} =~ m{/admin\b} } blocks_of(slurp($file));

        cmp_ok scalar(@admin), '>', 0, "$file has an example";
        like $_->{body}, qr/^\s*Require .*^\s*ChatAdmin |^\s*ChatAdmin .*^\s*Require /ms, "$_->{path}: Require and ChatAdmin" for @admin;
    }
};

done_testing;
