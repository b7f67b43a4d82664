#include "ws/chat_ws_command.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>
#include <apr_thread_pool.h>

#include "core/chat_json_read.h"
#include "core/chat_log.h"
#include "core/chat_metrics.h"
#include "core/chat_sync.h"
#include "db/chat_db.h"
#include "guard/chat_refusal.h"
#include "realtime/chat_encode.h"
#include "service/chat_conversation.h"
#include "service/chat_message.h"
#include "service/chat_typing.h"
#include "ws/chat_loop.h"

static struct {
    apr_thread_mutex_t *mutex;  /* guards `threads` */
    apr_thread_pool_t *threads; /* NULL: the child ends */
} pool;

static void answer(chat_ws_command_t *command, chat_shared_buf_t *buf)
{
    if (buf)
        command->bufs[command->count++] = buf;
    else
        command->close_code = CHAT_CLOSE_INTERNAL; /* out of memory for what the client waits for */
}

static void enter(chat_ctx_t *ctx, const chat_identity_t *identity, apr_pool_t *p)
{
    chat_guard_begin(
        ctx, identity->config,
        chat_db_create(identity->server, NULL, chat_config_database_wait(identity->config), p), p);
    ctx->profile.external_id = identity->external_id;
    ctx->still_id = identity->user_id;
}

static void log_problem(const chat_identity_t *identity, const chat_problem_t *problem)
{
    if (problem->cause)
        ap_log_error(APLOG_MARK, problem->is_repeated ? APLOG_DEBUG : APLOG_ERR, problem->status,
                     identity->server, "session(user %" APR_INT64_T_FMT "): %d %s: %s",
                     identity->user_id, problem->http_status, problem->code, problem->cause);
    else
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, identity->server,
                     "session(user %" APR_INT64_T_FMT "): %d %s", identity->user_id,
                     problem->http_status, problem->code);
}

/* Before the paths of files. */
static const char *root_of(const chat_ctx_t *ctx)
{
    return apr_pstrcat(ctx->pool, chat_config_first_root(ctx->config), "/", NULL);
}

/* ---- the types of frames ---- */

static chat_problem_t *send_message(chat_ws_command_t *command, chat_ctx_t *ctx,
                                    json_object *object)
{
    chat_draft_t draft = {0};
    chat_posted_t posted;
    chat_problem_t *problem = chat_guard_limit_ws(ctx, CHAT_ACTION_SEND, command->identity->keys);

    if (!problem)
        problem = chat_json_read_id(&draft.conversation_id, object, "conversation_id", ctx->pool);
    if (!problem)
        problem = chat_draft_read(&draft, object, ctx);
    if (!problem)
        problem = chat_message_post(&posted, ctx, &draft);
    if (!problem)
        answer(command,
               chat_encode_ack(command->ref, &posted, ctx->user.id, root_of(ctx), ctx->pool));
    if (!problem)
        command->typed_in = draft.conversation_id; /* which it ends */
    return problem;
}

static chat_problem_t *mark_read(chat_ws_command_t *command, chat_ctx_t *ctx, json_object *object)
{
    apr_int64_t conversation_id = 0;
    apr_int64_t up_to = 0;
    apr_int64_t marked;
    chat_problem_t *problem = chat_guard_limit_ws(ctx, CHAT_ACTION_READ, command->identity->keys);

    if (!problem)
        problem = chat_json_read_id(&conversation_id, object, "conversation_id", ctx->pool);
    if (!problem)
        problem = chat_json_read_optional_id(&up_to, object, "up_to", ctx->pool);
    return problem ? problem : chat_message_mark_read(&marked, ctx, conversation_id, up_to);
}

