/**
 * @file chat_spamcheck.h
 * Checks a draft against ChatSpam, ChatSpamLinks and ChatSpamRepeat.
 */
#ifndef MOD_CHAT_CHAT_SPAMCHECK_H
#define MOD_CHAT_CHAT_SPAMCHECK_H
#include "core/chat_problem.h"
#include "store/chat_store_message.h"

/** 422 for a draft that is rejected; sets draft->flag of one that is stored with a flag. */
chat_problem_t *chat_spamcheck(chat_draft_t *draft, const chat_ctx_t *ctx);
#endif
