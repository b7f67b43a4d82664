package ChatTest::OpenAPI;

=head1 NAME

ChatTest::OpenAPI - answers against the OpenAPI 3.1 document that the server publishes

Each schema becomes one of JSON Schema 2020-12 with the document's components beside it, since that
is what OpenAPI 3.1 says they are. An operation or a status that is not in the document is a breach.

=cut

use strict;
use warnings;
use JSON::Validator ();

sub new
{
    my ($class, $document) = @_;
    my $self = bless {document => $document, validators => {}}, $class;

    $self->{templates} = [
        map { [$_, _pattern($_)] }
        sort { ($a =~ tr/{//) <=> ($b =~ tr/{//) || $a cmp $b } keys %{$document->{paths}}
    ];
    return $self;
}

sub _pattern
{
    my ($template) = @_;
    my $pattern = join '/',
        map { /^\{(\w+)\}$/ ? ($1 eq 'name' ? '[^/]+' : '[1-9]\d{0,18}') : quotemeta }
        split m{/}, $template =~ s{^/|/$}{}gr;

    return qr/^$pattern$/;
}

# The keys that stand twice in one object of a JSON text, which strict readers refuse.
sub repeated_keys
{
    my ($class, $text) = @_;
    my (@open, @repeated);

    while ($text =~ /\G[^"{}\[\]]*(?:([{\[])|([}\]])|"([^"\\]*+(?:\\.[^"\\]*+)*+)"(\s*:)?)/gcs) {
        if (defined $1) { push @open, {} }
        elsif (defined $2) { pop @open }
        elsif (defined $4 && $open[-1]{$3}++) { push @repeated, $3 }
    }
    return @repeated;
}

sub document { return $_[0]{document} }

# The path of the document that a path below the root belongs to: "/conversations/{id}/".
sub template
{
    my ($self, $path) = @_;

    $path =~ s{^/*(.*?)/*$}{$1};
    for my $known (@{$self->{templates}}) {
        my ($template, $pattern) = @$known;

        return $template if $path =~ $pattern;
    }
    return;
}

sub operation
{
    my ($self, $method, $path) = @_;
    my $template = $self->template($path) // return;

    return $self->_resolve($self->{document}{paths}{$template})
        ->{lc($method eq 'HEAD' ? 'GET' : $method)};
}

sub breaches
{
    my ($self, $answer) = @_;
    my $operation = $self->operation($answer->method, $answer->path);
    my $code      = $answer->code;

    if (!$operation) {
        return if $code =~ /^(400|401|403|404|413|414|431|5\d\d)$/;
        return 'the operation is not in the OpenAPI document';
    }
    my $response = $operation->{responses}{$code}
        // ($code >= 500 ? $operation->{responses}{'5XX'} // $operation->{responses}{default} : undef);
    return "status $code is not in the OpenAPI document" unless $response;
    $response = $self->_resolve($response);
    return if $answer->method eq 'HEAD' || $code == 304 || $code == 204;

    my $content = $response->{content}{$answer->type};
    return 'type ' . $answer->type . ' is not in the OpenAPI document' unless $content;
    return unless $content->{schema} && defined $answer->json;
    my $key = join ' ', $operation->{operationId} // "$operation", $code;
    my $validator = $self->{validators}{$key} //= $self->_validator($content->{schema});
    return map {"OpenAPI: $_"} $validator->validate($answer->json);
}

sub _validator
{
    my ($self, $schema) = @_;

    my %components;

    $self->_collect($schema, \%components); # the validator resolves all that it is given, which takes long
    return JSON::Validator->new->coerce({})->schema({
        '$schema'  => 'https://json-schema.org/draft/2020-12/schema',
        components => \%components,
        allOf      => [$schema],
    });
}

# The components that a part of the document refers to, and those that they refer to.
sub _collect
{
    my ($self, $node, $components) = @_;

    if (ref $node eq 'ARRAY') {
        $self->_collect($_, $components) for @$node;
        return;
    }
    return unless ref $node eq 'HASH';
    if (my ($kind, $name) = ($node->{'$ref'} // '') =~ m{^#/components/(\w+)/(\w+)$}) {
        return if $components->{$kind}{$name};
        $components->{$kind}{$name} = $self->{document}{components}{$kind}{$name};
        $self->_collect($components->{$kind}{$name}, $components);
    }
    $self->_collect($_, $components) for grep {ref} values %$node;
}

sub _resolve
{
    my ($self, $node) = @_;

    while (ref $node eq 'HASH' && $node->{'$ref'}) {
        my $target = $self->{document};

        for my $step (split m{/}, $node->{'$ref'} =~ s{^#/}{}r) {
            $target = $target->{$step =~ s{~1}{/}gr =~ s{~0}{~}gr} // last;
        }
        $node = $target;
    }
    return $node;
}

1;
