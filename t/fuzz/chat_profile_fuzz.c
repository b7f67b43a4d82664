/*
 * What Apache says of a user, in lines of the input: user name, and what the expressions gave as
 * name, address and picture. What is kept of it is harmless where a naive page puts it: between
 * tags, inside an attribute with either quote, and as the target of a link.
 *
 * There is no server here: the expressions' results are those of the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <utf8proc.h>

#include "core/chat_log.h"
#include "core/chat_text.h"
#include "http/chat_expression.h"
#include "http/chat_profile.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

/* ---- in place of httpd ---- */

module AP_MODULE_DECLARE_DATA chat_module = {.module_index = 0};

void ap_log_rerror_(const char *file, int line, int module_index, int level, apr_status_t status,
                    const request_rec *r, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)r, (void)format;
}

struct chat_expression_t {
    const char *result;
};

const char *chat_expression_evaluate(const chat_expression_t *expression, request_rec *r)
{
    const char *text = expression->result;

    (void)r;
    return *text && chat_text_is_utf8(text, strlen(text)) ? text : NULL;
}

const char *chat_expression_evaluate_claim(const chat_expression_t *expression, request_rec *r)
{
    return chat_expression_evaluate(expression, r);
}

/* ---- */

static int is_control(utf8proc_int32_t point)
{
    return point < ' ' || (point >= 0x7f && point <= 0x9f);
}

/* Marks that make a reader see other letters than there are. */
static int turns_text(utf8proc_int32_t point)
{
    return point == 0x061c || (point >= 0x200e && point <= 0x200f) ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static void check_characters(const char *text, int may_hold_marks)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t taken;
    utf8proc_int32_t point;

    for (; *at; at += taken) {
        taken = utf8proc_iterate(at, -1, &point);
        REQUIRE(taken > 0);
        REQUIRE(!is_control(point) || (may_hold_marks && point >= 0x80));
        REQUIRE(may_hold_marks || !turns_text(point));
    }
}

static void check_name(const char *name)
{
    REQUIRE(*name && !strpbrk(name, "<>\""));
    REQUIRE(*name != ' ' && name[strlen(name) - 1] != ' ' && !strstr(name, "  "));
    check_characters(name, 0);
}

static void check_avatar(const char *url)
{
    REQUIRE(strlen(url) <= CHAT_AVATAR_URL_BYTES_MAX);
    REQUIRE(!strpbrk(url, "<>\"'`\\ \t\r\n\f\v"));
    check_characters(url, 1);
    /* Another page's picture by its scheme, or one of this site: never script, never data. */
    REQUIRE(strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0 ||
            (url[0] == '/' && url[1] != '/'));
}

static void check_email(const char *email)
{
    const char *at = strrchr(email, '@');

    REQUIRE(strlen(email) <= CHAT_EMAIL_BYTES_MAX && !strpbrk(email, "<>\"'`\\ \t\r\n\f\v"));
    REQUIRE(at && at > email && at[1]);
    check_characters(email, 1);
}

static char *take_line(char **prest)
{
    char *line = *prest ? strsep(prest, "\n") : NULL;

    return line ? line : "";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chat_expression_t name, email, avatar;
    chat_config_t config = {.user_name = &name, .user_email = &email, .user_avatar = &avatar};
    chat_profile_t profile = {0};
    struct ap_logconf quiet = {.level = 0};
    request_rec r = {.log = &quiet};
    static int is_prepared;
    chat_problem_t *problem;
    char *text, *rest;

    if (!is_prepared) {
        is_prepared = 1;
        apr_initialize();
        atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    }
    apr_pool_create(&r.pool, NULL);
    text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    rest = text;
    r.user = take_line(&rest);
    name.result = take_line(&rest);
    email.result = take_line(&rest);
    avatar.result = rest ? rest : ""; /* line ends in it, too */

    problem = chat_profile_read(&profile, &r, &config);
    if (problem) {
        REQUIRE(problem->http_status == 403);
    } else {
        REQUIRE(*profile.username && strlen(profile.username) <= CHAT_USERNAME_BYTES_MAX);
        REQUIRE(chat_text_is_utf8(profile.username, strlen(profile.username)));
        check_characters(profile.username, 1);
        if (profile.display_name)
            check_name(profile.display_name);
        if (profile.email)
            check_email(profile.email);
        if (profile.avatar_url)
            check_avatar(profile.avatar_url);
    }
    r.user = NULL;
    REQUIRE(chat_profile_read(&profile, &r, &config)->http_status == 401);
    free(text);
    apr_pool_destroy(r.pool);
    return 0;
}
