package Bench::Files;

# What files of messages cost, each beside its anchor in the same turns: an upload beside dd, which writes as much
# to the same disk and waits for it (conv=fsync); a file of a message beside one that httpd serves by itself
# behind the same login; and the memory of uploads that are held half-way.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use IO::Socket::INET ();
use Time::HiRes  qw(sleep time);
use Bench::Clocks;
use Bench::Programs;

my $UPLOAD_BYTES = 10_000_000;
my $FILE_BYTES   = 1_000_000;
my $HELD         = 40;         # uploads at once, of which httpd.conf here takes so many
my $HALF_BYTES   = 400_000;    # that has come of each
my $CLIENTS      = 16;
my $SETTLE       = 1;          # seconds
my $CONVERSATION = 7;          # of user 1
my $PATH         = "/api/conversations/$CONVERSATION/messages/";

# httpd, its place; port; restart, a function that starts httpd anew; pairs: how many turns; seconds of each measurement of
# files that are served
sub new
{
    my ($class, %self) = @_;

    return bless {%self, found => {}}, $class;
}

# As start_httpd() has it: folders of the user that httpd runs as.
sub make_place
{
    my ($self) = @_;

    for my $dir ("$self->{httpd}/files") {
        mkdir $dir, 0700;
        chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0;
    }
}

sub measure
{
    my ($self) = @_;
    my $source = "$self->{httpd}/htdocs/upload.pdf";

    spill($source, pdf($UPLOAD_BYTES));
    $self->upload($source); # what is done once
    for (1 .. $self->{pairs}) {
        push @{$self->{found}{dd}},     $self->dd($source);
        push @{$self->{found}{upload}}, $self->upload($source);
    }
    note(sprintf 'files: 10 MB in %.0f ms, dd %.0f ms', map { 1000 * median(@{$self->{found}{$_}}) } qw(upload dd));
    $self->measure_memory;
    $self->measure_served;
    unlink $source, glob "$self->{httpd}/files/*/*";
}

# What browsers are told is a document, so that nothing is walked over.
sub pdf
{
    my ($bytes) = @_;

    return substr "%PDF-1.7\n" . join('', map { pack 'L*', map { int rand 4294967296 } 1 .. 250 } 1 .. 100) x (1 + $bytes / 100_000), 0, $bytes;
}

# ---- writing ----

sub dd
{
    my ($self, $source) = @_;
    my $target = "$self->{httpd}/files/by-dd";
    my $begin  = time;

    run_program(['dd', "if=$source", "of=$target", 'bs=64k', 'conv=fsync']);
    my $seconds = time - $begin;
    unlink $target;
    return $seconds;
}

sub head
{
    my ($self, $file_bytes) = @_;
    my ($begin, $end) = (qq{--B\r\nContent-Disposition: form-data; name="attachment"; filename="a.pdf"\r\n\r\n}, "\r\n--B--\r\n");
    my $length = length($begin) + $file_bytes + length $end;

    return ("POST $PATH HTTP/1.1\r\nHost: 127.0.0.1:$self->{port}\r\nAuthorization: Basic " . encode_base64('1:bench', '')
            . "\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: $length\r\n\r\n$begin", $end);
}

sub connection
{
    my ($self) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 20) || die "bench: httpd is gone\n";
}

sub upload
{
    my ($self, $source) = @_;
    my ($head, $end) = $self->head(-s $source);
    my $bytes  = slurp($source);
    my $begin  = time;
    my $socket = $self->connection;

    syswrite_all($socket, $head);
    syswrite_all($socket, $bytes);
    syswrite_all($socket, $end);
    my $answer = do { local $/; <$socket> } // '';
    my $seconds = time - $begin;
    die "bench: an upload gave\n", indent(substr $answer, 0, 1000), "\n" unless $answer =~ m{^HTTP/1.1 201 };
    ($self->{url}) = $answer =~ m{"url":"([^"]+)"} or die "bench: an upload has no address\n";
    return $seconds;
}

sub syswrite_all
{
    my ($socket, $bytes) = @_;
    my $at = 0;

    while ($at < length $bytes) {
        $at += syswrite($socket, $bytes, length($bytes) - $at, $at) // die "bench: an upload broke: $!\n";
    }
}

# ---- memory ----

