/*
 * Holds WebSockets, has messages posted, and tells when they arrive:
 *
 *   sockets <host> <port> <path> plain|tls <people> [<post port> <posts> <body>]
 *
 * people   a file: a header field on each line, with which one person logs in; socket n is that of
 *          person n modulo their number
 * posts    a file: path, header field, and the number of the person who should hear it, with tabs
 *          between; they take turns
 * body     of a POST; {n} in it becomes the number of the message
 *
 * Commands come on stdin, one a line:
 *
 *   open <n>
 *       opens sockets until there are n; says "open <n> <us>"
 *   say all|one <a second> <in the air> <ms>
 *       posts for so long: at this rate (0: as it comes), and never with more messages in the air
 * than that. A message is in the air until all sockets have it, or that of the one person; it is
 * known by its text, #<number>#. Late posts count from when they were due, unless only one may be
 * in the air. Says "said <messages> <heard> <frames> <us in all> <p50 us> <p99 us> <most us>
 * <refused>"
 *
 * One thread and epoll; pings are answered. It ends with 1 when a handshake is refused or a socket
 * closed. The certificate is not looked at.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define UNDER_WAY_MAX 200 /* handshakes at once */
#define POSTERS 32        /* connections for posts */
#define MESSAGES_MAX 2000000
#define EVENTS_MAX 256
#define CHUNK_BYTES 65536
#define ANSWER_BYTES_MAX 16384
#define PATIENCE_US 5000000 /* for what is still in the air at the end */

typedef enum { CONNECTING, SHAKING, ASKING, OPEN } stage_t;

/* What epoll brings back begins with its kind. */
typedef enum { PEER, POSTER } kind_t;

typedef struct peer_t {
    kind_t kind;
    stage_t stage;
    int fd;
    unsigned person;
    SSL *ssl;
    char *kept; /* the beginning of what is not whole yet, or NULL */
    size_t length;
} peer_t;

typedef struct poster_t {
    kind_t kind;
    int fd; /* -1: not connected */
    int is_busy;
    size_t length;
    char answer[ANSWER_BYTES_MAX];
} poster_t;

typedef struct post_t {
    const char *path;
    const char *login;
    unsigned person;
} post_t;

typedef struct message_t {
    long long since_us;
    unsigned person;
    unsigned waits_for; /* sockets */
} message_t;

static struct {
    struct sockaddr_in address;
    const char *where; /* host:port, for the field Host */
    const char *path;
    SSL_CTX *tls; /* NULL: plain */
    int epoll_fd;
    size_t begun;
    size_t open;
    char **people;
    size_t people_count;
} load;

static struct {
    struct sockaddr_in address;
    poster_t posters[POSTERS];
    post_t *posts;
    size_t posts_count;
    const char *body;
    message_t *messages;
    long long *took_us; /* of those heard in this command */
    size_t said;        /* in all, as are the next three */
    size_t first;       /* of this command */
    size_t in_the_air;
    size_t heard;
    size_t frames;
    size_t refused;
    long long last_us;
    int is_for_all;
} talk;

static void fail(const char *what)
{
    fprintf(stderr, "sockets: %s (%s), with %zu open\n", what, strerror(errno), load.open);
    exit(1);
}

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        fail("no memory");
    return memory;
}

static int connect_to(const struct sockaddr_in *address)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        fail("no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno != EINPROGRESS)
        fail("cannot connect");
    return fd;
}

static void watch(void *whose, int fd, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = whose};

    if (epoll_ctl(load.epoll_fd, operation, fd, &event) != 0)
        fail("epoll_ctl");
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* A frame with a message has come for this person. */
static void hear(size_t number, unsigned person)
{
    message_t *message;

    if (number < talk.first || number >= talk.said)
        return;
    message = &talk.messages[number];
    talk.frames++;
    talk.last_us = now_us();
    if (!message->waits_for || (!talk.is_for_all && message->person != person))
        return;
    if (--message->waits_for == 0) {
        talk.took_us[talk.heard++] = talk.last_us - message->since_us;
        talk.in_the_air--;
    }
}

