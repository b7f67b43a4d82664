#include "api/chat_api_openapi.h"

#include <ctype.h>
#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_member.h"
#include "chat_openapi_components.h"
#include "http/chat_reply.h"

#define VERSION "1.0.0"
/* What every answer to a logged-in user may be besides its own statuses. */
#define COMMON_PROBLEMS "401 403 500 503"

static void write_ref(chat_json_t *json, const char *kind, const char *name, apr_pool_t *p)
{
    chat_json_object_begin(json);
    chat_json_member_string(json, "$ref", apr_pstrcat(p, "#/components/", kind, "/", name, NULL));
    chat_json_object_end(json);
}

/* A tag is the first segment of a path. */
static const struct {
    const char *name;
    const char *description;
} tags[] = {
    {"conversations", "Conversations between members and churches, and their messages"},
    {"notifications", "What the user has not read, for a bell or a list"},
};

static void write_tags(chat_json_t *json)
{
    int i;

    chat_json_key(json, "tags");
    chat_json_array_begin(json);
    for (i = 0; i < CHAT_COUNT(tags); i++) {
        chat_json_object_begin(json);
        chat_json_member_string(json, "name", tags[i].name);
        chat_json_member_string(json, "description", tags[i].description);
        chat_json_object_end(json);
    }
    chat_json_array_end(json);
}

static void write_tag_of(chat_json_t *json, const char *path, apr_pool_t *p)
{
    chat_json_key(json, "tags");
    chat_json_array_begin(json);
    chat_json_string(json, apr_pstrmemdup(p, path, strcspn(path, "/")));
    chat_json_array_end(json);
}

/* Without a slash at its end: paths begin with one. */
static const char *server_url(const chat_request_t *req)
{
    const char *url =
        chat_request_has_relative_links(req) ? chat_request_way_to_root(req) : req->root;
    apr_size_t bytes = strlen(url);

    if (!bytes)
        return "/";
    return apr_pstrmemdup(req->pool, url, url[bytes - 1] == '/' ? bytes - 1 : bytes);
}

static void write_info(chat_json_t *json, const char *url)
{
    chat_json_member_string(json, "openapi", "3.1.0");
    chat_json_key(json, "info");
    chat_json_object_begin(json);
    chat_json_member_string(json, "title", "mod_chat");
    chat_json_member_string(json, "version", VERSION);
    chat_json_member_string(
        json, "description",
        "Members write to churches, the staff answer from a shared inbox. The user is "
        "whoever Apache's authentication of these paths says.");
    chat_json_key(json, "contact");
    chat_json_object_begin(json);
    chat_json_member_string(json, "name", "The administrator of this site");
    chat_json_object_end(json);
    chat_json_object_end(json);
    chat_json_key(json, "servers");
    chat_json_array_begin(json);
    chat_json_object_begin(json);
    chat_json_member_string(json, "url", url);
    chat_json_object_end(json);
    chat_json_array_end(json);
}

static void write_content(chat_json_t *json, const char *type, const char *schema, apr_pool_t *p)
{
    chat_json_key(json, "content");
    chat_json_object_begin(json);
    chat_json_key(json, type);
    chat_json_object_begin(json);
    chat_json_key(json, "schema");
    write_ref(json, "schemas", schema, p);
    chat_json_object_end(json);
    chat_json_object_end(json);
}

static void write_parameters(chat_json_t *json, const chat_route_t *route, apr_pool_t *p)
{
    char *names = apr_pstrdup(p, route->parameters ? route->parameters : "");
    char *rest;
    char *name;

    chat_json_key(json, "parameters");
    chat_json_array_begin(json);
    if (strchr(route->path, '{'))
        write_ref(json, "parameters", "id", p);
    for (name = apr_strtok(names, " ", &rest); name; name = apr_strtok(NULL, " ", &rest))
        write_ref(json, "parameters", name, p);
    chat_json_array_end(json);
}

static const char *describe_status(const char *status)
{
    if (strcmp(status, "101") == 0)
        return "Switching Protocols";
    return strcmp(status, "201") == 0 ? "Created" : "OK";
}

static void write_success(chat_json_t *json, const char *status, const chat_route_t *route,
                          apr_pool_t *p)
{
    chat_json_key(json, status);
    chat_json_object_begin(json);
    chat_json_member_string(json, "description", describe_status(status));
    if (route->answer)
        write_content(json, "application/json", route->answer, p);
    chat_json_object_end(json);
}

