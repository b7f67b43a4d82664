use ChatTest;

# The manual pages that the build makes: without a fault, and with every directive as conf/chat.conf has it.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my ($build) = ChatTest::Config->suite->{vars}{chat_module} =~ m{^(.*)/[^/]*$};

delete local @ENV{qw(MAKEFLAGS MAKELEVEL)};
is system("VARIANT=plain make -s '$build/man/mod_chat.5' '$build/man/chat-migrate.1' STATE='" . ($build =~ s{/[^/]*$}{}r) . "' >/dev/null"), 0,
    'they are made';

# As people read it, in a terminal of that many columns.
sub shown
{
    my ($page, $columns) = @_;

    return qx{MANWIDTH=$columns LC_ALL=C.UTF-8 man --nh -P cat -l '$build/man/$page' 2>/dev/null | col -b -x};
}

# Without what filling does to a text.
sub squeezed { return $_[0] =~ s/\s+/ /gr }

sub slurp
{
    open my $in, '<:encoding(UTF-8)', $_[0] or die "$_[0]: $!";
    local $/;
    return readline $in;
}

for my $page ('mod_chat.5', 'chat-migrate.1') {
    is qx{mandoc -T lint '$build/man/$page'}, '', "$page: mandoc finds no fault";
    is qx{LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z '$build/man/$page' 2>&1 >/dev/null}, '', 'and groff none';
    unlike slurp("$build/man/$page"), qr/[^\x00-\x7f]/, 'it shows with any encoding';
    unlike shown($page, 80), qr/\\[%&(fe[]/, 'and none of its escapes';
}

my $conf = slurp('conf/chat.conf');
my $page = Encode::decode('UTF-8', shown('mod_chat.5', 100));
my @entries = $conf =~ /^# (Chat\w+(?:, Chat\w+)*)\n((?:#   (?:Syntax|Default|Context| +).*\n)+)/mg;

cmp_ok scalar(@entries) / 2, '>', 50, 'conf/chat.conf has entries';
while (my ($names, $facts) = splice @entries, 0, 2) {
    my ($entry) = $page =~ /^ {7}\Q$names\E\n((?: {11}.*\n|\n)+)/m;
    my $told = squeezed($facts =~ s/^#//mgr);

    like squeezed($entry // ''), qr/^\Q$told\E/, "$names: syntax, default and context";
    my ($use) = $conf =~ /^# \Q$names\E\n(?:#   .*\n)+((?:#.*\n)*)/m;
    my ($sentence) = $use =~ /^#\n# (\S.*)/;
    like squeezed($entry // ''), qr/\Q@{[squeezed($sentence)]}\E/, 'and use' if defined $sentence;
}
for my $title ($conf =~ /^# ---- (.*?) -+$/mg) {
    like $page, qr/^\Q\U$title\E\E$/m, "a section: $title";
}
my $missing = grep { index(squeezed($page), squeezed($_)) < 0 } $conf =~ /^#(\w[^\n<]*|<[^\n]*)$/mg;
is $missing, 0, 'each example';
my $migrate = squeezed(Encode::decode('UTF-8', shown('chat-migrate.1', 100)));
my $help = Encode::decode('UTF-8', qx{sql/migrate --help});
is scalar(grep { index($migrate, squeezed($_)) < 0 } map { s/^chat-migrate: //r } split /\n\s*\n/, $help =~ s/^\s+|\s+$//gr), 0,
    'chat-migrate(1) says what chat-migrate --help does';

done_testing;
