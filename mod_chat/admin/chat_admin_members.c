#include "admin/chat_admin_members.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/chat_ctx.h"
#include "core/chat_json_member.h"
#include "core/chat_text.h"

#define ADDRESS_BYTES_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */
#define LANGUAGE_BYTES_MAX 35 /* RFC 5646 section 4.4.1 */

typedef chat_problem_t *read_t(chat_json_t *json, json_object *object, const char *name,
                               apr_pool_t *p);

typedef struct member_t {
    const char *kind; /* of chat_admin_resource_t; NULL ends the table */
    const char *name;
    read_t *read;
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

/* ---- objects ---- */

static const member_t members[] = {
    {"user", "display_name", read_display_name},
    {"user", "email", read_address},
    {"user", "is_active", read_boolean},
    {"user", "language", read_language},
    {NULL, NULL, NULL},
};

/* What an item shows and nobody can change; all else that is not known is ignored, as everywhere.
 */
static chat_problem_t *refuse_read_only(json_object *object, const chat_admin_resource_t *resource,
                                        apr_pool_t *p)
{
    char *last;
    char *name = apr_strtok(apr_pstrdup(p, resource->columns), " ", &last);

    for (; name; name = apr_strtok(NULL, " ", &last))
        if (chat_json_read_has(object, name) &&
            !chat_admin_resource_has_word(resource->changes, name))
            return chat_problem_field(p, name, "cannot be changed");
    return NULL;
}

chat_problem_t *chat_admin_members_read(const char **pjson, json_object *object,
                                        const chat_admin_resource_t *resource, apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(256, p);
    chat_problem_t *problem = refuse_read_only(object, resource, p);
    const member_t *member;
    apr_size_t length;

    *pjson = NULL;
    chat_json_object_begin(json);
    for (member = members; member->kind && !problem; member++)
        if (strcmp(member->kind, resource->kind) == 0 && chat_json_read_has(object, member->name))
            problem = member->read(json, object, member->name, p);
    if (problem)
        return problem;
    chat_json_object_end(json);
    *pjson = chat_json_bytes(json, &length);
    return NULL;
}
