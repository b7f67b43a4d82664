/**
 * @file chat_notification_link.h
 * The page that a notification leads to (ChatNotificationLink). Threads: a pure function.
 */
#ifndef MOD_CHAT_CHAT_NOTIFICATION_LINK_H
#define MOD_CHAT_CHAT_NOTIFICATION_LINK_H
#include <apr_pools.h>

#include "core/chat_config.h"

/** Its URL for a conversation; by default that of the conversation in the API. */
const char *chat_notification_link(const chat_config_t *config, apr_int64_t conversation_id,
                                   apr_pool_t *p);
#endif
