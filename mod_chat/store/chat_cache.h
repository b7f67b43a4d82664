/**
 * @file chat_cache.h
 * Answers that were given before, kept by a provider of mod_socache (ChatCache).
 *
 * An answer is given again to the same user, whom Apache describes by the same profile, for the
 * same question, and only as long as it is current: see chat_changes.h. User and question are in
 * the entry and are compared (chat_cache_entry.h). So neither a 200 nor a 304 from here asks the
 * database anything. It expires after CHAT_CACHE_S, whatever was heard. With a provider that
 * several hosts share (redis, memcache), what a user writes at one host is waited for at the others
 * too, and an entry that this site has not made counts as none. Nothing fails because of the cache:
 * what it cannot do is logged and the database is asked. Threads: any; the functions for start-up
 * on the main thread.
 */
#ifndef MOD_CHAT_CHAT_CACHE_H
#define MOD_CHAT_CHAT_CACHE_H
#include <httpd.h>

#include "core/chat_ctx.h"
#include "core/chat_hash.h"

#define CHAT_CACHE_S 60
#define CHAT_CACHE_BYTES_MAX                                                                       \
    122880 /**< of an answer with its question; a longer one is not kept                           \
            */

/** Parse ChatCache; returns what is wrong with it, or NULL. */
const char *chat_cache_configure(const char *value, apr_pool_t *pconf);

apr_status_t chat_cache_pre_config(apr_pool_t *pconf);

/** `mac` makes the keys, and the codes of entries in a store that is shared. `is_common`: all hosts
 *  of the site have the same. */
apr_status_t chat_cache_post_config(server_rec *s, const chat_mac_t *mac, int is_common,
                                    apr_pool_t *pconf);
apr_status_t chat_cache_child_init(server_rec *s, apr_pool_t *pchild);

/** An answer. */
typedef struct chat_kept_t {
    char *bytes; /**< the caller's, who frees it with free() */
    apr_size_t length;
    chat_hash_t hash; /**< of the bytes */
    const char *link; /**< what was kept with it, in ctx->pool; NULL: nothing */
} chat_kept_t;

/**
 * The answer to `question`: `count` texts (or NULL), with everything in them that reaches the
 * answer besides the user of `ctx`. 0: there is none that is current.
 */
int chat_cache_get(chat_kept_t *kept, chat_ctx_t *ctx, const char *const *question, int count);

/** Keep what was read for ctx->user with ctx->xmin, and a text that belongs to it (NULL: none). */
void chat_cache_put(chat_ctx_t *ctx, const char *const *question, int count, const char *bytes,
                    apr_size_t length, const char *link);

/** The user of `ctx` has written something, and it is committed. */
void chat_cache_written(chat_ctx_t *ctx);
#endif
