/**
 * @file chat_files_sweep.h
 * Finds the files of ChatAttachmentDir that no attachment has, and removes them.
 *
 * Such a file is left over from an upload that was interrupted, or its message was deleted. One
 * that was written to within CHAT_FILES_SWEEP_AGE_S may belong to a message that is being stored,
 * and is left alone. Names are never used again (chat_files.h), so what is unused stays so, and
 * several hosts may do this at once. Threads: one at a time for each directory.
 */
#ifndef MOD_CHAT_CHAT_FILES_SWEEP_H
#define MOD_CHAT_CHAT_FILES_SWEEP_H
#include "db/chat_listener.h"

#define CHAT_FILES_SWEEP_AGE_S 86400
#define CHAT_FILES_SWEEP_FOLDERS 256   /**< of a directory */
#define CHAT_FILES_SWEEP_NAMES_MAX 500 /**< asked for in one statement */

/**
 * Sweep one folder (from 0) of a directory; `*premoved` grows by the number of files that were
 * removed. CHAT_DB_*: a statement failed; errors of the file system, but APR_ENOENT.
 */
apr_status_t chat_files_sweep_folder(int *premoved, const char *dir, int folder,
                                     chat_listener_t *db, apr_pool_t *p);
#endif
