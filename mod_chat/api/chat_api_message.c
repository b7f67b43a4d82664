#include "api/chat_api_handlers.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "core/chat_json_read.h"
#include "guard/chat_guard.h"
#include "guard/chat_upload_slots.h"
#include "http/chat_expression.h"
#include "http/chat_reply.h"
#include "service/chat_message.h"
#include "service/chat_search.h"
#include "service/chat_serialize.h"
#include "service/chat_upload.h"

/* The query of a page: the range for the database, and parameters for this file. */
typedef struct question_t {
    chat_message_range_t range;
    const char *q; /* as sent, for the link to the next page */
    chat_terms_t terms;
} question_t;

/* after=0, of a client that has no message yet, means from the first one. */
static chat_problem_t *read_after(chat_message_range_t *range, chat_request_t *req)
{
    const char *text;
    chat_problem_t *problem = chat_request_query_text(&text, req, "after");

    if (problem || !text || !*text)
        return problem;
    range->is_after = 1;
    if (strcmp(text, "0") == 0)
        return NULL;
    return chat_request_query_number(&range->after_id, req, "after", APR_INT64_MAX);
}

/* The words of a search; an empty q is none. */
static chat_problem_t *read_search(question_t *question, chat_request_t *req)
{
    chat_message_range_t *range = &question->range;
    chat_problem_t *problem = chat_request_query_text(&question->q, req, "q");

    if (problem || !question->q || !*question->q)
        return problem;
    if (range->is_after)
        return chat_problem_field(req->pool, "after", "cannot be combined with q");
    problem = chat_search_read(&question->terms, question->q, req->ctx);
    range->is_search = 1;
    range->terms = chat_terms_sql(&question->terms, req->pool);
    return problem ? problem : chat_guard_limit(req, CHAT_ACTION_SEARCH);
}

static chat_problem_t *read_range(chat_message_range_t *range, chat_request_t *req)
{
    apr_int64_t limit = 0;
    chat_problem_t *problem = chat_request_query_number(&limit, req, "limit", CHAT_MESSAGES_MAX);

    memset(range, 0, sizeof *range);
    range->conversation_id = req->match.ids[0];
    range->limit = limit ? (int)limit : CHAT_MESSAGES_DEFAULT;
    if (!problem)
        problem = chat_request_query_number(&range->before_id, req, "before", APR_INT64_MAX);
    if (!problem)
        problem = read_after(range, req);
    return problem;
}

static void link_page(chat_request_t *req, const char *relation, const char *bound, apr_int64_t id,
                      int limit)
{
    chat_reply_link(req, relation,
                    apr_psprintf(req->pool, "%s=%" APR_INT64_T_FMT "&limit=%d", bound, id, limit));
}

/* Link: "prev" for older messages that were found. */
static void link_older(chat_request_t *req, const question_t *question, apr_int64_t last_id)
{
    const char *words = apr_pescape_urlencoded(req->pool, question->q);

    chat_reply_link(req, "prev",
                    apr_psprintf(req->pool, "before=%" APR_INT64_T_FMT "&limit=%d&q=%s", last_id,
                                 question->range.limit, words));
}

/* Link: "prev" for older messages, "next" for newer ones. A page with a bound in the query has a
 * neighbour beyond that bound, or had one when the link was made. */
static void link_neighbours(chat_request_t *req, const question_t *question, int has_more,
                            apr_int64_t first_id, apr_int64_t last_id)
{
    const chat_message_range_t *range = &question->range;

    if (range->is_search) {
        if (has_more)
            link_older(req, question, last_id);
        return;
    }
    if (range->is_after ? range->after_id != 0 : has_more)
        link_page(req, "prev", "before", first_id, range->limit);
    if (range->is_after ? has_more || range->before_id : range->before_id != 0)
        link_page(req, "next", "after", last_id, range->limit);
}