# What is a child's own, in kB; files in the cache of the system are not.
sub private_kb
{
    my $kb = 0;

    for my $pid (tree_of($servers{httpd})) {
        my $text = slurp("/proc/$pid/smaps_rollup");
        $kb += $1 while $text =~ /^Private_(?:Clean|Dirty):\s+(\d+)/mg;
    }
    return $kb;
}

# So many requests that wait for the rest of their body, when the server has read what has come.
sub hold
{
    my ($self, $begin) = @_;
    my @held = map { $self->connection } 1 .. $HELD;

    for my $socket (@held) {
        syswrite_all($socket, $begin);
    }
    sleep $SETTLE;
    return @held;
}

# Beside as many requests that wait for the body of a message without a file: their threads, stacks and buffers are
# not those of uploads.
sub measure_memory
{
    my ($self) = @_;
    my ($head) = $self->head($UPLOAD_BYTES);
    my $plain  = "POST $PATH HTTP/1.1\r\nHost: 127.0.0.1:$self->{port}\r\nAuthorization: Basic " . encode_base64('1:bench', '')
        . "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";

    $self->{restart}->();
    unlink glob "$self->{httpd}/files/*/*";
    my @waiting = $self->hold($plain);
    my $before  = private_kb();
    close $_ for @waiting;
    sleep $SETTLE;
    my @held = $self->hold($head . substr pdf($HALF_BYTES), 0, $HALF_BYTES);
    push @{$self->{found}{kb}}, (private_kb() - $before) / $HELD;
    my $files = () = glob "$self->{httpd}/files/*/*";
    die "bench: of $HELD uploads $files are being received\n" if $files < $HELD;
    close $_ for @held;
    sleep $SETTLE;
}

# ---- serving ----

sub measure_served
{
    my ($self) = @_;
    my $source = "$self->{httpd}/htdocs/bench-file.pdf";

    spill($source, pdf($FILE_BYTES));
    $self->upload($source);
    for (1 .. 3) {
        push @{$self->{found}{served}}, $self->ask($self->{url});
        push @{$self->{found}{static}}, $self->ask('/bench-file.pdf');
    }
    unlink $source;
}

sub ask
{
    my ($self, $path) = @_;
    my $before = clocks();
    my $text   = run_program(['wrk', '-t1', "-c$CLIENTS", "-d$self->{seconds}", '-H', 'Authorization: Basic ' . encode_base64('1:bench', ''),
            "http://127.0.0.1:$self->{port}$path"]);
    my %used   = used($before, clocks($before->{processes}));
    my ($requests) = $text =~ /(\d+) requests in/ or die "bench: wrk says\n", indent($text);

    die "bench: $path is not served\n", indent($text) if $text =~ /Non-2xx|Socket errors/ || !$requests;
    return {rate => $requests / $self->{seconds}, us => 1e6 * $used{httpd} / $requests, pg_us => 1e6 * $used{postgresql} / $requests};
}

# ---- what is printed ----

# The promises: what, kind, bound, value, and what else is to be said.
sub budgets
{
    my ($self) = @_;
    my %found = %{$self->{found}};
    # An upload is two programs at once, and dd one: on a busy machine the quicker turns are those to be compared.
    my ($dd, $upload) = map { quantile(0.25, $found{$_} || return) } qw(dd upload);
    my %of = map { my $name = $_; $name => {map { my $key = $_; $key => median(map { $_->{$key} } @{$found{$name}}) } qw(rate us pg_us)} } qw(served static);

    return (
        ['upload of 10 MB, of dd conv=fsync', '>=', 0.5, $dd / $upload, sprintf ', %.0f and %.0f ms', 1000 * $upload, 1000 * $dd],
        ['memory of an upload, kB',          '<=', 64, median(@{$found{kb}}), ", $HELD at once"],
        ['file of 1 MB, of a static one',    '>=', 0.8, $of{served}{rate} / $of{static}{rate}, sprintf ', %.0f and %.0f/s', map { $of{$_}{rate} } qw(served static)],
        ['the same, by CPU of httpd',        '>=', 0.8, $of{static}{us} / $of{served}{us},
            sprintf ', %.0f and %.0f us; the statement that says who may, %.0f us', $of{served}{us}, $of{static}{us}, $of{served}{pg_us}],
    );
}

1;
