#include "store/chat_store_event.h"

#include <string.h>

#include <apr_strings.h>

/* NULL in a database whose row was taken out: that is an epoch, too. */
static const char *epoch_of(const chat_rows_t *rows, int column)
{
    const char *epoch = chat_rows_text(rows, column);

    return epoch ? epoch : "";
}

apr_status_t chat_store_event_snapshot(const char **psnapshot, const char **pepoch,
                                       chat_listener_t *listener, apr_pool_t *p)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, listener, CHAT_SQL_READ_SNAPSHOT, NULL, 0, p);

    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_rows_next(rows))
        return CHAT_DB_REFUSED;
    *psnapshot = chat_rows_text(rows, CHAT_SQL_EVENT_SNAPSHOT);
    *pepoch = epoch_of(rows, CHAT_SQL_SNAPSHOT_EPOCH);
    return APR_SUCCESS;
}

apr_status_t chat_store_event_read(chat_rows_t **prows, const char **psnapshot, const char **pepoch,
                                   chat_listener_t *listener, int limit, apr_pool_t *p)
{
    const char *const args[] = {*psnapshot, chat_db_id(limit, p)};
    apr_status_t rv =
        chat_listener_select(prows, listener, CHAT_SQL_READ_EVENTS, args, CHAT_COUNT(args), p);

    if (rv != APR_SUCCESS)
        return rv;
    if (!chat_rows_next(*prows))
        return CHAT_DB_REFUSED;
    *psnapshot = chat_rows_text(*prows, CHAT_SQL_EVENT_SNAPSHOT);
    *pepoch = epoch_of(*prows, CHAT_SQL_EVENTS_EPOCH);
    return APR_SUCCESS;
}

static void conversation_from_row(chat_event_t *event, const chat_rows_t *rows)
{
    chat_conversation_t *conversation = &event->conversation;

    event->has_conversation = !chat_rows_is_null(rows, CHAT_SQL_EVENT_CONVERSATION_ID);
    conversation->id = chat_rows_integer(rows, CHAT_SQL_EVENT_CONVERSATION_ID);
    conversation->church_id = chat_rows_integer(rows, CHAT_SQL_EVENT_CHURCH_ID);
    conversation->church_name = chat_rows_text(rows, CHAT_SQL_EVENT_CHURCH_NAME);
    conversation->church_logo_url = chat_rows_text(rows, CHAT_SQL_EVENT_CHURCH_LOGO_URL);
    conversation->member_id = chat_rows_integer(rows, CHAT_SQL_EVENT_MEMBER_ID);
    conversation->member_name = chat_rows_text(rows, CHAT_SQL_EVENT_MEMBER_NAME);
    conversation->member_avatar_url = chat_rows_text(rows, CHAT_SQL_EVENT_MEMBER_AVATAR);
    conversation->last_message_id = chat_rows_integer(rows, CHAT_SQL_EVENT_LAST_MESSAGE_ID);
    conversation->last_message_text = chat_rows_text(rows, CHAT_SQL_EVENT_LAST_TEXT);
    conversation->last_message_at = chat_rows_time(rows, CHAT_SQL_EVENT_LAST_AT);
    conversation->created_at = chat_rows_time(rows, CHAT_SQL_EVENT_CREATED_AT);
    conversation->updated_at = chat_rows_time(rows, CHAT_SQL_EVENT_UPDATED_AT);
    conversation->member_is_blocked = chat_rows_boolean(rows, CHAT_SQL_EVENT_MEMBER_BLOCKED);
    event->member_unread = chat_rows_integer(rows, CHAT_SQL_EVENT_MEMBER_UNREAD);
    event->church_unread = chat_rows_integer(rows, CHAT_SQL_EVENT_CHURCH_UNREAD);
    event->audience.member_id = conversation->member_id;
    event->audience.staff_ids = chat_rows_text(rows, CHAT_SQL_EVENT_STAFF_IDS);
}

static void message_from_row(chat_event_t *event, const chat_rows_t *rows)
{
    chat_message_t *message = &event->message;

    event->has_message = !chat_rows_is_null(rows, CHAT_SQL_EVENT_MESSAGE_ID);
    message->id = chat_rows_integer(rows, CHAT_SQL_EVENT_MESSAGE_ID);
    message->seq = chat_rows_integer(rows, CHAT_SQL_EVENT_SEQ);
    message->sender_id = chat_rows_integer(rows, CHAT_SQL_EVENT_SENDER_ID);
    message->from_church = chat_rows_boolean(rows, CHAT_SQL_EVENT_FROM_CHURCH);
    message->content = chat_rows_text(rows, CHAT_SQL_EVENT_CONTENT);
    message->created_at = chat_rows_time(rows, CHAT_SQL_EVENT_SENT_AT);
    message->read_at = chat_rows_time(rows, CHAT_SQL_EVENT_READ_AT);
    message->client_id = chat_rows_text(rows, CHAT_SQL_EVENT_CLIENT_ID);
    message->staff_name = chat_rows_text(rows, CHAT_SQL_EVENT_STAFF_NAME);
    message->is_flagged = chat_rows_boolean(rows, CHAT_SQL_EVENT_IS_FLAGGED);
}

