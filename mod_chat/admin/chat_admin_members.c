#include "admin/chat_admin_members.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/chat_ctx.h"
#include "core/chat_json_member.h"
#include "core/chat_text.h"

#define CHURCH_NAME_CHARS_MAX 200 /* of chat.clean_church() */
#define URL_BYTES_MAX 2048        /* of an address, as that of a push subscription */
#define ADDRESS_BYTES_MAX 254     /* RFC 5321 section 4.5.3.1.3, without the brackets */
#define LANGUAGE_BYTES_MAX 35     /* RFC 5646 section 4.4.1 */

typedef chat_problem_t *read_t(chat_json_t *json, json_object *object, const char *name,
                               apr_pool_t *p);

typedef struct member_t {
    const char *kind; /* of chat_admin_resource_t; NULL ends the table */
    const char *name;
    read_t *read;
    enum { NOT_IF_NEW, MAY_IF_NEW, MUST_IF_NEW } is_new; /* whether POST has it */
} member_t;

/* ---- types ---- */

static chat_problem_t *read_boolean(chat_json_t *json, json_object *object, const char *name,
                                    apr_pool_t *p)
{
    int value;
    chat_problem_t *problem = chat_json_read_boolean(&value, object, name, p);

    if (!problem)
        chat_json_member_boolean(json, name, value);
    return problem;
}

static chat_problem_t *read_id(chat_json_t *json, json_object *object, const char *name,
                               apr_pool_t *p)
{
    apr_int64_t id;
    chat_problem_t *problem = chat_json_read_id(&id, object, name, p);

    if (!problem)
        chat_json_member_integer(json, name, id);
    return problem;
}

static chat_problem_t *read_name(chat_json_t *json, json_object *object, const char *name,
                                 apr_size_t chars_max, apr_pool_t *p)
{
    const char *text;
    const char *cleaned;
    apr_size_t length;
    apr_size_t chars;
    chat_problem_t *problem = chat_json_read_string(&text, &length, object, name, p);

    if (!problem)
        problem = chat_text_clean(&text, &chars, text, length, p);
    if (problem)
        return problem;
    cleaned = chat_text_clean_name(text, chars_max, p);
    if (!*cleaned)
        return chat_problem_field(p, name, "must not be empty");
    if (chars > chars_max)
        return chat_problem_field(p, name, "is too long");
    chat_json_member_string(json, name, cleaned);
    return NULL;
}

static chat_problem_t *read_display_name(chat_json_t *json, json_object *object, const char *name,
                                         apr_pool_t *p)
{
    return read_name(json, object, name, CHAT_DISPLAY_NAME_CHARS_MAX, p);
}

static chat_problem_t *read_church_name(chat_json_t *json, json_object *object, const char *name,
                                        apr_pool_t *p)
{
    return read_name(json, object, name, CHURCH_NAME_CHARS_MAX, p);
}

/* A text that may be null, and that `is_valid` admits. */
static chat_problem_t *read_optional(chat_json_t *json, json_object *object, const char *name,
                                     int (*is_valid)(const char *text), const char *detail,
                                     apr_pool_t *p)
{
    const char *text;
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_optional_string(&text, &length, object, name, p);

    if (problem)
        return problem;
    if (text && !is_valid(text))
        return chat_problem_field(p, name, detail);
    chat_json_member_string(json, name, text);
    return NULL;
}

/* What an address looks like; mail servers decide. */
static int is_address(const char *text)
{
    const char *at = strchr(text, '@');
    const char *c;

    for (c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || strchr("<>,;\"\x7f", *c))
            return 0;
    return at && at > text && at[1] && !strchr(at + 1, '@') && c - text <= ADDRESS_BYTES_MAX;
}

static chat_problem_t *read_address(chat_json_t *json, json_object *object, const char *name,
                                    apr_pool_t *p)
{
    return read_optional(json, object, name, is_address, "must be a mail address, or null", p);
}

/* One in which chat.clean_url() has nothing to change; U+0080 to U+009F are control characters. */
static int is_url(const char *text)
{
    const char *c;

    for (c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || strchr("<>\"'\\`\x7f", *c) ||
            (*c == '\xc2' && (unsigned char)c[1] < 0xa0))
            return 0;
    if (c - text > URL_BYTES_MAX)
        return 0;
    if (text[0] == '/')
        return text[1] != '/';
    return (strncmp(text, "https://", 8) == 0 && text[8] && !strchr("/?#", text[8])) ||
           (strncmp(text, "http://", 7) == 0 && text[7] && !strchr("/?#", text[7]));
}

