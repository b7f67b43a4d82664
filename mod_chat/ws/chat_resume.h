/**
 * @file chat_resume.h
 * A client that was disconnected goes on from the messages that it has: which conversations, from
 * which seq, and how far the server has come.
 *
 * The messages are sent in pages: a page reads many conversations in one statement, up to a bounded
 * number of messages. An event with a message of a conversation that is not complete yet is not
 * sent; its seq is noted, and pages are read until they have passed it. So no message is missed,
 * sent twice or out of order where the resume meets the events. Bounded: CHAT_RESUME_POINTS_MAX
 * conversations. Ownership: malloc'ed, freed by chat_resume_destroy(). Threads: made by a thread of
 * the command pool, then the event loop's.
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
    apr_int64_t noted_seq; /**< the last that came as an event meanwhile; 0: none */
} chat_resume_point_t;

typedef struct chat_resume_t {
    chat_shared_buf_t *resumed;       /**< to be sent at the end; NULL: it was */
    json_object *ref;                 /**< what the client gave; NULL: nothing */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< in which the client received them; "": not given */
    int pages;                        /**< how many were made */
    int count;
    int current; /**< the point that is being worked on; those before it are done */
    chat_resume_point_t points[];
} chat_resume_t;

/** What a page does with one conversation. */
typedef struct chat_resume_step_t {
    apr_int64_t conversation_id;
    apr_int64_t seq; /**< up to here the client has the messages: before the page, and after it */
    int is_last;     /**< there was no later message then */
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

/** Whether a conversation is not complete yet. NULL: no. */
int chat_resume_is_running(const chat_resume_t *resume);

/** What the next page has to read; only while it is running. */
void chat_resume_begin_page(chat_resume_page_t *page, chat_resume_t *resume);

/** The page has been sent. */
void chat_resume_take_page(chat_resume_t *resume, const chat_resume_page_t *page);

/** The conversation that is worked on has been sent up to `seq`; `is_last`: there was no later
 * message then. */
void chat_resume_advance(chat_resume_t *resume, apr_int64_t seq, int is_last);

/** There is no such conversation for the user: on to the next, unless they came in meanwhile. */
void chat_resume_skip(chat_resume_t *resume);

/** Whether the message of this event may be sent now; otherwise it is noted if need be. NULL: yes.
 */
int chat_resume_admits(chat_resume_t *resume, apr_int64_t conversation_id, apr_int64_t seq);
#endif
