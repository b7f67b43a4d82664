/**
 * @file chat_response_cache.h
 * The response cache (ChatCache), in a provider of mod_socache.
 *
 * A cached response is used for the same user with the same profile and the same request, while it
 * is current (chat_invalidation.h), for 200 and 304 without a statement in the database. The entry
 * contains user and request, which are compared (chat_cache_entry.h). It expires after
 * CHAT_RESPONSE_CACHE_S at the latest. With a provider that several hosts share (redis, memcache),
 * a write of a user at one host also makes the other hosts wait for a poll of their feeds, and
 * entries that this site has not made are ignored. Errors of the cache are logged, and the database
 * answers instead. Threads: any; the functions for start-up on the main thread.
 */
#ifndef MOD_CHAT_CHAT_RESPONSE_CACHE_H
#define MOD_CHAT_CHAT_RESPONSE_CACHE_H
#include "core/chat_mac.h"
#include "http/chat_request.h"

#define CHAT_RESPONSE_CACHE_S 60
#define CHAT_RESPONSE_CACHE_BYTES_MAX 122880 /**< of an entry; longer ones are not cached */

/** Parse ChatCache; returns an error message or NULL. */
const char *chat_response_cache_configure(const char *value, apr_pool_t *pconf);

apr_status_t chat_response_cache_pre_config(apr_pool_t *pconf);

/** `mac` is for keys, and for codes of entries in a shared cache. `is_common`: all hosts of the
 * site have the same one. */
apr_status_t chat_response_cache_post_config(server_rec *s, const chat_mac_t *mac, int is_common,
                                             apr_pool_t *pconf);
apr_status_t chat_response_cache_child_init(server_rec *s, apr_pool_t *pchild);

/** Answer the request from the cache, or by the handler of its route, and cache the response. */
chat_problem_t *chat_response_cache_answer(chat_request_t *req);
#endif
