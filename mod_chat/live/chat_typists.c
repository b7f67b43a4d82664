#include "live/chat_typists.h"

#include <string.h>

#include "store/chat_store_typing.h"

#define FORGET_US apr_time_from_sec(CHAT_TYPING_S)

/* The place of this typist; NULL: they do not type. */
static chat_typist_t *find(chat_typists_t *typists, apr_int64_t conversation_id,
                           apr_int64_t user_id)
{
    int i;

    for (i = 0; i < CHAT_TYPISTS_MAX; i++) {
        chat_typist_t *typist = &typists->typists[i];

        if (typist->conversation_id == conversation_id && typist->user_id == user_id)
            return typist;
    }
    return NULL;
}

/* Whether somebody else types there, and has been told of after `since`. */
static int has_other(const chat_typists_t *typists, const chat_typist_t *one, apr_time_t since,
                     apr_time_t now)
{
    int i;

    for (i = 0; i < CHAT_TYPISTS_MAX; i++) {
        const chat_typist_t *other = &typists->typists[i];

        if (other->conversation_id == one->conversation_id && other->user_id != one->user_id &&
            other->until > now && other->told_at >= since)
            return 1;
    }
    return 0;
}

static chat_typist_t *oldest(chat_typists_t *typists)
{
    chat_typist_t *oldest = &typists->typists[0];
    int i;

    for (i = 1; i < CHAT_TYPISTS_MAX; i++)
        if (typists->typists[i].until < oldest->until)
            oldest = &typists->typists[i];
    return oldest;
}

static int note_begin(chat_typists_t *typists, chat_typist_t *typist, apr_time_t now)
{
    typist->until = now + FORGET_US;
    if (has_other(typists, typist, now - CHAT_TYPISTS_QUIET_US, now))
        return 0;
    typist->told_at = now;
    return 1;
}

int chat_typists_note(chat_typists_t *typists, apr_int64_t conversation_id, apr_int64_t user_id,
                      int is_typing, apr_time_t now)
{
    chat_typist_t one = {.conversation_id = conversation_id, .user_id = user_id};
    chat_typist_t *typist = find(typists, conversation_id, user_id);

    if (is_typing) {
        if (!typist) {
            typist = oldest(typists);
            *typist = one;
        }
        return note_begin(typists, typist, now);
    }
    if (typist)
        memset(typist, 0, sizeof *typist);
    return !has_other(typists, &one, 0, now);
}
