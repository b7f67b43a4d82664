/**
 * @file chat_store_typing.h
 * Queries for typing: whether the user may type in a conversation, and the names of those who type.
 * Who types is not stored in the database (cache/chat_typing_marks.h).
 */
#ifndef MOD_CHAT_CHAT_STORE_TYPING_H
#define MOD_CHAT_CHAT_STORE_TYPING_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"
#include "store/chat_typing_change.h"

/** Result of chat_store_typing_check(). */
typedef struct chat_typing_access_t {
    apr_int64_t conversation_id; /**< 0: no such conversation, or not visible to the user */
    int is_church_owner;
    int member_is_blocked;
    apr_int64_t last_seq; /**< of the conversation */
} chat_typing_access_t;

/** Somebody who types, as the user sees them: a member sees the church instead of its staff. */
typedef struct chat_typer_t {
    apr_int64_t user_id;  /**< 0: the church */
    const char *username; /**< NULL: the church */
    const char *display_name;
    const char *avatar_url; /**< NULL: none */
} chat_typer_t;

/** Columns of chat_typer_t. */
extern const chat_record_t chat_store_typing_record;

/** APR_ENOENT: no such conversation, or not visible to the user. */
apr_status_t chat_store_typing_check(chat_typing_access_t *access, chat_ctx_t *ctx,
                                     apr_int64_t conversation_id);

/**
 * Those of these users who may type in the conversation, without the user; read them with
 * chat_store_typing_next(). APR_ENOENT as above.
 */
apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id,
                                    const chat_typing_change_t *typists, int count);
int chat_store_typing_next(chat_typer_t *typer, chat_rows_t *rows);

#endif
