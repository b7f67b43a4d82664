#include "realtime/chat_notification_push.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/chat_excerpt.h"
#include "realtime/chat_encode.h"
#include "service/chat_notification.h"
#include "service/chat_serialize.h"

/* One side of a conversation; or who marked its notification, or (conversation 0) all of theirs.
 * Zeroed before it is filled, for it is a key byte by byte. */
typedef struct subject_t {
    apr_int64_t conversation_id;
    apr_int64_t marked_by; /* 0: the side */
    apr_int64_t is_staff;  /* the church's side */
} subject_t;

typedef struct concern_t {
    subject_t key;
    const apr_int64_t *users;
    int user_count;
    const chat_message_t *read; /* the last one that the side has read; NULL: no such event */
    int is_changed;             /* by SQL: whatever it is now */
} concern_t;

/* What was encoded for one concern. */
typedef struct encoded_t {
    apr_time_t read_at;
    apr_int64_t unread_count;
    chat_counts_t counts;
    chat_shared_buf_t *buf;
} encoded_t;

struct chat_notification_push_t {
    const chat_presence_t *presence;
    const chat_config_t *config;
    apr_pool_t *pool;
    apr_array_header_t *all; /* of concern_t *, in the order of events */
    apr_hash_t *by_key;

    /* The query, and its result. */
    apr_array_header_t *users;
    apr_array_header_t *conversations;
    apr_array_header_t *sides;
    apr_hash_t *counts; /* user id to chat_notification_state_t */
    apr_hash_t *rows;   /* subject_t of a side or a mark to chat_notification_t */
};

chat_notification_push_t *chat_notification_push_create(const chat_presence_t *presence,
                                                        const chat_config_t *config, apr_pool_t *p)
{
    chat_notification_push_t *push = apr_pcalloc(p, sizeof *push);

    push->presence = presence;
    push->config = config;
    push->pool = p;
    return push;
}

int chat_notification_push_is_needed(const chat_notification_push_t *push)
{
    return push->all != NULL;
}

/* ---- gathering ---- */

static void add(chat_notification_push_t *push, const subject_t *key, const apr_int64_t *users,
                int count, const chat_message_t *read, int is_changed)
{
    concern_t *concern;

    if (count == 0)
        return;
    if (!push->all) { /* most polls change nothing for anybody here */
        push->all = apr_array_make(push->pool, 8, sizeof(concern_t *));
        push->by_key = apr_hash_make(push->pool);
    }
    concern = apr_hash_get(push->by_key, key, sizeof *key);
    if (!concern) {
        concern = apr_pcalloc(push->pool, sizeof *concern);
        concern->key = *key;
        apr_hash_set(push->by_key, &concern->key, sizeof concern->key, concern);
        APR_ARRAY_PUSH(push->all, concern_t *) = concern;
    }
    concern->users = users; /* who may see it now */
    concern->user_count = count;
    if (read)
        concern->read = read;
    if (is_changed)
        concern->is_changed = 1;
}

static void add_side(chat_notification_push_t *push, const chat_event_t *event, int is_staff,
                     const chat_message_t *read, int is_changed)
{
    subject_t key = {.conversation_id = event->conversation.id, .is_staff = is_staff};
    chat_recipients_here_t here;
    int members;

    chat_recipients_find(&here, &event->recipients, push->presence, push->pool);
    members = here.has_member ? 1 : 0;
    if (is_staff)
        add(push, &key, here.ids + members, here.count - members, read, is_changed);
    else
        add(push, &key, here.ids, members, read, is_changed);
}

/* Whoever opens a conversation changes nobody's counts; whoever changes its messages by SQL may
 * have. */
static void add_changed(chat_notification_push_t *push, const chat_event_t *event)
{
    int is_staff;

    if (!event->has_conversation || (event->user_id && !event->conversation.last_message_id))
        return;
    for (is_staff = 0; is_staff <= 1; is_staff++)
        add_side(push, event, is_staff, NULL, 1);
}

/* Known limit: the mark of a conversation that was deleted since then looks like one of all. */
static void add_mark(chat_notification_push_t *push, const chat_event_t *event)
{
    apr_int64_t *user = apr_pmemdup(push->pool, &event->user_id, sizeof event->user_id);
    subject_t key = {.conversation_id = event->conversation.id,
                     .marked_by = event->user_id,
                     .is_staff = event->user_id != event->recipients.member_id};
    chat_recipients_here_t here = {.ids = user,
                                   .count = chat_presence_may_have(push->presence, *user)};

    if (event->has_conversation) /* not for a user who must not see it any more */
        chat_recipients_find(&here, &event->recipients, push->presence, push->pool);
    else
        key.is_staff = 0;
    if (chat_recipients_has(&here, *user))
        add(push, &key, user, 1, NULL, 0);
}

