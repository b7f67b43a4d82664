/**
 * @file chat_files.h
 * The files of attachments, in ChatAttachmentDir.
 *
 * Each attachment has a file of its own, with a random name that is never used again: `3f/` and 30
 * hexadecimal digits. It is written at that place, and it is complete and on the disk before the
 * statement that makes it an attachment. So a file that no attachment names is one whose upload did
 * not end, or whose message was deleted. Equal
 * files are stored as often as they are sent: then nothing that happens to one touches another, and
 * nobody learns from an upload whether a file was here before.
 * Ownership: the pool given. Threads: one at a time for each file.
 */
#ifndef MOD_CHAT_CHAT_FILES_H
#define MOD_CHAT_CHAT_FILES_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_FILES_NAME_CHARS 32 /**< of a name, without the slash */

/** A file that is being written. */
typedef struct chat_new_file_t chat_new_file_t;

/** Create a file with a name of its own. It is removed with `p` unless it is kept. */
apr_status_t chat_files_create(chat_new_file_t **pfile, const char *dir, apr_pool_t *p);

/** Likewise for a file that is needed for a time only: it has no name in the directory any more, so
 * that nothing is left of it whatever happens. */
apr_status_t chat_files_create_scratch(chat_new_file_t **pfile, const char *dir, apr_pool_t *p);

/** Append; either all that the file gets comes this way, or it comes by the descriptor. The last
 * bytes are in memory until chat_files_flush(). APR_ENOSPC or APR_EDQUOT: see chat_files_is_full().
 */
apr_status_t chat_files_write(chat_new_file_t *file, const char *bytes, apr_size_t count);
apr_status_t chat_files_flush(chat_new_file_t *file);

/** Its descriptor, for reading and writing at any place. */
int chat_files_descriptor(const chat_new_file_t *file);

/** All of it is written: its size and SHA-256, of lower-case hexadecimal digits, are known then. */
apr_status_t chat_files_finish(chat_new_file_t *file);
apr_off_t chat_files_size(const chat_new_file_t *file);
const char *chat_files_sha256(const chat_new_file_t *file);

/** Write the file and its directory to the disk. */
apr_status_t chat_files_sync(chat_new_file_t *file);

/** Its name, of lower-case hexadecimal digits. */
const char *chat_files_name(const chat_new_file_t *file);

/** The file stays: an attachment has it, or may have it. */
void chat_files_keep(chat_new_file_t *file);

/** Remove it now. */
void chat_files_discard(chat_new_file_t *file);

/** Whether a failure means that there is no more room. */
int chat_files_is_full(apr_status_t rv);

/** The path of a file; NULL: that is not a name. */
const char *chat_files_path(const char *dir, const char *name, apr_pool_t *p);

/** The bytes that the file system has left for users. */
apr_status_t chat_files_free(apr_int64_t *pbytes, const char *dir);

#endif
