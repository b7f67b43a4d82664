#include "http/chat_profile.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_log.h"
#include "core/chat_text.h"
#include "http/chat_expression.h"

static int is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f || strchr("\"'<>\\`", *text) ||
            (*text == '\xc2' && (unsigned char)text[1] < 0xa0)) /* U+0080 to U+009F */
            return 0;
    return 1;
}

/* Whether the URL of a picture is https://, http:// or a path, and safe in an HTML attribute. The
 * same rules as chat.clean_url(); otherwise the row would be updated with each request. */
static int is_avatar_url(const char *text)
{
    apr_size_t scheme;

    if (strlen(text) > CHAT_AVATAR_URL_BYTES_MAX || !is_plain(text))
        return 0;
    if (text[0] == '/')
        return text[1] != '/';
    scheme = strncasecmp(text, "https://", 8) == 0  ? 8
             : strncasecmp(text, "http://", 7) == 0 ? 7
                                                    : 0;
    return scheme > 0 && text[scheme] && !strchr("/?#", text[scheme]);
}

/* Whether it looks like one address: something, one @, something, without blanks. */
static int is_email(const char *text)
{
    const char *at = strrchr(text, '@');

    return strlen(text) <= CHAT_EMAIL_BYTES_MAX && is_plain(text) && at && at != text && at[1];
}

static const char *refuse_unusable(const char *text, int is_usable, const char *what,
                                   request_rec *r)
{
    if (text && !is_usable) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "profile: the %s is invalid and is ignored",
                      what);
        return NULL;
    }
    return text;
}

static int is_username(const char *name)
{
    apr_size_t bytes = strlen(name);
    apr_size_t i;

    if (bytes == 0 || bytes > CHAT_USERNAME_BYTES_MAX || !chat_text_is_utf8(name, bytes))
        return 0;
    for (i = 0; i < bytes; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return 0;
    return 1;
}

static chat_problem_t *unusable_name(apr_pool_t *p)
{
    return chat_problem_cause(
        p, HTTP_FORBIDDEN, "unusable_user_name", "The chat cannot be used with this user name.",
        APR_SUCCESS,
        "the user name from Apache's authentication is empty, not UTF-8, longer "
        "than " APR_STRINGIFY(CHAT_USERNAME_BYTES_MAX) " bytes or contains control characters");
}

/* The user name must not be used instead: it may be the identifier of another user. */
static chat_problem_t *unusable_id(apr_pool_t *p)
{
    return chat_problem_cause(
        p, HTTP_FORBIDDEN, "unusable_user_id", "The chat does not know who you are.", APR_SUCCESS,
        "ChatUserId has no value for this user, or one that is not UTF-8, longer "
        "than " APR_STRINGIFY(
            CHAT_USERNAME_BYTES_MAX) " bytes or with control characters; it needs "
                                     "a value for every user");
}

/* NULL: the folded name is empty or invalid. */
static const char *fold(const char *name, apr_pool_t *p)
{
    const char *folded = chat_text_fold_name(name, p);

    return folded && is_username(folded) ? folded : NULL;
}

static chat_problem_t *read_identity(chat_profile_t *profile, request_rec *r,
                                     const chat_config_t *config)
{
    const char *id = r->user;

    if (!is_username(r->user))
        return unusable_name(r->pool);
    profile->username = config->user_case == CHAT_USER_CASE_KEEP ? r->user : fold(r->user, r->pool);
    if (!profile->username)
        return unusable_name(r->pool);
    profile->external_id = profile->username;
    if (config->user_id) {
        id = chat_expression_evaluate(config->user_id, r);
        if (!id || !is_username(id))
            return unusable_id(r->pool);
        profile->external_id = config->user_case == CHAT_USER_CASE_FOLD ? fold(id, r->pool) : id;
    }
    if (!profile->external_id)
        return unusable_id(r->pool);
    if (strcmp(id, profile->external_id) != 0) /* the identifier before ChatUserCase fold */
        profile->former_id = id;
    return NULL;
}

chat_problem_t *chat_profile_read(chat_profile_t *profile, request_rec *r,
                                  const chat_config_t *config)
{
    chat_problem_t *problem;
    const char *name;

    if (!r->user)
        return chat_problem_of_status(r->pool, HTTP_UNAUTHORIZED);
    problem = read_identity(profile, r, config);
    if (problem)
        return problem;
    name = chat_expression_evaluate_claim(config->user_name, r);
    if (name)
        name = chat_text_clean_name(name, CHAT_DISPLAY_NAME_CHARS_MAX, r->pool);
    profile->display_name = refuse_unusable(name, name && *name, "display name", r);
    profile->email = chat_expression_evaluate_claim(config->user_email, r);
    profile->email = refuse_unusable(profile->email, profile->email && is_email(profile->email),
                                     "mail address", r);
    profile->avatar_url = chat_expression_evaluate_claim(config->user_avatar, r);
    profile->avatar_url =
        refuse_unusable(profile->avatar_url,
                        profile->avatar_url && is_avatar_url(profile->avatar_url), "picture", r);
    return NULL;
}
