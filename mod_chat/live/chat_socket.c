#include "live/chat_socket.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_thread_pool.h>

#include <http_config.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "core/chat_log.h"
#include "guard/chat_guard.h"
#include "http/chat_reply.h"
#include "live/chat_command.h"
#include "live/chat_feed.h"
#include "live/chat_hub.h"
#include "live/chat_index.h"
#include "live/chat_news.h"
#include "live/chat_quota.h"
#include "live/chat_resume.h"
#include "live/chat_say.h"
#include "live/chat_upgrade.h"
#include "talk/chat_user.h"

#define HOLD_US apr_time_from_msec(CHAT_SOCKET_HOLD_MS)
#define HELD_FIRST 16 /* doubled as needed */
#define AGE_JITTER 10 /* up to this part of the age less, so that not all come again at once */

/* A frame of the client that waits. */
typedef struct text_t {
    struct text_t *next;
    char *bytes;
    apr_size_t length;
} text_t;

/* News that are held back. */
typedef struct held_t {
    apr_int64_t conversation_id;
    apr_int64_t seq; /* of a message; 0: no message */
    chat_packet_t *packet;
} held_t;

typedef struct socket_t {
    struct socket_t *previous; /* of all sockets */
    struct socket_t *next;
    chat_conn_t *conn; /* NULL until the hub has it */
    chat_outlet_t *outlet;
    chat_visitor_t visitor;
    chat_quota_entry_t quota; /* by which it is counted, until its end */
    chat_index_link_t by_user;
    chat_command_t *command; /* the one that runs; NULL: none */
    text_t *first_text;
    text_t *last_text;
    chat_resume_t *resume;
    held_t *held; /* NULL: none was needed yet */
    int held_count;
    int held_size;
    apr_size_t held_bytes;
    apr_int64_t typed_in[CHAT_SOCKET_TYPED_MAX]; /* conversations, the oldest first */
    int typed_count;
    int is_greeted;
    apr_time_t held_until; /* 0: nothing is held back */
} socket_t;

static struct {
    server_rec *server;
    const chat_config_t *config; /* the main server's */
    apr_thread_mutex_t *mutex;   /* guards `helpers` */
    apr_thread_pool_t *helpers;  /* NULL: the child ends */

    /* The hub's thread only. */
    socket_t *first;
    chat_index_t *by_user;
} sockets;

/* ---- sending ---- */

static void send_packet(socket_t *socket, chat_packet_t *packet)
{
    chat_conn_send(socket->conn, packet);
    chat_hub_touch(socket->conn);
}

static void send_own(socket_t *socket, chat_packet_t *packet)
{
    send_packet(socket, packet);
    chat_packet_release(packet);
}

static void hold(socket_t *socket)
{
    socket->held_until = chat_clock_now() + HOLD_US;
}

/* A message that a resume has sent, or will, is not for now. */
static int is_due(socket_t *socket, const held_t *news)
{
    return !news->seq || chat_resume_admits(socket->resume, news->conversation_id, news->seq);
}

static void release_held(socket_t *socket)
{
    int i;

    for (i = 0; i < socket->held_count; i++) {
        if (is_due(socket, &socket->held[i]))
            send_packet(socket, socket->held[i].packet);
        chat_packet_release(socket->held[i].packet);
    }
    free(socket->held);
    socket->held = NULL;
    socket->held_count = socket->held_size = 0;
    socket->held_bytes = 0;
    socket->held_until = 0;
}

static int make_room(socket_t *socket)
{
    int size = socket->held_size ? 2 * socket->held_size : HELD_FIRST;
    held_t *held;

    if (socket->held_count < socket->held_size)
        return 1;
    held = size <= CHAT_SOCKET_HELD_MAX ? realloc(socket->held, (size_t)size * sizeof *held) : NULL;
    if (!held)
        return 0;
    socket->held = held;
    socket->held_size = size;
    return 1;
}

/* 0: there is no room, and no use in holding back any more. */
static int hold_back(socket_t *socket, const held_t *news)
{
    if (socket->held_bytes + news->packet->length > CHAT_SOCKET_QUEUE_BYTES_MAX ||
        !make_room(socket))
        return 0;
    socket->held_bytes += news->packet->length;
    socket->held[socket->held_count] = *news;
    chat_packet_hold(socket->held[socket->held_count++].packet);
    return 1;
}

