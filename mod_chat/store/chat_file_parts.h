/**
 * @file chat_file_parts.h
 * Files in the database (ChatAttachmentStore database): parts of CHAT_FILE_PART_BYTES, the last one
 * shorter, each a row of its own, which is written and read by a statement of its own.
 *
 * A file has the random name of chat_files.h and is written before the statement that makes it an
 * attachment, which makes sure that it is complete. So parts that belong to no attachment are left
 * over from an upload that did not end, or from a message that was deleted.
 * No connection is held between two parts, whatever time they take to send. Ownership: the pool
 * given. Threads: one at a time for each file.
 */
#ifndef MOD_CHAT_CHAT_FILE_PARTS_H
#define MOD_CHAT_CHAT_FILE_PARTS_H
#include "core/chat_ctx.h"
#include "db/chat_db.h"
#include "db/chat_listener.h"

#define CHAT_FILE_PART_BYTES 262144 /**< as sql/migrations and send_attachment.sql have it */
/** How often statements for one file may fail, as the database is busy, before the file does. */
#define CHAT_FILE_PARTS_TRIES 5

/**
 * Store the file that `descriptor` is open for, for a message of a conversation. APR_ENOENT: the
 * user may not see it; APR_EACCES: the user is not active; APR_EGENERAL: the file is shorter;
 * CHAT_DB_*, errors of reading.
 */
apr_status_t chat_file_parts_put(chat_ctx_t *ctx, apr_int64_t conversation_id, const char *name,
                                 int descriptor, apr_off_t bytes);

/** Read part `n` (from 0). `*ptries`: how many tries are left, of CHAT_FILE_PARTS_TRIES for a file.
 * APR_ENOENT: it is not there; CHAT_DB_*. */
apr_status_t chat_file_parts_get(chat_bytes_t *part, chat_db_t *db, const char *name, apr_int64_t n,
                                 int *ptries, apr_pool_t *p);

/** Remove a file, unless an attachment has it. */
apr_status_t chat_file_parts_remove(chat_db_t *db, const char *name);

/**
 * Remove a file, or parts of one, that no attachment has and that is older than `age_s`; at first
 * `*pnext` is "", and NULL when there are no more. `*premoved` grows by the number of files.
 */
apr_status_t chat_file_parts_sweep(int *premoved, const char **pnext, int age_s,
                                   chat_listener_t *db, apr_pool_t *p);
#endif
