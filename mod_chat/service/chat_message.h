/**
 * @file chat_message.h
 * The rules of messages: post them, page through them, mark them as read.
 */
#ifndef MOD_CHAT_CHAT_MESSAGE_H
#define MOD_CHAT_CHAT_MESSAGE_H
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "store/chat_store_message.h"

#define CHAT_MESSAGES_DEFAULT 50
#define CHAT_MESSAGES_MAX 200
#define CHAT_CLIENT_ID_BYTES_MAX 64

/** Read a draft from a JSON body: the content is cleaned, its length and client_id are checked. 400
 *  if one is not valid. */
chat_problem_t *chat_draft_read(chat_draft_t *draft, json_object *object, const chat_ctx_t *ctx);

/** The same for one field, of bytes. */
chat_problem_t *chat_draft_set_content(chat_draft_t *draft, const char *text, apr_size_t bytes,
                                       int may_be_empty, const chat_ctx_t *ctx);
chat_problem_t *chat_draft_set_client_id(chat_draft_t *draft, const char *text, apr_size_t bytes,
                                         const chat_ctx_t *ctx);

/** Check a draft against ChatSpam, ChatSpamLinks and ChatSpamRepeat: 422 for one that is rejected;
 * sets draft->flag of one that is stored with a flag. Nothing where it was checked before. */
chat_problem_t *chat_message_check_spam(chat_draft_t *draft, const chat_ctx_t *ctx);

/** A message as it is stored, with the sides that its names come from. */
typedef struct chat_posted_t {
    chat_sides_t sides;
    chat_message_t message;
    int is_new;        /**< 0: a message with this client_id was stored before, and this is it */
    int may_be_stored; /**< the draft is stored, or that is not known, as when the connection was
                          lost before the answer came */
} chat_posted_t;

/** Store a draft, unless it is spam or refused. */
chat_problem_t *chat_message_post(chat_posted_t *posted, chat_ctx_t *ctx, chat_draft_t *draft);

chat_problem_t *chat_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                  const chat_message_range_t *range);

/** As chat_store_message_resume(). */
chat_problem_t *chat_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                    const char *seqs, int count, int limit);

/** Mark the messages of the other side as read, up to a message (0: all). */
chat_problem_t *chat_message_mark_read(apr_int64_t *pmarked, chat_ctx_t *ctx,
                                       apr_int64_t conversation_id, apr_int64_t up_to);
#endif
