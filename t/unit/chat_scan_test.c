/*
 * With Debian's clamd, which knows EICAR's test file alone (t/clamd/run), and with servers that
 * behave otherwise.
 */
#include "chat_unit.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <apr_strings.h>

#include "guard/chat_scan.h"

/* In two pieces, so that no scanner takes this file for it. */
#define EICAR                                                                                      \
    "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-"                                                 \
    "ANTIVIRUS-TEST-FILE!$H+H*"
#define LIMIT 1048576 /* StreamMaxLength */
#define START_MS_MAX 120000

static char *folder;
static pid_t clamd;

static const char *at(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, folder, "/", name, NULL);
}

static chat_scan_t *scanner(const char *where, const char *option, apr_pool_t *p)
{
    const char *error;
    const char *const options[] = {option};
    chat_scan_t *scan =
        chat_scan_parse(&error, apr_pstrcat(p, "clamd:", where, NULL), options, option != NULL, p);

    assert_null(error);
    assert_non_null(scan);
    return scan;
}

static int make_file(const char *bytes, size_t length)
{
    char path[] = "/tmp/chat_scan_test.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, bytes, length), length);
    return fd;
}

static chat_scan_verdict_t scan_file(const char **preason, const chat_scan_t *scan, int fd,
                                     apr_pool_t *p)
{
    chat_scan_verdict_t verdict = chat_scan_file(preason, scan, fd, p);

    print_message("# %s\n", *preason);
    close(fd);
    return verdict;
}

/* ---- clamd -------------------------------------------------------------------------------------
 */

static int stop_clamd(void **state)
{
    char command[64];

    (void)state;
    if (clamd > 0) {
        kill(clamd, SIGTERM);
        waitpid(clamd, NULL, 0);
    }
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    free(folder);
    return system(command);
}

/* Its socket is there before it answers, so wait for an answer to PING. */
static int is_answering(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char reply[8] = "";
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int is_up;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    is_up = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            write(fd, "zPING", 6) == 6 && read(fd, reply, sizeof(reply) - 1) > 0 &&
            strcmp(reply, "PONG") == 0;
    close(fd);
    return is_up;
}

static int start_clamd(void **state)
{
    char path[64], log[64];
    int waited, fd;

    (void)state;
    folder = strdup("/tmp/chat_scan_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/socket", folder);
    snprintf(log, sizeof(log), "%s/log", folder);
    clamd = fork();
    if (clamd == 0) {
        fd = open(log, O_WRONLY | O_CREAT, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        execl("t/clamd/run", "t/clamd/run", folder, "StreamMaxLength 1M", (char *)NULL);
        _exit(127);
    }
    for (waited = 0; waited < START_MS_MAX && waitpid(clamd, NULL, WNOHANG) == 0; waited += 20) {
        if (is_answering(path))
            return 0;
        poll(NULL, 0, 20);
    }
    return -1;
}

static void a_harmless_file_is_clean(void **state)
{
    apr_pool_t *p = *state;
    chat_scan_t *scan = scanner(at("socket", p), "timeout=120", p);
    const char *reason;

    assert_int_equal(scan_file(&reason, scan, make_file("hello", 5), p), CHAT_SCAN_CLEAN);
    assert_string_equal(reason, "");
    assert_int_equal(scan_file(&reason, scan, make_file("", 0), p), CHAT_SCAN_CLEAN);
    assert_int_equal(scan_file(&reason, scan, make_file(apr_pcalloc(p, 1000000), 1000000), p),
                     CHAT_SCAN_CLEAN);
}

static void a_virus_is_found_also_in_an_archive(void **state)
{
    apr_pool_t *p = *state;
    chat_scan_t *scan = scanner(at("socket", p), "timeout=120", p);
    const char *reason;
    int fd = make_file(EICAR, strlen(EICAR));

    lseek(fd, 10, SEEK_SET); /* its position does not matter */
    assert_int_equal(scan_file(&reason, scan, fd, p), CHAT_SCAN_INFECTED);
    assert_non_null(strstr(reason, "Eicar-Test-Signature"));
    assert_int_equal(
        system(apr_psprintf(p, "printf '%%s' '%s' >%s/e && /usr/bin/python3 -m zipfile -c %s %s/e",
                            EICAR, folder, at("zip", p), folder)),
        0);
    assert_int_equal(scan_file(&reason, scan, open(at("zip", p), O_RDONLY), p), CHAT_SCAN_INFECTED);
}

static void what_is_too_long_for_clamd_has_no_verdict(void **state)
{
    apr_pool_t *p = *state;
    chat_scan_t *scan = scanner(at("socket", p), "timeout=120", p);
    const char *reason;

    assert_int_equal(scan_file(&reason, scan, make_file(apr_pcalloc(p, 3 * LIMIT), 3 * LIMIT), p),
                     CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "StreamMaxLength"));
}

/* ---- others ------------------------------------------------------------------------------------
 */

