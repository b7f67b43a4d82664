/**
 * @file chat_ws_command.h
 * One frame of a WebSocket client (send, read, typing, resume), or one page of its resume, run on a
 * thread of a pool: it may wait for the database, which the event loop must not.
 *
 * The same rules, limits and access as over HTTP, through service/. A session has one command at a
 * time, so that a client's frames are run in their order. Bounded: CHAT_WS_COMMAND_THREADS_MAX
 * threads; as many commands wait for one as there are sessions. Ownership: the session's; the
 * frames of the answer pass to the event loop. Threads: the pool's from chat_ws_command_start()
 * until the command's task runs, otherwise the event loop's.
 */
#ifndef MOD_CHAT_CHAT_WS_COMMAND_H
#define MOD_CHAT_CHAT_WS_COMMAND_H
#include <httpd.h>

#include "guard/chat_guard.h"
#include "ws/chat_resume.h"
#include "ws/chat_task_queue.h"

#define CHAT_WS_COMMAND_THREAD_NAME "chat-command" /**< as top -H shows it */
#define CHAT_WS_COMMAND_THREADS_MAX 8              /**< in each child */
#define CHAT_WS_COMMAND_PAGE_ROWS 100              /**< messages in a page of a resume … */
#define CHAT_WS_COMMAND_PAGE_BYTES 98304 /**< … which ends after the one that exceeds this */

/** The user of a session. Constant while it lasts. */
typedef struct chat_identity_t {
    server_rec *server;
    const chat_config_t *config;
    chat_guard_keys_t *keys; /**< NULL: none */
    char *external_id;
    apr_int64_t user_id; /**< at the handshake; a command is refused when it is another */
    apr_int64_t source;  /**< chat_typing_change.h: this session */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< of the database, when the user was found in it */
} chat_identity_t;

/** A frame of the client; malloc'ed. */
typedef struct chat_ws_frame_t {
    struct chat_ws_frame_t *next; /**< the session's list */
    apr_size_t length;
    char text[]; /**< followed by a NUL */
} chat_ws_frame_t;

typedef struct chat_ws_command_t {
    chat_task_t task; /**< runs on the event loop's thread when the command has run */
    void *owner;      /**< the session */
    const chat_identity_t *identity;

    chat_ws_frame_t *frame;  /**< NULL: the next page of a resume */
    chat_resume_page_t page; /**< which the command makes without a frame */
    json_object *ref;        /**< of the frame, while it runs, or of the resume; NULL: none */

    chat_shared_buf_t *bufs[CHAT_WS_COMMAND_PAGE_ROWS + 1]; /**< to be sent, in this order */
    int count;
    chat_resume_t *resume; /**< the client wants to resume; NULL: no */
    apr_int64_t
        typed_in;    /**< the conversation in which the client types, or has stopped; 0: none */
    int is_typing;   /**< which of the two */
    int ends_resume; /**< no page follows, and nothing is held back for one */
    int close_code;  /**< the socket is to be closed; 0: no */
} chat_ws_command_t;

/** In child_init. */
apr_status_t chat_ws_command_child_init(apr_pool_t *pchild);

/** At the child's end, before the event loop's: wait until no command runs any more. Those that
 * wait for a thread are not run, and still their owners'. */
void chat_ws_command_join(void);

/** To run a frame, which is then the command's; or (`frame` NULL) to make the next page of a resume
 * that is running. NULL: out of memory. */
chat_ws_command_t *chat_ws_command_create(const chat_identity_t *identity, chat_ws_frame_t *frame,
                                          chat_resume_t *resume);

/** Hand it to the pool. Its task, whose `run` and `owner` the caller has
 * set, is posted when it has run.
 * APR_EOF: the child ends. After a failure the command is still the caller's. */
apr_status_t chat_ws_command_start(chat_ws_command_t *command);

/** Drop the answer: the client has gone. */
void chat_ws_command_discard(chat_ws_command_t *command);

/** Free it, but not its answer. */
void chat_ws_command_free(chat_ws_command_t *command);
#endif
