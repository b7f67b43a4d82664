/**
 * @file chat_command.h
 * What a client wants, done by a helper thread: it may wait for the database, which the hub may
 * not.
 *
 * The same rules, limits and access as over HTTP, through talk/. A socket has one command at a
 * time, so that a client's frames are worked on in their order. Ownership: the socket's; what is in
 * the answer passes to the hub. Threads: the helper's between dispatch and answer, the hub's else.
 */
#ifndef MOD_CHAT_CHAT_COMMAND_H
#define MOD_CHAT_CHAT_COMMAND_H
#include <httpd.h>

#include "guard/chat_guard.h"
#include "live/chat_mailbox.h"
#include "live/chat_resume.h"

#define CHAT_COMMAND_PAGE_ROWS 100    /**< messages in a page of a resume … */
#define CHAT_COMMAND_PAGE_BYTES 98304 /**< … which ends behind the one that exceeds this */

/** On whose behalf. Constant while the socket lives. */
typedef struct chat_visitor_t {
    server_rec *server;
    const chat_config_t *config;
    chat_guard_keys_t *keys; /**< NULL: none */
    char *external_id;
    apr_int64_t user_id;              /**< who had it at the handshake, and must have it still */
    apr_int64_t source;               /**< of what is typed here */
    char epoch[CHAT_EPOCH_CHARS + 1]; /**< of the database, when the user was found in it */
} chat_visitor_t;

typedef struct chat_command_t {
    chat_letter_t letter; /**< by which the answer comes to the hub */
    void *owner;          /**< the socket */
    const chat_visitor_t *visitor;

    char *text; /**< a frame, malloc'ed; NULL: the next page of a resume */
    apr_size_t length;
    chat_resume_page_t *page; /**< malloc'ed */
    json_object *ref;         /**< of the resume, which owns it; NULL: none */

    chat_packet_t *packets[CHAT_COMMAND_PAGE_ROWS + 1]; /**< to be sent, in this order */
    int count;
    chat_resume_t *resume; /**< the client wants to resume; NULL: no */
    apr_int64_t typed_in;  /**< the conversation in which typing was said to go on or to have ended;
                              0:  none */
    int is_typing;         /**< which of the two */
    int ends_resume;       /**< no page follows, and nothing is held back for one */
    int close_code;        /**< the socket is to be closed; 0: no */
} chat_command_t;

/** Do it. */
void chat_command_run(chat_command_t *command);
#endif