typedef struct {
    int listening;
    const char *reply; /* NULL: none */
    int is_early;      /* before anything was read */
    int is_silent;     /* until the other side closes */
    char content[65536];
    size_t length;
    int is_well_formed;
    pthread_t thread;
} server_t;

static int read_exactly(int fd, void *bytes, size_t length)
{
    size_t got = 0;
    ssize_t part;

    while (got < length && (part = read(fd, (char *)bytes + got, length - got)) > 0)
        got += (size_t)part;
    return got == length;
}

/* Read the command and the pieces of the file. */
static void read_stream(server_t *server, int fd)
{
    char command[10];
    uint32_t length;

    if (!read_exactly(fd, command, 10) || memcmp(command, "zINSTREAM", 10) != 0)
        return;
    while (read_exactly(fd, &length, 4)) {
        length = ntohl(length);
        if (length == 0) {
            server->is_well_formed = 1;
            return;
        }
        if (length > sizeof(server->content) - server->length ||
            !read_exactly(fd, server->content + server->length, length))
            return;
        server->length += length;
    }
}

static void *serve(void *data)
{
    server_t *server = data;
    int fd = accept(server->listening, NULL, NULL);
    char byte;

    if (!server->is_early)
        read_stream(server, fd);
    if (server->reply && write(fd, server->reply, strlen(server->reply) + 1) < 0)
        perror("write");
    while (server->is_silent && read(fd, &byte, 1) > 0)
        ;
    close(fd);
    return NULL;
}

/* A host of which the first two addresses are not of a scanner: nobody listens there, and nobody
 * answers. APR calls this instead of libc's. */
#define SEVERAL "several.example"
#define SILENT "127.0.0.8"

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static const char *const several[] = {"127.0.0.9", SILENT, "127.0.0.1"};
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    struct addrinfo **last = result;
    apr_size_t i;

    if (!name || strcmp(name, SEVERAL) != 0)
        return next(name, service, hints, result);
    for (i = 0; i < UNIT_COUNT(several); i++) {
        assert_int_equal(next(several[i], service, hints, last), 0);
        while (*last)
            last = &(*last)->ai_next;
    }
    return 0;
}

/* Listen on a port of the system's choice: where. */
static const char *listen_somewhere(int *pfd, apr_pool_t *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *pfd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*pfd, (struct sockaddr *)&address, bytes), 0);
    assert_int_equal(listen(*pfd, 1), 0);
    getsockname(*pfd, (struct sockaddr *)&address, &bytes);
    return apr_psprintf(p, "127.0.0.1:%d", ntohs(address.sin_port));
}

static const char *start_server(server_t *server, apr_pool_t *p)
{
    const char *where = listen_somewhere(&server->listening, p);

    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    return where;
}

static chat_scan_verdict_t ask(const char **preason, server_t *server, const char *option, int fd,
                               apr_pool_t *p)
{
    chat_scan_t *scan = scanner(start_server(server, p), option, p);
    chat_scan_verdict_t verdict = scan_file(preason, scan, fd, p);

    pthread_join(server->thread, NULL);
    close(server->listening);
    return verdict;
}

static void all_of_the_file_is_sent(void **state)
{
    apr_pool_t *p = *state;
    server_t server = {.reply = "stream: OK"};
    const char *reason;
    char bytes[50000];
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * i);
    assert_int_equal(ask(&reason, &server, "timeout=120", make_file(bytes, sizeof(bytes)), p),
                     CHAT_SCAN_CLEAN);
    assert_true(server.is_well_formed);
    assert_int_equal(server.length, sizeof(bytes));
    assert_memory_equal(server.content, bytes, sizeof(bytes));
}

/* Nobody takes connections there, and as many wait as the system lets wait: further ones get no
 * answer. */
static void listen_silently(int fds[], int count, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int i;

    inet_pton(AF_INET, SILENT, &address.sin_addr);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fds[0], (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    for (i = 1; i < count; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fds[i], (struct sockaddr *)&address, sizeof address);
    }
}

static void all_addresses_of_a_host_are_tried(void **state)
{
    int silent[4];
    apr_size_t i;

    apr_pool_t *p = *state;
    server_t server = {.reply = "stream: OK"};
    const char *where = start_server(&server, p), *reason;
    const char *several = apr_pstrcat(p, SEVERAL, strchr(where, ':'), NULL);

    listen_silently(silent, UNIT_COUNT(silent), (int)strtol(strchr(where, ':') + 1, NULL, 10));
    assert_int_equal(scan_file(&reason, scanner(several, "timeout=10", p), make_file("a", 1), p),
                     CHAT_SCAN_CLEAN);
    pthread_join(server.thread, NULL);
    close(server.listening);
    assert_int_equal(scan_file(&reason, scanner(several, "timeout=2", p), make_file("a", 1), p),
                     CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "cannot connect"));
    for (i = 0; i < UNIT_COUNT(silent); i++)
        close(silent[i]);
}