static chat_problem_t *read_url(chat_json_t *json, json_object *object, const char *name,
                                apr_pool_t *p)
{
    return read_optional(json, object, name, is_url,
                         "must be a path of this site, a URL with http or https, or null", p);
}

/* Made of what tags of BCP 47 are made of. */
static int is_language(const char *text)
{
    const char *c;

    for (c = text; *c; c++)
        if (!apr_isalnum(*c) && (*c != '-' || c == text || c[-1] == '-' || !c[1]))
            return 0;
    return c - text >= 2 && c - text <= LANGUAGE_BYTES_MAX;
}

static chat_problem_t *read_language(chat_json_t *json, json_object *object, const char *name,
                                     apr_pool_t *p)
{
    return read_optional(json, object, name, is_language,
                         "must be a language tag of BCP 47, such as de or pt-BR, or null", p);
}

static chat_problem_t *read_role(chat_json_t *json, json_object *object, const char *name,
                                 apr_pool_t *p)
{
    const char *text;
    apr_size_t length;
    chat_problem_t *problem = chat_json_read_string(&text, &length, object, name, p);

    if (problem)
        return problem;
    if (strcmp(text, "staff") != 0 && strcmp(text, "manager") != 0)
        return chat_problem_field(p, name, "must be staff or manager");
    chat_json_member_string(json, name, text);
    return NULL;
}

/* ---- objects ---- */

static const member_t members[] = {
    {"user", "display_name", read_display_name, NOT_IF_NEW},
    {"user", "email", read_address, NOT_IF_NEW},
    {"user", "is_active", read_boolean, NOT_IF_NEW},
    {"user", "language", read_language, NOT_IF_NEW},
    {"church", "name", read_church_name, MUST_IF_NEW},
    {"church", "logo_url", read_url, MAY_IF_NEW},
    {"church", "is_active", read_boolean, MAY_IF_NEW},
    {"staff", "church_id", read_id, MUST_IF_NEW},
    {"staff", "user_id", read_id, MUST_IF_NEW},
    {"staff", "role", read_role, MAY_IF_NEW},
    {"conversation", "member_blocked", read_boolean, NOT_IF_NEW},
    {NULL, NULL, NULL, NOT_IF_NEW},
};

static const member_t *find(const chat_admin_resource_t *resource, const char *name)
{
    const member_t *member;

    for (member = members; member->kind; member++)
        if (strcmp(member->kind, resource->kind) == 0 && strcmp(member->name, name) == 0)
            return member;
    return NULL;
}

static int may_have(const chat_admin_resource_t *resource, const char *name, int is_new)
{
    const member_t *member = find(resource, name);

    return is_new ? member && member->is_new != NOT_IF_NEW
                  : chat_admin_resource_has_word(resource->changes, name);
}

/* What an item shows and nobody can set; all else that is not known is ignored, as everywhere. */
static chat_problem_t *refuse_read_only(json_object *object, const chat_admin_resource_t *resource,
                                        int is_new, apr_pool_t *p)
{
    char *last;
    char *name = apr_strtok(apr_pstrdup(p, resource->columns), " ", &last);

    for (; name; name = apr_strtok(NULL, " ", &last))
        if (chat_json_read_has(object, name) && !may_have(resource, name, is_new))
            return chat_problem_field(p, name, is_new ? "cannot be chosen" : "cannot be changed");
    return NULL;
}

static chat_problem_t *read_members(const char **pjson, json_object *object,
                                    const chat_admin_resource_t *resource, int is_new,
                                    apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(256, p);
    chat_problem_t *problem = refuse_read_only(object, resource, is_new, p);
    const member_t *member;
    apr_size_t length;

    *pjson = NULL;
    chat_json_object_begin(json);
    for (member = members; member->kind && !problem; member++)
        if (strcmp(member->kind, resource->kind) == 0 &&
            (chat_json_read_has(object, member->name) || (is_new && member->is_new == MUST_IF_NEW)))
            problem = member->read(json, object, member->name, p);
    if (problem)
        return problem;
    chat_json_object_end(json);
    *pjson = chat_json_bytes(json, &length);
    return NULL;
}

chat_problem_t *chat_admin_members_changed(const char **pjson, json_object *object,
                                           const chat_admin_resource_t *resource, apr_pool_t *p)
{
    return read_members(pjson, object, resource, 0, p);
}

chat_problem_t *chat_admin_members_new(const char **pjson, json_object *object,
                                       const chat_admin_resource_t *resource, apr_pool_t *p)
{
    return read_members(pjson, object, resource, 1, p);
}