/* What came live waits while a resume may come, so that it is behind what the client missed. While
 * one runs, all but its own messages waits: a receipt must not overtake the message that was read.
 * And what a frame of the client's brings about is behind its answer.
 */
static void send_news(socket_t *socket, const held_t *news)
{
    int is_running = chat_resume_is_running(socket->resume);

    if (!socket->held_until && is_running && !is_due(socket, news))
        return;
    if ((socket->held_until || is_running || socket->command) && hold_back(socket, news))
        return;
    if (socket->held_count)
        release_held(socket);
    if (is_due(socket, news))
        send_packet(socket, news->packet);
}

static void greet(socket_t *socket, apr_pool_t *p)
{
    int heartbeat_s = (int)apr_time_sec(chat_config_heartbeat(sockets.config));

    socket->is_greeted = 1;
    hold(socket);
    send_own(socket,
             chat_say_hello(socket->visitor.user_id, heartbeat_s, socket->visitor.epoch, p));
}

/* ---- typing ---- */

/* Nobody hears more of it from here. */
static void end_typing(socket_t *socket, apr_int64_t conversation_id)
{
    chat_feed_hear_typed(socket->outlet, &(chat_typed_t){.conversation_id = conversation_id,
                                                         .user_id = socket->visitor.user_id,
                                                         .source = socket->visitor.source,
                                                         .is_noticed = 1});
}

static void end_all_typing(socket_t *socket)
{
    while (socket->typed_count)
        end_typing(socket, socket->typed_in[--socket->typed_count]);
}

static void forget_typed(socket_t *socket, int i)
{
    socket->typed_count--;
    memmove(socket->typed_in + i, socket->typed_in + i + 1,
            (size_t)(socket->typed_count - i) * sizeof socket->typed_in[0]);
}

/* What the client said of typing was done: remember what is to be ended with the socket. */
static void note_typed(socket_t *socket, const chat_command_t *command)
{
    int i;

    if (!command->typed_in)
        return;
    for (i = 0; i < socket->typed_count; i++)
        if (socket->typed_in[i] == command->typed_in)
            forget_typed(socket, i);
    if (!command->is_typing)
        return;
    if (socket->typed_count == CHAT_SOCKET_TYPED_MAX) {
        end_typing(socket, socket->typed_in[0]);
        forget_typed(socket, 0);
    }
    socket->typed_in[socket->typed_count++] = command->typed_in;
}

/* ---- what the client wants ---- */

static void proceed(socket_t *socket);

static void free_texts(socket_t *socket)
{
    while (socket->first_text) {
        text_t *text = socket->first_text;

        socket->first_text = text->next;
        free(text->bytes);
        free(text);
    }
    socket->last_text = NULL;
}

static void free_command(chat_command_t *command)
{
    free(command->text);
    free(command->page);
    free(command);
}

/* The answer is for nobody: its client has gone. */
static void discard_answer(chat_command_t *command)
{
    while (command->count)
        chat_packet_release(command->packets[--command->count]);
    chat_resume_destroy(command->resume);
}

static void take_resume(socket_t *socket, chat_command_t *command)
{
    chat_resume_destroy(socket->resume);
    socket->resume = command->resume;
    release_held(socket); /* of its conversations they are only noted */
}

static void forget_resume(socket_t *socket)
{
    chat_resume_destroy(socket->resume);
    socket->resume = NULL;
    release_held(socket);
}

static void take_answer(socket_t *socket, chat_command_t *command)
{
    int i;

    for (i = 0; i < command->count; i++)
        send_own(socket, command->packets[i]);
    if (command->resume)
        take_resume(socket, command);
    else if (command->ends_resume)
        forget_resume(socket);
    else if (command->page && !command->close_code)
        chat_resume_take_page(socket->resume, command->page);
    if (command->close_code)
        chat_conn_close(socket->conn, command->close_code);
}

