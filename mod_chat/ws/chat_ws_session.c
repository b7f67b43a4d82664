#include "ws/chat_ws_session.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/chat_clock.h"
#include "guard/chat_user_tag.h"
#include "realtime/chat_encode.h"
#include "realtime/chat_feed.h"
#include "ws/chat_loop.h"

#define HOLD_US apr_time_from_msec(CHAT_WS_SESSION_HOLD_MS)
#define HELD_FIRST 16 /* doubled as needed */

/* ---- sending ---- */

void chat_ws_session_send(chat_ws_session_t *session, chat_shared_buf_t *buf)
{
    chat_conn_send(session->conn, buf);
    chat_loop_mark_dirty(session->conn);
}

static void send_own(chat_ws_session_t *session, chat_shared_buf_t *buf)
{
    chat_ws_session_send(session, buf);
    chat_shared_buf_unref(buf);
}

/* ---- events that are held back ---- */

static void hold(chat_ws_session_t *session)
{
    session->held_until = chat_clock_now() + HOLD_US;
}

/* A message that a resume has sent, or will send, is not sent as an event. */
static int is_due(chat_ws_session_t *session, const chat_ws_session_event_t *event)
{
    return !event->seq || chat_resume_admits(session->resume, event->conversation_id, event->seq);
}

static void drop_held(chat_ws_session_t *session)
{
    int i;

    for (i = 0; i < session->held_count; i++)
        chat_shared_buf_unref(session->held[i].buf);
    free(session->held);
    session->held = NULL;
    session->held_count = session->held_size = 0;
    session->held_bytes = 0;
    session->held_until = 0;
}

static void send_held(chat_ws_session_t *session)
{
    int i;

    for (i = 0; i < session->held_count; i++)
        if (is_due(session, &session->held[i]))
            chat_ws_session_send(session, session->held[i].buf);
    drop_held(session);
}

static int make_room(chat_ws_session_t *session)
{
    int size = session->held_size ? 2 * session->held_size : HELD_FIRST;
    chat_ws_session_event_t *held;

    if (session->held_count < session->held_size)
        return 1;
    held = size <= CHAT_WS_SESSION_HELD_MAX ? realloc(session->held, (size_t)size * sizeof *held)
                                            : NULL;
    if (!held)
        return 0;
    session->held = held;
    session->held_size = size;
    return 1;
}

/* 0: too much is held back already. */
static int hold_back(chat_ws_session_t *session, const chat_ws_session_event_t *event)
{
    if (session->held_bytes + event->buf->length > CHAT_WS_SESSION_QUEUE_BYTES_MAX ||
        !make_room(session))
        return 0;
    session->held_bytes += event->buf->length;
    session->held[session->held_count++] = *event;
    chat_shared_buf_ref(event->buf);
    return 1;
}

/* While a resume runs, everything but the messages that it will send itself is held back: a receipt
 * must not overtake the message that was read. */
void chat_ws_session_deliver(chat_ws_session_t *session, const chat_ws_session_event_t *event)
{
    int is_resuming = chat_resume_is_running(session->resume);

    if (!session->held_until && is_resuming && !is_due(session, event))
        return;
    if ((session->held_until || is_resuming || session->command) && hold_back(session, event))
        return;
    if (session->held_count)
        send_held(session);
    if (is_due(session, event))
        chat_ws_session_send(session, event->buf);
}

void chat_ws_session_greet(chat_ws_session_t *session, apr_pool_t *p)
{
    const chat_identity_t *identity = &session->identity;
    char tag[CHAT_USER_TAG_CHARS + 1];

    session->is_greeted = 1;
    hold(session);
    chat_user_tag_make(tag, identity->external_id);
    send_own(session,
             chat_encode_hello(identity->user_id, tag, identity->epoch, identity->config, p));
}

void chat_ws_session_resync(chat_ws_session_t *session, chat_shared_buf_t *resync)
{
    hold(session);
    chat_ws_session_send(session, resync);
}

/* ---- typing ---- */

static void end_typing(chat_ws_session_t *session, apr_int64_t conversation_id)
{
    chat_feed_note_typing(session->publisher,
                          &(chat_typing_change_t){.conversation_id = conversation_id,
                                                  .user_id = session->identity.user_id,
                                                  .source = session->identity.source,
                                                  .is_noticed = 1});
}

static void end_all_typing(chat_ws_session_t *session)
{
    while (session->typed_count)
        end_typing(session, session->typed_in[--session->typed_count]);
}

