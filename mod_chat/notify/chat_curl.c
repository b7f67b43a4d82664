#include "notify/chat_curl.h"

#include <string.h>

#include <apr_strings.h>

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/chat_stopping.h"
#include "guard/chat_public_address.h"

#define REASON_BYTES_MAX 200
#define CONNECT_MAIL_S 10
#define CONNECT_POST_S 5
#define ANSWER_BYTES_MAX 16384 /* of a body, which nobody reads */
#define REPLY_BYTES_MAX 16     /* of "550 5.1.1", what is kept of a reply */

/* The last command that was sent. */
typedef enum { NONE, MAIL, RCPT, DATA } command_t;

struct chat_curl_t {
    CURL *easy;
    int (*must_stop)(void);
    command_t command;
    char reply[REPLY_BYTES_MAX]; /* the last refusal */
    char reason[REASON_BYTES_MAX];
};

static apr_status_t end_global(void *data)
{
    (void)data;
    curl_global_cleanup();
    return APR_SUCCESS;
}

apr_status_t chat_curl_init(apr_pool_t *pchild)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return APR_EGENERAL;
    apr_pool_cleanup_register(pchild, NULL, end_global, apr_pool_cleanup_null);
    return APR_SUCCESS;
}

static apr_status_t end_easy(void *easy)
{
    curl_easy_cleanup(easy);
    return APR_SUCCESS;
}

chat_curl_t *chat_curl_create(int (*must_stop)(void), apr_pool_t *p)
{
    chat_curl_t *curl = apr_pcalloc(p, sizeof *curl);

    curl->must_stop = must_stop;
    curl->easy = curl_easy_init();
    if (!curl->easy)
        return NULL;
    apr_pool_cleanup_register(p, curl->easy, end_easy, apr_pool_cleanup_null);
    return curl;
}

/* ---- what libcurl calls ---- */

static int note_progress(void *data, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                         curl_off_t ulnow)
{
    const chat_curl_t *curl = data;

    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return curl->must_stop();
}

/* A line of a reply. Of a refusal the beginning is kept; the rest may name the address. What
 * follows is the answer to QUIT. */
static size_t note_reply(char *line, size_t size, size_t count, void *data)
{
    chat_curl_t *curl = data;
    size_t length = size * count;
    size_t kept = 0;

    if (!length || (*line != '4' && *line != '5'))
        return length;
    while (kept < length && kept < sizeof curl->reply - 1 &&
           ((line[kept] >= '0' && line[kept] <= '9') || (kept == 3 && line[kept] == ' ') ||
            (kept > 4 && line[kept] == '.')))
        kept++;
    memcpy(curl->reply, line, kept);
    curl->reply[kept] = '\0';
    return length;
}

static int note_command(CURL *easy, curl_infotype type, char *text, size_t length, void *data)
{
    chat_curl_t *curl = data;

    (void)easy;
    if (type != CURLINFO_HEADER_OUT || length < 4)
        return 0;
    if (strncmp(text, "MAIL", 4) == 0)
        curl->command = MAIL;
    else if (strncmp(text, "RCPT", 4) == 0)
        curl->command = RCPT;
    else if (strncmp(text, "DATA", 4) == 0)
        curl->command = DATA;
    return 0;
}

static size_t drop_body(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    return size * count;
}

/* ---- what became of it ---- */

/* The transfer ends before libcurl knew an address: the thread in which it asks the name server may
 * be waiting for the answer still. (A connection that was used again needs none, and is one of
 * these, too, which does no harm.) */
static void leave_resolver(CURL *easy)
{
    curl_off_t lookup_us = 0;

    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
    if (lookup_us == 0)
        chat_stopping_leave_thread();
}

/* Faults of the server or of its settings, which concern every mail. */
static int is_broken(const chat_curl_t *curl, CURLcode rc)
{
    switch (rc) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_LOGIN_DENIED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_OUT_OF_MEMORY:
        return 1;
    default:
        return curl->command == NONE; /* it has not come to this mail */
    }
}

/* Whether the last reply was to one of the commands, so that its code is the answer. libcurl says
 * so only by its own code: after a connection was lost there is the code of an earlier reply. */
static int is_answer(CURLcode rc)
{
    return rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY;
}

static chat_curl_result_t result_of_reply(int *pis_hard, const chat_curl_t *curl, long code)
{
    const char *status = strlen(curl->reply) > 4 ? curl->reply + 4 : ""; /* RFC 3463 */

    if (code < 500)
        return CHAT_CURL_LATER;
    if (curl->command == MAIL || code == 530 || code == 535 || code == 538)
        return CHAT_CURL_BROKEN; /* the sender, or a login that is missing */
    if (curl->command == DATA)
        return CHAT_CURL_REFUSED;
    *pis_hard = strcmp(status, "5.1.1") == 0;
    return CHAT_CURL_REFUSED_RECIPIENT;
}

