/**
 * @file chat_spamcheck.h
 * Is a draft wanted: the rules of ChatSpam, ChatSpamLinks and ChatSpamRepeat put to it.
 */
#ifndef MOD_CHAT_CHAT_SPAMCHECK_H
#define MOD_CHAT_CHAT_SPAMCHECK_H
#include "core/chat_problem.h"
#include "store/chat_store_message.h"

/** 422 for what is rejected; draft->flag is set for what is stored with a mark. */
chat_problem_t *chat_spamcheck(chat_draft_t *draft, const chat_ctx_t *ctx);
#endif
