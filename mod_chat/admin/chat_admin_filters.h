/**
 * @file chat_admin_filters.h
 * The filters of a resource, with year, month and day, checked and as chat.admin_condition() takes
 * them.
 *
 * They come from the query of a list or an export, or from the body of an action.
 * Ownership: the pool of the ctx. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_FILTERS_H
#define MOD_CHAT_CHAT_ADMIN_FILTERS_H
#include "admin/chat_admin_resource.h"
#include "core/chat_ctx.h"
#include "core/chat_problem.h"

typedef struct chat_admin_filters_t {
    const chat_ctx_t *ctx;
    apr_pool_t *pool; /**< ctx->pool */
    const chat_admin_resource_t *resource;
    chat_json_t *json;
    apr_int64_t year, month, day; /**< 0: not said */
} chat_admin_filters_t;

void chat_admin_filters_begin(chat_admin_filters_t *filters, const chat_admin_resource_t *resource,
                              const chat_ctx_t *ctx);

/** 400 if the resource does not have a filter of this name, or the value is not one of it; 404 for
 * a search with ChatSearch off. An empty value is not a filter. */
chat_problem_t *chat_admin_filters_add(chat_admin_filters_t *filters, const char *name,
                                       const char *value);

/** The JSON object of all of them; 400 if year, month and day are not a date together. */
chat_problem_t *chat_admin_filters_end(const char **pjson, chat_admin_filters_t *filters);
#endif
