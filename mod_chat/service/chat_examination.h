/**
 * @file chat_examination.h
 * What is done with a file between its last byte and the statement that makes it an attachment: its
 * type is detected, a picture loses its metadata, and it is scanned for viruses.
 *
 * Threads: that of the request, which waits for the scanner.
 */
#ifndef MOD_CHAT_CHAT_EXAMINATION_H
#define MOD_CHAT_CHAT_EXAMINATION_H
#include "core/chat_ctx.h"
#include "core/chat_problem.h"
#include "store/chat_files.h"
#include "store/chat_store_message.h"

/**
 * Fill in what the attachment is, and let `*pfile` be the file to store, which is another one if
 * metadata were removed. 415 `file_type`, 422 `file_infected`, 503 `scanner_away`. `*prv` is the
 * error if reading or writing has failed; nothing is returned then.
 */
chat_problem_t *chat_examination(chat_draft_attachment_t *attachment, chat_new_file_t **pfile,
                                 apr_status_t *prv, const chat_ctx_t *ctx);
#endif
