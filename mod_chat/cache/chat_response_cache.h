/**
 * @file chat_response_cache.h
 * Responses that were made before, kept by a provider of mod_socache (ChatCache).
 *
 * A response is given again to the same user, whom Apache describes by the same profile, for the
 * same request, and only as long as it is current: see chat_invalidation.h. User and request are in
 * the entry and are compared (chat_cache_entry.h). So neither a 200 nor a 304 from here needs the
 * database. It expires after CHAT_RESPONSE_CACHE_S in any case. With a provider that several hosts
 * share (redis, memcache), what a user writes at one host makes the others wait for their feeds,
 * too, and an entry that this site has not made is not used. Nothing fails because of the cache:
 * what it cannot do is logged, and the database is asked. Threads: any; the functions for start-up
 * on the main thread.
 */
#ifndef MOD_CHAT_CHAT_RESPONSE_CACHE_H
#define MOD_CHAT_CHAT_RESPONSE_CACHE_H
#include "core/chat_mac.h"
#include "http/chat_request.h"

#define CHAT_RESPONSE_CACHE_S 60
#define CHAT_RESPONSE_CACHE_BYTES_MAX 122880 /**< of an entry; a longer one is not kept */

/** Parse ChatCache; returns what is wrong with it, or NULL. */
const char *chat_response_cache_configure(const char *value, apr_pool_t *pconf);

apr_status_t chat_response_cache_pre_config(apr_pool_t *pconf);

/** `mac` makes the keys, and the codes of entries in a store that is shared. `is_common`: all hosts
 *  of the site have the same. */
apr_status_t chat_response_cache_post_config(server_rec *s, const chat_mac_t *mac, int is_common,
                                             apr_pool_t *pconf);
apr_status_t chat_response_cache_child_init(server_rec *s, apr_pool_t *pchild);

/** Answer the request from the cache, or by the handler of its route, whose response is kept. */
chat_problem_t *chat_response_cache_answer(chat_request_t *req);
#endif
