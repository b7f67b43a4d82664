#include "service/chat_spamcheck.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"
#include "guard/chat_rate_table.h"
#include "guard/chat_spam.h"

/* Both limits are checked at once, so that a refusal by one does not count for the other. `once`
 * has the longer period: when both refuse, it is the one that is reported. */
enum { REPEAT, ONCE };

/* A limit that only a retry reaches: the same text with the same client_id in the same
 * conversation. A retry is not spam: the database recognizes it, and does not store the message
 * again. */
static int make_once(chat_rate_limit_t *once, const chat_rate_limit_t *repeat)
{
    *once = *repeat;
    once->count = 1;
    once->burst = 1;
    once->key_text = "retry";
    once->period = 2 * (repeat->span > repeat->period ? repeat->span : repeat->period);
    once->period -= once->period % APR_USEC_PER_SEC;
    return chat_rate_limit_seal(once) == APR_SUCCESS;
}

static int is_repeat(const chat_draft_t *draft, const chat_ctx_t *ctx)
{
    const chat_rate_limit_t *repeat = ctx->config->spam_repeat;
    chat_rate_table_decision_t decision;
    const chat_rate_limit_t *limits[2];
    const char *keys[2];
    chat_rate_limit_t once;
    int count = 1;

    if (!repeat)
        return 0;
    limits[REPEAT] = repeat;
    keys[REPEAT] = chat_spam_repeat_key(ctx->profile.external_id, draft->content, ctx->pool);
    if (draft->client_id && make_once(&once, repeat)) {
        limits[ONCE] = &once;
        keys[ONCE] = apr_psprintf(ctx->pool, "%" APR_INT64_T_FMT "\n%s\n%s", draft->conversation_id,
                                  draft->client_id, keys[REPEAT]);
        count = 2;
    }
    chat_rate_table_ask(&decision, ctx->repeats, limits, keys, count, chat_clock_now());
    /* In a full table the messages of other users would count, too: then nothing is a repeat. */
    return !decision.is_admitted && decision.limit == REPEAT && !decision.is_shared;
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
        chat_metrics_count(CHAT_COUNTER_SPAM_EXHAUSTED, (apr_uint64_t)report.exhausted);
    if (verdict == CHAT_SPAM_FLAG)
        chat_metrics_count(CHAT_COUNTER_SPAM_FLAGGED, 1);
    if (verdict != CHAT_SPAM_REJECT)
        return NULL;
    chat_metrics_count(CHAT_COUNTER_SPAM_REJECTED, 1);
    return chat_spam_problem(ctx->pool);
}
