/**
 * @file chat_api_kept.h
 * Answers that are given again while they are what the database would say (ChatCache).
 */
#ifndef MOD_CHAT_CHAT_API_KEPT_H
#define MOD_CHAT_CHAT_API_KEPT_H
#include "http/chat_request.h"

/** The answer that was kept; or the one of the route's handler, which is kept if ctx->xmin tells
 *  what it was read from. */
chat_problem_t *chat_api_kept_answer(chat_request_t *req);
#endif
