#include "store/chat_store_attachment.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_number.h"

static const chat_column_t file_columns[] = {
    CHAT_COLUMN_AS("attachment_id", chat_attachment_file_t, id),
    CHAT_COLUMN(chat_attachment_file_t, file),
    CHAT_COLUMN(chat_attachment_file_t, name),
    CHAT_COLUMN(chat_attachment_file_t, kind),
    CHAT_COLUMN(chat_attachment_file_t, content_type),
    CHAT_COLUMN_AS("size_bytes", chat_attachment_file_t, bytes),
    CHAT_COLUMN(chat_attachment_file_t, sha256),
    CHAT_COLUMN(chat_attachment_file_t, created_at),
    CHAT_COLUMN(chat_attachment_file_t, in_database),
    CHAT_COLUMN(chat_attachment_file_t, is_incomplete),
};
static const chat_record_t file_record = CHAT_RECORD(file_columns);
static const chat_query_t get_query = {CHAT_SQL_GET_ATTACHMENT,
                                       {&chat_store_user_record, &file_record}};

int chat_store_attachment_is_inline(const char *kind)
{
    return strcmp(kind, "image") == 0;
}

/* The text before the next tab, and the place after it. NULL: there is no tab. */
static const char *next_field(char **pat)
{
    char *field = *pat;
    char *tab = strchr(field, '\t');

    if (!tab)
        return NULL;
    *tab = '\0';
    *pat = tab + 1;
    return field;
}

static int next_number(apr_int64_t *pnumber, char **pat)
{
    const char *field = next_field(pat);

    return field && chat_number_read(pnumber, field) == APR_SUCCESS;
}

/* The path segment of a name (RFC 3986 section 3.3): all but unreserved characters are encoded. */
static const char *path_of(apr_int64_t id, const char *name, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *path = apr_palloc(p, sizeof "attachments//" + CHAT_NUMBER_BYTES_MAX + 3 * strlen(name));
    char *at = path + apr_snprintf(path, sizeof "attachments//" + CHAT_NUMBER_BYTES_MAX,
                                   "attachments/%" APR_INT64_T_FMT "/", id);

    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
            c == '.' || c == '_' || c == '~') {
            *at++ = (char)c;
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    *at = '\0';
    return path;
}

/* Seven fields, in the order of their columns in a page; the name is the last, as it may be
 * anything. */
const chat_attachment_t *chat_store_attachment_parse(const char *text, apr_pool_t *p)
{
    chat_attachment_t *attachment = apr_pcalloc(p, sizeof *attachment);
    char *at = apr_pstrdup(p, text);
    apr_int64_t width;
    apr_int64_t height;

    if (!next_number(&attachment->id, &at) || !next_number(&attachment->bytes, &at) ||
        !next_number(&width, &at) || !next_number(&height, &at))
        return NULL;
    attachment->pool = p;
    attachment->width = (int)width;
    attachment->height = (int)height;
    attachment->kind = next_field(&at);
    attachment->content_type = next_field(&at);
    attachment->name = at;
    attachment->path = path_of(attachment->id, at, p);
    return attachment->kind && attachment->content_type ? attachment : NULL;
}

apr_status_t chat_store_attachment_get(chat_attachment_file_t *attachment, chat_ctx_t *ctx,
                                       apr_int64_t id)
{
    const char *const args[] = {ctx->profile.external_id, chat_db_id(id, ctx->pool)};
    chat_rows_t *rows;
    apr_status_t rv = chat_store_user_select(&rows, ctx, &get_query, args, CHAT_COUNT(args));

    if (rv != APR_SUCCESS)
        return rv;
    chat_rows_read(attachment, rows, &file_record);
    return attachment->id ? APR_SUCCESS : APR_ENOENT;
}
