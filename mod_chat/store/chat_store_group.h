/**
 * @file chat_store_group.h
 * Writes of several users by one statement: what the writer of a group (db/chat_group.h) does.
 *
 * Such a statement does what another does for one user, and has a row for each whose write it has
 * done. The others are done by that other statement, on their own threads: those without a row, and
 * all when it failed and may succeed for them alone.
 * Ownership: the rows live until the last of the users has ended its request. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_STORE_GROUP_H
#define MOD_CHAT_CHAT_STORE_GROUP_H
#include "store/chat_store_user.h"

/** What one user wants written, and what becomes of it. Set the first three. */
typedef struct chat_grouped_t {
    chat_ctx_t *ctx;
    void *what;           /**< the caller's */
    chat_outcome_t *said; /**< the result */

    /* chat_store_group.c's own */
    const struct chat_group_query_t *query;
    apr_status_t rv;
    struct chat_store_answers_t *shared; /* NULL: it was written alone */
} chat_grouped_t;

/** The place of a user's write in the parameters, from 1: a record of each query for several. */
extern const chat_record_t chat_store_group_place_record;

/** How to write. */
typedef struct chat_group_query_t {
    /** For several: first place, so that it is known what has a row when the others do not fit,
     * then user, outcome, and what `read` reads. */
    const chat_query_t *query;
    const chat_record_t *outcome;
    /** Run it: an element of each parameter for each of them. The rows are kept in `p` until all
     * have read theirs; parameters belong into the pool of the first. */
    apr_status_t (*select)(chat_rows_t **prows, chat_db_t *db, const chat_query_t *query,
                           chat_grouped_t *const *several, int count, apr_pool_t *p);
    /** Take what else is in the current row; NULL: nothing. */
    void (*read)(void *what, const chat_rows_t *rows);
    apr_status_t (*write_one)(chat_grouped_t *one); /**< by the other statement, and fill `said` */
    const char *one_by_one;                         /**< for the log: what happens then */
} chat_group_query_t;

/**
 * Write, alone or with others. `key` and `bytes` as of chat_group_member_t. Results as of
 * chat_store_user_write(); CHAT_DB_BUSY also when those before it took too long.
 */
apr_status_t chat_store_group_write(chat_grouped_t *one, const chat_group_query_t *query,
                                    chat_group_t *group, apr_int64_t key, apr_size_t bytes);
#endif
