#include "core/chat_sync.h"

#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "core/chat_ctx.h"

#define FIRST_XID 3             /* those below are reserved */
#define SNAPSHOT_CHARS_MAX 1000 /* narrow() shortens a longer one */
#define QUESTION_CHARS_MAX (CHAT_EPOCH_CHARS + 1 + SNAPSHOT_CHARS_MAX)
#define TEXT_CHARS_MAX (sizeof CHAT_SYNC_PREFIX + 2 * QUESTION_CHARS_MAX)

/* Read a number and the character after it. 0: there is none. */
static apr_uint64_t take(const char **ptext, char end)
{
    const char *text = *ptext;
    char *rest;
    apr_uint64_t number;

    if (*text < '1' || *text > '9')
        return 0;
    number = strtoull(text, &rest, 10);
    if (number > APR_INT64_MAX || *rest != end)
        return 0;
    *ptext = rest + (end != 0);
    return number;
}

static apr_uint64_t take_listed(const char **ptext)
{
    const char *text = *ptext;
    int has_more = strchr(text, ',') != NULL;
    apr_uint64_t number = take(&text, has_more ? ',' : 0);

    *ptext = text;
    return has_more && !*text ? 0 : number;
}

/* As PostgreSQL reads it: xmin:xmax:xip,xip... */
static int is_snapshot(apr_uint64_t *pxmax, const char *text)
{
    apr_uint64_t last = take(&text, ':');
    apr_uint64_t xmax = last ? take(&text, ':') : 0;
    apr_uint64_t xid;

    if (last < FIRST_XID || last > xmax)
        return 0;
    for (last--; *text; last = xid) {
        xid = take_listed(&text);
        if (xid <= last || xid >= xmax)
            return 0;
    }
    *pxmax = xmax;
    return 1;
}

apr_uint64_t chat_sync_xmax(const char *snapshot)
{
    apr_uint64_t xmax;

    return snapshot && is_snapshot(&xmax, snapshot) ? xmax : 0;
}

apr_uint64_t chat_sync_widen(apr_uint32_t xid, apr_uint64_t xmax)
{
    return xmax - (apr_uint32_t)((apr_uint32_t)xmax - xid);
}

/* The part of a snapshot below xmax. */
static const char *narrow(const char *snapshot, apr_uint64_t xmax, apr_pool_t *p)
{
    apr_uint64_t first = xmax;
    const char *listed = "";
    const char *text = snapshot;
    apr_uint64_t xid;

    take(&text, ':');
    take(&text, ':');
    while (*text && (xid = take_listed(&text)) < xmax) {
        first = xid < first ? xid : first;
        listed = apr_psprintf(p, "%s%s%" APR_UINT64_T_FMT, listed, *listed ? "," : "", xid);
        if (strlen(listed) > SNAPSHOT_CHARS_MAX / 2) { /* all since the first one is listed again */
            listed = "";
            xmax = first;
            break;
        }
    }
    return apr_psprintf(p, "%" APR_UINT64_T_FMT ":%" APR_UINT64_T_FMT ":%s", first, xmax, listed);
}

static const char *encode(const char *question, apr_pool_t *p)
{
    return apr_pstrcat(
        p, CHAT_SYNC_PREFIX,
        apr_pencode_base64(p, question, APR_ENCODE_STRING, APR_ENCODE_BASE64URL, NULL), NULL);
}

const char *chat_sync_write(const char *epoch, const char *snapshot, apr_uint64_t xmax,
                            apr_pool_t *p)
{
    apr_uint64_t upper = chat_sync_xmax(snapshot);

    if (!upper || !epoch)
        return NULL;
    xmax = xmax < upper ? xmax : upper;
    xmax = xmax < FIRST_XID ? FIRST_XID : xmax;
    return encode(apr_pstrcat(p, epoch, " ", narrow(snapshot, xmax, p), NULL), p);
}

apr_status_t chat_sync_read(chat_sync_t *sync, const char *text, apr_pool_t *p)
{
    apr_size_t prefix = sizeof CHAT_SYNC_PREFIX - 1;
    const char *question;
    apr_size_t length;

    if (strncmp(text, CHAT_SYNC_PREFIX, prefix) != 0 || strlen(text) > TEXT_CHARS_MAX)
        return APR_EINVAL;
    question = apr_pdecode_base64(p, text + prefix, APR_ENCODE_STRING, APR_ENCODE_NONE, &length);
    if (!question || strlen(question) != length ||
        strspn(question, "0123456789abcdef") != CHAT_EPOCH_CHARS ||
        question[CHAT_EPOCH_CHARS] != ' ' ||
        !is_snapshot(&sync->xmax, question + CHAT_EPOCH_CHARS + 1) ||
        strcmp(encode(question, p), text) != 0)
        return APR_EINVAL;
    sync->question = question;
    return APR_SUCCESS;
}