static void open_answer(chat_letter_t *letter)
{
    chat_command_t *command = (chat_command_t *)letter; /* its first member */
    socket_t *socket = command->owner;

    socket->command = NULL;
    socket->conn->holds--;
    note_typed(socket, command);
    if (socket->conn->state == CHAT_CONN_OPEN) {
        take_answer(socket, command);
        if (!socket->held_until && !chat_resume_is_running(socket->resume))
            release_held(socket);
        proceed(socket);
        chat_hub_touch(socket->conn);
    } else {
        discard_answer(command);
        end_all_typing(socket);
    }
    free_command(command);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    chat_command_t *command = data;

    (void)thread;
    chat_command_run(command);
    chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, -1);
    chat_hub_post(&command->letter);
    return NULL;
}

/* When the child ends nothing more is begun: the hub closes all sockets. */
static apr_status_t push(chat_command_t *command)
{
    apr_status_t rv = APR_EOF;

    apr_thread_mutex_lock(sockets.mutex);
    if (sockets.helpers)
        rv = apr_thread_pool_push(sockets.helpers, run, command, APR_THREAD_TASK_PRIORITY_NORMAL,
                                  NULL);
    apr_thread_mutex_unlock(sockets.mutex);
    return rv;
}

/* `text` NULL: the next page of the resume. */
static void dispatch(socket_t *socket, text_t *text)
{
    chat_command_t *command = calloc(1, sizeof *command);
    apr_status_t rv;

    if (!command) {
        chat_conn_close(socket->conn, CHAT_CLOSE_INTERNAL);
        return;
    }
    command->letter.open = open_answer;
    command->owner = socket;
    command->visitor = &socket->visitor;
    if (text) {
        command->text = text->bytes;
        command->length = text->length;
        text->bytes = NULL;
    } else {
        command->page = malloc(sizeof *command->page);
        if (!command->page) {
            free_command(command);
            chat_conn_close(socket->conn, CHAT_CLOSE_INTERNAL);
            return;
        }
        chat_resume_begin_page(command->page, socket->resume);
        command->ref = socket->resume->ref;
    }
    socket->command = command;
    socket->conn->holds++;
    chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, 1);
    rv = push(command);
    if (rv == APR_SUCCESS)
        return;
    chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, -1);
    socket->conn->holds--;
    socket->command = NULL;
    free_command(command);
    chat_conn_close(socket->conn, rv == APR_EOF ? CHAT_CLOSE_GOING_AWAY : CHAT_CLOSE_INTERNAL);
}

static void dispatch_text(socket_t *socket)
{
    text_t *text = socket->first_text;

    socket->first_text = text->next;
    if (!socket->first_text)
        socket->last_text = NULL;
    dispatch(socket, text);
    free(text->bytes);
    free(text);
}

static void end_resume(socket_t *socket)
{
    chat_packet_t *resumed = socket->resume->resumed;

    socket->resume->resumed = NULL;
    release_held(socket);
    send_own(socket, resumed);
}

/* The next thing to do for this client, if it is time. */
static void proceed(socket_t *socket)
{
    chat_conn_t *conn = socket->conn;

    if (conn->state != CHAT_CONN_OPEN || socket->command)
        return;
    if (chat_resume_is_running(socket->resume)) {
        if (chat_conn_is_drained(conn))
            dispatch(socket, NULL);
    } else if (socket->resume && socket->resume->resumed) {
        end_resume(socket);
    }
    if (!chat_resume_is_running(socket->resume) && !socket->command && socket->first_text)
        dispatch_text(socket);
    if (conn->state == CHAT_CONN_OPEN && conn->is_paused && !socket->first_text) {
        conn->is_paused = 0;
        chat_hub_touch(conn); /* what was not read meanwhile wakes nobody */
    }
}

/* ---- as a connection's role ---- */

static int mentions_resume(const char *bytes, apr_size_t length)
{
    static const char word[] = "\"resume\"";
    apr_size_t i;

    for (i = 0; i + sizeof word - 1 <= length; i++)
        if (memcmp(bytes + i, word, sizeof word - 1) == 0)
            return 1;
    return 0;
}

static text_t *text_create(const char *bytes, apr_size_t length)
{
    text_t *text = calloc(1, sizeof *text);

    if (!text)
        return NULL;
    text->bytes = malloc(length + 1);
    if (!text->bytes) {
        free(text);
        return NULL;
    }
    if (length) /* of nothing there is no address */
        memcpy(text->bytes, bytes, length);
    text->bytes[length] = '\0';
    text->length = length;
    return text;
}

