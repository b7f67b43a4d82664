/**
 * @file chat_encode.h
 * The frames that the server sends on a WebSocket: one function for each type, which writes its
 * JSON object as a text frame.
 *
 * Ownership: the caller has a reference to the buffer; NULL: out of memory. `p` is for the writing
 * only.
 */
#ifndef MOD_CHAT_CHAT_ENCODE_H
#define MOD_CHAT_CHAT_ENCODE_H

#include "core/chat_config.h"
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "realtime/chat_shared_buf.h"
#include "service/chat_conversation.h"
#include "service/chat_message.h"
#include "store/chat_store_typing.h"

/** `ref` in what follows is what the client gave, a string or a number; NULL: nothing. `root`:
 * before the paths of files, "/api/". */

/** With the heartbeat of `config`, and which files it accepts. */
chat_shared_buf_t *chat_encode_hello(apr_int64_t user_id, const char *user_tag, const char *epoch,
                                     const chat_config_t *config, apr_pool_t *p);
chat_shared_buf_t *chat_encode_ack(json_object *ref, const chat_posted_t *posted,
                                   apr_int64_t user_id, const char *root, apr_pool_t *p);
chat_shared_buf_t *chat_encode_error(json_object *ref, const chat_problem_t *problem,
                                     apr_pool_t *p);
/** `changes`: what the client has asked for; NULL: nothing. */
chat_shared_buf_t *chat_encode_resumed(json_object *ref, const chat_conversation_changes_t *changes,
                                       apr_pool_t *p);
/** `epoch`: of the database, as it is now. */
chat_shared_buf_t *chat_encode_resync(json_object *ref, const char *epoch, apr_pool_t *p);

/** For users of the side that `conversation` shows; `user_id` is who sent it, or 0 for all others.
 */
chat_shared_buf_t *chat_encode_message(const chat_message_t *message,
                                       const chat_conversation_t *conversation, apr_int64_t user_id,
                                       const char *root, apr_pool_t *p);
/** `user_id`: as above. The message is another one than it was. */
chat_shared_buf_t *chat_encode_message_changed(const chat_message_t *message,
                                               const chat_conversation_t *conversation,
                                               apr_int64_t user_id, const char *root,
                                               apr_pool_t *p);
/** `ids`: "3,7"; NULL: not all of them are known. */
chat_shared_buf_t *chat_encode_message_deleted(apr_int64_t conversation_id, const char *ids,
                                               apr_pool_t *p);
chat_shared_buf_t *chat_encode_conversation_deleted(apr_int64_t conversation_id, apr_pool_t *p);
chat_shared_buf_t *chat_encode_conversation(const chat_conversation_t *conversation, apr_pool_t *p);
/** For users of the side that `conversation` shows, as it was when the event was read. */
chat_shared_buf_t *chat_encode_read(const chat_conversation_t *conversation,
                                    const chat_message_t *up_to, int by_me, apr_pool_t *p);
/** `row`: the notification as JSON; NULL: any of them may have changed. */
chat_shared_buf_t *chat_encode_notification(const char *row, apr_size_t bytes,
                                            apr_int64_t unread_count, const chat_counts_t *counts,
                                            apr_pool_t *p);
chat_shared_buf_t *chat_encode_typing(apr_int64_t conversation_id, int is_typing,
                                      const chat_typer_t *typer, apr_pool_t *p);
#endif
