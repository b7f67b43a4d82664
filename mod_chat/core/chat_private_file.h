/**
 * @file chat_private_file.h
 * Reads a file that only its owner may know: secrets, keys, passwords.
 *
 * httpd reads such a file while it still runs as root. Threads: while httpd reads its
 * configuration.
 */
#ifndef MOD_CHAT_CHAT_PRIVATE_FILE_H
#define MOD_CHAT_CHAT_PRIVATE_FILE_H
#include <apr_errno.h>
#include <apr_pools.h>

#define CHAT_PRIVATE_FILE_BYTES_MAX 16384

/** The content of a file, and what it is called in error messages. */
typedef struct chat_private_file_t {
    const char *content;  /**< "one secret per line": "it must contain …" */
    const char *plural;   /**< "secrets": "others may know its …", "replace the …" */
    const char *creation; /**< the command that writes such a file to stdout */
} chat_private_file_t;

/**
 * Read the file into `text`, which has room for CHAT_PRIVATE_FILE_BYTES_MAX bytes; the caller wipes
 * it. Errors: the file is not a regular file, is accessible to group or others, or is larger.
 * `*perror` is then a sentence that says what to do.
 */
apr_status_t chat_private_file_read(char *text, apr_size_t *plength, const char **perror,
                                    const char *path, const chat_private_file_t *what,
                                    apr_pool_t *p);
#endif