static void on_message(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                       apr_size_t length)
{
    socket_t *socket = conn->owner;
    text_t *text;

    if (opcode != CHAT_OPCODE_TEXT) {
        chat_conn_close(conn, CHAT_CLOSE_UNSUPPORTED);
        return;
    }
    text = text_create(bytes, length);
    if (!text) {
        chat_conn_close(conn, CHAT_CLOSE_INTERNAL);
        return;
    }
    if (socket->last_text)
        socket->last_text->next = text;
    else
        socket->first_text = text;
    socket->last_text = text;
    if (mentions_resume(bytes, length))
        hold(socket); /* it is parsed by a helper */
    proceed(socket);
    conn->is_paused = socket->first_text != NULL && conn->state == CHAT_CONN_OPEN;
}

static void on_drain(chat_conn_t *conn)
{
    socket_t *socket = conn->owner;

    if (chat_resume_is_running(socket->resume))
        proceed(socket);
}

static void on_tick(chat_conn_t *conn, apr_time_t now)
{
    socket_t *socket = conn->owner;

    if (socket->held_until && now >= socket->held_until && !socket->command &&
        !chat_resume_is_running(socket->resume))
        release_held(socket);
}

/* Its user was found in another epoch of the database: the id may be somebody else's now. */
static int is_of_other_epoch(const socket_t *socket)
{
    return strcmp(socket->visitor.epoch, chat_outlet_epoch(socket->outlet)) != 0;
}

/* What its user, or its address, has too many of; NULL: of nothing. */
static const char *find_excess(const socket_t *socket)
{
    int user_max = sockets.config->sockets_per_user_max;
    int address_max = sockets.config->sockets_per_address_max;
    int of_user;
    int of_address;

    if (user_max == 0 && address_max == 0)
        return NULL;
    chat_quota_count(&of_user, &of_address, socket->quota);
    if (user_max && of_user > user_max)
        return "user";
    return address_max && of_address > address_max ? "address" : NULL;
}

static void refuse(socket_t *socket, const char *whose)
{
    chat_metrics_count(CHAT_COUNTER_SOCKETS_REFUSED, 1);
    if (chat_upgrade_may_complain())
        ap_log_cerror(APLOG_MARK, APLOG_NOTICE, 0, socket->conn->c,
                      "socket(user %" APR_INT64_T_FMT "): closed, as its %s has too many: see "
                      "ChatWebSocketMax, %s=",
                      socket->visitor.user_id, whose, whose);
    chat_conn_close(socket->conn, CHAT_CLOSE_TRY_LATER);
}

static void on_open(chat_conn_t *conn)
{
    socket_t *socket = conn->owner;
    apr_uint64_t database = chat_outlet_database(socket->outlet);

    const char *excess = find_excess(socket);

    socket->conn = conn;
    socket->next = sockets.first;
    if (sockets.first)
        sockets.first->previous = socket;
    sockets.first = socket;
    chat_outlet_add_listener(socket->outlet, socket->visitor.user_id);
    if (chat_index_add(sockets.by_user, database, (apr_uint64_t)socket->visitor.user_id,
                       &socket->by_user) != APR_SUCCESS) {
        chat_conn_close(conn, CHAT_CLOSE_INTERNAL);
    } else if (excess) {
        refuse(socket, excess);
    } else if (chat_outlet_has_begun(socket->outlet) && is_of_other_epoch(socket)) {
        chat_conn_close(conn, CHAT_CLOSE_GOING_AWAY);
    } else if (chat_outlet_has_begun(socket->outlet)) {
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        greet(socket, p);
        apr_pool_destroy(p);
    }
}

static void count_no_more(socket_t *socket)
{
    chat_quota_release(socket->quota);
    socket->quota = 0;
}