static chat_curl_result_t result_of(int *pis_hard, chat_curl_t *curl, CURLcode rc)
{
    static const char *const commands[] = {"connecting", "MAIL", "RCPT", "DATA"};
    long code = 0;

    if (rc == CURLE_OK)
        return CHAT_CURL_SENT;
    if (rc == CURLE_ABORTED_BY_CALLBACK || rc == CURLE_OPERATION_TIMEDOUT)
        leave_resolver(curl->easy);
    curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &code);
    if (rc == CURLE_ABORTED_BY_CALLBACK)
        return CHAT_CURL_STOPPED;
    if (is_answer(rc) && code >= 400 && curl->command != NONE) {
        apr_snprintf(curl->reason, sizeof curl->reason, "the server has answered %s at %s",
                     curl->reply, commands[curl->command]);
        return result_of_reply(pis_hard, curl, code);
    }
    apr_snprintf(curl->reason, sizeof curl->reason, "%s (libcurl %d, at %s)",
                 curl_easy_strerror(rc), rc, commands[curl->command]);
    return is_broken(curl, rc) ? CHAT_CURL_BROKEN : CHAT_CURL_UNKNOWN;
}

/* ---- mail ---- */

static struct curl_slist *header_list(const apr_array_header_t *headers)
{
    struct curl_slist *list = NULL;
    int i;

    for (i = 0; i < headers->nelts; i++)
        list = curl_slist_append(list, APR_ARRAY_IDX(headers, i, const char *));
    return curl_slist_append(list, "Content-Type: multipart/alternative");
}

static void add_part(curl_mime *mime, const char *text, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(mime);

    curl_mime_data(part, text, CURL_ZERO_TERMINATED);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

static void set_server(CURL *easy, const chat_curl_server_t *server)
{
    static const long use_ssl[] = {[CHAT_CURL_TLS_REQUIRED] = CURLUSESSL_ALL,
                                   [CHAT_CURL_TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
                                   [CHAT_CURL_TLS_OFF] = CURLUSESSL_NONE};
    int is_checked = server->tls != CHAT_CURL_TLS_OPPORTUNISTIC;

    curl_easy_setopt(easy, CURLOPT_URL, server->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(easy, CURLOPT_USE_SSL, use_ssl[server->tls]);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)is_checked);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, is_checked ? 2L : 0L);
    if (server->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, server->ca_file);
    if (server->user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, server->password);
    }
}

static void set_limits(chat_curl_t *curl, long timeout_s)
{
    CURL *easy = curl->easy;

    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server may not answer */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout_s);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_MAIL_S);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, note_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, curl);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, note_reply);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, curl);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* for the function that sees the commands */
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, note_command);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, curl);
}

chat_curl_result_t chat_curl_send_mail(const char **preason, int *pis_hard, chat_curl_t *curl,
                                       const chat_curl_server_t *server,
                                       const chat_curl_mail_t *mail)
{
    struct curl_slist *headers = header_list(mail->headers);
    struct curl_slist *to = curl_slist_append(NULL, mail->to);
    curl_mime *mime;
    chat_curl_result_t result;

    curl_easy_reset(curl->easy); /* connections stay */
    curl->command = NONE;
    curl->reply[0] = '\0';
    curl->reason[0] = '\0';
    *preason = curl->reason;
    *pis_hard = 0;
    set_limits(curl, server->timeout_s);
    set_server(curl->easy, server);
    mime = curl_mime_init(curl->easy);
    add_part(mime, mail->text, "text/plain; charset=utf-8");
    add_part(mime, mail->html, "text/html; charset=utf-8");
    curl_easy_setopt(curl->easy, CURLOPT_MAIL_FROM, mail->from);
    curl_easy_setopt(curl->easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl->easy, CURLOPT_MIMEPOST, mime);
    result = result_of(pis_hard, curl, curl_easy_perform(curl->easy));
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(to);
    return result;
}

/* ---- POST ---- */

typedef struct transfer_t {
    CURL *easy;
    struct curl_slist *headers;
    void *data;        /* NULL: it is free */
    size_t left;       /* bytes that the body of the answer may still have */
    int is_not_public; /* a connection was not made for that */
} transfer_t;

struct chat_curl_posts_t {
    CURLM *multi;
    transfer_t *all;
    int max;
    int count; /* under way */
    char reason[REASON_BYTES_MAX];
};

static void release(chat_curl_posts_t *posts, transfer_t *transfer)
{
    curl_multi_remove_handle(posts->multi, transfer->easy);
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    transfer->data = NULL;
    posts->count--;
}

void chat_curl_posts_stop(chat_curl_posts_t *posts)
{
    int i;

    for (i = 0; i < posts->max; i++)
        if (posts->all[i].data) {
            leave_resolver(posts->all[i].easy);
            release(posts, &posts->all[i]);
        }
}

static apr_status_t end_posts(void *data)
{
    chat_curl_posts_t *posts = data;
    int i;

    chat_curl_posts_stop(posts);
    for (i = 0; i < posts->max; i++)
        curl_easy_cleanup(posts->all[i].easy);
    curl_multi_cleanup(posts->multi);
    return APR_SUCCESS;
}