chat_problem_t *chat_api_message_page(chat_request_t *req)
{
    question_t question = {0};
    chat_message_page_t page;
    chat_message_t message = {0};
    const char *root = chat_reply_root(req);
    apr_int64_t first_id = 0;
    chat_json_t *json;
    int i;
    chat_problem_t *problem = read_range(&question.range, req);

    if (!problem)
        problem = read_search(&question, req);
    if (!problem)
        problem = chat_message_page(&page, req->ctx, &question.range);
    if (question.range.is_search)
        req->ctx->xmin = 0; /* not cached: the same search is seldom repeated */
    if (problem)
        return problem;
    json = chat_reply_json(req, HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "messages");
    chat_json_array_begin(json);
    for (i = 0; i < page.count; i++) {
        chat_store_message_at(&message, &page, i);
        if (i == 0)
            first_id = message.id;
        if (question.range.is_search)
            message.snippet = chat_search_snippet(&question.terms, &message, req->pool);
        chat_serialize_message(json, &message, &page.sides, req->ctx->user.id, root);
    }
    chat_json_array_end(json);
    chat_json_member_boolean(json, "has_more", page.has_more);
    chat_json_member_string(json, "epoch", req->ctx->epoch);
    chat_json_object_end(json);
    if (page.count)
        link_neighbours(req, &question, page.has_more, first_id, message.id);
    return NULL;
}

static chat_problem_t *post_json(chat_posted_t *posted, chat_request_t *req, chat_draft_t *draft)
{
    json_object *object;
    chat_problem_t *problem = chat_request_read_json(&object, req);

    if (!problem)
        problem = chat_draft_read(draft, object, req->ctx);
    return problem ? problem : chat_message_post(posted, req->ctx, draft);
}

static chat_problem_t *receive(chat_upload_t *upload, chat_request_t *req, chat_draft_t *draft)
{
    apr_off_t bytes_max = chat_upload_bytes_max(req->config);
    chat_problem_t *problem = chat_request_read_form(req, bytes_max, &chat_upload_handler, upload);

    if (problem && chat_upload_problem(upload))
        return chat_upload_problem(upload);
    if (problem && problem->http_status == HTTP_REQUEST_ENTITY_TOO_LARGE)
        return chat_upload_too_large(req->ctx);
    return problem ? problem : chat_upload_finish(draft, upload);
}

/* A slot is held until the file has been received, examined and stored, which may take long, and
 * not while the statement of the message runs. */
static chat_problem_t *receive_in_slot(chat_upload_t *upload, chat_request_t *req,
                                       chat_draft_t *draft)
{
    const char **slot;
    chat_problem_t *problem = chat_guard_limit(req, CHAT_ACTION_UPLOAD);

    if (!problem)
        problem = chat_upload_check(req->ctx);
    if (!problem)
        problem = chat_upload_slots_take(&slot, req->ctx->profile.external_id, req->pool);
    if (problem)
        return problem;
    problem = receive(upload, req, draft);
    chat_upload_slots_give(slot, req->pool);
    return problem;
}

static chat_problem_t *post_form(chat_posted_t *posted, chat_request_t *req, chat_draft_t *draft)
{
    const char *key = chat_expression_evaluate(req->config->attachment_quota_key, req->r);
    chat_upload_t *upload = chat_upload_create(req->ctx, key);
    chat_problem_t *problem = receive_in_slot(upload, req, draft);

    if (!problem)
        problem = chat_message_post(posted, req->ctx, draft);
    chat_upload_settle(upload, posted);
    chat_upload_count(upload, posted, problem);
    return problem;
}

chat_problem_t *chat_api_message_post(chat_request_t *req)
{
    chat_draft_t draft = {.conversation_id = req->match.ids[0]};
    chat_posted_t posted = {0};
    chat_json_t *json;
    chat_problem_t *problem = chat_request_has_form(req) ? post_form(&posted, req, &draft)
                                                         : post_json(&posted, req, &draft);

    if (problem)
        return problem;
    json = chat_reply_json(req, posted.is_new ? HTTP_CREATED : HTTP_OK);
    chat_json_object_begin(json);
    chat_json_key(json, "message");
    chat_serialize_message(json, &posted.message, &posted.sides, req->ctx->user.id,
                           chat_reply_root(req));
    chat_json_object_end(json);
    return NULL;
}

chat_problem_t *chat_api_message_mark_read(chat_request_t *req)
{
    apr_int64_t marked_read;
    apr_int64_t up_to = 0;
    json_object *object;
    chat_problem_t *problem = chat_request_read_optional_json(&object, req);

    if (!problem && object)
        problem = chat_json_read_optional_id(&up_to, object, "up_to", req->pool);
    if (!problem)
        problem = chat_message_mark_read(&marked_read, req->ctx, req->match.ids[0], up_to);
    if (!problem)
        chat_reply_success_integer(req, "marked_read", marked_read);
    return problem;
}
