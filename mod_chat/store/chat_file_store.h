/**
 * @file chat_file_store.h
 * Where the files of messages are kept: ChatAttachmentStore directory (chat_files.h) or database
 * (chat_file_parts.h). Each attachment says where its file is, so that a site may change over.
 *
 * A file is received in ChatAttachmentDir in any case: its type is found, metadata are removed and
 * viruses are looked for in the whole of it, and a slow client holds no connection. With the
 * database it has no name there and is gone with the request.
 * Order: chat_file_store_create(), then the file is written (chat_files.h), chat_file_store_put(),
 * the statement that makes it an attachment, and where there will be none chat_file_store_remove().
 * Ownership: the pool given. Threads: one at a time for each file.
 */
#ifndef MOD_CHAT_CHAT_FILE_STORE_H
#define MOD_CHAT_CHAT_FILE_STORE_H
#include "core/chat_ctx.h"
#include "store/chat_files.h"

/** Create a file to be written. Nothing is left of it unless it is put. */
apr_status_t chat_file_store_create(chat_new_file_t **pfile, const chat_config_t *config,
                                    apr_pool_t *p);

/**
 * Store it for good, for a message of a conversation. CHAT_DB_* and, if the user may not send to
 * it, APR_ENOENT and APR_EACCES of chat_file_parts_put(); otherwise errors of the file system.
 */
apr_status_t chat_file_store_put(chat_new_file_t *file, chat_ctx_t *ctx,
                                 apr_int64_t conversation_id);

/** Remove what was put, or may have been. What cannot be removed now, the sweep will find. */
void chat_file_store_remove(chat_new_file_t *file, chat_ctx_t *ctx);

#endif
