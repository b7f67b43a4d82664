/**
 * @file chat_file_parts.h
 * Files in the database (ChatAttachmentStore database): parts of CHAT_FILE_PART_BYTES, the last one
 * shorter, each a row of its own, which is written and read by a statement of its own.
 *
 * A file has the random name of chat_files.h and is written before the statement that makes it an
 * attachment, which makes sure that it is complete. The statement of the first part stores nothing
 * if that one would refuse the message already now, or has stored it before: so who is refused
 * cannot have the database write. So parts that belong to no attachment are left
 * over from an upload that did not end, or from a message that was deleted.
 * No connection is held between two parts, whatever time they take to send. Ownership: the pool
 * given. Threads: one at a time for each file.
 */
#ifndef MOD_CHAT_CHAT_FILE_PARTS_H
#define MOD_CHAT_CHAT_FILE_PARTS_H
#include "db/chat_listener.h"
#include "store/chat_store_message.h"

#define CHAT_FILE_PART_BYTES 262144 /**< as sql/migrations and send_attachment.sql have it */
/** How often statements for one file may fail, as the database is busy, before the file does. */
#define CHAT_FILE_PARTS_TRIES 5

#define CHAT_FILE_STORED "stored" /**< the outcome of a file that was put */

/**
 * Store the file of `draft->attachment`, which `descriptor` is open for. With APR_SUCCESS it is
 * stored, or nothing of it is, by the outcome: not_found, quota, church_inactive, blocked; or
 * repeated, as the message is there, which chat_store_message_post() then finds. APR_EACCES: the
 * user is not active; APR_EGENERAL: the file is shorter; CHAT_DB_*, errors of reading.
 */
apr_status_t chat_file_parts_put(const char **poutcome, chat_ctx_t *ctx, const chat_draft_t *draft,
                                 int descriptor);

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
