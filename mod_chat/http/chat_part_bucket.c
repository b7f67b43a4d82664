#include "http/chat_part_bucket.h"

#include <string.h>

#include <http_connection.h>
#include <http_protocol.h>
#include <util_filter.h>

#define FILTER "CHAT_PARTS"

/* What buckets of one file share. A bucket's `start` is a place in the file. */
typedef struct shared_t {
    apr_bucket_refcount refcount; /* first, as apr_bucket_shared_make() wants it */
    chat_part_file_t *file;
    apr_pool_t *pool; /* of the request */
    /* The part that was read last: a request may be for many ranges of it. */
    apr_pool_t *part_pool;
    apr_int64_t part; /* its number; -1: none */
    const char *bytes;
    apr_size_t count;
} shared_t;

static void destroy(void *data)
{
    if (apr_bucket_shared_destroy(data))
        apr_bucket_free(data);
}

static int read_part(shared_t *shared, apr_int64_t n)
{
    chat_part_file_t *file = shared->file;
    apr_off_t left = file->bytes - n * (apr_off_t)file->part_bytes;
    apr_size_t wanted = left < (apr_off_t)file->part_bytes ? (apr_size_t)left : file->part_bytes;

    if (shared->part == n)
        return 1;
    shared->part = -1;
    apr_pool_clear(shared->part_pool);
    file->problem = file->read(&shared->bytes, &shared->count, file->data, n, shared->part_pool);
    if (!file->problem && shared->count != wanted)
        file->problem =
            chat_problem_cause(shared->pool, HTTP_NOT_FOUND, "not_found", CHAT_PART_MISSING,
                               APR_SUCCESS, "a part of a file has another length than it should");
    if (file->problem)
        return 0;
    shared->part = n;
    return 1;
}

/* The bucket becomes one of the bytes of a part, and what follows is another bucket after it. It
 * waits for the part, whatever `block` says, as a file's does. */
static apr_status_t read_bucket(apr_bucket *b, const char **pbytes, apr_size_t *pcount,
                                apr_read_type_e block)
{
    shared_t *shared = b->data;
    apr_int64_t n = b->start / (apr_off_t)shared->file->part_bytes;
    apr_size_t skip = (apr_size_t)(b->start - n * (apr_off_t)shared->file->part_bytes);
    apr_size_t count;
    char *bytes;

    (void)block;
    if (!read_part(shared, n))
        return APR_EGENERAL;
    count = shared->count - skip;
    if (count > b->length)
        count = b->length;
    bytes = apr_bucket_alloc(count, b->list);
    memcpy(bytes, shared->bytes + skip, count);
    if (count < b->length)
        apr_bucket_shared_split(b, count);
    destroy(shared);
    apr_bucket_heap_make(b, bytes, count, apr_bucket_free);
    *pbytes = bytes;
    *pcount = count;
    return APR_SUCCESS;
}

static const apr_bucket_type_t part_type = {"CHAT_PART",
                                            5,
                                            APR_BUCKET_DATA,
                                            destroy,
                                            read_bucket,
                                            apr_bucket_setaside_notimpl,
                                            apr_bucket_shared_split,
                                            apr_bucket_shared_copy};

apr_bucket *chat_part_bucket_create(chat_part_file_t *file, apr_bucket_alloc_t *list, apr_pool_t *p)
{
    apr_bucket *b = apr_bucket_alloc(sizeof *b, list);
    shared_t *shared = apr_bucket_alloc(sizeof *shared, list);

    shared->part = -1;
    apr_pool_create(&shared->part_pool, p);

    APR_BUCKET_INIT(b);
    b->free = apr_bucket_free;
    b->list = list;
    shared->file = file;
    shared->pool = p;
    b = apr_bucket_shared_make(b, shared, 0, (apr_size_t)file->bytes);
    b->type = &part_type;
    return b;
}

chat_problem_t *chat_part_bucket_read_first(apr_bucket *bucket, apr_off_t at)
{
    shared_t *shared = bucket->data;

    return read_part(shared, at / (apr_off_t)shared->file->part_bytes) ? NULL
                                                                       : shared->file->problem;
}

/* ---- the filter ---- */

/* What was sent is less than was announced, and it ends there (RFC 9112 section 8): with HTTP/1.1
 * the connection, with HTTP/2 the stream, by the buckets that mod_proxy uses for that. */
static void break_off(ap_filter_t *f, apr_bucket_brigade *out)
{
    apr_bucket_alloc_t *list = f->c->bucket_alloc;

    f->c->keepalive = AP_CONN_CLOSE;
    apr_brigade_cleanup(out);
    APR_BRIGADE_INSERT_TAIL(
        out, ap_bucket_error_create(HTTP_INTERNAL_SERVER_ERROR, NULL, f->r->pool, list));
    APR_BRIGADE_INSERT_TAIL(out, ap_bucket_eoc_create(list));
    ap_pass_brigade(f->next, out);
}

/* Pass on what comes, a bucket of bytes at a time. */
static apr_status_t filter(ap_filter_t *f, apr_bucket_brigade *in)
{
    apr_bucket_brigade *out = apr_brigade_create(f->r->pool, f->c->bucket_alloc);
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(in)) {
        apr_bucket *b = APR_BRIGADE_FIRST(in);
        const char *bytes;
        apr_size_t count;
        int is_part = b->type == &part_type;

        if (is_part)
            rv = apr_bucket_read(b, &bytes, &count, APR_BLOCK_READ);
        if (rv != APR_SUCCESS) {
            break_off(f, out);
            break;
        }
        APR_BUCKET_REMOVE(b);
        APR_BRIGADE_INSERT_TAIL(out, b);
        if (is_part || APR_BRIGADE_EMPTY(in)) {
            rv = ap_pass_brigade(f->next, out);
            apr_brigade_cleanup(out);
        }
    }
    apr_brigade_destroy(out);
    return rv;
}

static ap_filter_rec_t *filter_handle;

void chat_part_bucket_register_filter(void)
{
    /* After byterange, which splits the bucket, and before all that is for the connection. */
    filter_handle = ap_register_output_filter(FILTER, filter, NULL, AP_FTYPE_TRANSCODE);
}

void chat_part_bucket_insert_filter(request_rec *r)
{
    ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
}
