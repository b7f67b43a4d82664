#include "realtime/chat_typing_tracker.h"

#include "cache/chat_typing_marks.h"
#include "core/chat_metrics.h"

#define FORGET_US apr_time_from_sec(CHAT_TYPING_S)

static int is_same_user(const chat_typist_t *typist, const chat_typing_change_t *typed)
{
    return typist->typed.conversation_id == typed->conversation_id &&
           typist->typed.user_id == typed->user_id;
}

/* NULL: this source does not type. */
static chat_typist_t *find(chat_typing_tracker_t *typists, const chat_typing_change_t *typed)
{
    int i;

    for (i = 0; i < typists->count; i++)
        if (is_same_user(&typists->typists[i], typed) &&
            typists->typists[i].typed.source == typed->source)
            return &typists->typists[i];
    return NULL;
}

/* The same user types from another source, too. */
static int has_other_source(const chat_typing_tracker_t *typists, const chat_typing_change_t *typed)
{
    int i;

    for (i = 0; i < typists->count; i++)
        if (is_same_user(&typists->typists[i], typed) &&
            typists->typists[i].typed.source != typed->source)
            return 1;
    return 0;
}

/* Another of the staff types there, of whom the member was sent a frame after `since`. */
static int has_other_staff(const chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                           apr_time_t since, apr_time_t now)
{
    int i;

    for (i = 0; i < typists->count; i++) {
        const chat_typist_t *other = &typists->typists[i];

        if (other->is_staff && other->typed.conversation_id == typed->conversation_id &&
            other->typed.user_id != typed->user_id && other->until > now && other->sent_at >= since)
            return 1;
    }
    return 0;
}

int chat_typing_tracker_begin(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                              int is_staff, apr_time_t now)
{
    chat_typist_t *typist = find(typists, typed);

    if (!typist && typists->count == CHAT_TYPING_TRACKER_MAX) {
        chat_metrics_count(CHAT_COUNTER_TYPING_DROPPED, 1);
        return 0;
    }
    if (!typist) {
        typist = &typists->typists[typists->count++];
        typist->sent_at = 0;
    }
    typist->typed = *typed;
    typist->is_staff = is_staff;
    typist->until = now + FORGET_US;
    if (!is_staff || has_other_staff(typists, typed, now - CHAT_TYPING_TRACKER_QUIET_US, now))
        return CHAT_TYPING_TRACKER_TO_STAFF;
    typist->sent_at = now;
    return CHAT_TYPING_TRACKER_TO_STAFF | CHAT_TYPING_TRACKER_TO_MEMBER;
}

/* Those that have expired count until their own end, or several would be sent as the last one. */
int chat_typing_tracker_end(chat_typing_tracker_t *typists, const chat_typing_change_t *typed,
                            int is_staff)
{
    chat_typist_t *typist = find(typists, typed);

    if (typist)
        *typist = typists->typists[--typists->count];
    else if (typed->is_noticed)
        return 0;
    if (has_other_source(typists, typed))
        return 0;
    if (!is_staff || has_other_staff(typists, typed, 0, 0))
        return CHAT_TYPING_TRACKER_TO_STAFF;
    return CHAT_TYPING_TRACKER_TO_STAFF | CHAT_TYPING_TRACKER_TO_MEMBER;
}

int chat_typing_tracker_ends_with(const chat_typist_t *typist, apr_int64_t conversation_id,
                                  apr_int64_t sender_id, apr_int64_t seq)
{
    return typist->typed.conversation_id == conversation_id && typist->typed.user_id == sender_id &&
           typist->typed.seq < seq;
}

apr_time_t chat_typing_tracker_until(const chat_typing_tracker_t *typists)
{
    apr_time_t until = 0;
    int i;

    for (i = 0; i < typists->count; i++)
        if (!until || typists->typists[i].until < until)
            until = typists->typists[i].until;
    return until;
}
