/**
 * @file chat_push_draft.h
 * Reads the push subscription that a browser sends: W3C Push API, PushSubscription.toJSON().
 *
 * Ownership: what is read lives in the pool and in the JSON object. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_PUSH_DRAFT_H
#define MOD_CHAT_CHAT_PUSH_DRAFT_H
#include "core/chat_config.h"
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "store/chat_store_push.h"

/**
 * Read a subscription, with or without `key_id`. 400 `subscription`: its URL is not one that this
 * server sends to (guard/chat_push_endpoint.h), its keys are not valid, or it was made with another
 * key than the present one, which `config` must have.
 */
chat_problem_t *chat_push_draft_read(chat_push_draft_t *draft, json_object *object,
                                     const chat_config_t *config, apr_pool_t *p);

/** Read `endpoint` alone. 400 if it is missing or too long. */
chat_problem_t *chat_push_draft_read_endpoint(const char **pendpoint, json_object *object,
                                              apr_pool_t *p);
#endif
