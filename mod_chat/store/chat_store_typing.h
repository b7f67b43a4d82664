/**
 * @file chat_store_typing.h
 * Who is typing, in memory shared by the children (mod_socache_shmcb).
 *
 * Nothing here is worth a row: a mark expires by itself, and a restart forgets them all. A mark is
 * void from its user's next message on, which the statements find out, so that sending need not
 * touch it. What happens on other hosts is kept here by the feeds, which hear of it.
 * Bounded: CHAT_TYPERS_MAX marks per conversation, one more replaces the oldest; the cache drops
 * the oldest conversations when it is full. Access is not checked here. Threads: any, in any child;
 * a mutex guards the cache for the few microseconds of a look-up.
 */
#ifndef MOD_CHAT_CHAT_STORE_TYPING_H
#define MOD_CHAT_CHAT_STORE_TYPING_H
#include <httpd.h>

#include "core/chat_ctx.h"
#include "store/chat_db.h"
#include "store/chat_typed.h"

#define CHAT_TYPERS_MAX 16
#define CHAT_TYPING_S 5 /**< a mark that is not renewed ends after this */

/** May the asking user type here, and as whom? Read by chat_store_typing_check(). */
typedef struct chat_typing_access_t {
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

/** Set or take away the mark of a source. `database` as of chat_db_identity(). */
apr_status_t chat_store_typing_keep(server_rec *s, apr_uint64_t database, const chat_typed_t *typed,
                                    apr_pool_t *p);

/** A word that begins with "@" and tells the host whose memory this is. */
const char *chat_store_typing_host(void);

/**
 * Who of those marked still may see the conversation, without the asking user; read them with
 * chat_store_typing_next(). APR_ENOENT as above.
 */
apr_status_t chat_store_typing_list(chat_rows_t **prows, chat_ctx_t *ctx,
                                    apr_int64_t conversation_id);
int chat_store_typing_next(chat_typer_t *typer, chat_rows_t *rows);

/** In pre_config, check_config, post_config and child_init. Errors are logged with what to do. */
apr_status_t chat_store_typing_pre_config(apr_pool_t *pconf);
apr_status_t chat_store_typing_check_config(server_rec *s);
apr_status_t chat_store_typing_post_config(server_rec *s, apr_pool_t *pconf, apr_pool_t *ptemp);
apr_status_t chat_store_typing_child_init(server_rec *s, apr_pool_t *pchild);
#endif
