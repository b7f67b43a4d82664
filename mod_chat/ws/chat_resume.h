/**
 * @file chat_resume.h
 * From where a client wants to go on, and how far the server has come with it.
 *
 * Conversations are gone through in their order, a page at a time: many conversations in one
 * statement, and a bounded number of messages. While one of them is not done, live messages of it
 * are not sent but noted: the pages go on until they have passed the last one noted. So nothing is
 * missed, doubled or out of order at the seam.
 * Ownership: malloc'ed, freed by chat_resume_destroy(). Threads: made by a helper, then the event
 * loop's.
 */
#ifndef MOD_CHAT_CHAT_RESUME_H
#define MOD_CHAT_CHAT_RESUME_H

#include "core/chat_ctx.h"
#include "core/chat_json_read.h"
#include "core/chat_problem.h"
#include "realtime/chat_shared_buf.h"

#define CHAT_RESUME_POINTS_MAX 1000
#define CHAT_RESUME_STEPS_MAX 100 /**< conversations in a page */

/** One conversation. */
typedef struct chat_resume_point_t {
    apr_int64_t conversation_id;
    apr_int64_t seq;       /**< the last one that the client has */
    apr_int64_t noted_seq; /**< the last one that came live meanwhile; 0: none */
} chat_resume_point_t;

typedef struct chat_resume_t {
    chat_shared_buf_t *resumed;       /**< to be sent at the end; NULL: it was */
    json_object *ref;                 /**< what the client gave; NULL: nothing */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< in which the client has heard of them; "": not said */
    int pages;                        /**< how many were made */
    int count;
    int current; /**< the point that is being worked on; those before it are done */
    chat_resume_point_t points[];
} chat_resume_t;

/** What a page does with one conversation. */
typedef struct chat_resume_step_t {
    apr_int64_t conversation_id;
    apr_int64_t seq; /**< up to here the client has the messages: before the page, and after it */
    int is_last;     /**< there was nothing behind it then */
    int is_gone;     /**< there is no such conversation for the user */
} chat_resume_step_t;

typedef struct chat_resume_page_t {
    int number; /**< from 0 */
    int count;
    chat_resume_step_t steps[CHAT_RESUME_STEPS_MAX];
} chat_resume_page_t;

/** Read `{"conversations":{"7":12},"epoch":"..."}`. 400 for anything else, or for more than the
 * bound. */
chat_problem_t *chat_resume_read(chat_resume_t **presume, json_object *object, apr_pool_t *p);
void chat_resume_destroy(chat_resume_t *resume /* NULL: nothing */);

/** Whether there is still a point to work on. NULL: no. */
int chat_resume_is_running(const chat_resume_t *resume);

/** The next page, to be worked on; while it is running. */
void chat_resume_begin_page(chat_resume_page_t *page, chat_resume_t *resume);

/** The page has been sent. */
void chat_resume_take_page(chat_resume_t *resume, const chat_resume_page_t *page);

/** The conversation that is worked on has been sent up to `seq`; `is_last`: there was nothing
 * behind it then. */
void chat_resume_advance(chat_resume_t *resume, apr_int64_t seq, int is_last);

/** There is no such conversation for the user: on to the next, unless they came in meanwhile. */
void chat_resume_skip(chat_resume_t *resume);

/** May this live message be sent? If not, it is noted where that is needed. NULL: yes. */
int chat_resume_admits(chat_resume_t *resume, apr_int64_t conversation_id, apr_int64_t seq);
#endif
