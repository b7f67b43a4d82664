#include "store/chat_store_event.h"

#include <stdlib.h>
#include <string.h>

static const chat_column_t event_columns[] = {
    CHAT_COLUMN_AS("event_id", chat_event_t, id),
    CHAT_COLUMN(chat_event_t, kind),
    CHAT_COLUMN_AS("event_user_id", chat_event_t, user_id),
    CHAT_COLUMN_AS("event_xid", chat_event_t, xid),
    CHAT_COLUMN_AS("age_us", chat_event_t, age),
    CHAT_COLUMN_AS("event_conversation_id", chat_event_t, conversation_id),
    CHAT_COLUMN_AS("event_ids", chat_event_t, ids),
    CHAT_COLUMN(chat_event_t, member_unread),
    CHAT_COLUMN(chat_event_t, church_unread),
    CHAT_COLUMN_AS("member_id", chat_event_t, recipients.member_id),
    CHAT_COLUMN_AS("staff_ids", chat_event_t, recipients.staff_ids),
};
static const chat_record_t event_record = CHAT_RECORD(event_columns);

/* The current snapshot, in the first row. */
typedef struct present_t {
    const char *snapshot;
    const char *epoch;
} present_t;

static const chat_column_t present_columns[] = {
    CHAT_COLUMN(present_t, snapshot),
    CHAT_COLUMN(present_t, epoch),
};
static const chat_record_t present_record = CHAT_RECORD(present_columns);

static const chat_column_t typer_columns[] = {
    CHAT_COLUMN(chat_named_typer_t, place),
    CHAT_COLUMN(chat_named_typer_t, conversation_id),
    CHAT_COLUMN(chat_named_typer_t, is_typing),
    CHAT_COLUMN(chat_named_typer_t, is_member),
    CHAT_COLUMN(chat_named_typer_t, church_name),
    CHAT_COLUMN(chat_named_typer_t, church_logo_url),
    CHAT_COLUMN_AS("member_id", chat_named_typer_t, recipients.member_id),
    CHAT_COLUMN_AS("staff_ids", chat_named_typer_t, recipients.staff_ids),
};
static const chat_record_t typer_record = CHAT_RECORD(typer_columns);

static const chat_query_t snapshot_query = {CHAT_SQL_READ_SNAPSHOT, {&present_record}};
static const chat_query_t events_query = {
    CHAT_SQL_READ_EVENTS,
    {&present_record, &event_record, &chat_store_conversation_record, &chat_store_message_record}};
static const chat_query_t typers_query = {CHAT_SQL_NAME_TYPERS,
                                          {&typer_record, &chat_store_typing_record}};
static const chat_query_t notify_query = {CHAT_SQL_NOTIFY, {NULL}};

/* A database without a row in chat.epoch has the epoch "". */
static apr_status_t read_present(const char **psnapshot, const char **pepoch, chat_rows_t *rows)
{
    present_t present;

    if (!chat_rows_next_into(&present, rows, &present_record))
        return CHAT_DB_REFUSED;
    *psnapshot = present.snapshot;
    *pepoch = present.epoch ? present.epoch : "";
    return APR_SUCCESS;
}

apr_status_t chat_store_event_snapshot(const char **psnapshot, const char **pepoch,
                                       chat_listener_t *listener, apr_pool_t *p)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, listener, &snapshot_query, NULL, 0, p);

    return rv == APR_SUCCESS ? read_present(psnapshot, pepoch, rows) : rv;
}

apr_status_t chat_store_event_read(chat_rows_t **prows, const char **psnapshot, const char **pepoch,
                                   chat_listener_t *listener, int limit, apr_pool_t *p)
{
    const char *const args[] = {*psnapshot, chat_db_id(limit, p)};
    apr_status_t rv =
        chat_listener_select(prows, listener, &events_query, args, CHAT_COUNT(args), p);

    if (rv == APR_SUCCESS)
        rv = read_present(psnapshot, pepoch, *prows);
    if (rv == APR_SUCCESS)
        chat_rows_seek(*prows, -1); /* the first row has an event, too */
    return rv;
}

int chat_store_event_next(chat_event_t *event, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    memset(event, 0, sizeof *event);
    chat_rows_read(event, rows, &event_record);
    chat_rows_read(&event->conversation, rows, &chat_store_conversation_record);
    chat_store_message_read(&event->message, rows);
    event->has_conversation = event->conversation.id != 0;
    event->has_message = event->message.id != 0;
    if (event->kind == CHAT_EVENT_CONVERSATION_DELETED)
        event->recipients.member_id = event->user_id;
    return event->id != 0; /* 0: there is none */
}

apr_int64_t chat_store_event_next_id(const char **pids)
{
    apr_int64_t id;
    char *end;

    if (!*pids)
        return 0;
    id = strtoll(*pids, &end, 10);
    *pids = *end == ',' ? end + 1 : end;
    return id;
}

apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p)
{
    const char *const args[] = {channel, payload};
    chat_rows_t *rows;

    return chat_listener_select(&rows, listener, &notify_query, args, CHAT_COUNT(args), p);
}

apr_status_t chat_store_event_typers(chat_rows_t **prows, chat_listener_t *listener,
                                     const chat_typing_change_t *typed, int count, apr_pool_t *p)
{
    const char *const args[] = {chat_db_ids(&typed->conversation_id, sizeof *typed, count, p),
                                chat_db_ids(&typed->user_id, sizeof *typed, count, p),
                                chat_db_ids(&typed->is_typing, sizeof *typed, count, p),
                                chat_db_ids(&typed->seq, sizeof *typed, count, p)};

    return chat_listener_select(prows, listener, &typers_query, args, CHAT_COUNT(args), p);
}

int chat_store_event_next_typer(chat_named_typer_t *typer, chat_rows_t *rows)
{
    if (!chat_rows_next_into(typer, rows, &typer_record))
        return 0;
    chat_rows_read(&typer->typer, rows, &chat_store_typing_record);
    typer->place--; /* SQL counts from 1 */
    return 1;
}
