/**
 * @file chat_typing_codec.h
 * Typing that began or ended, as text in the payload of a NOTIFY, several in one.
 *
 * "7:3:1:20:5 8:4:0:9:0" is conversation, user, whether they type (2: the end was noticed, not
 * said), the last seq of the conversation then, and the source (chat_typing_change.h). Bounded:
 * CHAT_TYPING_CODEC_MAX at once; what finds no room is dropped and counted, as typing is worth
 * nothing later. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_TYPING_CODEC_H
#define MOD_CHAT_CHAT_TYPING_CODEC_H
#include <apr_pools.h>

#include "store/chat_typing_change.h"

#define CHAT_TYPING_CODEC_MAX 256
#define CHAT_TYPING_CODEC_PAYLOAD_BYTES_MAX 7000 /**< PostgreSQL's limit is 8000 */

typedef struct chat_typing_codec_t {
    chat_typing_change_t marks[CHAT_TYPING_CODEC_MAX];
    int count;
} chat_typing_codec_t;

void chat_typing_codec_write(chat_typing_codec_t *marks, const chat_typing_change_t *typed);

/** Take out the first ones, as many as a payload holds; "" when there are none. */
const char *chat_typing_codec_take(chat_typing_codec_t *marks, apr_pool_t *p);

/** Add those of a payload. Words of another form are passed over. */
void chat_typing_codec_read(chat_typing_codec_t *marks, const char *payload, apr_pool_t *p);
#endif
