/**
 * @file chat_typists.h
 * Who types where, as the sockets of this child were told.
 *
 * A user types in a conversation while one of the user's sources does (chat_typed.h). An end that
 * the feed notices is told when the beginning was; one that a client says is told in any case. To a
 * member all staff are one typist, the church. A member must not count the staff, or tell them
 * apart, by the frames that come: while one of them types, what another begins is told again only
 * after CHAT_TYPISTS_QUIET_US, and only the end of the last one is an end. Fellow staff are told of
 * each. Bounded: CHAT_TYPISTS_MAX sources; one more is not told of, and counted as dropped.
 * Threads: the feed's. Times are of a monotonic clock.
 */
#ifndef MOD_CHAT_CHAT_TYPISTS_H
#define MOD_CHAT_CHAT_TYPISTS_H
#include <apr.h>
#include <apr_time.h>

#include "store/chat_typed.h"

#define CHAT_TYPISTS_MAX 512
#define CHAT_TYPISTS_QUIET_US apr_time_from_sec(2) /**< clients say it anew every 3 s */

/** Who is to be told; 0: nobody. */
enum { CHAT_TYPISTS_TELL_STAFF = 1, CHAT_TYPISTS_TELL_MEMBER = 2 };

typedef struct chat_typist_t {
    chat_typed_t typed;
    int is_staff;
    apr_time_t until;   /**< it ends then, unless it is said again */
    apr_time_t told_at; /**< when the member was told of this one; 0: not */
} chat_typist_t;

typedef struct chat_typists_t {
    chat_typist_t typists[CHAT_TYPISTS_MAX];
    int count;
} chat_typists_t;

/** Somebody types, or still does. Returns who is to be told. */
int chat_typists_begin(chat_typists_t *typists, const chat_typed_t *typed, int is_staff,
                       apr_time_t now);

/** A source has stopped. Returns who is to be told. */
int chat_typists_end(chat_typists_t *typists, const chat_typed_t *typed, int is_staff);

/** Whether a message of this seq ends what the typist does: it is the typist's own, and later. */
int chat_typists_ends_with(const chat_typist_t *typist, apr_int64_t conversation_id,
                           apr_int64_t sender_id, apr_int64_t seq);

/** When the first one ends by itself; 0: nobody types. */
apr_time_t chat_typists_until(const chat_typists_t *typists);
#endif