static void read_text(const char *text, size_t length, unsigned person)
{
    static const char besides[] = "{\"type\":\"notification\""; /* which shows the same words again */
    const char *at = text, *end = text + length;

    if (length >= sizeof besides - 1 && memcmp(text, besides, sizeof besides - 1) == 0)
        return;
    while ((at = memchr(at, '#', (size_t)(end - at)))) {
        size_t number = 0;
        const char *digit = ++at;

        while (digit < end && *digit >= '0' && *digit <= '9')
            number = number * 10 + (size_t)(*digit++ - '0');
        if (digit > at && digit < end && *digit == '#') {
            hear(number, person);
            return; /* a frame tells of one message, but may say its text twice */
        }
    }
}

static void open_poster(poster_t *poster)
{
    poster->fd = connect_to(&talk.address);
    fcntl(poster->fd, F_SETFL, fcntl(poster->fd, F_GETFL) & ~O_NONBLOCK);
    poster->length = 0;
    watch(poster, poster->fd, EPOLL_CTL_ADD, EPOLLIN);
}

static poster_t *idle_poster(void)
{
    int i;

    for (i = 0; i < POSTERS; i++) {
        if (!talk.posters[i].is_busy) {
            if (talk.posters[i].fd < 0)
                open_poster(&talk.posters[i]);
            return &talk.posters[i];
        }
    }
    return NULL;
}