static chat_problem_t *say_typing(chat_ws_command_t *command, chat_ctx_t *ctx, json_object *object)
{
    apr_int64_t conversation_id = 0;
    int is_typing;
    chat_problem_t *problem = chat_guard_limit_ws(ctx, CHAT_ACTION_TYPING, command->identity->keys);

    if (!problem)
        problem = chat_json_read_id(&conversation_id, object, "conversation_id", ctx->pool);
    if (!problem)
        problem = chat_json_read_boolean(&is_typing, object, "is_typing", ctx->pool);
    if (!problem)
        problem = chat_typing_say(ctx, conversation_id, command->identity->source, is_typing);
    if (problem)
        return problem;
    command->typed_in = conversation_id;
    command->is_typing = is_typing;
    return NULL;
}

/* The client has messages that this database does not have: it must fetch everything again. */
static void resync(chat_ws_command_t *command, const char *epoch, chat_ctx_t *ctx)
{
    answer(command, chat_encode_resync(command->ref, epoch, ctx->pool));
    command->ends_resume = 1;
}

/* A list of which the client wants to know whether it has changed. */
typedef struct asked_list_t {
    chat_sync_t sync; /* `question` NULL: it does not ask */
    const char *role; /* NULL: either */
} asked_list_t;

static chat_problem_t *read_asked_list(asked_list_t *list, json_object *object, apr_pool_t *p)
{
    const char *sync;
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_optional_string(&sync, &length, object, "sync", p);

    memset(list, 0, sizeof *list);
    if (!problem)
        problem = chat_json_read_optional_string(&list->role, &length, object, "role", p);
    if (problem)
        return problem;
    if (sync && chat_sync_read(&list->sync, sync, p) != APR_SUCCESS)
        return chat_problem_field(p, "sync", "is not a sync value of this server");
    if (list->role && strcmp(list->role, "member") != 0 && strcmp(list->role, "staff") != 0)
        return chat_problem_field(p, "role", "must be member or staff");
    return NULL;
}

static int is_of_epoch(const chat_identity_t *identity, const char *epoch)
{
    return epoch && strcmp(epoch, identity->epoch) == 0;
}

/* Events that come meanwhile are sent after the answer, so that nothing is between the two. */
static chat_problem_t *begin_resume(chat_ws_command_t *command, chat_ctx_t *ctx,
                                    const asked_list_t *list)
{
    chat_resume_t *resume = command->resume;
    const char *epoch = *resume->epoch ? resume->epoch : command->identity->epoch;
    int is_asked = list->sync.question && is_of_epoch(command->identity, epoch);
    chat_conversation_changes_t changes;
    chat_problem_t *problem =
        is_asked ? chat_conversation_find_changes(&changes, ctx, list->sync.question, list->role)
                 : NULL;

    if (problem)
        return problem;
    if (is_asked)
        epoch = ctx->epoch;
    if (!is_of_epoch(command->identity, epoch)) {
        chat_resume_destroy(resume);
        command->resume = NULL;
        resync(command, is_asked ? epoch : command->identity->epoch, ctx);
        return NULL;
    }
    resume->ref = chat_json_read_ref(command->ref);
    resume->resumed = chat_encode_resumed(command->ref, is_asked ? &changes : NULL, ctx->pool);
    if (!resume->resumed)
        command->close_code = CHAT_CLOSE_INTERNAL;
    return NULL;
}

static chat_problem_t *resume(chat_ws_command_t *command, chat_ctx_t *ctx, json_object *object)
{
    chat_problem_t *problem = chat_guard_limit_ws(ctx, CHAT_ACTION_READ, command->identity->keys);
    asked_list_t list;

    if (!problem)
        problem = read_asked_list(&list, object, ctx->pool);
    if (!problem)
        problem = chat_resume_read(&command->resume, object, ctx->pool);
    if (!problem)
        problem = begin_resume(command, ctx, &list);
    if (problem) {
        chat_resume_destroy(command->resume);
        command->resume = NULL;
    }
    return problem;
}

static const struct {
    const char *type;
    chat_problem_t *(*run)(chat_ws_command_t *command, chat_ctx_t *ctx, json_object *object);
} verbs[] = {
    {"send", send_message},
    {"read", mark_read},
    {"typing", say_typing},
    {"resume", resume},
};

