#include "ws/chat_resume.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_read.h"
#include "core/chat_number.h"

#define FIELD "conversations"

static chat_problem_t *refuse(apr_pool_t *p)
{
    return chat_problem_field(
        p, FIELD,
        "must be an object of ids and last seqs, at most " APR_STRINGIFY(CHAT_RESUME_POINTS_MAX));
}

static int compare(const void *a, const void *b)
{
    const chat_resume_point_t *left = a;
    const chat_resume_point_t *right = b;

    return (left->conversation_id > right->conversation_id) -
           (left->conversation_id < right->conversation_id);
}

static int read_point(void *data, const char *name, apr_int64_t seq)
{
    chat_resume_t *resume = data;
    chat_resume_point_t *point = &resume->points[resume->count++];

    point->seq = seq;
    return chat_number_read(&point->conversation_id, name) == APR_SUCCESS && seq >= 0;
}

/* "7" and "07": one conversation would be sent twice. */
static int has_namesakes(const chat_resume_t *resume)
{
    int i;

    for (i = 1; i < resume->count; i++)
        if (resume->points[i].conversation_id == resume->points[i - 1].conversation_id)
            return 1;
    return 0;
}

static int read_points(chat_resume_t *resume, json_object *object)
{
    if (!chat_json_read_each(object, FIELD, read_point, resume))
        return 0;
    qsort(resume->points, (size_t)resume->count, sizeof resume->points[0], compare);
    return !has_namesakes(resume);
}

static chat_problem_t *read_epoch(chat_resume_t *resume, json_object *object, apr_pool_t *p)
{
    const char *epoch;
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_optional_string(&epoch, &length, object, "epoch", p);

    if (problem || !length)
        return problem;
    /* What is too long is not an epoch of ours, nor is the beginning of it. */
    apr_cpystrn(resume->epoch, length > CHAT_EPOCH_CHARS ? "?" : epoch, sizeof resume->epoch);
    return NULL;
}

chat_problem_t *chat_resume_read(chat_resume_t **presume, json_object *object, apr_pool_t *p)
{
    int count = chat_json_read_count(object, FIELD);
    chat_problem_t *problem;
    chat_resume_t *resume;

    if (count < 0 || count > CHAT_RESUME_POINTS_MAX)
        return refuse(p);
    resume = calloc(1, sizeof *resume + (size_t)count * sizeof resume->points[0]);
    if (!resume)
        return chat_problem_cause(p, CHAT_HTTP_SERVICE_UNAVAILABLE, "busy",
                                  "The chat is busy. Try again in a moment.", APR_ENOMEM,
                                  "no memory for a resume");
    problem = read_points(resume, object) ? read_epoch(resume, object, p) : refuse(p);
    if (problem) {
        free(resume);
        return problem;
    }
    *presume = resume;
    return NULL;
}

void chat_resume_destroy(chat_resume_t *resume)
{
    if (!resume)
        return;
    chat_shared_buf_unref(resume->resumed);
    chat_json_read_unref(resume->ref);
    free(resume);
}

int chat_resume_is_running(const chat_resume_t *resume)
{
    return resume && resume->current < resume->count;
}

void chat_resume_begin_page(chat_resume_page_t *page, chat_resume_t *resume)
{
    int i;

    memset(page, 0, sizeof *page);
    page->number = resume->pages++;
    page->count = resume->count - resume->current;
    if (page->count > CHAT_RESUME_STEPS_MAX)
        page->count = CHAT_RESUME_STEPS_MAX;
    for (i = 0; i < page->count; i++) {
        page->steps[i].conversation_id = resume->points[resume->current + i].conversation_id;
        page->steps[i].seq = resume->points[resume->current + i].seq;
    }
}

/* A conversation that is not complete, because of an event meanwhile, holds up those after it: they
 * are read again, from their positions. */
void chat_resume_take_page(chat_resume_t *resume, const chat_resume_page_t *page)
{
    int first = resume->current;
    int i;

    for (i = 0; i < page->count; i++) {
        const chat_resume_step_t *step = &page->steps[i];
        chat_resume_point_t *point = &resume->points[first + i];

        if (first + i != resume->current) {
            if (!step->is_gone && step->seq > point->seq)
                point->seq = step->seq;
        } else if (step->is_gone) {
            chat_resume_skip(resume);
        } else {
            chat_resume_advance(resume, step->seq, step->is_last);
        }
    }
}

void chat_resume_advance(chat_resume_t *resume, apr_int64_t seq, int is_last)
{
    chat_resume_point_t *point = &resume->points[resume->current];

    if (seq > point->seq)
        point->seq = seq;
    if (is_last && point->noted_seq <= point->seq)
        resume->current++;
}

void chat_resume_skip(chat_resume_t *resume)
{
    chat_resume_point_t *point = &resume->points[resume->current];

    if (point->noted_seq) {
        point->noted_seq = 0;
        return;
    }
    point->seq = 0; /* should they come in later, all is new to them */
    resume->current++;
}

int chat_resume_admits(chat_resume_t *resume, apr_int64_t conversation_id, apr_int64_t seq)
{
    chat_resume_point_t wanted = {.conversation_id = conversation_id};
    chat_resume_point_t *point;

    if (!resume)
        return 1;
    point = bsearch(&wanted, resume->points, (size_t)resume->count, sizeof wanted, compare);
    if (!point || (point < resume->points + resume->current && seq > point->seq))
        return 1;
    if (point >= resume->points + resume->current && seq > point->noted_seq)
        point->noted_seq = seq;
    return 0;
}
