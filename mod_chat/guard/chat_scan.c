#include "guard/chat_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_number.h"

#define SCHEME "clamd:"
#define COMMAND "zINSTREAM" /* and its NUL, which ends it */
#define LENGTH_BYTES 4      /* before each piece, in network byte order */
#define PIECE_BYTES 16384
#define REPLY_BYTES_MAX 512

typedef struct {
    struct sockaddr_storage address;
    socklen_t bytes;
} address_t;

struct chat_scan_t {
    const char *name; /* for the log */
    address_t addresses[CHAT_SCAN_ADDRESSES_MAX];
    int address_count;
    apr_interval_time_t timeout;
    int is_open;
};

/* One exchange. */
typedef struct {
    const chat_scan_t *scan;
    apr_pool_t *pool;
    int socket;
    apr_time_t deadline; /* chat_clock */
    apr_time_t until;    /* of the present wait: the deadline, or when the next address is tried */
    const char *reason;
} exchange_t;

/* ---- configuration ---- */

static const char *set_socket(chat_scan_t *scan, const char *path)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&scan->addresses[0].address;

    if (strlen(path) >= sizeof(address->sun_path))
        return "the path of the socket is too long";
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path) + 1);
    scan->addresses[0].bytes = sizeof(*address);
    scan->address_count = 1;
    return NULL;
}

static const char *set_host(chat_scan_t *scan, const char *where, apr_pool_t *p)
{
    apr_sockaddr_t *address;
    char *host, *scope;
    apr_port_t port;

    if (apr_parse_addr_port(&host, &scope, &port, where, p) != APR_SUCCESS || !host || scope ||
        port == 0)
        return "the first argument must be clamd:<path of a socket> or clamd:<host>:<port>";
    if (apr_sockaddr_info_get(&address, host, APR_UNSPEC, port, 0, p) != APR_SUCCESS)
        return "the host of clamd is unknown";
    for (; address && scan->address_count < CHAT_SCAN_ADDRESSES_MAX; address = address->next) {
        address_t *to = &scan->addresses[scan->address_count++];

        memcpy(&to->address, &address->sa, address->salen);
        to->bytes = address->salen;
    }
    return NULL;
}

static const char *set_option(chat_scan_t *scan, const char *option)
{
    apr_int64_t seconds;

    if (strcmp(option, "open") == 0 || strcmp(option, "closed") == 0) {
        scan->is_open = option[0] == 'o';
        return NULL;
    }
    if (strncmp(option, "timeout=", 8) != 0 ||
        chat_number_read(&seconds, option + 8) != APR_SUCCESS || seconds < 1 ||
        seconds > CHAT_SCAN_TIMEOUT_S_MAX)
        return "further arguments must be open, closed or timeout=<seconds>, from 1 "
               "to " APR_STRINGIFY(CHAT_SCAN_TIMEOUT_S_MAX);
    scan->timeout = apr_time_from_sec(seconds);
    return NULL;
}

chat_scan_t *chat_scan_parse(const char **perror, const char *where, const char *const *options,
                             int options_count, apr_pool_t *p)
{
    chat_scan_t *scan = apr_pcalloc(p, sizeof(*scan));
    int i;

    scan->name = where;
    scan->timeout = apr_time_from_sec(CHAT_SCAN_TIMEOUT_S_DEFAULT);
    *perror = "the first argument must begin with clamd:";
    if (strncmp(where, SCHEME, strlen(SCHEME)) != 0)
        return NULL;
    where += strlen(SCHEME);
    *perror = *where == '/' ? set_socket(scan, where) : set_host(scan, where, p);
    for (i = 0; i < options_count && !*perror; i++)
        *perror = set_option(scan, options[i]);
    return *perror ? NULL : scan;
}

int chat_scan_is_open(const chat_scan_t *scan)
{
    return scan->is_open;
}

/* ---- the socket ---- */

static int fail(exchange_t *exchange, const char *what, int error)
{
    char text[128];

    if (!exchange->reason)
        exchange->reason = apr_psprintf(exchange->pool, "%s: %s: %s", exchange->scan->name, what,
                                        apr_strerror(error, text, sizeof(text)));
    return 0;
}