/* The next one in turn; {n} in the body is its number. */
static void post(poster_t *poster, long long since_us)
{
    const post_t *post = &talk.posts[talk.said % talk.posts_count];
    const char *hole = strstr(talk.body, "{n}"), *rest = talk.body;
    char body[1024], request[2048], number[24];
    size_t room = sizeof body;
    char *to = body;
    int n;

    snprintf(number, sizeof number, "%zu", talk.said);
    for (; hole; hole = strstr(rest, "{n}")) {
        n = snprintf(to, room, "%.*s%s", (int)(hole - rest), rest, number);
        if (n < 0 || (size_t)n >= room)
            fail("the body is too long");
        to += n;
        room -= (size_t)n;
        rest = hole + 3;
    }
    snprintf(to, room, "%s", rest);
    n = snprintf(request, sizeof request,
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 post->path, post->login, strlen(body), body);
    if (n < 0 || (size_t)n >= sizeof request)
        fail("the request is too long");
    talk.messages[talk.said].since_us = since_us;
    talk.messages[talk.said].person = post->person;
    talk.messages[talk.said].waits_for = talk.is_for_all ? (unsigned)load.open : 1;
    talk.said++;
    talk.in_the_air++;
    poster->is_busy = 1;
    poster->length = 0;
    if (send(poster->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        fail("cannot post");
}

static int is_whole(const char *answer, size_t length)
{
    const char *end = strstr(answer, "\r\n\r\n");
    const char *field = strcasestr(answer, "\r\nContent-Length:");

    if (!end)
        return 0;
    if (!field || field > end)
        return 1;
    return length >= (size_t)(end + 4 - answer) + strtoul(field + 17, NULL, 10);
}

static void close_poster(poster_t *poster)
{
    close(poster->fd);
    poster->fd = -1;
    poster->is_busy = 0;
}

static void read_posted(poster_t *poster)
{
    ssize_t n = recv(poster->fd, poster->answer + poster->length,
                     sizeof poster->answer - 1 - poster->length, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        if (poster->is_busy)
            fail("closed instead of an answer");
        close_poster(poster);
        return;
    }
    poster->length += (size_t)n;
    poster->answer[poster->length] = '\0';
    if (!is_whole(poster->answer, poster->length))
        return;
    if (strncmp(poster->answer, "HTTP/1.1 2", 10) != 0 && !talk.refused++)
        fprintf(stderr, "sockets: a post was refused: %.300s\n", poster->answer);
    poster->is_busy = 0;
    if (strcasestr(poster->answer, "\r\nConnection: close"))
        close_poster(poster);
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static ssize_t receive(const peer_t *peer, char *bytes, size_t room)
{
    return peer->ssl ? SSL_read(peer->ssl, bytes, (int)room) : recv(peer->fd, bytes, room, 0);
}

/* Little enough to go at once. */
static void transmit(const peer_t *peer, const char *bytes, size_t length)
{
    ssize_t n = peer->ssl ? SSL_write(peer->ssl, bytes, (int)length)
                          : send(peer->fd, bytes, length, MSG_NOSIGNAL);

    if (n != (ssize_t)length)
        fail("cannot send");
}

static int is_not_yet(const peer_t *peer, ssize_t n)
{
    int error;

    if (!peer->ssl)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    error = SSL_get_error(peer->ssl, (int)n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void begin(void)
{
    peer_t *peer = zeroed(1, sizeof *peer);

    peer->fd = connect_to(&load.address);
    peer->person = (unsigned)(load.begun++ % load.people_count);
    watch(peer, peer->fd, EPOLL_CTL_ADD, EPOLLOUT);
}

static void ask(peer_t *peer)
{
    char request[1024];
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                     "%s\r\n\r\n",
                     load.path, load.where, load.people[peer->person]);

    if (n < 0 || (size_t)n >= sizeof request)
        fail("the handshake is too long");
    peer->stage = ASKING;
    watch(peer, peer->fd, EPOLL_CTL_MOD, EPOLLIN);
    transmit(peer, request, (size_t)n);
}

static void shake(peer_t *peer)
{
    int rc = SSL_connect(peer->ssl);

    if (rc == 1)
        ask(peer);
    else if (!is_not_yet(peer, rc))
        fail("no TLS");
}

static void go_on(peer_t *peer)
{
    int error = 0;
    socklen_t length = sizeof error;

    getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        errno = error;
        fail("cannot connect");
    }
    if (!load.tls) {
        ask(peer);
        return;
    }
    peer->ssl = SSL_new(load.tls);
    if (!peer->ssl || !SSL_set_fd(peer->ssl, peer->fd))
        fail("no TLS");
    peer->stage = SHAKING;
    watch(peer, peer->fd, EPOLL_CTL_MOD, EPOLLIN);
    shake(peer);
}

/* What of these bytes is the answer to the handshake; 0: not whole yet. */
static size_t read_answer(peer_t *peer, const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);

    if (!end)
        return 0;
    if (length < 13 || strncmp(bytes, "HTTP/1.1 101 ", 13) != 0) {
        fprintf(stderr, "sockets: %.*s\n", (int)(length < 300 ? length : 300), bytes);
        fail("a handshake was refused");
    }
    peer->stage = OPEN;
    load.open++;
    return (size_t)(end + 4 - bytes);
}

static void answer_ping(peer_t *peer, const char *payload, size_t length)
{
    char pong[6 + 125] = {'\x8a', (char)(0x80 | length)}; /* masked with zeros */

    memcpy(pong + 6, payload, length);
    transmit(peer, pong, 6 + length);
}

/* One frame (servers send unmasked, and ours do not split messages); 0: not whole yet. */
static size_t read_frame(peer_t *peer, const char *bytes, size_t length)
{
    const unsigned char *head = (const unsigned char *)bytes;
    size_t size, start = 2, i;
    char what[64];

    if (length < 2)
        return 0;
    size = head[1] & 0x7f;
    if (size > 125) {
        start = size == 126 ? 4 : 10;
        if (length < start)
            return 0;
        for (size = 0, i = 2; i < start; i++)
            size = size << 8 | head[i];
    }
    if (length - start < size)
        return 0;
    switch (head[0] & 0x0f) {
    case 0x8:
        snprintf(what, sizeof what, "closed by the server with %u",
                 size < 2 ? 0u : (unsigned)head[start] << 8 | head[start + 1]);
        fail(what);
        break;
    case 0x9:
        answer_ping(peer, bytes + start, size);
        break;
    case 0xa:
        break;
    default:
        read_text(bytes + start, size, peer->person);
    }
    return start + size;
}

static size_t read_all(peer_t *peer, const char *bytes, size_t length)
{
    size_t used = 0, n;

    while ((n = peer->stage == OPEN ? read_frame(peer, bytes + used, length - used)
                                    : read_answer(peer, bytes + used, length - used)))
        used += n;
    return used;
}

/* A quiet socket keeps no memory here. */
static void keep(peer_t *peer, const char *bytes, size_t length)
{
    char *kept = length ? malloc(length) : NULL;

    if (length && !kept)
        fail("no memory");
    if (length)
        memcpy(kept, bytes, length);
    free(peer->kept);
    peer->kept = kept;
    peer->length = length;
}

static void read_some(peer_t *peer)
{
    static char bytes[2 * CHUNK_BYTES];

    while (1) {
        size_t length = peer->length, used;
        ssize_t n;

        if (length >= CHUNK_BYTES)
            fail("a frame is too long");
        if (length)
            memcpy(bytes, peer->kept, length);
        n = receive(peer, bytes + length, CHUNK_BYTES);
        if (n <= 0 && is_not_yet(peer, n))
            return;
        if (n <= 0)
            fail(peer->stage == OPEN ? "closed by the server" : "closed before the answer");
        length += (size_t)n;
        used = read_all(peer, bytes, length);
        if (used < length || peer->length)
            keep(peer, bytes + used, length - used);
        if (!peer->ssl && n < CHUNK_BYTES)
            return;
    }
}

static void handle(void *whose)
{
    peer_t *peer = whose;

    if (*(kind_t *)whose == POSTER) {
        read_posted(whose);
        return;
    }
    switch (peer->stage) {
    case CONNECTING:
        go_on(peer);
        break;
    case SHAKING:
        shake(peer);
        break;
    case ASKING:
    case OPEN:
        read_some(peer);
        break;
    }
}

/* ---- Commands -------------------------------------------------------------------------------- */

/* Whether stdin has something. */
static int wait_for_events(int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(load.epoll_fd, events, EVENTS_MAX, timeout_ms);
    int is_told = 0, i;

    for (i = 0; i < n; i++) {
        if (events[i].data.ptr)
            handle(events[i].data.ptr);
        else
            is_told = 1;
    }
    return is_told;
}

static void open_sockets(size_t count)
{
    long long start_us = now_us(), moved_us = start_us;
    size_t before = load.open;

    while (load.open < count) {
        while (load.begun < count && load.begun - load.open < UNDER_WAY_MAX)
            begin();
        wait_for_events(1000);
        if (load.open != before)
            moved_us = now_us();
        else if (now_us() - moved_us > 2 * PATIENCE_US)
            fail("nothing happens");
        before = load.open;
    }
    printf("open %zu %lld\n", load.open, now_us() - start_us);
    fflush(stdout);
}

static int compare(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;

    return (x > y) - (x < y);
}

static long long quantile(size_t percent)
{
    return talk.heard ? talk.took_us[(talk.heard - 1) * percent / 100] : -1;
}

static void say(long per_second, size_t in_the_air, long long ms)
{
    long long start_us = now_us(), end_us = start_us + ms * 1000;

    talk.first = talk.said;
    talk.heard = talk.frames = talk.refused = talk.in_the_air = 0;
    talk.last_us = start_us;
    while (1) {
        size_t n = talk.said - talk.first;
        long long t = now_us(),
                  due = per_second ? start_us + (long long)n * 1000000 / per_second : t;
        int is_over = per_second ? due >= end_us : t >= end_us;
        poster_t *poster;

        if (is_over && (!talk.in_the_air || t > end_us + PATIENCE_US))
            break;
        if (!is_over && t >= due && talk.in_the_air < in_the_air && talk.said < MESSAGES_MAX &&
            (poster = idle_poster()))
            post(poster, in_the_air > 1 ? due : t);
        else
            wait_for_events(is_over || t >= due ? 10 : (int)((due - t) / 1000));
    }
    while (1) { /* their answers belong to them */
        int i, busy = 0;

        for (i = 0; i < POSTERS; i++)
            busy += talk.posters[i].is_busy;
        if (!busy || now_us() > talk.last_us + 2 * PATIENCE_US)
            break;
        wait_for_events(10);
    }
    qsort(talk.took_us, talk.heard, sizeof *talk.took_us, compare);
    printf("said %zu %zu %zu %lld %lld %lld %lld %zu\n", talk.said - talk.first, talk.heard,
           talk.frames, talk.last_us - start_us, quantile(50), quantile(99), quantile(100),
           talk.refused);
    fflush(stdout);
}

static void obey(const char *line)
{
    char whom[8];
    long per_second;
    size_t count;
    long long ms;

    if (sscanf(line, "open %zu", &count) == 1) {
        open_sockets(count);
    } else if (sscanf(line, "say %7s %ld %zu %lld", whom, &per_second, &count, &ms) == 4 &&
               talk.posts) {
        talk.is_for_all = strcmp(whom, "all") == 0;
        say(per_second, count, ms);
    } else {
        fail("what is that?");
    }
}

/* ---- The start ------------------------------------------------------------------------------- */

static char **read_lines(size_t *count, const char *name)
{
    FILE *file = fopen(name, "r");
    char **lines = NULL, *line = NULL;
    size_t room = 0;

    if (!file)
        fail(name);
    for (*count = 0; getline(&line, &room, file) > 0; line = NULL, room = 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*count % 1024 == 0 && !(lines = realloc(lines, (*count + 1024) * sizeof *lines)))
            fail("no memory");
        lines[(*count)++] = line;
    }
    fclose(file);
    if (!*count)
        fail("an empty file");
    return lines;
}

static void read_posts(const char *name)
{
    char **lines = read_lines(&talk.posts_count, name);
    size_t i;

    talk.posts = zeroed(talk.posts_count, sizeof *talk.posts);
    for (i = 0; i < talk.posts_count; i++) {
        char *rest = lines[i];

        talk.posts[i].path = strsep(&rest, "\t");
        talk.posts[i].login = strsep(&rest, "\t");
        if (!rest)
            fail("a post has three words");
        talk.posts[i].person = (unsigned)strtoul(rest, NULL, 10);
    }
}

static void set_address(struct sockaddr_in *address, const char *host, const char *port)
{
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
        fail("no IPv4 address");
}

int main(int argc, char **argv)
{
    static char where[64];
    char line[256];
    struct rlimit limit;
    int i;

    if (argc != 6 && argc != 9) {
        fprintf(stderr, "usage: sockets <host> <port> <path> plain|tls <people> "
                        "[<post port> <posts> <body>]\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    snprintf(where, sizeof where, "%s:%s", argv[1], argv[2]);
    load.where = where;
    load.path = argv[3];
    set_address(&load.address, argv[1], argv[2]);
    if (strcmp(argv[4], "tls") == 0 && !(load.tls = SSL_CTX_new(TLS_client_method())))
        fail("no TLS");
    load.people = read_lines(&load.people_count, argv[5]);
    for (i = 0; i < POSTERS; i++)
        talk.posters[i] = (poster_t){.kind = POSTER, .fd = -1};
    if (argc == 9) {
        set_address(&talk.address, argv[1], argv[6]);
        read_posts(argv[7]);
        talk.body = argv[8];
        talk.messages = zeroed(MESSAGES_MAX, sizeof *talk.messages);
        talk.took_us = zeroed(MESSAGES_MAX, sizeof *talk.took_us);
    }
    load.epoll_fd = epoll_create1(0);
    if (load.epoll_fd < 0)
        fail("epoll");
    watch(NULL, STDIN_FILENO, EPOLL_CTL_ADD, EPOLLIN);
    while (1) {
        struct epoll_event event = {.events = 0};

        while (!wait_for_events(-1))
            ;
        if (!fgets(line, sizeof line, stdin))
            return 0;
        epoll_ctl(load.epoll_fd, EPOLL_CTL_DEL, STDIN_FILENO, &event);
        obey(line);
        watch(NULL, STDIN_FILENO, EPOLL_CTL_ADD, EPOLLIN);
    }
}