static void forget_typed(chat_ws_session_t *session, int i)
{
    session->typed_count--;
    memmove(session->typed_in + i, session->typed_in + i + 1,
            (size_t)(session->typed_count - i) * sizeof session->typed_in[0]);
}

/* After a command: remember where the client types, to end it when the connection closes. */
static void note_typed(chat_ws_session_t *session, const chat_ws_command_t *command)
{
    int i;

    if (!command->typed_in)
        return;
    for (i = 0; i < session->typed_count; i++)
        if (session->typed_in[i] == command->typed_in)
            forget_typed(session, i);
    if (!command->is_typing)
        return;
    if (session->typed_count == CHAT_WS_SESSION_TYPED_MAX) {
        end_typing(session, session->typed_in[0]);
        forget_typed(session, 0);
    }
    session->typed_in[session->typed_count++] = command->typed_in;
}

/* ---- commands ---- */

static void proceed(chat_ws_session_t *session);

static void replace_resume(chat_ws_session_t *session, chat_resume_t *resume)
{
    chat_resume_destroy(session->resume);
    session->resume = resume;
    send_held(session); /* but for messages of its conversations, which are only noted */
}

static void take_answer(chat_ws_session_t *session, chat_ws_command_t *command)
{
    int i;

    for (i = 0; i < command->count; i++)
        send_own(session, command->bufs[i]);
    if (command->resume)
        replace_resume(session, command->resume);
    else if (command->ends_resume)
        replace_resume(session, NULL);
    else if (!command->frame && !command->close_code)
        chat_resume_take_page(session->resume, &command->page);
    if (command->close_code)
        chat_conn_close(session->conn, command->close_code);
}

/* The command has run. */
static void take_answer_task(chat_task_t *task)
{
    chat_ws_command_t *command = (chat_ws_command_t *)task; /* its first member */
    chat_ws_session_t *session = command->owner;

    session->command = NULL;
    session->conn->holds--;
    note_typed(session, command);
    if (session->conn->state == CHAT_CONN_OPEN) {
        take_answer(session, command);
        if (!session->held_until && !chat_resume_is_running(session->resume))
            send_held(session);
        proceed(session);
        chat_loop_mark_dirty(session->conn);
    } else {
        chat_ws_command_discard(command);
        end_all_typing(session);
    }
    chat_ws_command_free(command);
}

/* Run a frame, or (NULL) make the next page of the resume. */
static void start(chat_ws_session_t *session, chat_ws_frame_t *frame)
{
    chat_ws_command_t *command = chat_ws_command_create(&session->identity, frame, session->resume);
    apr_status_t rv = APR_ENOMEM;

    if (command) {
        command->task.run = take_answer_task;
        command->owner = session;
        rv = chat_ws_command_start(command);
    }
    if (rv == APR_SUCCESS) {
        session->command = command;
        session->conn->holds++;
        return;
    }
    if (command)
        chat_ws_command_free(command);
    else
        free(frame);
    chat_conn_close(session->conn, rv == APR_EOF ? CHAT_CLOSE_GOING_AWAY : CHAT_CLOSE_INTERNAL);
}

static void start_frame(chat_ws_session_t *session)
{
    chat_ws_frame_t *frame = session->first_frame;

    session->first_frame = frame->next;
    if (!session->first_frame)
        session->last_frame = NULL;
    start(session, frame);
}

static void end_resume(chat_ws_session_t *session)
{
    chat_shared_buf_t *resumed = session->resume->resumed;

    session->resume->resumed = NULL;
    send_held(session);
    send_own(session, resumed);
}

/* The next thing to do for this client: a page of the resume as soon as the one before has left,
 * otherwise the next frame; and to read again when no frame waits. */
static void proceed(chat_ws_session_t *session)
{
    chat_conn_t *conn = session->conn;

    if (conn->state != CHAT_CONN_OPEN || session->command)
        return;
    if (chat_resume_is_running(session->resume)) {
        if (chat_conn_is_drained(conn))
            start(session, NULL);
    } else if (session->resume && session->resume->resumed) {
        end_resume(session);
    }
    if (!chat_resume_is_running(session->resume) && !session->command && session->first_frame)
        start_frame(session);
    if (conn->state == CHAT_CONN_OPEN && conn->is_paused && !session->first_frame) {
        conn->is_paused = 0;
        chat_loop_mark_dirty(conn); /* epoll does not report again what was not read meanwhile */
    }
}

