package ChatTest::Contract;

=head1 NAME

ChatTest::Contract - what every answer keeps, whatever was asked

breaches($answer, \%options, \&openapi) lists what API.md's section "Everywhere" and the published
OpenAPI document forbid.

=cut

use strict;
use warnings;
use ChatTest::OpenAPI ();

my $TIME     = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
my $INTERNAL = qr{/usr/|/work/|/var/|/tmp/|mod_chat|\bchat\.[a-z]|\bpsql\b|libpq|PostgreSQL
                 |\bselect\b.*\bfrom\b|\binsert\ into\b|SQLSTATE|127\.0\.0\.1|localhost|relation\ "}xi;

sub breaches
{
    my ($class, $answer, $options, $openapi) = @_;
    my $path = $answer->path;

    return unless defined $path && $path =~ m{^(?:conversations|notifications|push|admin)(?:/|$)};
    return (
        _headers($answer), _caching($answer), _statements($answer, $options),
        $answer->code >= 400 ? _problem($answer) : _success($answer),
        _published($answer, $openapi),
    );
}

sub _headers
{
    my ($answer) = @_;
    my @breaches;

    push @breaches, 'X-Content-Type-Options is not nosniff'
        if ($answer->header('X-Content-Type-Options') // '') ne 'nosniff';
    push @breaches, 'no X-Request-Id' unless length($answer->header('X-Request-Id') // '');
    push @breaches, 'HEAD, 204 or 304 with a body'
        if ($answer->method eq 'HEAD' || $answer->code =~ /^(204|304)$/) && length $answer->body;
    push @breaches, '405 or OPTIONS without Allow'
        if ($answer->code == 405 || $answer->method eq 'OPTIONS' && $answer->code == 204)
        && !length($answer->header('Allow') // '');
    push @breaches, '429 or 503 without Retry-After'
        if $answer->code =~ /^(429|503)$/ && ($answer->header('Retry-After') // '') !~ /^[1-9]\d*$/;
    return @breaches;
}

sub _caching
{
    my ($answer) = @_;
    my @breaches;
    my $control = $answer->header('Cache-Control') // '';

    if ($answer->method =~ /^(GET|HEAD)$/ && $answer->code =~ /^(200|304)$/) {
        push @breaches, 'no ETag' unless ($answer->header('ETag') // '') =~ m{^(W/)?"[^"]+"$};
        push @breaches, "Cache-Control is '$control'"
            if $control ne ($answer->path =~ m{^(?:push/key|admin)} ? 'no-store' : 'private, no-cache')
            && $answer->path !~ /openapi\.json$/;
    }
    else {
        push @breaches, "Cache-Control '$control' lets an answer be kept"
            unless $control =~ /no-store|no-cache/;
    }
    return @breaches;
}

# One statement for what was answered from the database, at most one for what was refused. A message may be stored by
# that of another request (ChatGroupPosting), and those of the other side marked as read; and one of many that together()
# sends may be left to a statement of its own, after the one that its request has run for several.
sub _statements
{
    my ($answer, $options) = @_;
    my $count = $answer->statements;
    my $most  = 1;
    my $least = $answer->code < 400 && $answer->method ne 'OPTIONS'
        && $answer->path !~ /openapi\.json$/ ? 1 : 0;

    if (exists $options->{statements}) {
        return unless defined $options->{statements};
        ($least, $most) = ref $options->{statements} ? @{$options->{statements}}
            : ($options->{statements}) x 2;
    }
    if ($answer->method eq 'POST' && $answer->path =~ m{^conversations/\d+/(?:messages|read)/$}) {
        $least = 0; # other files of tests send, too
        $most++ if $options->{in_company};
    }
    return 'the number of statements is not told' if $least && !defined $count;
    $count //= 0;
    return if $count >= $least && $count <= $most;
    return "$count statements instead of " . ($least == $most ? $least : "$least to $most");
}

sub _problem
{
    my ($answer) = @_;
    my $json = $answer->json;
    my @breaches;

    push @breaches, "type '" . $answer->type . "' for a problem"
        if $answer->type ne 'application/problem+json';
    return @breaches if $answer->method eq 'HEAD';
    return (@breaches, 'a problem without JSON') unless ref $json eq 'HASH';
    for my $name (qw(type title detail error code request_id)) {
        push @breaches, "problem without $name" unless length($json->{$name} // '');
    }
    push @breaches, 'status is not that of the answer' if ($json->{status} // 0) ne $answer->code;
    push @breaches, 'request_id is not X-Request-Id'
        if ($json->{request_id} // '') ne ($answer->header('X-Request-Id') // '');
    push @breaches, "code '$json->{code}' is no word" if ($json->{code} // '') !~ /^[a-z][a-z0-9_]*$/;
    (my $words = $answer->body) =~ s/"request_id":"[^"]*"//; # random, so it may spell anything
    push @breaches, "something internal: $&" if $words =~ $INTERNAL;
    for my $error (@{$json->{errors} // []}) {
        push @breaches, 'errors without field and detail'
            unless length($error->{field} // '') && length($error->{detail} // '');
    }
    return (@breaches, _bytes($answer));
}

sub _success
{
    my ($answer) = @_;
    my @breaches;

    return if $answer->code =~ /^(204|304)$/ || $answer->method eq 'OPTIONS';
    push @breaches, "type '" . $answer->type . "'" if $answer->type ne 'application/json';
    return @breaches if $answer->method eq 'HEAD';
    return (@breaches, 'no JSON') unless defined $answer->json;
    return (@breaches, _bytes($answer), _times($answer->json, '')) unless $answer->path =~ /openapi/;
    return (@breaches, _bytes($answer));
}

# Fit to stand in HTML.
sub _bytes
{
    my ($answer) = @_;

    return 'an unescaped < > & or line separator'
        if $answer->body =~ /[<>&]|\xe2\x80[\xa8\xa9]/;
    return map {"the key '$_' twice in one object"} ChatTest::OpenAPI->repeated_keys($answer->body);
}

sub _times
{
    my ($value, $where) = @_;

    return map { _times($value->[$_], "$where/$_") } 0 .. $#$value if ref $value eq 'ARRAY';
    return unless ref $value eq 'HASH';
    my @breaches;
    for my $name (sort keys %$value) {
        my $inner = $value->{$name};

        push @breaches, _times($inner, "$where/$name") if ref $inner;
        next if $name eq 'digest_at'; # a time of day
        push @breaches, "$where/$name is '$inner'"
            if $name =~ /(_at|_time)$/ && defined $inner && !ref $inner && $inner !~ $TIME;
    }
    return @breaches;
}

sub _published
{
    my ($answer, $openapi) = @_;

    return if $answer->code == 405 || $answer->method eq 'OPTIONS';
    return $openapi->()->breaches($answer);
}

1;