/* All who saw a conversation that was deleted: it may have counted for them. */
static void add_deleted(chat_notification_push_t *push, const chat_event_t *event)
{
    chat_recipients_here_t here;
    int i;

    chat_recipients_find(&here, &event->recipients, push->presence, push->pool);
    for (i = 0; i < here.count; i++) {
        subject_t key = {.marked_by = here.ids[i]};

        add(push, &key, &here.ids[i], 1, NULL, 0);
    }
}

void chat_notification_push_add(chat_notification_push_t *push, const chat_event_t *event)
{
    const chat_message_t *message = &event->message;
    const chat_message_t *read = NULL;

    if (event->kind == CHAT_EVENT_MARKED) {
        add_mark(push, event);
        return;
    }
    if (event->kind == CHAT_EVENT_CONVERSATION_DELETED) {
        add_deleted(push, event);
        return;
    }
    if (event->kind == CHAT_EVENT_OPENED) {
        add_changed(push, event);
        return;
    }
    if (event->kind == CHAT_EVENT_READ)
        read = apr_pmemdup(push->pool, message, sizeof *message);
    else if (event->kind != CHAT_EVENT_MESSAGE)
        return;
    /* It was written for, and is read by, the other side than the sender's. */
    if (event->has_message && event->has_conversation)
        add_side(push, event, !message->from_church, read, 0);
}

/* ---- asking ---- */

/* Each user and each side once. */
static void gather_questions(chat_notification_push_t *push)
{
    apr_pool_t *p = push->pool;
    int i;
    int j;

    push->users = apr_array_make(p, 16, sizeof(apr_int64_t));
    push->conversations = apr_array_make(p, 16, sizeof(apr_int64_t));
    push->sides = apr_array_make(p, 16, sizeof(apr_int64_t));
    push->counts = apr_hash_make(p);
    push->rows = apr_hash_make(p);
    for (i = 0; i < push->all->nelts; i++) {
        concern_t *concern = APR_ARRAY_IDX(push->all, i, concern_t *);

        if (concern->key.conversation_id) {
            APR_ARRAY_PUSH(push->conversations, apr_int64_t) = concern->key.conversation_id;
            APR_ARRAY_PUSH(push->sides, apr_int64_t) = concern->key.is_staff;
        }
        for (j = 0; j < concern->user_count; j++) {
            if (apr_hash_get(push->counts, &concern->users[j], sizeof concern->users[j]))
                continue;
            apr_hash_set(push->counts, &concern->users[j], sizeof concern->users[j], "");
            APR_ARRAY_PUSH(push->users, apr_int64_t) = concern->users[j];
        }
    }
    apr_hash_clear(push->counts);
}

static void keep_state(chat_notification_push_t *push, const chat_notification_state_t *state)
{
    chat_notification_state_t *kept = apr_pmemdup(push->pool, state, sizeof *state);
    subject_t *key;

    if (state->is == CHAT_NOTIFICATION_STATE_USER) {
        apr_hash_set(push->counts, &kept->user_id, sizeof kept->user_id, kept);
        return;
    }
    key = apr_pcalloc(push->pool, sizeof *key);
    key->conversation_id = state->notification.conversation_id;
    if (state->is == CHAT_NOTIFICATION_STATE_MARK)
        key->marked_by = state->user_id;
    else
        key->is_staff = state->notification.is_church_owner;
    apr_hash_set(push->rows, key, sizeof *key, &kept->notification);
}

static apr_status_t ask(chat_notification_push_t *push, chat_listener_t *listener)
{
    chat_notification_state_t state;
    chat_rows_t *rows;
    apr_status_t rv;

    gather_questions(push);
    rv = chat_store_notification_states(&rows, listener, push->users, push->conversations,
                                        push->sides, push->pool);
    if (rv != APR_SUCCESS)
        return rv;
    while (chat_store_notification_next_state(&state, rows))
        keep_state(push, &state);
    return APR_SUCCESS;
}

/* ---- encoding ---- */

/* How it is now. NULL: it has been read, which is another event; or the conversation was deleted.
 */
