/**
 * @file chat_part_bucket.h
 * A bucket that stands for bytes of a file in parts, each of which is read when its turn comes.
 *
 * It has a length and can be split and copied, so that httpd's byterange filter makes ranges of it.
 * A filter of ours after that one reads one part, passes it on, and only then reads the next: a
 * client that is slow holds the bytes of two parts, and nothing else. The first part is read before
 * the headers are sent (chat_part_bucket_read_first()). Ranges of the part that was
 * read last do not have it read again; how often a request may turn back to another part, httpd's
 * MaxRangeReversals limits.
 * Ownership: the file and its reader must live as long as r->pool. Threads: that of the request.
 */
#ifndef MOD_CHAT_CHAT_PART_BUCKET_H
#define MOD_CHAT_CHAT_PART_BUCKET_H
#include <httpd.h>

#include <apr_buckets.h>

#include "core/chat_problem.h"

/** The detail of a problem: a part is not there, or not all of it. */
#define CHAT_PART_MISSING "This file is no longer there."

typedef struct chat_part_file_t {
    apr_off_t bytes;
    apr_size_t part_bytes; /**< of each part but the last, which has the rest */
    /** Read part `n` (from 0), which lives in `p`. A problem: that failed. */
    chat_problem_t *(*read)(const char **pbytes, apr_size_t *pcount, void *data, apr_int64_t n,
                            apr_pool_t *p);
    void *data;
    chat_problem_t *problem; /**< why the last one could not be read; NULL: none failed */
} chat_part_file_t;

/** All of a file, which is not empty. */
apr_bucket *chat_part_bucket_create(chat_part_file_t *file, apr_bucket_alloc_t *list,
                                    apr_pool_t *p);

/** Read the part that has the byte `at` of the file now, so that what fails can still be the
 * answer; it is not read again when the answer begins with it. */
chat_problem_t *chat_part_bucket_read_first(apr_bucket *bucket, apr_off_t at);

/** Call from register_hooks. */
void chat_part_bucket_register_filter(void);

/** For the answer that the bucket is in. */
void chat_part_bucket_insert_filter(request_rec *r);
#endif
