/**
 * @file chat_reply_spool.h
 * A part of an answer that is written to a file before it is sent.
 *
 * So whoever writes it, with a connection of the database in hand, does not wait for the client;
 * and neither waits for the other in memory. The file is in the directory for temporary files
 * (TMPDIR, or /tmp), has no name, and is httpd's user's alone.
 * Ownership: the pool given closes the file. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_REPLY_SPOOL_H
#define MOD_CHAT_CHAT_REPLY_SPOOL_H
#include <httpd.h>

typedef struct chat_reply_spool_t chat_reply_spool_t;

/** An empty one. On failure `*pdir` is the directory, for the log. */
apr_status_t chat_reply_spool_create(chat_reply_spool_t **pspool, const char **pdir, apr_pool_t *p);

/** Append. After a failure nothing is written any more, and chat_reply_spool_end() returns it. */
void chat_reply_spool_write(chat_reply_spool_t *spool, const char *bytes, apr_size_t length);

/** All of a part is written. */
apr_status_t chat_reply_spool_end(chat_reply_spool_t *spool);

/** Send what was written before chat_reply_spool_end(), and empty the file. APR_ECONNABORTED: the
 * client is away. */
apr_status_t chat_reply_spool_send(chat_reply_spool_t *spool, request_rec *r);
#endif