/* 0: the time is over. */
static int wait_for(exchange_t *exchange, short events)
{
    struct pollfd waiting = {.fd = exchange->socket, .events = events};
    apr_interval_time_t left;
    int ready;

    do {
        left = exchange->until - chat_clock_now();
        ready = left > 0 ? poll(&waiting, 1, (int)((left + 999) / 1000)) : 0;
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return fail(exchange, "poll", errno);
    return ready > 0 || fail(exchange, "no answer in time (timeout=)", APR_TIMEUP);
}

static int open_socket(exchange_t *exchange, const address_t *to)
{
    const struct sockaddr *address = (const struct sockaddr *)&to->address;
    socklen_t bytes = sizeof(int);
    int error = 0;

    exchange->socket = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (exchange->socket < 0)
        return fail(exchange, "socket", errno);
    if (connect(exchange->socket, address, to->bytes) == 0)
        return 1;
    if (errno != EINPROGRESS)
        return fail(exchange, "cannot connect", errno);
    if (!wait_for(exchange, POLLOUT))
        return 0;
    getsockopt(exchange->socket, SOL_SOCKET, SO_ERROR, &error, &bytes);
    return error == 0 || fail(exchange, "cannot connect", error);
}

/* Each address has its share of the time that is left. */
static int connect_to_any(exchange_t *exchange)
{
    const chat_scan_t *scan = exchange->scan;
    int i;

    for (i = 0; i < scan->address_count; i++) {
        apr_time_t now = chat_clock_now();

        exchange->until = now + (exchange->deadline - now) / (scan->address_count - i);
        exchange->reason = NULL;
        if (open_socket(exchange, &scan->addresses[i])) {
            exchange->until = exchange->deadline;
            return 1;
        }
        if (exchange->socket >= 0)
            close(exchange->socket);
        exchange->socket = -1;
    }
    return 0;
}

/* 0: it failed. When clamd has closed because it has an answer already, that is read nevertheless.
 */
static int send_all(exchange_t *exchange, const unsigned char *bytes, apr_size_t length)
{
    ssize_t sent;

    while (length > 0) {
        sent = send(exchange->socket, bytes, length, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            length -= (apr_size_t)sent;
        } else if (errno == EAGAIN) {
            if (!wait_for(exchange, POLLOUT))
                return 0;
        } else if (errno != EINTR) {
            return 0;
        }
    }
    return 1;
}

/* The file in pieces, each after its length, and an empty one. 0: reading the file has failed. */
static int send_file(exchange_t *exchange, int fd)
{
    unsigned char *piece = apr_palloc(exchange->pool, LENGTH_BYTES + PIECE_BYTES);
    apr_off_t at = 0;
    ssize_t length;

    do {
        length = pread(fd, piece + LENGTH_BYTES, PIECE_BYTES, at);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return fail(exchange, "the file cannot be read", errno);
        piece[0] = piece[1] = 0;
        piece[2] = (unsigned char)(length >> 8);
        piece[3] = (unsigned char)length;
        if (!send_all(exchange, piece, LENGTH_BYTES + (apr_size_t)length))
            break;
        at += length;
    } while (length != 0);
    return 1;
}

/* The reply ends with a NUL. */
static int read_reply(exchange_t *exchange, char reply[REPLY_BYTES_MAX])
{
    apr_size_t length = 0;
    ssize_t received;
    int error;

    while (length < REPLY_BYTES_MAX - 1) {
        received = recv(exchange->socket, reply + length, REPLY_BYTES_MAX - 1 - length, 0);
        error = errno;
        if (received > 0)
            length += (apr_size_t)received;
        if (received == 0 || memchr(reply, '\0', length))
            break;
        if (received < 0 && error != EINTR && error != EAGAIN)
            return fail(exchange, "no answer", error);
        if (received < 0 && error == EAGAIN && !wait_for(exchange, POLLIN))
            return 0;
    }
    reply[length] = '\0';
    return 1;
}

/* ---- the verdict ---- */

static const char *printable(const char *text, apr_size_t length, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, text, length), *at;

    for (at = copy; *at; at++)
        if ((unsigned char)*at > '~' || !apr_isprint(*at))
            *at = '?';
    return copy;
}

/* "stream: OK", "stream: Eicar-Test-Signature FOUND", "INSTREAM size limit exceeded. ERROR" */
static chat_scan_verdict_t read_verdict(exchange_t *exchange, const char *reply)
{
    static const char stream[] = "stream: ", found[] = " FOUND";
    apr_size_t length = strlen(reply), head = sizeof(stream) - 1, tail = sizeof(found) - 1;

    if (strcmp(reply, "stream: OK") == 0)
        return CHAT_SCAN_CLEAN;
    if (length > head + tail && strncmp(reply, stream, head) == 0 &&
        strcmp(reply + length - tail, found) == 0) {
        exchange->reason = printable(reply + head, length - head - tail, exchange->pool);
        return CHAT_SCAN_INFECTED;
    }
    exchange->reason = apr_psprintf(
        exchange->pool, "%s: %s%s", exchange->scan->name,
        length ? printable(reply, length, exchange->pool) : "it has closed the connection",
        strstr(reply, "size limit") ? " (clamd's StreamMaxLength must be above ChatAttachmentMax)"
                                    : "");
    return CHAT_SCAN_AWAY;
}

chat_scan_verdict_t chat_scan_file(const char **preason, const chat_scan_t *scan, int fd,
                                   apr_pool_t *p)
{
    exchange_t exchange = {
        .scan = scan, .pool = p, .socket = -1, .deadline = chat_clock_now() + scan->timeout};
    chat_scan_verdict_t verdict = CHAT_SCAN_AWAY;
    char reply[REPLY_BYTES_MAX] = "";

    if (connect_to_any(&exchange)) {
        send_all(&exchange, (const unsigned char *)COMMAND, sizeof(COMMAND));
        if (send_file(&exchange, fd) && !exchange.reason && read_reply(&exchange, reply))
            verdict = read_verdict(&exchange, reply);
    }
    if (exchange.socket >= 0)
        close(exchange.socket);
    *preason = exchange.reason ? exchange.reason : "";
    return verdict;
}
