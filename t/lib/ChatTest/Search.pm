package ChatTest::Search;

=head1 NAME

ChatTest::Search - messages that can be found

=head1 SYNOPSIS

    use ChatTest::Search qw(indexed search found);
    indexed($talk);
    is_deeply [found($ada, 'hello')], [$id];

=cut

use strict;
use warnings;
use utf8;
use Exporter   ();
use List::Util qw(pairmap);
use ChatTest   ();

our @ISA       = 'Exporter';
our @EXPORT_OK = qw(indexed search found);

=over

=item indexed(@conversations)

Waits until the words of all their messages are in the index.

=cut

sub indexed
{
    my @ids = map { $_->{id} } @_;

    return ChatTest::until_true(sub {
        !ChatTest::sql(q{select count(*) as n from chat.messages m where m.conversation_id = any (?)
            and not exists (select from chat.message_words w where w.conversation_id = m.conversation_id and w.id = m.id)},
            \@ids)->{n};
    }, 'the messages are indexed');
}

=item search($person, $words, %parameters)

The answer; parameters that begin with a dash are options of ask().

=item found($person, $words, %parameters)

The ids of the messages that are found, in their order.

=back

=cut

sub search
{
    my ($person, $words, %parameters) = @_;
    my %options = pairmap { $a =~ /^-/ ? (substr($a, 1) => $b) : () } %parameters;
    my $query   = join '&', 'q=' . ChatTest::url_escape(Mojo::Util::encode('UTF-8', $words)),
        pairmap { $a =~ /^-/ ? () : "$a=" . ChatTest::url_escape($b) } map { $_ => $parameters{$_} } sort keys %parameters;

    return ChatTest::get($person, "conversations/search/?$query", %options);
}

sub found
{
    my $answer = search(@_);

    return map { $_->{message}{id} } @{$answer->json->{results} // []};
}

1;
