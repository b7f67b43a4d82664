use ChatTest;
use File::Path qw(make_path);
use File::Temp qw(tempdir);

plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

# conf/lint finds what it says it finds: violations are planted in a copy of the tree, circles alone, the others together,
# of which each has its own words.
my $copy  = tempdir('lint-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($build) = ChatTest::Config->suite->{vars}{chat_module} =~ m{^(.*)/[^/]*$};

make_path("$copy/$_") for qw(conf sql);
is system('cp', '-R', 'mod_chat', 't', $copy), 0, 'a copy of the tree';
system('cp', 'conf/lint', "$copy/conf");
system('cp', '-R', 'sql/statements', "$copy/sql") if -d 'sql/statements';
is_deeply [lint()], [], 'the tree as it is: nothing to say';

my %planted = (
    'a room further to the right'    => ['core/chat_time.c',           '#include "http/chat_route.h"', qr/core must not include http/],
    'realtime in service'            => ['service/chat_message.c',     '#include "realtime/chat_feed.h"', qr/service must not include realtime/],
    'ws in realtime'                 => ['realtime/chat_feed.c',       '#include "ws/chat_frame.h"', qr/realtime must not include ws/],
    'api in ws'                      => ['ws/chat_frame.c',            '#include "api/chat_api.h"', qr/ws must not include api/],
    'a header without its room'      => ['guard/chat_spam.c',          '#include "chat_regex.h"', qr/does not say its room/],
    'a circle of files'              => ['core/chat_hash.h',           '#include "core/chat_cursor.h"', undef,
                                         'core/chat_cursor.h',         '#include "core/chat_hash.h"', qr/a circle of files: core\/chat_\w+ core\/chat_\w+ core\/chat_\w+$/],
    'one through a .c'               => ['core/chat_number.c',         '#include "core/chat_time.h"', undef,
                                         'core/chat_time.h',           '#include "core/chat_number.h"', qr/a circle of files: /],
    'a circle of rooms'              => ['db/chat_rows.h',             '#include "store/chat_store_event.h"', qr/a circle of rooms: (?=.*\bdb\b)(?=.*\bstore\b)/],
    'libpq outside of db/'           => ['store/chat_store_event.c',   '#include <postgresql/libpq-fe.h>', qr/only \^db\/ may include postgresql\/libpq-fe\.h/],
    'libpq by its plain name'        => ['service/chat_message.c',     '#include <libpq-fe.h>', qr/only \^db\/ may include libpq-fe\.h/],
    'mod_dbd outside of db/'         => ['guard/chat_guard.c',         '#include <mod_dbd.h>', qr/only \^db\/ may include mod_dbd\.h/],
    'json-c outside of its file'     => ['http/chat_request.h',        '#include <json-c/json_object.h>', qr/only \S*json_read\$ may include json-c/],
    'xxhash outside of its file'     => ['guard/chat_spam.c',          '#include <xxhash.h>', qr/only \S*chat_hash\$ may include xxhash/],
    'libcrypto outside of its files' => ['service/chat_push.c',        '#include <openssl/evp.h>', qr/only \S*mac\|p256\S* may include openssl/],
    'libmagic outside of its file'   => ['core/chat_media.c',          '#include <magic.h>', qr/only \S*chat_media_type\$ may include magic/],
    'wslay outside of its file'      => ['ws/chat_conn.c',             '#include <wslay/wslay.h>', qr/only \S*chat_frame\$ may include wslay/],
    'httpd in core'                  => ['core/chat_time.c',           '#include <httpd.h>', qr/only chat_log\.h knows httpd/],
    'a request in store/'            => ['store/chat_store_event.c',   'void chat_planted(request_rec *r);', qr/store works without a request_rec/],
    'a request in db/'               => ['db/chat_rows.c',             'static request_rec *planted;', qr/db works without a request_rec/],
    'a request in service/'          => ['service/chat_message.c',     'static request_rec *planted;', qr/service works without a request_rec/],
    'a call that APR does better'    => ['core/chat_time.c',           'static void planted(char *a) { strcpy(a, "x"); }', qr/APR|apr_\* does it better/],
    'the wall clock'                 => ['ws/chat_conn.c',             'static apr_time_t planted(void) { return apr_time_now(); }', qr/the wall clock is stepped/],
    'a function that nobody uses'    => ['core/chat_time.h',           "int chat_time_planted(void);", qr/no other file uses chat_time_planted/],
);

my %before;
my %words_of = map { $_ => $planted{$_}[-1] } keys %planted;
my @others   = grep { !/^a circle|^one through/ } sort keys %planted;
for my $what (grep {/^a circle|^one through/} sort keys %planted) {
    my @found = lint_with($what);

    ok scalar(grep { $_ =~ $words_of{$what} } @found), $what or diag @found;
}
my @found = lint_with(@others);
for my $what (@others) {
    ok scalar(grep { $_ =~ $words_of{$what} } @found), $what or diag @found;
}
for my $complaint (grep { !/a circle of/ } @found) {
    ok scalar(grep { $complaint =~ $_ } @words_of{@others}), "it was planted: $complaint";
}

subtest 'a header that does not compile alone' => sub {
    my $header = "$copy/mod_chat/core/chat_number.h";
    my $before = slurp($header);

    spew($header, $before =~ s/(#define MOD_CHAT_CHAT_NUMBER_H\n)/$1void chat_planted(chat_unknown_t *unknown);\n/r);
    my @found = lint("headers '$build'");
    ok scalar(grep {/chat_number\.h alone: .*chat_unknown_t/} @found), 'is found';
    is_deeply [grep { !/ alone: .*(?:chat_number\.h|chat_unknown_t)/ && !/chat_number\.h alone: / } @found], [], 'and no other';
};
done_testing;

# With these planted, which are taken back.
sub lint_with
{
    for my $what (@_) {
        my @plants = @{$planted{$what}};

        while (my ($file, $line) = splice @plants, 0, 3) {
            my $text = slurp("$copy/mod_chat/$file");

            $before{$file} //= $text;
            spew("$copy/mod_chat/$file", $text =~ s/^(#define MOD_CHAT_CHAT_\w+_H\n|)/$1$line\n/mr);
        }
    }
    my @found = lint();
    spew("$copy/mod_chat/$_", delete $before{$_}) for keys %before;
    return @found;
}

sub lint
{
    my ($what) = (@_, 'quick');

    return qx{'$copy/conf/lint' $what 2>&1} =~ s/^lint: nothing to say.*\n//mr =~ /^.+$/mg;
}

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline($in);
}

sub spew
{
    open my $out, '>', $_[0] or die "$_[0]: $!";
    print {$out} $_[1];
    close $out or die "$_[0]: $!";
}
