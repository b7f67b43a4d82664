#include "talk/chat_spamcheck.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_counters.h"
#include "guard/chat_spam.h"
#include "guard/chat_throttle.h"

static int is_admitted(const chat_limit_t *limit, const char *key, const chat_ctx_t *ctx)
{
    chat_throttle_decision_t decision;

    chat_throttle_ask(&decision, ctx->throttle, &limit, &key, 1, chat_throttle_now());
    return decision.is_admitted;
}

/* A retry under the same client_id says nothing anew, and the database knows it for what it is. */
static int is_retry(const char *key, const chat_draft_t *draft, const chat_ctx_t *ctx)
{
    chat_limit_t once = *ctx->config->spam_repeat;

    if (!draft->client_id)
        return 0;
    once.count = 1;
    once.burst = 1;
    once.key_text = "retry";
    if (chat_limit_seal(&once) != APR_SUCCESS)
        return 0;
    return !is_admitted(&once, apr_psprintf(ctx->pool, "%s:%s", draft->client_id, key), ctx);
}

static int is_repeat(const chat_draft_t *draft, const chat_ctx_t *ctx)
{
    const char *key;

    if (!ctx->config->spam_repeat)
        return 0;
    key = chat_spam_repeat_key(ctx->profile.username, draft->content, ctx->pool);
    return !is_retry(key, draft, ctx) && !is_admitted(ctx->config->spam_repeat, key, ctx);
}

chat_problem_t *chat_spamcheck(chat_draft_t *draft, const chat_ctx_t *ctx)
{
    chat_spam_report_t report = {0};
    int verdict = chat_spam_verdict(&report, ctx->config->spam_rules, draft->content,
                                    strlen(draft->content), ctx->pool);

    if (verdict != CHAT_SPAM_OK)
        draft->flag = strcmp(report.rule, "links") == 0 ? "links" : "pattern";
    if (verdict != CHAT_SPAM_REJECT && is_repeat(draft, ctx)) {
        draft->flag = draft->flag ? draft->flag : "repeat";
        if (ctx->config->spam_repeat_action > verdict)
            verdict = ctx->config->spam_repeat_action;
    }
    if (report.exhausted)
        chat_counters_add(CHAT_COUNTER_SPAM_EXHAUSTED, (apr_uint64_t)report.exhausted);
    if (verdict == CHAT_SPAM_FLAG)
        chat_counters_add(CHAT_COUNTER_SPAM_FLAGGED, 1);
    if (verdict != CHAT_SPAM_REJECT)
        return NULL;
    chat_counters_add(CHAT_COUNTER_SPAM_REJECTED, 1);
    return chat_spam_problem(ctx->pool);
}
