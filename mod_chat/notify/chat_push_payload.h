/**
 * @file chat_push_payload.h
 * What is pushed: JSON in the form of Declarative Web Push (W3C Push API), which web/sw.js reads as
 * well.
 *
 * Ownership: results live in the pool. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_PUSH_PAYLOAD_H
#define MOD_CHAT_CHAT_PUSH_PAYLOAD_H
#include "core/chat_config.h"
#include "store/chat_store_push_delivery.h"

#define CHAT_PUSH_TTL_S 86400

/**
 * The text of a push, `*plength` bytes, which are at most CHAT_WEBPUSH_TEXT_BYTES_MAX unless
 * ChatNotificationLink is longer than that. `has_body`: with the message, or a sentence in its
 * place.
 */
const char *chat_push_payload_write(apr_size_t *plength, const chat_push_row_t *row,
                                    const chat_config_t *config, int has_body, apr_pool_t *p);

/** The tag of the notification, and the topic: a newer push replaces the one with the same. Letters
 * and digits, as not all services take more. */
const char *chat_push_payload_tag(const chat_push_row_t *row, apr_pool_t *p);
#endif
