#include "service/chat_message.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_read.h"
#include "core/chat_text.h"
#include "service/chat_db_problem.h"
#include "service/chat_spamcheck.h"

static chat_problem_t *read_content(chat_draft_t *draft, json_object *object, const chat_ctx_t *ctx)
{
    apr_size_t chars_max = chat_config_content_chars_max(ctx->config);
    const char *text;
    apr_size_t bytes;
    apr_size_t chars;
    chat_problem_t *problem = chat_json_read_string(&text, &bytes, object, "content", ctx->pool);

    if (!problem)
        problem = chat_text_clean(&draft->content, &chars, text, bytes, ctx->pool);
    if (problem)
        return problem;
    if (chars == 0)
        return chat_problem_field(ctx->pool, "content", "must not be empty");
    if (chars > chars_max)
        return chat_problem_field(
            ctx->pool, "content",
            apr_psprintf(ctx->pool, "must have at most %" APR_SIZE_T_FMT " characters", chars_max));
    return NULL;
}

static int is_printable_ascii(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return 0;
    return 1;
}

static chat_problem_t *read_client_id(chat_draft_t *draft, json_object *object,
                                      const chat_ctx_t *ctx)
{
    apr_size_t bytes;
    chat_problem_t *problem =
        chat_json_read_optional_string(&draft->client_id, &bytes, object, "client_id", ctx->pool);

    if (problem)
        return problem;
    if (bytes == 0)
        draft->client_id = NULL; /* old clients send an empty one for none */
    else if (bytes > CHAT_CLIENT_ID_BYTES_MAX || !is_printable_ascii(draft->client_id))
        return chat_problem_field(
            ctx->pool, "client_id",
            "must have at most " APR_STRINGIFY(CHAT_CLIENT_ID_BYTES_MAX) " printable ASCII "
                                                                         "characters");
    return NULL;
}

chat_problem_t *chat_draft_read(chat_draft_t *draft, json_object *object, const chat_ctx_t *ctx)
{
    chat_problem_t *problem = read_content(draft, object, ctx);

    return problem ? problem : read_client_id(draft, object, ctx);
}

chat_problem_t *chat_message_post(chat_posted_t *posted, chat_ctx_t *ctx, chat_draft_t *draft)
{
    chat_outcome_t said;
    chat_problem_t *problem = chat_spamcheck(draft, ctx);
    apr_status_t rv;

    if (problem)
        return problem;
    rv = chat_store_message_post(&said, &posted->sides, &posted->message, ctx, draft);
    posted->is_new = rv == APR_SUCCESS && strcmp(said.outcome, "posted") == 0;
    return chat_db_problem_of_outcome(ctx, rv, &said);
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
