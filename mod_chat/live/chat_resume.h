/**
 * @file chat_resume.h
 * From where a client wants to go on, and how far the server has come with it.
 *
 * Conversations are gone through one after the other, a page of messages at a time. While one of
 * them is not done, live messages of it are not sent but noted: the pages go on until they have
 * passed the last one noted. So nothing is missed, doubled or out of order at the seam.
 * Ownership: malloc'ed, freed by chat_resume_destroy(). Threads: made by a helper, then the hub's.
 */
#ifndef MOD_CHAT_CHAT_RESUME_H
#define MOD_CHAT_CHAT_RESUME_H
#include <json-c/json_object.h>

#include "core/chat_problem.h"
#include "live/chat_packet.h"

#define CHAT_RESUME_POINTS_MAX 1000

/** One conversation. */
typedef struct chat_resume_point_t {
    apr_int64_t conversation_id;
    apr_int64_t seq;       /**< the last one that the client has */
    apr_int64_t noted_seq; /**< the last one that came live meanwhile; 0: none */
} chat_resume_point_t;

typedef struct chat_resume_t {
    chat_packet_t *resumed; /**< to be sent at the end; NULL: it was */
    int count;
    int current; /**< the point that is being worked on; those before it are done */
    chat_resume_point_t points[];
} chat_resume_t;

/** Read `{"conversations":{"7":12}}`. 400 for anything else, or for more than the bound. */
chat_problem_t *chat_resume_read(chat_resume_t **presume, json_object *object, apr_pool_t *p);
void chat_resume_destroy(chat_resume_t *resume /* NULL: nothing */);

/** Whether there is still a point to work on. NULL: no. */
int chat_resume_is_running(const chat_resume_t *resume);

/** A page has been sent up to `seq`; `is_last`: there was nothing behind it then. */
void chat_resume_advance(chat_resume_t *resume, apr_int64_t seq, int is_last);

/** There is no such conversation for the user: on to the next, unless they came in meanwhile. */
void chat_resume_skip(chat_resume_t *resume);

/** May this live message be sent? If not, it is noted where that is needed. NULL: yes. */
int chat_resume_admits(chat_resume_t *resume, apr_int64_t conversation_id, apr_int64_t seq);
#endif
