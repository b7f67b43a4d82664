/**
 * @file chat_typing_change.h
 * Somebody began or stopped to type; there is no event in the database for that.
 *
 * A user may type in one conversation from several places at once, and each begins and stops for
 * itself: every WebSocket is a source, and all REST requests of a user are one. The user types
 * while one of the sources does.
 */
#ifndef MOD_CHAT_CHAT_TYPING_CHANGE_H
#define MOD_CHAT_CHAT_TYPING_CHANGE_H
#include <apr.h>

#define CHAT_TYPING_CHANGE_REST                                                                    \
    0 /**< the source of requests, which do not say from which tab they come                       \
       */

typedef struct chat_typing_change_t {
    apr_int64_t conversation_id;
    apr_int64_t user_id;
    apr_int64_t source;
    apr_int64_t seq; /**< the conversation's last when it was said: a later message of the user ends
                          it, however the two travel */
    int is_typing;
    int is_noticed; /**< an end that nobody has said: it was noticed */
    int is_kept;    /**< chat_typing_marks.h has it already, on this host */
} chat_typing_change_t;
#endif
