#include "http/chat_reply_spool.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#include <http_protocol.h>

#define NAME "mod_chat.XXXXXX" /* apr_file_mktemp() writes over the last six */
#define SEND_BYTES 8192        /* at once, from the stack */

struct chat_reply_spool_t {
    apr_file_t *file; /* buffered */
    apr_status_t status;
};

apr_status_t chat_reply_spool_create(chat_reply_spool_t **pspool, const char **pdir, apr_pool_t *p)
{
    chat_reply_spool_t *spool = apr_pcalloc(p, sizeof *spool);
    char *path;
    apr_status_t rv = apr_temp_dir_get(pdir, p);

    *pspool = spool;
    if (rv != APR_SUCCESS) {
        *pdir = "(none: set TMPDIR)";
        return rv;
    }
    path = apr_pstrcat(p, *pdir, "/", NAME, NULL);
    rv = apr_file_mktemp(&spool->file, path,
                         APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_EXCL |
                             APR_FOPEN_BINARY | APR_FOPEN_BUFFERED,
                         p);
    return rv == APR_SUCCESS ? apr_file_remove(path, p)
                             : rv; /* whatever happens, nothing is left */
}

void chat_reply_spool_write(chat_reply_spool_t *spool, const char *bytes, apr_size_t length)
{
    if (spool->status == APR_SUCCESS)
        spool->status = apr_file_write_full(spool->file, bytes, length, NULL);
}

static apr_status_t rewind_to_begin(chat_reply_spool_t *spool)
{
    apr_off_t begin = 0;

    return apr_file_seek(spool->file, APR_SET, &begin); /* which writes what is buffered */
}

apr_status_t chat_reply_spool_end(chat_reply_spool_t *spool)
{
    if (spool->status == APR_SUCCESS)
        spool->status = rewind_to_begin(spool);
    return spool->status;
}

static apr_status_t send_all(chat_reply_spool_t *spool, request_rec *r)
{
    char bytes[SEND_BYTES];
    apr_size_t length;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS) {
        length = sizeof bytes;
        rv = apr_file_read(spool->file, bytes, &length);
        if (rv == APR_SUCCESS && ap_rwrite(bytes, (int)length, r) < 0)
            return APR_ECONNABORTED;
    }
    return APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
}

apr_status_t chat_reply_spool_send(chat_reply_spool_t *spool, request_rec *r)
{
    if (spool->status == APR_SUCCESS)
        spool->status = send_all(spool, r);
    if (spool->status == APR_SUCCESS)
        spool->status = apr_file_trunc(spool->file, 0);
    if (spool->status == APR_SUCCESS)
        spool->status = rewind_to_begin(spool);
    return spool->status;
}
