#include "guard/chat_attachment_config.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_media_type.h"
#include "core/chat_number.h"
#include "guard/chat_rate_limit.h"
#include "guard/chat_scan.h"
#include "http/chat_directive.h"
#include "http/chat_expression.h"

void chat_attachment_config_create(chat_config_t *config)
{
    config->attachment_free_bytes = -1;
    config->attachment_quota_bytes = -1;
}

void chat_attachment_config_merge(chat_config_t *config, const chat_config_t *base)
{
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_dir, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_store, CHAT_STORE_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_bytes_max, 0);
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_free_bytes, -1);
    if (config->attachment_quota_bytes < 0) {
        config->attachment_quota_bytes = base->attachment_quota_bytes;
        config->attachment_quota_s = base->attachment_quota_s;
        config->attachment_quota_key = base->attachment_quota_key;
    }
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_types, NULL);
    CHAT_DIRECTIVE_INHERIT(config, base, attachment_metadata, CHAT_METADATA_UNSET);
    CHAT_DIRECTIVE_INHERIT(config, base, image_pixels_max, 0);
    if (!config->has_scan) {
        config->has_scan = base->has_scan;
        config->scan = base->scan;
    }
}

const char *chat_attachment_config_set_dir(cmd_parms *cmd, void *dummy, const char *text)
{
    const char *path = ap_server_root_relative(cmd->pool, text);

    (void)dummy;
    chat_directive_config(cmd)->attachment_dir = path;
    return path ? NULL : chat_directive_error(cmd, "the path is invalid");
}

/* "200M": bytes, or so many K, M or G of 1024 each. 0: it is something else. */
static int read_bytes(apr_int64_t *pbytes, const char *text, apr_pool_t *p)
{
    static const char units[] = "KMG";
    apr_size_t length = strlen(text);
    const char *unit = length ? strchr(units, text[length - 1]) : NULL;
    apr_int64_t factor = 1;

    if (unit) {
        text = apr_pstrmemdup(p, text, length - 1);
        factor = APR_INT64_C(1) << (10 * (unit - units + 1));
    }
    if (chat_number_read(pbytes, text) != APR_SUCCESS || *pbytes > APR_INT64_MAX / factor)
        return 0;
    *pbytes *= factor;
    return 1;
}

const char *chat_attachment_config_set_max(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_int64_t *pbytes = &chat_directive_config(cmd)->attachment_bytes_max;

    (void)dummy;
    if (read_bytes(pbytes, text, cmd->pool) && *pbytes >= CHAT_ATTACHMENT_BYTES_MIN &&
        *pbytes <= CHAT_ATTACHMENT_BYTES_MAX)
        return NULL;
    return "ChatAttachmentMax must be a number of bytes from 1K to 1G";
}

const char *chat_attachment_config_set_free(cmd_parms *cmd, void *dummy, const char *text)
{
    (void)dummy;
    return read_bytes(&chat_directive_config(cmd)->attachment_free_bytes, text, cmd->pool)
               ? NULL
               : "ChatAttachmentFree must be a number of bytes, such as 1G, or 0";
}

/* "200M/d": how many bytes in which period. */
static const char *read_quota(chat_config_t *config, const cmd_parms *cmd, const char *text)
{
    static const char error[] =
        "the first argument must be <bytes>/<period>, such as 200M/d or 1G/7d, or off";
    const char *slash = strchr(text, '/');
    apr_int64_t bytes;

    if (strcasecmp(text, "off") == 0) {
        config->attachment_quota_bytes = 0;
        return NULL;
    }
    if (!slash ||
        !read_bytes(&bytes, apr_pstrmemdup(cmd->pool, text, (apr_size_t)(slash - text)),
                    cmd->pool) ||
        bytes < 1 || !chat_rate_limit_read_period(&config->attachment_quota_s, slash + 1) ||
        config->attachment_quota_s < 1 || config->attachment_quota_s > CHAT_ATTACHMENT_QUOTA_S_MAX)
        return error;
    config->attachment_quota_bytes = bytes;
    return NULL;
}

const char *chat_attachment_config_set_quota(cmd_parms *cmd, void *dummy, const char *quota,
                                             const char *key)
{
    chat_config_t *config = chat_directive_config(cmd);
    const char *error = read_quota(config, cmd, quota);

    (void)dummy;
    config->attachment_quota_key = NULL;
    if (error || !key)
        return chat_directive_error(cmd, error);
    if (strncmp(key, "key=", 4) != 0 || !key[4])
        return chat_directive_error(cmd, "the second argument must be key=<expression>");
    config->attachment_quota_key = chat_expression_parse(&error, cmd, key + 4);
    return chat_directive_expression_error(cmd, error);
}

const char *chat_attachment_config_add_type(cmd_parms *cmd, void *dummy, const char *text)
{
    apr_array_header_t **ptypes = &chat_directive_config(cmd)->attachment_types;
    char *type = apr_pstrdup(cmd->pool, text);

    (void)dummy;
    ap_str_tolower(type);
    if (!chat_media_type_is_valid(type))
        return apr_psprintf(cmd->pool,
                            "ChatAttachmentTypes: \"%s\" is not a media type such as image/png or "
                            "application/pdf",
                            text);
    if (!*ptypes)
        *ptypes = apr_array_make(cmd->pool, 8, sizeof(const char *));
    APR_ARRAY_PUSH(*ptypes, const char *) = type;
    return NULL;
}

/* ChatScan off, or: clamd:<where> [open|closed] [timeout=<seconds>]. */
const char *chat_attachment_config_set_scan(cmd_parms *cmd, void *dummy, const char *where,
                                            const char *first, const char *second)
{
    const char *const options[] = {first, second};
    chat_config_t *config = chat_directive_config(cmd);
    const char *error = NULL;

    (void)dummy;
    config->has_scan = 1;
    config->scan = NULL;
    if (strcasecmp(where, "off") == 0)
        return first ? chat_directive_error(cmd, "nothing follows off") : NULL;
    config->scan = chat_scan_parse(&error, where, options, !!first + !!second, cmd->pool);
    return chat_directive_error(cmd, error);
}

const char *chat_attachment_config_set_uploads(cmd_parms *cmd, void *dummy, const char *max,
                                               const char *share)
{
    static const char error[] =
        "the arguments must be <n> [user=<n>], from 1 to " APR_STRINGIFY(CHAT_UPLOADS_MAX);
    const char *context = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    chat_config_t *config = chat_directive_config(cmd);
    apr_int64_t number;

    (void)dummy;
    if (context)
        return context;
    if (chat_number_read(&number, max) != APR_SUCCESS || number < 1 || number > CHAT_UPLOADS_MAX)
        return chat_directive_error(cmd, error);
    config->uploads_max = (int)number;
    if (!share)
        return NULL;
    if (strncmp(share, "user=", 5) != 0 || chat_number_read(&number, share + 5) != APR_SUCCESS ||
        number < 1 || number > CHAT_UPLOADS_MAX)
        return chat_directive_error(cmd, error);
    config->uploads_per_user_max = (int)number;
    return NULL;
}
