/**
 * @file chat_message.h
 * What people do with messages: write them, page through them, read them.
 */
#ifndef MOD_CHAT_CHAT_MESSAGE_H
#define MOD_CHAT_CHAT_MESSAGE_H
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "store/chat_store_message.h"

#define CHAT_MESSAGES_DEFAULT 50
#define CHAT_MESSAGES_MAX 200
#define CHAT_CLIENT_ID_BYTES_MAX 64

/** A draft from a body: content cleaned and counted, client_id checked. 400 otherwise. */
chat_problem_t *chat_draft_read(chat_draft_t *draft, json_object *object, const chat_ctx_t *ctx);

/** A message as it now stands, with the sides that its names come from. */
typedef struct chat_posted_t {
    chat_sides_t sides;
    chat_message_t message;
    int is_new; /**< 0: this client_id was heard before, and this is what was stored then */
} chat_posted_t;

/** Store it, unless it is spam (422) or refused; draft->flag is filled on the way. */
chat_problem_t *chat_message_post(chat_posted_t *posted, chat_ctx_t *ctx, chat_draft_t *draft);

chat_problem_t *chat_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                  const chat_message_range_t *range);

/** Mark what the other side wrote as read, up to a message (0: all). */
/** As chat_store_message_resume(); arrays of the texts of as many ids and seqs. */
chat_problem_t *chat_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                    const char *seqs, int count, int limit);

chat_problem_t *chat_message_mark_read(apr_int64_t *pmarked, chat_ctx_t *ctx,
                                       apr_int64_t conversation_id, apr_int64_t up_to);
#endif
