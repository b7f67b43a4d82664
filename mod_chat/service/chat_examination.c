#include "service/chat_examination.h"

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "core/chat_log.h"
#include "core/chat_log_repeat.h"
#include "core/chat_media.h"
#include "db/chat_db.h"
#include "guard/chat_scan.h"
#include "store/chat_file_store.h"

#define RETRY_SCANNER_S 30

/* ---- type and metadata ---- */

static chat_problem_t *file_type(const chat_ctx_t *ctx, const char *content_type)
{
    return chat_problem(
        ctx->pool, CHAT_HTTP_UNSUPPORTED_MEDIA_TYPE, "file_type",
        apr_pstrcat(ctx->pool, "Files of this type are not accepted: ", content_type, ".", NULL));
}

/* Write the copy without metadata. It becomes the file, and the one that was sent is removed. */
static apr_status_t strip(chat_media_t *media, chat_new_file_t **pfile, const chat_ctx_t *ctx)
{
    chat_new_file_t *copy;
    apr_status_t rv = chat_file_store_create(&copy, ctx->config, ctx->pool);

    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_media_strip(media, chat_files_descriptor(*pfile), chat_files_descriptor(copy),
                          ctx->pool);
    chat_files_discard(rv == APR_SUCCESS ? *pfile : copy);
    if (rv == APR_SUCCESS)
        *pfile = copy;
    return rv;
}

static apr_status_t examine(chat_media_t *media, chat_new_file_t **pfile, const chat_ctx_t *ctx)
{
    const chat_media_rules_t rules = {.detector = ctx->config->detector,
                                      .types = ctx->config->attachment_types,
                                      .pixels_max = chat_config_image_pixels_max(ctx->config),
                                      .keeps_metadata =
                                          ctx->config->attachment_metadata == CHAT_METADATA_KEEP};
    apr_status_t rv = chat_media_examine(media, chat_files_descriptor(*pfile), &rules, ctx->pool);

    return rv == APR_SUCCESS && media->has_metadata ? strip(media, pfile, ctx) : rv;
}

/* ---- viruses ---- */

static chat_problem_t *infected(const chat_ctx_t *ctx, const char *what)
{
    return chat_problem_cause(
        ctx->pool, CHAT_HTTP_UNPROCESSABLE_CONTENT, "file_infected",
        "The file contains malware and was not sent.", APR_SUCCESS,
        apr_pstrcat(ctx->pool, "a file was refused, as the scanner has found ", what, NULL));
}

/* One line when it begins, and one a minute. */
static chat_problem_t *scanner_away(const chat_ctx_t *ctx, const char *why)
{
    chat_problem_t *problem = chat_problem_cause(
        ctx->pool, CHAT_HTTP_SERVICE_UNAVAILABLE, "scanner_away",
        "Files cannot be checked just now. Try again in a moment.", APR_SUCCESS, why);

    chat_log_repeat_limit(problem, CHAT_LOG_REPEAT_SCANNER, ctx->pool);
    problem->retry_after_s = RETRY_SCANNER_S;
    return problem;
}

static void log_unscanned(const chat_ctx_t *ctx, const char *why)
{
    const chat_problem_t *problem = scanner_away(ctx, why);

    if (!problem->is_repeated)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, chat_db_server(ctx->db),
                     "files are accepted without being scanned (ChatScan open): %s",
                     problem->cause);
}

/* NULL: the file may be stored. */
static chat_problem_t *scan(chat_draft_attachment_t *attachment, const chat_new_file_t *file,
                            const chat_ctx_t *ctx)
{
    const chat_scan_t *scanner = ctx->config->scan;
    const char *reason;
    apr_time_t start = chat_clock_now();
    chat_scan_verdict_t verdict =
        chat_scan_file(&reason, scanner, chat_files_descriptor(file), ctx->pool);

    chat_metrics_count(CHAT_COUNTER_SCANS, 1);
    chat_metrics_count(CHAT_COUNTER_SCAN_US, (apr_uint64_t)(chat_clock_now() - start));
    attachment->is_scanned = verdict == CHAT_SCAN_CLEAN;
    if (verdict == CHAT_SCAN_INFECTED)
        return infected(ctx, reason);
    if (verdict == CHAT_SCAN_CLEAN) {
        if (chat_log_repeat_end(CHAT_LOG_REPEAT_SCANNER))
            ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, chat_db_server(ctx->db),
                         "files are scanned again");
        return NULL;
    }
    if (!chat_scan_is_open(scanner))
        return scanner_away(ctx, reason);
    log_unscanned(ctx, reason);
    return NULL;
}

chat_problem_t *chat_examination(chat_draft_attachment_t *attachment, chat_new_file_t **pfile,
                                 apr_status_t *prv, const chat_ctx_t *ctx)
{
    chat_media_t media;

    *prv = examine(&media, pfile, ctx);
    if (*prv != APR_SUCCESS)
        return NULL;
    if (!media.is_allowed)
        return file_type(ctx, media.content_type);
    attachment->kind = media.kind;
    attachment->content_type = media.content_type;
    attachment->width = media.width;
    attachment->height = media.height;
    return ctx->config->scan ? scan(attachment, *pfile, ctx) : NULL;
}