static void on_end(chat_conn_t *conn)
{
    socket_t *socket = conn->owner;

    if (!socket->conn)
        return; /* it ended before it was opened */
    if (socket->previous)
        socket->previous->next = socket->next;
    else
        sockets.first = socket->next;
    if (socket->next)
        socket->next->previous = socket->previous;
    chat_index_remove(sockets.by_user, &socket->by_user);
    count_no_more(socket);
    chat_outlet_remove_listener(socket->outlet, socket->visitor.user_id);
    end_all_typing(socket);
    free_texts(socket);
}

static void on_free(void *owner)
{
    socket_t *socket = owner;

    count_no_more(socket);
    while (socket->held_count)
        chat_packet_release(socket->held[--socket->held_count].packet);
    free(socket->held);
    free_texts(socket);
    if (socket->command) { /* the child ends, and it was never run */
        discard_answer(socket->command);
        free_command(socket->command);
    }
    chat_resume_destroy(socket->resume);
    chat_guard_keys_destroy(socket->visitor.keys);
    free(socket->visitor.external_id);
    free(socket);
}

static const chat_conn_role_t role = {.on_open = on_open,
                                      .on_message = on_message,
                                      .on_drain = on_drain,
                                      .on_tick = on_tick,
                                      .on_end = on_end,
                                      .on_free = on_free,
                                      .queue_bytes_max = CHAT_SOCKET_QUEUE_BYTES_MAX};

/* ---- news ---- */

/* Who waits is greeted; who is there already may have missed something; and who came in another
 * epoch must come again. */
static void begin_all(const chat_outlet_t *outlet)
{
    chat_packet_t *resync;
    socket_t *socket;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    resync = chat_say_resync(NULL, chat_outlet_epoch(outlet), p);
    for (socket = sockets.first; socket; socket = socket->next) {
        if (socket->outlet != outlet || socket->conn->state != CHAT_CONN_OPEN)
            continue;
        if (is_of_other_epoch(socket)) {
            send_packet(socket, resync);
            chat_conn_close(socket->conn, CHAT_CLOSE_GOING_AWAY);
        } else if (socket->is_greeted) {
            hold(socket);
            send_packet(socket, resync);
        } else {
            greet(socket, p);
        }
        apr_pool_clear(p);
    }
    chat_packet_release(resync);
    apr_pool_destroy(p);
}

static socket_t *socket_of(chat_index_link_t *link)
{
    return (socket_t *)((char *)link - offsetof(socket_t, by_user));
}

static int deliver(const chat_notice_t *notice, const chat_delivery_t *delivery,
                   apr_uint64_t database)
{
    chat_index_link_t *link =
        chat_index_find(sockets.by_user, database, (apr_uint64_t)delivery->user_id);
    int count = 0;

    for (; link; link = link->next) {
        socket_t *socket = socket_of(link);

        if (!delivery->packet) {
            chat_conn_close(socket->conn, CHAT_CLOSE_POLICY);
            chat_hub_touch(socket->conn);
        } else if (socket->is_greeted && notice->is_fleeting) {
            send_packet(socket, delivery->packet);
        } else if (socket->is_greeted) {
            send_news(socket, &(held_t){.conversation_id = notice->conversation_id,
                                        .seq = notice->seq,
                                        .packet = delivery->packet});
        }
        count++;
    }
    return count;
}

void chat_socket_open_news(chat_letter_t *letter)
{
    chat_news_t *news = (chat_news_t *)letter; /* its first member */
    apr_uint64_t database = chat_outlet_database(news->outlet);
    const chat_notice_t *notice;
    apr_uint64_t frames = 0;
    int i;

    chat_outlet_opened(news->outlet, news);
    if (news->is_begin)
        begin_all(news->outlet);
    for (notice = news->first; notice; notice = notice->next)
        for (i = 0; i < notice->count; i++)
            frames += (apr_uint64_t)deliver(notice, &notice->deliveries[i], database);
    chat_metrics_count(CHAT_COUNTER_FRAMES, frames);
    chat_news_destroy(news);
}

/* ---- the handshake, on a worker's thread ---- */

/* No two sockets have the same, on any host. */
static apr_int64_t new_source(void)
{
    apr_uint64_t dice = 0;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    return (apr_int64_t)(dice >> 1) | 1; /* positive, and not CHAT_TYPED_REST */
}

