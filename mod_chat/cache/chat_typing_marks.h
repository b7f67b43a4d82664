/**
 * @file chat_typing_marks.h
 * Who is typing, in memory that the children share (mod_socache_shmcb).
 *
 * A mark expires after CHAT_TYPING_S seconds, and a restart removes all. The next message of its
 * user ends a mark as well: statements that read marks check for one, so that sending does not
 * access this memory. Feeds add the marks of other hosts. Access is not checked here. Bounded:
 * CHAT_TYPING_MARKS_MAX marks in a conversation, one more replaces the oldest; when the cache is
 * full, the oldest conversations are removed. Threads: any, in any child; a mutex guards the cache
 * for the few microseconds of a look-up.
 */
#ifndef MOD_CHAT_CHAT_TYPING_MARKS_H
#define MOD_CHAT_CHAT_TYPING_MARKS_H
#include <httpd.h>

#include "store/chat_typing_change.h"

#define CHAT_TYPING_MARKS_MAX 16
#define CHAT_TYPING_S 5 /**< a mark that is not renewed expires */

/** Set or remove the mark of a source. `database` as of chat_db_identity(). */
apr_status_t chat_typing_marks_keep(server_rec *s, apr_uint64_t database,
                                    const chat_typing_change_t *typed, apr_pool_t *p);

/** Who types in the conversation, each user once: at most CHAT_TYPING_MARKS_MAX. Returns how many.
 */
int chat_typing_marks_read(chat_typing_change_t *typists, server_rec *s, apr_uint64_t database,
                           apr_int64_t conversation_id, apr_pool_t *p);

/** A word that begins with "@" and identifies this host. */
const char *chat_typing_marks_host(void);

/** In pre_config, check_config, post_config and child_init. Errors are logged with advice. */
apr_status_t chat_typing_marks_pre_config(apr_pool_t *pconf);
apr_status_t chat_typing_marks_check_config(server_rec *s);
apr_status_t chat_typing_marks_post_config(server_rec *s, apr_pool_t *pconf, apr_pool_t *ptemp);
apr_status_t chat_typing_marks_child_init(server_rec *s, apr_pool_t *pchild);
#endif
