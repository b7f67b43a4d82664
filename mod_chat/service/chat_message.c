#include "service/chat_message.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_json_read.h"
#include "core/chat_metrics.h"
#include "core/chat_text.h"
#include "guard/chat_rate_table.h"
#include "guard/chat_spam.h"
#include "service/chat_db_problem.h"

chat_problem_t *chat_draft_set_content(chat_draft_t *draft, const char *text, apr_size_t bytes,
                                       int may_be_empty, const chat_ctx_t *ctx)
{
    apr_size_t chars_max = chat_config_content_chars_max(ctx->config);
    apr_size_t chars;
    chat_problem_t *problem = chat_text_clean(&draft->content, &chars, text, bytes, ctx->pool);

    if (problem)
        return problem;
    if (chars == 0 && !may_be_empty)
        return chat_problem_field(ctx->pool, "content", "must not be empty");
    if (chars > chars_max)
        return chat_problem_field(
            ctx->pool, "content",
            apr_psprintf(ctx->pool, "must have at most %" APR_SIZE_T_FMT " characters", chars_max));
    return NULL;
}

static int is_printable_ascii(const char *text, apr_size_t bytes)
{
    apr_size_t i;

    for (i = 0; i < bytes; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return 0;
    return 1;
}

chat_problem_t *chat_draft_set_client_id(chat_draft_t *draft, const char *text, apr_size_t bytes,
                                         const chat_ctx_t *ctx)
{
    draft->client_id = NULL;
    if (bytes == 0)
        return NULL; /* old clients send an empty one for none */
    if (bytes > CHAT_CLIENT_ID_BYTES_MAX || !is_printable_ascii(text, bytes))
        return chat_problem_field(
            ctx->pool, "client_id",
            "must have at most " APR_STRINGIFY(CHAT_CLIENT_ID_BYTES_MAX) " printable ASCII "
                                                                         "characters");
    draft->client_id = apr_pstrmemdup(ctx->pool, text, bytes);
    return NULL;
}

chat_problem_t *chat_draft_read(chat_draft_t *draft, json_object *object, const chat_ctx_t *ctx)
{
    const char *text;
    apr_size_t bytes;
    chat_problem_t *problem = chat_json_read_string(&text, &bytes, object, "content", ctx->pool);

    if (!problem)
        problem = chat_draft_set_content(draft, text, bytes, 0, ctx);
    if (!problem)
        problem = chat_json_read_optional_string(&text, &bytes, object, "client_id", ctx->pool);
    return problem ? problem : chat_draft_set_client_id(draft, text, bytes, ctx);
}

/* ---- spam ---- */

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

chat_problem_t *chat_message_check_spam(chat_draft_t *draft, const chat_ctx_t *ctx)
{
    chat_spam_report_t report = {0};
    int verdict;

    if (draft->is_checked || !*draft->content)
        return NULL; /* or it is a file alone */
    draft->is_checked = 1;
    verdict = chat_spam_verdict(&report, ctx->config->spam_rules, draft->content,
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

/* ---- messages ---- */

chat_problem_t *chat_message_post(chat_posted_t *posted, chat_ctx_t *ctx, chat_draft_t *draft)
{
    chat_sending_t sending = {.ctx = ctx, .draft = draft};
    chat_problem_t *problem = chat_message_check_spam(draft, ctx);
    apr_status_t rv;

    memset(posted, 0, sizeof *posted);
    if (problem)
        return problem;
    rv = chat_store_message_post(&sending);
    posted->sides = sending.sides;
    posted->message = sending.message;
    posted->is_new = rv == APR_SUCCESS && strcmp(sending.said.outcome, "posted") == 0;
    /* Not where the user is inactive, or the statement was not run or was rolled back. */
    posted->may_be_stored = posted->is_new || (rv != APR_SUCCESS && rv != APR_EACCES &&
                                               rv != CHAT_DB_BUSY && rv != CHAT_DB_FULL);
    if (rv == CHAT_DB_FULL && draft->attachment)
        return chat_db_problem_of_file(ctx, rv);
    return chat_db_problem_of_outcome(ctx, rv, &sending.said);
}

chat_problem_t *chat_message_page(chat_message_page_t *page, chat_ctx_t *ctx,
                                  const chat_message_range_t *range)
{
    return chat_db_problem(ctx, chat_store_message_page(page, ctx, range));
}

chat_problem_t *chat_message_resume(chat_resumed_t *resumed, chat_ctx_t *ctx, const char *ids,
                                    const char *seqs, int count, int limit)
{
    return chat_db_problem(ctx, chat_store_message_resume(resumed, ctx, ids, seqs, count, limit));
}

chat_problem_t *chat_message_mark_read(apr_int64_t *pmarked, chat_ctx_t *ctx,
                                       apr_int64_t conversation_id, apr_int64_t up_to)
{
    chat_outcome_t said;
    apr_status_t rv = chat_store_message_mark_read(&said, ctx, conversation_id, up_to);

    *pmarked = said.marked;
    return chat_db_problem_of_outcome(ctx, rv, &said);
}
