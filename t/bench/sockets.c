/*
 * Opens WebSockets and keeps them: sockets <host> <port> <path> plain|tls <count>…
 * For each count it opens sockets until there are so many, says "open <count>", and waits for a
 * line on stdin. Pings are answered. It ends with 1 when a socket is refused or closed.
 *
 * One thread, epoll, no buffers kept: what the server sends to a quiet socket is the answer to the
 * handshake and pings. The certificate is not looked at.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define UNDER_WAY_MAX 200 /* handshakes at once */
#define ANSWER_BYTES_MAX 1024
#define EVENTS_MAX 256

typedef enum { CONNECTING, SHAKING, ASKING, OPEN } stage_t;

typedef struct peer_t {
    int fd;
    SSL *ssl;
    stage_t stage;
    size_t length;
    char *answer; /* as far as it has come; NULL once it is read */
} peer_t;

static struct {
    struct sockaddr_in address;
    char request[512];
    SSL_CTX *tls; /* NULL: plain */
    int epoll_fd;
    size_t begun;
    size_t open;
} load;

static void fail(const char *what)
{
    fprintf(stderr, "sockets: %s (%s), with %zu open\n", what, strerror(errno), load.open);
    exit(1);
}

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

static void watch(peer_t *peer, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};

    if (epoll_ctl(load.epoll_fd, operation, peer->fd, &event) != 0)
        fail("epoll_ctl");
}

static void begin(void)
{
    peer_t *peer = calloc(1, sizeof *peer);

    if (!peer || !(peer->answer = malloc(ANSWER_BYTES_MAX)))
        fail("no memory");
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (peer->fd < 0)
        fail("no socket");
    if (connect(peer->fd, (struct sockaddr *)&load.address, sizeof load.address) != 0 &&
        errno != EINPROGRESS)
        fail("cannot connect");
    watch(peer, EPOLL_CTL_ADD, EPOLLOUT);
    load.begun++;
}

static void ask(peer_t *peer)
{
    peer->stage = ASKING;
    watch(peer, EPOLL_CTL_MOD, EPOLLIN);
    transmit(peer, load.request, strlen(load.request));
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
    watch(peer, EPOLL_CTL_MOD, EPOLLIN);
    shake(peer);
}

static void read_answer(peer_t *peer)
{
    ssize_t n = receive(peer, peer->answer + peer->length, ANSWER_BYTES_MAX - 1 - peer->length);

    if (n <= 0 && is_not_yet(peer, n))
        return;
    if (n <= 0)
        fail("closed before the answer");
    peer->length += (size_t)n;
    peer->answer[peer->length] = '\0';
    if (!strstr(peer->answer, "\r\n\r\n"))
        return;
    if (strncmp(peer->answer, "HTTP/1.1 101 ", 13) != 0)
        fail(peer->answer);
    free(peer->answer);
    peer->answer = NULL;
    peer->stage = OPEN;
    load.open++;
}

/* The server of a quiet socket sends pings, without a payload. */
static void read_frames(peer_t *peer)
{
    static const char pong[] = "\x8a\x80\0\0\0\0";
    char bytes[256];
    ssize_t n = receive(peer, bytes, sizeof bytes), i;

    if (n <= 0 && is_not_yet(peer, n))
        return;
    if (n <= 0)
        fail("closed by the server");
    for (i = 0; i + 1 < n; i += 2) {
        if (bytes[i] != '\x89' || bytes[i + 1] != 0)
            fail("something other than a ping");
        transmit(peer, pong, sizeof pong - 1);
    }
}

static void handle(peer_t *peer)
{
    switch (peer->stage) {
    case CONNECTING:
        go_on(peer);
        break;
    case SHAKING:
        shake(peer);
        break;
    case ASKING:
        read_answer(peer);
        break;
    case OPEN:
        read_frames(peer);
        break;
    }
}

/* Until `count` are open, and then until there is a line on stdin; 0: its end. */
static int hold(size_t count)
{
    struct epoll_event events[EVENTS_MAX];
    int is_said = 0;

    while (1) {
        int n, i;

        while (load.begun < count && load.begun - load.open < UNDER_WAY_MAX)
            begin();
        if (load.open == count && !is_said) {
            printf("open %zu\n", count);
            fflush(stdout);
            is_said = 1;
        }
        n = epoll_wait(load.epoll_fd, events, EVENTS_MAX, 10000);
        if (n == 0 && !is_said)
            fail("nothing happens");
        for (i = 0; i < n; i++) {
            char line[64];

            if (events[i].data.ptr)
                handle(events[i].data.ptr);
            else if (is_said)
                return fgets(line, sizeof line, stdin) != NULL;
        }
    }
}

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct rlimit limit;
    int i;

    if (argc < 6) {
        fprintf(stderr, "usage: sockets <host> <port> <path> plain|tls <count>…\n");
        return 2;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    load.address.sin_family = AF_INET;
    load.address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    if (inet_pton(AF_INET, argv[1], &load.address.sin_addr) != 1)
        fail("no IPv4 address");
    snprintf(load.request, sizeof load.request,
             "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
             argv[3], argv[1], argv[2]);
    if (strcmp(argv[4], "tls") == 0 && !(load.tls = SSL_CTX_new(TLS_client_method())))
        fail("no TLS");
    load.epoll_fd = epoll_create1(0);
    if (load.epoll_fd < 0 || epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0)
        fail("epoll");
    for (i = 5; i < argc && hold(strtoul(argv[i], NULL, 10)); i++)
        ;
    return 0;
}