static const chat_notification_t *row_of(const chat_notification_push_t *push,
                                         const concern_t *concern)
{
    subject_t key = {.conversation_id = concern->key.conversation_id,
                     .is_staff = concern->key.is_staff};
    chat_notification_t *row = apr_hash_get(push->rows, &key, sizeof key);

    if (!row || (row->count && row->body))
        return row;
    if (row->count || !concern->read)
        return NULL;
    row->body =
        chat_excerpt(chat_store_message_text(concern->read), CHAT_EXCERPT_CHARS_MAX, push->pool);
    row->created_at = concern->read->created_at;
    row->updated_at = concern->read->created_at;
    row->read_at = concern->read->read_at;
    return row;
}

static chat_shared_buf_t *encode(const chat_notification_push_t *push,
                                 const chat_notification_t *row, const encoded_t *wanted)
{
    chat_notification_t notification;
    const char *bytes = NULL;
    apr_size_t length = 0;
    chat_json_t *json;

    if (row) {
        json = chat_json_create(1024, push->pool);
        notification = *row;
        notification.read_at = wanted->read_at;
        chat_serialize_notification(json, &notification, push->config, push->pool);
        bytes = chat_json_bytes(json, &length);
    }
    return chat_encode_notification(bytes, length, wanted->unread_count, &wanted->counts,
                                    push->pool);
}

/* Two users may have the same version and other numbers. */
static int is_same(const encoded_t *one, const encoded_t *other)
{
    return one->read_at == other->read_at && one->unread_count == other->unread_count &&
           one->counts.version == other->counts.version &&
           one->counts.unread_messages == other->counts.unread_messages &&
           one->counts.unread_conversations == other->counts.unread_conversations &&
           one->counts.member_messages == other->counts.member_messages &&
           one->counts.member_conversations == other->counts.member_conversations;
}

/* The frame for such a user, encoded unless one before had the same. */
static chat_shared_buf_t *buf_for(apr_array_header_t *made, const chat_notification_push_t *push,
                                  const chat_notification_t *row, const encoded_t *wanted)
{
    encoded_t *encoded;
    int i;

    for (i = 0; i < made->nelts; i++) {
        encoded = &APR_ARRAY_IDX(made, i, encoded_t);
        if (is_same(encoded, wanted))
            return encoded->buf;
    }
    encoded = apr_array_push(made);
    *encoded = *wanted;
    encoded->buf = encode(push, row, wanted);
    return encoded->buf;
}

static apr_time_t read_at_of(const chat_notification_push_t *push, const chat_notification_t *row,
                             apr_int64_t user_id)
{
    subject_t key = {.conversation_id = row ? row->conversation_id : 0, .marked_by = user_id};
    const chat_notification_t *mark = apr_hash_get(push->rows, &key, sizeof key);

    if (mark)
        return mark->read_at;
    return row ? row->read_at : 0;
}

static apr_status_t add_concern_frames(chat_batch_t *batch, const chat_notification_push_t *push,
                                       const concern_t *concern)
{
    apr_array_header_t *made = apr_array_make(push->pool, 4, sizeof(encoded_t));
    const chat_notification_t *row = row_of(push, concern);
    chat_batch_item_t *item;
    apr_status_t rv = APR_SUCCESS;
    int i;

    if (concern->key.conversation_id && !row && !concern->is_changed)
        return APR_SUCCESS;
    item = chat_batch_add_item(batch, concern->user_count);
    if (!item)
        return APR_ENOMEM;
    for (i = 0; i < concern->user_count && rv == APR_SUCCESS; i++) {
        apr_int64_t user_id = concern->users[i];
        const chat_notification_state_t *user =
            apr_hash_get(push->counts, &user_id, sizeof user_id);
        encoded_t wanted = {.read_at = read_at_of(push, row, user_id)};
        chat_recipient_frame_t *delivery = &item->recipients[item->count];

        if (!user)
            continue; /* the user was deleted */
        wanted.unread_count = user->unread_count;
        wanted.counts = user->counts;
        delivery->buf = buf_for(made, push, row, &wanted);
        if (!delivery->buf) {
            rv = APR_ENOMEM;
            break;
        }
        delivery->user_id = user_id;
        chat_shared_buf_ref(delivery->buf);
        item->count++;
    }
    for (i = 0; i < made->nelts; i++)
        chat_shared_buf_unref(APR_ARRAY_IDX(made, i, encoded_t).buf);
    return rv;
}

apr_status_t chat_notification_push_publish(chat_batch_t *batch, chat_notification_push_t *push,
                                            chat_listener_t *listener)
{
    apr_status_t rv = ask(push, listener);
    int i;

    for (i = 0; i < push->all->nelts && rv == APR_SUCCESS; i++)
        rv = add_concern_frames(batch, push, APR_ARRAY_IDX(push->all, i, concern_t *));
    return rv;
}
