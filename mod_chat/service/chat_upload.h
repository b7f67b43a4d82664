/**
 * @file chat_upload.h
 * A message with a file, while it arrives as multipart/form-data: fields are kept, the file is
 * written to ChatAttachmentDir and, when it is whole, stored (chat_file_store.h).
 *
 * The parts are `content`, `client_id` and the file, `attachment`; others are ignored if they are
 * not files. Order: chat_upload_check() before the first byte, the handler for the parts,
 * chat_upload_finish() after the last one, and chat_upload_settle() after the statement.
 * Ownership: ctx->pool, with which a file is removed that no message has. Threads: one.
 */
#ifndef MOD_CHAT_CHAT_UPLOAD_H
#define MOD_CHAT_CHAT_UPLOAD_H
#include "core/chat_metrics.h"
#include "http/chat_multipart.h"
#include "service/chat_message.h"

#define CHAT_QUOTA_KEY_BYTES_MAX 255 /**< as of what identifies a user; the row is in an index */

typedef struct chat_upload_t chat_upload_t;

/** The size of a body above which its file is too large. */
apr_off_t chat_upload_bytes_max(const chat_config_t *config);

/** 413 `file_too_large`; 415 where no files are accepted, and a body without one is smaller. */
chat_problem_t *chat_upload_too_large(const chat_ctx_t *ctx);

/** 507 `storage_full`: less room than ChatAttachmentFree is left. */
chat_problem_t *chat_upload_check(const chat_ctx_t *ctx);

/** `quota_key`: whose quota it counts for, of which CHAT_QUOTA_KEY_BYTES_MAX bytes are used; NULL:
 * the user's. */
chat_upload_t *chat_upload_create(chat_ctx_t *ctx, const char *quota_key);

/** For an upload as `data`. When it fails, chat_upload_problem() is why. */
extern const chat_multipart_handler_t chat_upload_handler;

/** Why a part was refused; NULL: none was. */
chat_problem_t *chat_upload_problem(const chat_upload_t *upload);

/** Fill the draft, whose conversation is known; what is spam is refused before the file is stored.
 * The file is on the disk, or in the database, then.
 */
chat_problem_t *chat_upload_finish(chat_draft_t *draft, chat_upload_t *upload);

/** Keep the file, if a message has it or may have it, or remove it: after chat_message_post(), or
 * with zeros where it was not called. */
void chat_upload_settle(chat_upload_t *upload, const chat_posted_t *posted);

/** What becomes of files: stored, repeated (the message was there already), the code of the
 * problem, or other. */
extern const char *const chat_upload_results[CHAT_UPLOAD_RESULTS];

/** Count an upload by its result (`problem` NULL: posted), after chat_upload_settle(). Forms do not
 * count that are known to have no file. */
void chat_upload_count(const chat_upload_t *upload, const chat_posted_t *posted,
                       const chat_problem_t *problem);
#endif
