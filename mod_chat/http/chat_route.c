#include "http/chat_route.h"

#include <apr_strings.h>
#include <string.h>

#include "core/chat_number.h"

#define ID_DIGITS_MAX 19

static apr_size_t segment_bytes(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash ? (apr_size_t)(slash - text) : strlen(text);
}

static int segment_is_id(apr_int64_t *pid, const char *text, apr_size_t bytes)
{
    char digits[ID_DIGITS_MAX + 1];

    if (bytes == 0 || bytes > ID_DIGITS_MAX)
        return 0;
    memcpy(digits, text, bytes);
    digits[bytes] = '\0';
    return chat_number_read(pid, digits) == APR_SUCCESS && *pid > 0;
}

/* A segment of a pattern and that of a path. `pcount`: how many ids there are. */
static int segment_fits(chat_match_t *match, int *pcount, const char *pattern, apr_size_t wanted,
                        const char *path, apr_size_t given)
{
    static const char name[] = "{name}";

    if (pattern[0] != '{')
        return wanted == given && memcmp(pattern, path, given) == 0;
    if (wanted != sizeof name - 1 || memcmp(pattern, name, wanted) != 0)
        return *pcount < CHAT_ROUTE_IDS_MAX && segment_is_id(&match->ids[(*pcount)++], path, given);
    match->name = path;
    match->name_bytes = given;
    return given > 0;
}

static int path_fits(chat_match_t *match, const char *pattern, const char *path)
{
    int count = 0;

    while (*pattern) {
        apr_size_t wanted = segment_bytes(pattern);
        apr_size_t given = segment_bytes(path);

        if (!segment_fits(match, &count, pattern, wanted, path, given))
            return 0;
        pattern += wanted;
        path += given;
        if (*pattern == '/')
            pattern++;
        if (*path == '/')
            path++;
        else if (*pattern)
            return 0; /* the path ended before the pattern did */
    }
    return *path == '\0';
}

static int method_fits(const chat_route_t *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

void chat_route_match(chat_match_t *match, const chat_route_t *routes, const char *method,
                      const char *path)
{
    const chat_route_t *route;

    memset(match, 0, sizeof *match);
    for (route = routes; route->method; route++) {
        if (!path_fits(match, route->path, path))
            continue;
        match->is_known = 1;
        match->is_public = route->is_public;
        if (method_fits(route, method)) {
            match->route = route;
            return;
        }
    }
}

const char *chat_route_allow(const chat_route_t *routes, const char *path, apr_pool_t *p)
{
    const char *allow = "OPTIONS";
    const chat_route_t *route;
    chat_match_t match;

    for (route = routes; route->method; route++)
        if (path_fits(&match, route->path, path))
            allow = apr_pstrcat(p, allow, strcmp(route->method, "GET") == 0 ? ", GET, HEAD" : ", ",
                                strcmp(route->method, "GET") == 0 ? "" : route->method, NULL);
    return allow;
}

static int have_same_first_segment(const char *path, const char *other)
{
    apr_size_t bytes = segment_bytes(path);

    return bytes == segment_bytes(other) && memcmp(path, other, bytes) == 0;
}

int chat_route_claims(const chat_route_t *routes, const char *path)
{
    const chat_route_t *route;

    for (route = routes; route->method; route++)
        if (have_same_first_segment(path, route->path))
            return 1;
    return 0;
}

int chat_route_is_admin(const char *path)
{
    return have_same_first_segment(path, "admin/");
}
