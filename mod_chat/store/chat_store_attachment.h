/**
 * @file chat_store_attachment.h
 * The rows of attachments: what a message says of its file, and who may have it.
 *
 * For `ctx->user`, as in chat_store_conversation.h.
 */
#ifndef MOD_CHAT_CHAT_STORE_ATTACHMENT_H
#define MOD_CHAT_CHAT_STORE_ATTACHMENT_H
#include "store/chat_store_user.h"

/** The attachment of a message. */
typedef struct chat_attachment_t {
    apr_int64_t id;
    apr_int64_t bytes;
    int width;        /**< 0: not an image */
    int height;       /**< likewise */
    const char *kind; /**< image, document or other */
    const char *content_type;
    const char *name;
    const char *path; /**< of its address, below the root: "attachments/7/a%20b.txt" */
    apr_pool_t *pool; /**< in which all this lives */
} chat_attachment_t;

/** Read what chat.attachment_text() has written. NULL: it is something else. */
const chat_attachment_t *chat_store_attachment_parse(const char *text, apr_pool_t *p);

/** Whether a browser may show it inside a page: other files are for saving. */
int chat_store_attachment_is_inline(const char *kind);

/** A file that was asked for. */
typedef struct chat_attachment_file_t {
    apr_int64_t id;
    const char *file; /**< its name in ChatAttachmentDir, or in the database */
    int in_database;
    int is_incomplete; /**< parts of it are missing there */
    const char *name;
    const char *kind;
    const char *content_type;
    apr_int64_t bytes;
    const char *sha256; /**< in hexadecimal digits */
    apr_time_t created_at;
} chat_attachment_file_t;

/** APR_ENOENT: there is none, or the user may not see its conversation. */
apr_status_t chat_store_attachment_get(chat_attachment_file_t *attachment, chat_ctx_t *ctx,
                                       apr_int64_t id);
#endif