static void an_odd_answer_is_no_verdict(void **state)
{
    static const char *const replies[] = {"",
                                          "OK",
                                          "stream: OK2",
                                          "stream: ",
                                          "stream: FOUND",
                                          "stream:  FOUND ",
                                          "stream: lstat() failed: ERROR",
                                          "UNKNOWN COMMAND",
                                          "stream: OK\nstream: OK"};
    apr_pool_t *p = *state;
    const char *reason;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(replies); i++) {
        server_t server = {.reply = replies[i]};

        assert_int_equal(ask(&reason, &server, "timeout=120", make_file("a", 1), p),
                         CHAT_SCAN_AWAY);
    }
}

static void the_reason_is_fit_for_the_log(void **state)
{
    apr_pool_t *p = *state;
    server_t server = {.reply = "stream: a\nb\x1b[31m\xff FOUND"};
    const char *reason;

    assert_int_equal(ask(&reason, &server, "timeout=120", make_file("a", 1), p),
                     CHAT_SCAN_INFECTED);
    assert_string_equal(reason, "a?b?[31m?");
}

static void an_answer_before_the_end_counts(void **state)
{
    apr_pool_t *p = *state;
    server_t server = {
        .reply = "INSTREAM size limit exceeded. ERROR", .is_early = 1, .is_silent = 1};
    const char *reason;

    assert_int_equal(ask(&reason, &server, "timeout=120", make_file("a", 1), p), CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "StreamMaxLength"));
}

static void a_scanner_that_is_away_has_no_verdict(void **state)
{
    apr_pool_t *p = *state;
    server_t closing = {.is_early = 1};
    const char *reason;

    assert_int_equal(scan_file(&reason, scanner(at("nowhere", p), NULL, p), make_file("a", 1), p),
                     CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "cannot connect"));
    assert_int_equal(ask(&reason, &closing, "timeout=120", make_file("a", 1), p), CHAT_SCAN_AWAY);
}

/* Neither ever answers, so that only the time-out can end this. */
static void a_scanner_that_hangs_is_left(void **state)
{
    apr_pool_t *p = *state;
    server_t silent = {.is_silent = 1};
    const char *reason, *where;
    int listening, fd = make_file("", 0);

    assert_int_equal(ask(&reason, &silent, "timeout=1", make_file("a", 1), p), CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "in time"));
    assert_int_equal(ftruncate(fd, 64 * LIMIT), 0); /* more than a socket takes */
    where = listen_somewhere(&listening, p);        /* and nobody accepts */
    assert_int_equal(scan_file(&reason, scanner(where, "timeout=1", p), fd, p), CHAT_SCAN_AWAY);
    assert_non_null(strstr(reason, "in time"));
    close(listening);
}

/* ---- configuration -----------------------------------------------------------------------------
 */

static void the_words_of_the_directive_are_checked(void **state)
{
    static const char *const good[] = {"clamd:/run/clamav/clamd.ctl", "clamd:127.0.0.1:3310",
                                       "clamd:localhost:3310", "clamd:[::1]:3310"};
    static const char *const bad[] = {"",
                                      "clamd",
                                      "clamd:",
                                      "/run/clamd",
                                      "clamd:localhost",
                                      "clamd:localhost:0",
                                      "clamd:localhost:99999",
                                      "clamd:3310",
                                      "clamd:a..b:3310",
                                      "icap:localhost:1344"};
    static const char *const options[] = {"open", "timeout=0", "timeout=301", "timeout=", "ajar"};
    apr_pool_t *p = *state;
    const char *error;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_non_null(chat_scan_parse(&error, good[i], NULL, 0, p));
    for (i = 0; i < UNIT_COUNT(bad); i++) {
        assert_null(chat_scan_parse(&error, bad[i], NULL, 0, p));
        assert_non_null(error);
    }
    assert_null(chat_scan_parse(&error, apr_psprintf(p, "clamd:/%0200d", 0), NULL, 0, p));
    assert_true(chat_scan_is_open(chat_scan_parse(&error, good[0], options, 1, p)));
    assert_false(chat_scan_is_open(chat_scan_parse(&error, good[0], NULL, 0, p)));
    for (i = 1; i < UNIT_COUNT(options); i++) {
        assert_null(chat_scan_parse(&error, good[0], options + i, 1, p));
        assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_harmless_file_is_clean),
        UNIT_TEST(a_virus_is_found_also_in_an_archive),
        UNIT_TEST(what_is_too_long_for_clamd_has_no_verdict),
        UNIT_TEST(all_of_the_file_is_sent),
        UNIT_TEST(all_addresses_of_a_host_are_tried),
        UNIT_TEST(an_odd_answer_is_no_verdict),
        UNIT_TEST(the_reason_is_fit_for_the_log),
        UNIT_TEST(an_answer_before_the_end_counts),
        UNIT_TEST(a_scanner_that_is_away_has_no_verdict),
        UNIT_TEST(a_scanner_that_hangs_is_left),
        UNIT_TEST(the_words_of_the_directive_are_checked),
    };

    return cmocka_run_group_tests_name("scanning", tests, start_clamd, stop_clamd);
}