/* Whether a word stands in a list of words that blanks separate. */
static int has_word(const char *words, const char *word)
{
    apr_size_t length = strlen(word);
    const char *at = words;

    while ((at = strstr(at, word)) != NULL) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return 1;
        at += length;
    }
    return 0;
}

/* Those of `statuses` that `seen` does not have; each is a key of one object, and so stands once.
 */
static void write_problems(chat_json_t *json, const char *statuses, const char *seen, apr_pool_t *p)
{
    char *rest;
    char *status;

    for (status = apr_strtok(apr_pstrdup(p, statuses), " ", &rest); status;
         status = apr_strtok(NULL, " ", &rest)) {
        if (has_word(seen, status))
            continue;
        chat_json_key(json, status);
        write_ref(json, "responses", "Problem", p);
    }
}

static void write_responses(chat_json_t *json, const chat_route_t *route, apr_pool_t *p)
{
    char *rest;
    char *status;

    chat_json_key(json, "responses");
    chat_json_object_begin(json);
    for (status = apr_strtok(apr_pstrdup(p, route->statuses), " ", &rest); status;
         status = apr_strtok(NULL, " ", &rest))
        write_success(json, status, route, p);
    if (strcmp(route->method, "GET") == 0 && !route->is_socket) {
        chat_json_key(json, "304");
        write_ref(json, "responses", "NotModified", p);
        chat_json_key(json, "412");
        write_ref(json, "responses", "Problem", p);
    }
    write_problems(json, route->problems, "", p);
    if (!route->is_public)
        write_problems(json, COMMON_PROBLEMS, route->problems, p);
    chat_json_object_end(json);
}

static void write_login(chat_json_t *json)
{
    chat_json_object_begin(json);
    chat_json_key(json, "apache");
    chat_json_array_begin(json);
    chat_json_array_end(json);
    chat_json_object_end(json);
}

/* Nothing, or a login where Apache's configuration asks for one. */
static void write_optional_security(chat_json_t *json)
{
    chat_json_key(json, "security");
    chat_json_array_begin(json);
    chat_json_object_begin(json);
    chat_json_object_end(json);
    write_login(json);
    chat_json_array_end(json);
}

static void write_operation(chat_json_t *json, const chat_route_t *route, apr_pool_t *p)
{
    char *method = apr_pstrdup(p, route->method);

    ap_str_tolower(method);
    chat_json_key(json, method);
    chat_json_object_begin(json);
    chat_json_member_string(json, "operationId", route->operation);
    chat_json_member_string(json, "summary", route->summary);
    chat_json_member_string(json, "description", route->description);
    write_tag_of(json, route->path, p);
    write_parameters(json, route, p);
    if (route->body) {
        chat_json_key(json, "requestBody");
        chat_json_object_begin(json);
        chat_json_member_boolean(json, "required", !route->body_is_optional);
        write_content(json, "application/json", route->body, p);
        chat_json_object_end(json);
    }
    write_responses(json, route, p);
    if (route->is_public)
        write_optional_security(json);
    chat_json_object_end(json);
}

/* Routes of one path stand next to each other in the table. */
static void write_paths(chat_json_t *json, const chat_route_t *routes, apr_pool_t *p)
{
    const chat_route_t *route = routes;

    chat_json_key(json, "paths");
    chat_json_object_begin(json);
    while (route->method) {
        const char *path = route->path;

        chat_json_key(json, apr_pstrcat(p, "/", path, NULL));
        chat_json_object_begin(json);
        for (; route->method && strcmp(route->path, path) == 0; route++)
            write_operation(json, route, p);
        chat_json_object_end(json);
    }
    chat_json_object_end(json);
}

chat_problem_t *chat_api_openapi(chat_request_t *req)
{
    chat_json_t *json = chat_reply_json(req, HTTP_OK);

    chat_json_object_begin(json);
    write_info(json, server_url(req));
    chat_json_key(json, "security");
    chat_json_array_begin(json);
    write_login(json);
    chat_json_array_end(json);
    write_tags(json);
    write_paths(json, req->routes, req->pool);
    chat_json_key(json, "components");
    chat_json_raw(json, chat_openapi_components, sizeof chat_openapi_components - 1);
    chat_json_object_end(json);
    return NULL;
}