static chat_problem_t *run_verb(chat_ws_command_t *command, chat_ctx_t *ctx, json_object *object)
{
    const char *type;
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_string(&type, &length, object, "type", ctx->pool);
    int i;

    if (problem)
        return problem;
    for (i = 0; i < CHAT_COUNT(verbs); i++)
        if (strcmp(type, verbs[i].type) == 0)
            return verbs[i].run(command, ctx, object);
    return chat_problem_field(ctx->pool, "type", "must be send, read, typing or resume");
}

static void run_frame(chat_ws_command_t *command, apr_pool_t *p)
{
    json_object *object = NULL;
    chat_ctx_t ctx;
    chat_problem_t *problem =
        chat_json_read(&object, command->frame->text, command->frame->length, p);

    enter(&ctx, command->identity, p);
    if (!problem) {
        command->ref = chat_json_read_member(object, "ref");
        problem = run_verb(command, &ctx, object);
    }
    if (!problem)
        return;
    log_problem(command->identity, problem);
    answer(command, chat_encode_error(command->ref, problem, p));
    if (strcmp(problem->code, CHAT_REFUSAL_USER_INACTIVE) == 0)
        command->close_code = CHAT_CLOSE_POLICY;
}

/* ---- the pages of a resume ---- */

/* What a page has read. */
typedef struct found_t {
    chat_resumed_t rows;
    chat_conversation_t conversations[CHAT_RESUME_STEPS_MAX];
    apr_int64_t last_seqs[CHAT_RESUME_STEPS_MAX];
} found_t;

static chat_problem_t *find_page(found_t *found, const chat_resume_page_t *page, chat_ctx_t *ctx)
{
    const chat_resume_step_t *first = page->steps;
    const char *ids = chat_db_ids(&first->conversation_id, sizeof *first, page->count, ctx->pool);
    const char *seqs = chat_db_ids(&first->seq, sizeof *first, page->count, ctx->pool);

    return chat_message_resume(&found->rows, ctx, ids, seqs, page->count,
                               CHAT_WS_COMMAND_PAGE_ROWS);
}

/* Whether the client has no later messages than there are. A conversation that the user must not
 * see is passed over, so that the answer does not tell whether it exists. */
static int check_page(found_t *found, chat_resume_page_t *page)
{
    int i;

    for (i = 0; i < page->count; i++) {
        chat_resume_step_t *step = &page->steps[i];

        step->is_gone = !chat_store_resumed_conversation(&found->conversations[i],
                                                         &found->last_seqs[i], &found->rows, i);
        if (!step->is_gone && step->seq > found->last_seqs[i])
            return 0;
    }
    return 1;
}

static void say_page(chat_ws_command_t *command, found_t *found, chat_ctx_t *ctx)
{
    chat_resume_page_t *page = &command->page;
    int messages = found->rows.message_count;
    apr_size_t bytes = 0;
    int at = 0; /* which step */
    int i, j;

    for (i = 0; i < messages && bytes < CHAT_WS_COMMAND_PAGE_BYTES && !command->close_code; i++) {
        chat_message_t message;
        apr_int64_t conversation_id;
        chat_shared_buf_t *buf;

        chat_store_resumed_message(&message, &conversation_id, &found->rows, i);
        while (at < page->count - 1 && page->steps[at].conversation_id != conversation_id)
            at++;
        buf = chat_encode_message(&message, &found->conversations[at], ctx->user.id, root_of(ctx),
                                  ctx->pool);
        answer(command, buf);
        bytes += buf ? buf->length : 0;
        page->steps[at].seq = message.seq;
    }
    if (i == messages && !found->rows.has_more)
        at = page->count; /* there are no more of any */
    for (j = 0; j < page->count; j++)
        page->steps[j].is_last = j < at || (j == at && page->steps[j].seq >= found->last_seqs[j]);
}

static void fail_page(chat_ws_command_t *command, const chat_problem_t *problem)
{
    log_problem(command->identity, problem);
    command->close_code = problem->http_status == 403 ? CHAT_CLOSE_POLICY : CHAT_CLOSE_TRY_LATER;
}

