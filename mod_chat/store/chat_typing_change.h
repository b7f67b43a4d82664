/**
 * @file chat_typing_change.h
 * A user started or stopped typing. This is not stored in the database.
 *
 * A user may type in one conversation in several tabs or devices, which start and stop
 * independently: each WebSocket is a source, and all REST requests of a user are one source. The
 * user types while any source does.
 */
#ifndef MOD_CHAT_CHAT_TYPING_CHANGE_H
#define MOD_CHAT_CHAT_TYPING_CHANGE_H
#include <apr.h>

#define CHAT_TYPING_CHANGE_REST                                                                    \
    0 /**< the source of all REST requests                                                         \
       */

typedef struct chat_typing_change_t {
    apr_int64_t conversation_id;
    apr_int64_t user_id;
    apr_int64_t source;
    apr_int64_t seq; /**< last_seq of the conversation at that time: a later message of the user
                        ends typing, in whatever order the two arrive */
    apr_int64_t is_typing; /**< 1 or 0, as chat_db_ids() takes it */
    int is_noticed;        /**< an end that no client sent, such as a timeout */
    int is_kept;           /**< in chat_typing_marks.h of this host already */
} chat_typing_change_t;
#endif