int chat_store_event_next(chat_event_t *event, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    memset(event, 0, sizeof *event);
    event->id = chat_rows_integer(rows, CHAT_SQL_EVENT_ID);
    event->kind = (int)chat_rows_integer(rows, CHAT_SQL_EVENT_KIND);
    event->user_id = chat_rows_integer(rows, CHAT_SQL_EVENT_USER_ID);
    event->xid = (apr_uint64_t)chat_rows_integer(rows, CHAT_SQL_EVENT_XID);
    event->age = chat_rows_integer(rows, CHAT_SQL_EVENT_AGE_US);
    conversation_from_row(event, rows);
    message_from_row(event, rows);
    return 1;
}

apr_status_t chat_store_event_prune(int *pmay_have_more, chat_listener_t *listener, apr_pool_t *p)
{
    chat_rows_t *rows;
    apr_status_t rv = chat_listener_select(&rows, listener, CHAT_SQL_PRUNE_EVENTS, NULL, 0, p);

    *pmay_have_more = rv == APR_SUCCESS && chat_rows_next(rows) &&
                      chat_rows_boolean(rows, CHAT_SQL_PRUNED_MAY_HAVE_MORE);
    return rv;
}

apr_status_t chat_store_event_notify(chat_listener_t *listener, const char *channel,
                                     const char *payload, apr_pool_t *p)
{
    const char *const args[] = {channel, payload};
    chat_rows_t *rows;

    return chat_listener_select(&rows, listener, CHAT_SQL_NOTIFY, args, CHAT_COUNT(args), p);
}

apr_status_t chat_store_event_typers(chat_rows_t **prows, chat_listener_t *listener,
                                     const chat_typed_t *typed, int count, apr_pool_t *p)
{
    apr_array_header_t *columns[4];
    const char *args[4];
    int i;

    for (i = 0; i < CHAT_COUNT(columns); i++)
        columns[i] = apr_array_make(p, count, sizeof(const char *));
    for (i = 0; i < count; i++) {
        APR_ARRAY_PUSH(columns[0], const char *) = chat_db_id(typed[i].conversation_id, p);
        APR_ARRAY_PUSH(columns[1], const char *) = chat_db_id(typed[i].user_id, p);
        APR_ARRAY_PUSH(columns[2], const char *) = chat_db_boolean(typed[i].is_typing);
        APR_ARRAY_PUSH(columns[3], const char *) = chat_db_id(typed[i].seq, p);
    }
    for (i = 0; i < CHAT_COUNT(columns); i++) /* arrays as SQL writes them */
        args[i] = apr_pstrcat(p, "{", apr_array_pstrcat(p, columns[i], ','), "}", NULL);
    return chat_listener_select(prows, listener, CHAT_SQL_NAME_TYPERS, args, CHAT_COUNT(args), p);
}

int chat_store_event_next_typer(chat_named_typer_t *typer, chat_rows_t *rows)
{
    if (!chat_rows_next(rows))
        return 0;
    typer->place = (int)chat_rows_integer(rows, CHAT_SQL_NAMED_PLACE) - 1;
    typer->conversation_id = chat_rows_integer(rows, CHAT_SQL_NAMED_CONVERSATION_ID);
    typer->is_typing = chat_rows_boolean(rows, CHAT_SQL_NAMED_IS_TYPING);
    typer->is_member = chat_rows_boolean(rows, CHAT_SQL_NAMED_IS_MEMBER);
    typer->typer.user_id = chat_rows_integer(rows, CHAT_SQL_NAMED_USER_ID);
    typer->typer.username = chat_rows_text(rows, CHAT_SQL_NAMED_USERNAME);
    typer->typer.display_name = chat_rows_text(rows, CHAT_SQL_NAMED_DISPLAY_NAME);
    typer->typer.avatar_url = chat_rows_text(rows, CHAT_SQL_NAMED_AVATAR_URL);
    typer->church_name = chat_rows_text(rows, CHAT_SQL_NAMED_CHURCH_NAME);
    typer->church_logo_url = chat_rows_text(rows, CHAT_SQL_NAMED_CHURCH_LOGO_URL);
    typer->audience.member_id = chat_rows_integer(rows, CHAT_SQL_NAMED_MEMBER_ID);
    typer->audience.staff_ids = chat_rows_text(rows, CHAT_SQL_NAMED_STAFF_IDS);
    return 1;
}