chat_curl_posts_t *chat_curl_posts_create(int max, apr_pool_t *p)
{
    chat_curl_posts_t *posts = apr_pcalloc(p, sizeof *posts);
    int i, is_complete;

    posts->max = max;
    posts->all = apr_pcalloc(p, (apr_size_t)max * sizeof *posts->all);
    posts->multi = curl_multi_init();
    is_complete = posts->multi != NULL;
    for (i = 0; i < max; i++) {
        posts->all[i].easy = curl_easy_init();
        is_complete &= posts->all[i].easy != NULL;
    }
    apr_pool_cleanup_register(p, posts, end_posts, apr_pool_cleanup_null);
    return is_complete ? posts : NULL;
}

int chat_curl_posts_room(const chat_curl_posts_t *posts)
{
    return posts->max - posts->count;
}

/* Called with the address that a name has resolved to, so that no name leads elsewhere. */
static curl_socket_t open_public(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    transfer_t *transfer = data;

    (void)purpose;
    if (!chat_public_address_is(&address->addr)) {
        transfer->is_not_public = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A body may be endless. */
static size_t count_body(char *bytes, size_t size, size_t count, void *data)
{
    size_t *pleft = data;
    size_t length = size * count;

    (void)bytes;
    if (length > *pleft)
        return 0;
    *pleft -= length;
    return length;
}

static void set_post_limits(transfer_t *transfer)
{
    CURL *easy = transfer->easy;

    /* A name server may not answer. libcurl asks it in a thread, and without this waits for that
     * thread when the time is over, and with it all other transfers. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)CHAT_CURL_POST_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_POST_S);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->left);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
}

static void set_post(transfer_t *transfer, const chat_curl_post_t *post)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_URL, post->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)post->length);
    if (post->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, post->ca_file);
    if (post->may_be_private)
        return;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_public);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
}

apr_status_t chat_curl_posts_begin(chat_curl_posts_t *posts, const chat_curl_post_t *post,
                                   void *data)
{
    transfer_t *transfer = posts->all;
    int i;

    if (posts->count == posts->max)
        return APR_ENOSPC;
    while (transfer->data)
        transfer++;
    transfer->data = data;
    transfer->left = ANSWER_BYTES_MAX;
    transfer->is_not_public = 0;
    for (i = 0; i < post->headers->nelts; i++)
        transfer->headers =
            curl_slist_append(transfer->headers, APR_ARRAY_IDX(post->headers, i, const char *));
    posts->count++;
    curl_easy_reset(transfer->easy); /* connections stay */
    set_post_limits(transfer);
    set_post(transfer, post);
    if (curl_multi_add_handle(posts->multi, transfer->easy) == CURLM_OK)
        return APR_SUCCESS;
    release(posts, transfer);
    return APR_ENOMEM;
}

static void read_answer(chat_curl_answer_t *answer, chat_curl_posts_t *posts,
                        const transfer_t *transfer, CURLcode rc)
{
    curl_off_t retry_after = 0;
    long status = 0;

    if (rc == CURLE_OPERATION_TIMEDOUT)
        leave_resolver(transfer->easy);
    memset(answer, 0, sizeof *answer);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    /* Once the headers are there, nothing of the body matters. */
    if (rc == CURLE_OK || rc == CURLE_WRITE_ERROR)
        answer->status = (int)status;
    if (answer->status) {
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
        answer->retry_after_s = retry_after > 0 ? (apr_int64_t)retry_after : 0;
        return;
    }
    apr_snprintf(
        posts->reason, sizeof posts->reason, "%s (libcurl %d)",
        transfer->is_not_public ? "the host has no public address" : curl_easy_strerror(rc), rc);
    answer->reason = posts->reason;
}

/* One that has ended, or NULL. */
static void *take_ended(chat_curl_answer_t *answer, chat_curl_posts_t *posts)
{
    CURLMsg *message;
    int left, running;

    curl_multi_perform(posts->multi, &running);
    while ((message = curl_multi_info_read(posts->multi, &left)) != NULL) {
        CURLcode rc = message->data.result; /* `message` ends with the removal */
        transfer_t *transfer;
        char *private;
        void *data;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        transfer = (transfer_t *)(void *)private;
        data = transfer->data;
        read_answer(answer, posts, transfer, rc);
        release(posts, transfer);
        return data;
    }
    return NULL;
}

void *chat_curl_posts_next(chat_curl_answer_t *answer, chat_curl_posts_t *posts,
                           apr_interval_time_t wait)
{
    void *data = take_ended(answer, posts);

    if (data || wait <= 0 || !posts->count)
        return data;
    if (curl_multi_poll(posts->multi, NULL, 0, (int)apr_time_as_msec(wait), NULL) != CURLM_OK)
        apr_sleep(wait); /* there is no memory */
    return take_ended(answer, posts);
}
