/**
 * @file chat_store_admin.h
 * Objects as the administration shows them: pages of lists, and single ones.
 *
 * An administrator needs no row in chat.users: httpd's Require and ChatAdmin say who is one, so
 * these statements do not look for the user. Items are JSON, made by PostgreSQL. Ownership: rows
 * and their text live in ctx->pool. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_STORE_ADMIN_H
#define MOD_CHAT_CHAT_STORE_ADMIN_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"

/** Who acts: what the audit log says of it. */
typedef struct chat_administrator_t {
    const char *username;   /**< as the chat has it (ChatUserCase) */
    const char *address;    /**< of the client */
    const char *request_id; /**< X-Request-Id */
} chat_administrator_t;

/** What a page of a list shows. */
typedef struct chat_admin_page_query_t {
    const char *kind;      /**< of the objects, as of chat.admin_kind() */
    const char *filters;   /**< a JSON object, as of chat.admin_condition() */
    const char *order;     /**< "id", "-name" */
    int limit;             /**< items on the page; one more is read */
    apr_int64_t after_id;  /**< of the item before the page; 0: it is the first page */
    const char *after_key; /**< its value that the list is ordered by; NULL: the id */
} chat_admin_page_query_t;

/** A page, and what is said of the whole list. */
typedef struct chat_admin_page_t {
    chat_rows_t *rows;
    apr_int64_t count;
    const char *count_is; /**< "exact", "at_least" or "about" */
    const char *dates;    /**< a JSON array */
    const char *epoch;
} chat_admin_page_t;

typedef struct chat_admin_item_t {
    const char *item; /**< a JSON object */
    const char *key;  /**< what the list is ordered by; NULL: the id */
    const char *etag; /**< of a single object, without quotes */
    apr_int64_t id;
    const char *messages; /**< of a conversation that is viewed: a JSON array, the oldest first */
    int has_more;         /**< there are older ones */
} chat_admin_item_t;

apr_status_t chat_store_admin_page(chat_admin_page_t *page, chat_ctx_t *ctx,
                                   const chat_admin_page_query_t *query);

/** The next item of a page; 0 after the last. */
int chat_store_admin_next(chat_admin_item_t *item, chat_admin_page_t *page);

/** A part of an export. */
typedef struct chat_admin_export_query_t {
    chat_admin_page_query_t page; /**< `limit`: rows of the part */
    int bytes_max;                /**< of the items of a part, unless one alone has more */
    const char *format;
    chat_administrator_t by;
    /** Takes one item after the other, whose text is there until it returns. An item without text
     * is the last one: there are more. */
    void (*take)(void *data, const chat_admin_item_t *item);
    void *data;
} chat_admin_export_query_t;

/** Read a part; the first one is recorded in the audit log. When it fails, some items may have been
 * taken. Small things live in `p`. */
apr_status_t chat_store_admin_export(chat_ctx_t *ctx, const chat_admin_export_query_t *query,
                                     apr_pool_t *p);

/** The statistics of so many days, as a JSON object. */
apr_status_t chat_store_admin_stats(const char **pstats, chat_ctx_t *ctx, int days);

/** One object. APR_ENOENT: there is none. */
apr_status_t chat_store_admin_get(chat_admin_item_t *item, chat_ctx_t *ctx, const char *kind,
                                  apr_int64_t id);

/** A conversation with its newest messages; the audit log says that it was viewed. APR_ENOENT:
 * there is none. */
apr_status_t chat_store_admin_view(chat_admin_item_t *item, chat_ctx_t *ctx,
                                   const chat_administrator_t *who, apr_int64_t conversation_id);
#endif
