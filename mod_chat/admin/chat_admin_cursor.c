#include "admin/chat_admin_cursor.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "core/chat_number.h"
#include "core/chat_text.h"

#define FIELD "cursor"
#define CURSOR_BYTES_MAX 4096
#define ENCODING (APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING)

/* The order, the epoch and the id with a blank after each, then, if there is one, "=" and the key.
 */
const char *chat_admin_cursor_write(const chat_admin_cursor_t *cursor, apr_pool_t *p)
{
    const char *text =
        apr_psprintf(p, "%s %s %" APR_INT64_T_FMT " %s%s", cursor->order, cursor->epoch, cursor->id,
                     cursor->key ? "=" : "", cursor->key ? cursor->key : "");

    return apr_pencode_base64(p, text, APR_ENCODE_STRING, ENCODING, NULL);
}

/* The text before the next blank, and the place after it. NULL: there is no blank. */
static const char *next_field(char **pat)
{
    char *field = *pat;
    char *blank = strchr(field, ' ');

    if (!blank)
        return NULL;
    *blank = '\0';
    *pat = blank + 1;
    return field;
}

static int parse(chat_admin_cursor_t *cursor, char *text)
{
    const char *id;

    cursor->order = next_field(&text);
    cursor->epoch = cursor->order ? next_field(&text) : NULL;
    id = cursor->epoch ? next_field(&text) : NULL;
    if (!id || chat_number_read(&cursor->id, id) != APR_SUCCESS || cursor->id < 1)
        return 0;
    cursor->key = *text == '=' ? text + 1 : NULL;
    return *text == '=' || !*text;
}

chat_problem_t *chat_admin_cursor_read(chat_admin_cursor_t *cursor, const char *text,
                                       const char *order, apr_pool_t *p)
{
    apr_size_t length = 0;
    char *plain = NULL;

    memset(cursor, 0, sizeof *cursor);
    if (!text || !*text)
        return NULL;
    if (strlen(text) <= CURSOR_BYTES_MAX)
        plain = (char *)apr_pdecode_base64(p, text, APR_ENCODE_STRING, APR_ENCODE_NONE, &length);
    if (!plain || strlen(plain) != length || !chat_text_is_utf8(plain, length) ||
        !parse(cursor, plain))
        return chat_problem_field(p, FIELD, "is not a cursor of this server");
    if (strcmp(cursor->order, order) != 0)
        return chat_problem_field(p, FIELD, "is of a list in another order");
    return NULL;
}

chat_problem_t *chat_admin_cursor_check_epoch(const chat_admin_cursor_t *cursor, const char *epoch,
                                              apr_pool_t *p)
{
    if (!cursor->id || (epoch && strcmp(cursor->epoch, epoch) == 0))
        return NULL;
    return chat_problem_field(p, FIELD,
                              "is from before the database was restored or replaced: "
                              "begin with the first page");
}