static socket_t *create(const chat_request_t *req)
{
    const request_rec *r = req->r;
    socket_t *socket = calloc(1, sizeof *socket);

    if (!socket)
        return NULL;
    socket->visitor.server = r->server;
    socket->visitor.config = req->config;
    socket->visitor.user_id = req->ctx->user.id;
    socket->visitor.source = new_source();
    socket->visitor.external_id = strdup(req->ctx->profile.external_id);
    apr_cpystrn(socket->visitor.epoch, req->ctx->epoch ? req->ctx->epoch : "",
                sizeof socket->visitor.epoch);
    socket->visitor.keys = chat_guard_keys_create(req);
    socket->outlet = chat_feed_outlet(req->ctx->db);
    if (socket->visitor.external_id && socket->outlet) {
        socket->quota =
            chat_quota_take(chat_outlet_database(socket->outlet), socket->visitor.user_id,
                            chat_quota_address(r->useragent_addr));
        return socket;
    }
    on_free(socket);
    return NULL;
}

static apr_interval_time_t age_of(const chat_config_t *config)
{
    apr_interval_time_t age = chat_config_socket_age_max(config);
    apr_uint32_t dice = 0;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    return age - (apr_interval_time_t)((double)age / AGE_JITTER * dice / APR_UINT32_MAX);
}

static int take_over(chat_request_t *req)
{
    chat_conn_plan_t plan = {.role = &role,
                             .message_bytes_max = chat_config_socket_frame_bytes_max(req->config),
                             .age_max = age_of(req->config)};
    int rc = chat_upgrade_check(req->r);
    socket_t *socket = rc == OK ? create(req) : NULL;

    if (rc != OK)
        return rc;
    if (!socket)
        return HTTP_SERVICE_UNAVAILABLE;
    if (chat_upgrade_offers(req->r, CHAT_SOCKET_PROTOCOL))
        plan.protocol = CHAT_SOCKET_PROTOCOL;
    plan.owner = socket;
    rc = chat_upgrade_accept(req->r, &plan);
    if (rc != SUSPENDED)
        on_free(socket);
    return rc;
}

static chat_problem_t *check(chat_request_t *req)
{
    chat_problem_t *problem = chat_guard_enter(req);

    if (!problem)
        problem = chat_guard_origin(req);
    if (!problem)
        problem = chat_guard_limit(req, CHAT_ACTION_CONNECT);
    return problem ? problem : chat_user_enter(req->ctx);
}

int chat_socket_handle(request_rec *r)
{
    chat_request_t *req = chat_request_of(r);
    chat_problem_t *problem;
    int rc;

    if (!req || !req->match.route || !req->match.route->is_socket || !chat_upgrade_is_asked(r))
        return DECLINED;
    problem = check(req);
    rc = problem ? chat_reply_problem(req, problem) : take_over(req);
    if (problem || rc == SUSPENDED) /* else the error filter counts */
        chat_metrics_count(CHAT_COUNTER_ANSWERS + r->status / 100 - 1, 1);
    return rc;
}

/* ---- start and stop ---- */

apr_status_t chat_socket_child_init(server_rec *s, apr_pool_t *pchild)
{
    apr_status_t rv;

    sockets.server = s;
    sockets.config = ap_get_module_config(s->module_config, &chat_module);
    sockets.by_user = chat_index_create();
    if (!sockets.by_user)
        return APR_ENOMEM;
    rv = apr_thread_mutex_create(&sockets.mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv == APR_SUCCESS)
        rv = apr_thread_pool_create(&sockets.helpers, 0, CHAT_SOCKET_HELPERS_MAX, pchild);
    if (rv != APR_SUCCESS)
        return rv;
    apr_thread_pool_idle_max_set(sockets.helpers, CHAT_SOCKET_HELPERS_MAX);
    apr_thread_pool_threshold_set(sockets.helpers, 0); /* no task waits while a thread may begin */
    return APR_SUCCESS;
}

void chat_socket_join(void)
{
    apr_thread_pool_t *helpers = sockets.helpers;

    if (!helpers)
        return;
    apr_thread_mutex_lock(sockets.mutex);
    sockets.helpers = NULL;
    apr_thread_mutex_unlock(sockets.mutex);
    apr_thread_pool_destroy(helpers); /* ends what runs, and forgets what waits */
}
