use ChatTest;
use ChatTest::Httpd ();

# Every directive that the module knows is in conf/chat.conf as httpd documents them, and in README.md; and
# neither has one that the module does not know.
sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline($in);
}

my @known  = sort +(join '', map { slurp($_) } glob 'mod_chat/*.c') =~ /AP_INIT_\w+\(\s*"(Chat\w+)"/g;
my $conf   = slurp('conf/chat.conf');
my $readme = slurp('README.md');
my %about; # each paragraph of the reference under the names in its heading

cmp_ok scalar(@known), '>', 20, 'the module has directives';
for my $entry ($conf =~ /^((?:# Chat\w+(?:, )?)(?:, Chat\w+|Chat\w+)*\n#   Syntax:.*?)(?=^[^#\n]|^\n|\z)/msg) {
    my ($heading) = $entry =~ /^# (.*)/;
    push @{$about{$_}}, $entry for split /,\s*/, $heading;
}
is_deeply [sort keys %about], \@known, 'each has an entry in conf/chat.conf, and no other';
for my $name (@known) {
    my ($entry) = @{$about{$name} // ['']};

    is scalar(@{$about{$name} // []}), 1, "$name: once";
    like $entry, qr/^#(?:   Syntax:  |            ) $name /m, "$name: its syntax";
    like $entry, qr/^#   $_: +\S/m, "$name: $_" for 'Default', 'Context';
    like $readme, qr/\[`$name`\]\(conf\/chat\.conf\)/, "$name: in README.md";
}
my %known = map { $_ => 1 } @known;
is_deeply [grep { !$known{$_} } map {/\b(Chat[A-Z]\w+)\b/g} grep {!/\bChat(?:Sockets|QueuedBytes|Commands|EventLoops|Feeds|FeedLag|Notifiers|MailPaused|Waiting|MailsDue|MailsDead|PushesDue|PushesDead|Attachments\b|AttachmentBytes|SocketsOpened|SearchLag)/} split /\n/, "$conf$readme"],
    [], 'no other directive is spoken of';

done_testing;
