/**
 * @file chat_store_typing.h
 * Typing, as far as the database knows of it: who may type in a conversation, and who the typists
 * are. What is typed where is kept in cache/chat_typing_marks.h.
 */
#ifndef MOD_CHAT_CHAT_STORE_TYPING_H
#define MOD_CHAT_CHAT_STORE_TYPING_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"
#include "store/chat_typing_change.h"

/** May the asking user type here, and as whom? Read by chat_store_typing_check(). */
typedef struct chat_typing_access_t {
    apr_int64_t conversation_id; /**< 0: not theirs, or there is none */
    int is_church_owner;
    int member_is_blocked;
    apr_int64_t last_seq; /**< of the conversation */
} chat_typing_access_t;

/** Who types, as the asking user may see them: to a member all staff are one, the church. */
typedef struct chat_typer_t {
    apr_int64_t user_id;  /**< 0: the church */
    const char *username; /**< NULL: the church */
    const char *display_name;
    const char *avatar_url; /**< NULL: none */
} chat_typer_t;

/** APR_ENOENT: no such conversation, or not theirs. */
apr_status_t chat_store_typing_check(chat_typing_access_t *access, chat_ctx_t *ctx,
                                     apr_int64_t conversation_id);

/**
 * Who of these typists may see the conversation, without the asking user; read them with
 * chat_store_typing_next(). APR_ENOENT as above.
 */
apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id,
                                    const chat_typing_change_t *typists, int count);
int chat_store_typing_next(chat_typer_t *typer, chat_rows_t *rows);

#endif
