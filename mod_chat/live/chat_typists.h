/**
 * @file chat_typists.h
 * Which staff type where, so that a member sees one typist: the church.
 *
 * A member must not count the staff, or tell them apart, by the frames that come. So while one of
 * them types, what another begins is told again only after CHAT_TYPISTS_QUIET_US, and only the end
 * of the last one is an end. Fellow staff are told of each.
 * Bounded: CHAT_TYPISTS_MAX people; one more replaces the one who would be forgotten first.
 * Threads: the feed's.
 */
#ifndef MOD_CHAT_CHAT_TYPISTS_H
#define MOD_CHAT_CHAT_TYPISTS_H
#include <apr.h>
#include <apr_time.h>

#define CHAT_TYPISTS_MAX 512
#define CHAT_TYPISTS_QUIET_US apr_time_from_sec(2) /**< clients say it anew every 3 s */

typedef struct chat_typist_t {
    apr_int64_t conversation_id; /**< 0: a free place */
    apr_int64_t user_id;
    apr_time_t until;   /**< forgotten then, unless said again */
    apr_time_t told_at; /**< when the member was told of this one; 0: not */
} chat_typist_t;

typedef struct chat_typists_t {
    chat_typist_t typists[CHAT_TYPISTS_MAX];
} chat_typists_t;

/** Note that somebody of the staff types, or has stopped. Returns whether the member is to be told.
 * `now` is of a monotonic clock. */
int chat_typists_note(chat_typists_t *typists, apr_int64_t conversation_id, apr_int64_t user_id,
                      int is_typing, apr_time_t now);
#endif