/* ---- the connection's callbacks ---- */

static int mentions_resume(const char *bytes, apr_size_t length)
{
    static const char word[] = "\"resume\"";

    return memmem(bytes, length, word, sizeof word - 1) != NULL;
}

static chat_ws_frame_t *frame_create(const char *bytes, apr_size_t length)
{
    chat_ws_frame_t *frame = malloc(sizeof *frame + length + 1);

    if (!frame)
        return NULL;
    frame->next = NULL;
    frame->length = length;
    memcpy(frame->text, bytes, length);
    frame->text[length] = '\0';
    return frame;
}

void chat_ws_session_on_message(chat_conn_t *conn, chat_opcode_t opcode, const char *bytes,
                                apr_size_t length)
{
    chat_ws_session_t *session = conn->owner;
    chat_ws_frame_t *frame;

    if (opcode != CHAT_OPCODE_TEXT) {
        chat_conn_close(conn, CHAT_CLOSE_UNSUPPORTED);
        return;
    }
    frame = frame_create(bytes, length);
    if (!frame) {
        chat_conn_close(conn, CHAT_CLOSE_INTERNAL);
        return;
    }
    if (session->last_frame)
        session->last_frame->next = frame;
    else
        session->first_frame = frame;
    session->last_frame = frame;
    if (mentions_resume(bytes, length))
        hold(session); /* now, as it is parsed on another thread */
    proceed(session);
    conn->is_paused = session->first_frame != NULL && conn->state == CHAT_CONN_OPEN;
}

void chat_ws_session_on_drain(chat_conn_t *conn)
{
    chat_ws_session_t *session = conn->owner;

    if (chat_resume_is_running(session->resume))
        proceed(session);
}

void chat_ws_session_on_tick(chat_conn_t *conn, apr_time_t now)
{
    chat_ws_session_t *session = conn->owner;

    if (session->held_until && now >= session->held_until && !session->command &&
        !chat_resume_is_running(session->resume))
        send_held(session);
}

/* ---- life ---- */

/* No two sessions have the same, on any host. */
static apr_int64_t new_source(void)
{
    apr_uint64_t dice = 0;

    apr_generate_random_bytes((unsigned char *)&dice, sizeof dice);
    return (apr_int64_t)(dice >> 1) | 1; /* positive, and not CHAT_TYPING_CHANGE_REST */
}

static int identity_init(chat_identity_t *identity, const chat_request_t *req)
{
    identity->server = req->r->server;
    identity->config = req->config;
    identity->user_id = req->ctx->user.id;
    identity->source = new_source();
    identity->external_id = strdup(req->ctx->profile.external_id);
    apr_cpystrn(identity->epoch, req->ctx->epoch ? req->ctx->epoch : "", sizeof identity->epoch);
    identity->keys = chat_guard_keys_create(req);
    return identity->external_id != NULL;
}

chat_ws_session_t *chat_ws_session_create(const chat_request_t *req)
{
    chat_ws_session_t *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->publisher = chat_feed_outlet(req->ctx->db);
    if (!identity_init(&session->identity, req) || !session->publisher) {
        chat_ws_session_destroy(session);
        return NULL;
    }
    session->key.database = chat_publisher_database(session->publisher);
    session->key.user_id = session->identity.user_id;
    session->quota = chat_quota_take(session->key.database, session->key.user_id,
                                     chat_quota_address(req->r->useragent_addr));
    return session;
}

static void free_frames(chat_ws_session_t *session)
{
    while (session->first_frame) {
        chat_ws_frame_t *frame = session->first_frame;

        session->first_frame = frame->next;
        free(frame);
    }
    session->last_frame = NULL;
}

static void release_quota(chat_ws_session_t *session)
{
    chat_quota_release(session->quota);
    session->quota = 0;
}

void chat_ws_session_end(chat_ws_session_t *session)
{
    release_quota(session);
    end_all_typing(session);
    free_frames(session);
}

void chat_ws_session_destroy(chat_ws_session_t *session)
{
    release_quota(session);
    drop_held(session);
    free_frames(session);
    if (session->command) { /* the child ends, and it was never run */
        chat_ws_command_discard(session->command);
        chat_ws_command_free(session->command);
    }
    chat_resume_destroy(session->resume);
    chat_guard_keys_destroy(session->identity.keys);
    free(session->identity.external_id);
    free(session);
}
