/**
 * @file chat_typing_tracker.h
 * Who types in which conversation, as the sessions of this child were sent.
 *
 * A user types in a conversation while one of the user's sources does (chat_typing_change.h). An
 * end that the feed notices is sent if the beginning was; an end that a client says is always sent.
 * To a member all staff are one typist, the church, and the frames must not show how many of them
 * type: while one of them does, the beginning of another is sent again only after
 * CHAT_TYPING_TRACKER_QUIET_US, and only the end of the last one is sent. Fellow staff are sent
 * everything.
 * Bounded: CHAT_TYPING_TRACKER_MAX sources; one more is not sent, and counted as dropped. Threads:
 * the feed's. Times are of the monotonic clock.
 */
#ifndef MOD_CHAT_CHAT_TYPING_TRACKER_H
#define MOD_CHAT_CHAT_TYPING_TRACKER_H
#include <apr.h>
#include <apr_time.h>

#include "store/chat_typing_change.h"

#define CHAT_TYPING_TRACKER_MAX 512
#define CHAT_TYPING_TRACKER_QUIET_US apr_time_from_sec(2) /**< clients repeat it every 3 s */

/** Who must be sent it; 0: nobody. */
enum { CHAT_TYPING_TRACKER_TO_STAFF = 1, CHAT_TYPING_TRACKER_TO_MEMBER = 2 };

typedef struct chat_typist_t {
    chat_typing_change_t typed;
    int is_staff;
    apr_time_t until;   /**< it ends then, unless it is renewed */
    apr_time_t sent_at; /**< when the member was sent this one; 0: never */
} chat_typist_t;

typedef struct chat_typing_tracker_t {
    chat_typist_t typists[CHAT_TYPING_TRACKER_MAX];
    int count;
} chat_typing_tracker_t;

/** A source types, or still does. Returns who must be sent it. */
int chat_typing_tracker_begin(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                              int is_staff, apr_time_t now);

/** A source has stopped. Returns who must be sent it. */
int chat_typing_tracker_end(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                            int is_staff);

/** Whether this message ends it: it is the typist's own, and later. */
int chat_typing_tracker_ends_with(const chat_typist_t *typist, apr_int64_t conversation_id,
                                  apr_int64_t sender_id, apr_int64_t seq);

/** When the first one expires; 0: nobody types. */
apr_time_t chat_typing_tracker_until(const chat_typing_tracker_t *typists);
#endif
