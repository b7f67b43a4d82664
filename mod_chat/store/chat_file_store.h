/**
 * @file chat_file_store.h
 * Where the files of messages are kept: ChatAttachmentStore directory (chat_files.h) or database
 * (chat_file_parts.h). Each attachment says where its file is, so that a site may change over.
 *
 * A file is received in ChatAttachmentDir in any case: its type is found, metadata are removed and
 * viruses are looked for in the whole of it, and a slow client holds no connection. With the
 * database it has no name there and is gone with the request.
 * Order: chat_file_store_create(), then the file is written and finished (chat_files.h),
 * chat_file_store_put(), the statement that makes it an attachment, and where there will be none
 * chat_file_store_remove(). Ownership: the pool given. Threads: one at a time for each file.
 */
#ifndef MOD_CHAT_CHAT_FILE_STORE_H
#define MOD_CHAT_CHAT_FILE_STORE_H
#include "store/chat_files.h"
#include "store/chat_store_message.h"

/** Create a file to be written. Nothing is left of it unless it is put. */
apr_status_t chat_file_store_create(chat_new_file_t **pfile, const chat_config_t *config,
                                    apr_pool_t *p);

/**
 * Store it for good, as `draft->attachment`. Outcome and status as of chat_file_parts_put(); in the
 * directory the outcome is CHAT_FILE_STORED, and otherwise errors of the file system.
 */
apr_status_t chat_file_store_put(const char **poutcome, chat_ctx_t *ctx, const chat_draft_t *draft,
                                 chat_new_file_t *file);

/** Remove what was put, or may have been. What cannot be removed now, the sweep will find. */
void chat_file_store_remove(chat_new_file_t *file, chat_ctx_t *ctx);

#endif