/* Each page but the first, for which the frame was counted, counts as one more read. */
static chat_problem_t *limit_page(chat_ws_command_t *command, chat_ctx_t *ctx)
{
    return command->page.number == 0
               ? NULL
               : chat_guard_limit_ws(ctx, CHAT_ACTION_READ, command->identity->keys);
}

static void run_page(chat_ws_command_t *command, apr_pool_t *p)
{
    found_t *found = apr_pcalloc(p, sizeof *found);
    chat_problem_t *problem;
    chat_ctx_t ctx;

    enter(&ctx, command->identity, p);
    problem = limit_page(command, &ctx);
    if (problem) {
        answer(command, chat_encode_error(command->ref, problem, p));
        command->ends_resume = 1;
        return;
    }
    problem = find_page(found, &command->page, &ctx);
    if (problem)
        fail_page(command, problem);
    else if (!is_of_epoch(command->identity, ctx.epoch) || !check_page(found, &command->page))
        resync(command, ctx.epoch, &ctx);
    else
        say_page(command, found, &ctx);
}

/* ---- the thread pool ---- */

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    chat_ws_command_t *command = data;
    apr_pool_t *p;

    (void)thread;
    pthread_setname_np(pthread_self(),
                       CHAT_WS_COMMAND_THREAD_NAME); /* it had that of its creator */
    apr_pool_create(&p, NULL);
    apr_pool_tag(p, "mod_chat:command");
    if (command->frame)
        run_frame(command, p);
    else
        run_page(command, p);
    apr_pool_destroy(p);
    chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, -1);
    chat_loop_post(&command->task);
    return NULL;
}

apr_status_t chat_ws_command_start(chat_ws_command_t *command)
{
    apr_status_t rv = APR_EOF;

    chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, 1);
    apr_thread_mutex_lock(pool.mutex);
    if (pool.threads)
        rv =
            apr_thread_pool_push(pool.threads, run, command, APR_THREAD_TASK_PRIORITY_NORMAL, NULL);
    apr_thread_mutex_unlock(pool.mutex);
    if (rv != APR_SUCCESS)
        chat_metrics_gauge_add(CHAT_GAUGE_COMMANDS, -1);
    return rv;
}

apr_status_t chat_ws_command_child_init(apr_pool_t *pchild)
{
    apr_status_t rv = apr_thread_mutex_create(&pool.mutex, APR_THREAD_MUTEX_DEFAULT, pchild);

    if (rv == APR_SUCCESS)
        rv = apr_thread_pool_create(&pool.threads, 0, CHAT_WS_COMMAND_THREADS_MAX, pchild);
    if (rv != APR_SUCCESS)
        return rv;
    apr_thread_pool_idle_max_set(pool.threads, CHAT_WS_COMMAND_THREADS_MAX);
    apr_thread_pool_threshold_set(pool.threads, 0); /* no task waits while a thread may begin */
    return APR_SUCCESS;
}

void chat_ws_command_join(void)
{
    apr_thread_pool_t *threads = pool.threads;

    if (!threads)
        return;
    apr_thread_mutex_lock(pool.mutex);
    pool.threads = NULL;
    apr_thread_mutex_unlock(pool.mutex);
    apr_thread_pool_destroy(threads); /* waits for what runs, and drops what waits */
}

/* ---- life ---- */

chat_ws_command_t *chat_ws_command_create(const chat_identity_t *identity, chat_ws_frame_t *frame,
                                          chat_resume_t *resume)
{
    chat_ws_command_t *command = calloc(1, sizeof *command);

    if (!command)
        return NULL;
    command->identity = identity;
    command->frame = frame;
    if (!frame) {
        command->ref = resume->ref;
        chat_resume_begin_page(&command->page, resume);
    }
    return command;
}

void chat_ws_command_discard(chat_ws_command_t *command)
{
    while (command->count)
        chat_shared_buf_unref(command->bufs[--command->count]);
    chat_resume_destroy(command->resume);
}

void chat_ws_command_free(chat_ws_command_t *command)
{
    free(command->frame);
    free(command);
}
