/**
 * @file chat_multipart.h
 * Reads multipart/form-data (RFC 7578, RFC 2046 section 5.1) while it arrives.
 *
 * Bytes are given in pieces of any size, and each part is passed on as it comes: its name, its
 * content, its end. However the bytes are cut, the content is the same. Memory is constant: only
 * the header of the present part is kept, and content is passed on from the caller's bytes.
 *
 * Stricter than the RFCs, as browsers are exact: nothing comes before the first boundary and after
 * the last one, nor blanks behind them, lines end in CR LF, each part has `Content-Disposition:
 * form-data` with a name. Of other header fields only Content-Transfer-Encoding has a meaning: what
 * is encoded is refused. `filename*` is ignored, as RFC 7578 section 4.2 asks for. Ownership: the
 * caller's memory. Threads: one at a time.
 */
#ifndef MOD_CHAT_CHAT_MULTIPART_H
#define MOD_CHAT_CHAT_MULTIPART_H
#include <apr.h>
#include <apr_errno.h>

#define CHAT_MULTIPART_PARTS_MAX 16
#define CHAT_MULTIPART_HEADER_BYTES_MAX 4096 /**< of a part */
#define CHAT_MULTIPART_BOUNDARY_BYTES_MAX 70 /**< RFC 2046 section 5.1.1 */

/** The header of a part. The strings are valid until the function returns that is given them. */
typedef struct chat_multipart_part_t {
    const char *name;     /**< any bytes but control characters; CR and LF if they were encoded */
    const char *filename; /**< likewise; NULL: the part is not a file */
} chat_multipart_part_t;

/** What the caller does with the parts. Any status but APR_SUCCESS ends the reading, and is what
 * chat_multipart_read() returns. */
typedef struct chat_multipart_handler_t {
    apr_status_t (*begin)(void *data, const chat_multipart_part_t *part);
    apr_status_t (*content)(void *data, const char *bytes, apr_size_t count);
    apr_status_t (*end)(void *data);
} chat_multipart_handler_t;

/** The fields are private. */
typedef struct chat_multipart_t {
    const chat_multipart_handler_t *handler;
    void *data;
    int state;
    const char *fault;
    int parts;
    char delimiter[4 + CHAT_MULTIPART_BOUNDARY_BYTES_MAX]; /**< CR LF, two dashes, the boundary */
    apr_size_t delimiter_bytes;
    apr_size_t matched; /**< how many bytes of the delimiter were read */
    apr_size_t implied; /**< how many of these were not read as content: the CR LF before it */
    char header[CHAT_MULTIPART_HEADER_BYTES_MAX + 1];
    apr_size_t header_bytes;
} chat_multipart_t;

/** Begin to read a body with this Content-Type. APR_EINVAL: it is not multipart/form-data with a
 * valid boundary. */
apr_status_t chat_multipart_begin(chat_multipart_t *multipart, const char *content_type,
                                  const chat_multipart_handler_t *handler, void *data);

/** Whether this Content-Type (NULL: none) is multipart/form-data, with or without a boundary. */
int chat_multipart_is_type(const char *content_type);

/** Read the next bytes. APR_EGENERAL: the body is malformed; or what the handler has returned. Then
 * nothing more may be read. */
apr_status_t chat_multipart_read(chat_multipart_t *multipart, const char *bytes, apr_size_t count);

/** After the last byte. APR_EGENERAL: the body has no end. */
apr_status_t chat_multipart_end(chat_multipart_t *multipart);

/** Why the body is malformed: a sentence for the client. NULL: it is not. */
const char *chat_multipart_fault(const chat_multipart_t *multipart);
#endif
