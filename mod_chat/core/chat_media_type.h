/**
 * @file chat_media_type.h
 * Detects the media type of a file by its first bytes, with libmagic.
 *
 * A detector is opened once, by the parent, whose children share its memory. libmagic's own object
 * has one thread at a time, so a mutex is held while it looks at bytes that are in memory already:
 * less than a millisecond; for a text that is made to take long, 20. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_TYPE_H
#define MOD_CHAT_CHAT_MEDIA_TYPE_H
#include <apr_errno.h>
#include <apr_pools.h>

typedef struct chat_media_type_t chat_media_type_t;

/** Open a detector, which the pool closes. Errors: no memory; libmagic's database is missing.
 * `*perror` is then a sentence for the log. */
apr_status_t chat_media_type_open(chat_media_type_t **pdetector, const char **perror,
                                  apr_pool_t *p);

/**
 * The type of a file that begins with these bytes: "image/png", in lower case, without parameters;
 * "application/octet-stream" if it is unknown. Sources of programs that no system runs by their
 * name, and mails, are "text/plain". `*ptype` is copied to `p`.
 */
apr_status_t chat_media_type_detect(const char **ptype, chat_media_type_t *detector,
                                    const void *bytes, apr_size_t length, apr_pool_t *p);

/** Whether the text has the form of a media type in lower case, without parameters or wildcards. */
int chat_media_type_is_valid(const char *text);
#endif
