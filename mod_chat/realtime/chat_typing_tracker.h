/**
 * @file chat_typing_tracker.h
 * Who types where, as the sockets of this child were told.
 *
 * A user types in a conversation while one of the user's sources does (chat_typing_change.h). An
 * end that the feed notices is told when the beginning was; one that a client says is told in any
 * case. To a member all staff are one typist, the church. A member must not count the staff, or
 * tell them apart, by the frames that come: while one of them types, what another begins is told
 * again only after CHAT_TYPING_TRACKER_QUIET_US, and only the end of the last one is an end. Fellow
 * staff are told of each. Bounded: CHAT_TYPING_TRACKER_MAX sources; one more is not told of, and
 * counted as dropped. Threads: the feed's. Times are of a monotonic clock.
 */
#ifndef MOD_CHAT_CHAT_TYPING_TRACKER_H
#define MOD_CHAT_CHAT_TYPING_TRACKER_H
#include <apr.h>
#include <apr_time.h>

#include "store/chat_typing_change.h"

#define CHAT_TYPING_TRACKER_MAX 512
#define CHAT_TYPING_TRACKER_QUIET_US apr_time_from_sec(2) /**< clients say it anew every 3 s */

/** Who is to be told; 0: nobody. */
enum { CHAT_TYPING_TRACKER_TELL_STAFF = 1, CHAT_TYPING_TRACKER_TELL_MEMBER = 2 };

typedef struct chat_typist_t {
    chat_typing_change_t typed;
    int is_staff;
    apr_time_t until;   /**< it ends then, unless it is said again */
    apr_time_t told_at; /**< when the member was told of this one; 0: not */
} chat_typist_t;

typedef struct chat_typing_tracker_t {
    chat_typist_t typists[CHAT_TYPING_TRACKER_MAX];
    int count;
} chat_typing_tracker_t;

/** Somebody types, or still does. Returns who is to be told. */
int chat_typing_tracker_begin(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                              int is_staff, apr_time_t now);

/** A source has stopped. Returns who is to be told. */
int chat_typing_tracker_end(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                            int is_staff);

/** Whether a message of this seq ends what the typist does: it is the typist's own, and later. */
int chat_typing_tracker_ends_with(const chat_typist_t *typist, apr_int64_t conversation_id,
                                  apr_int64_t sender_id, apr_int64_t seq);

/** When the first one ends by itself; 0: nobody types. */
apr_time_t chat_typing_tracker_until(const chat_typing_tracker_t *typists);
#endif
