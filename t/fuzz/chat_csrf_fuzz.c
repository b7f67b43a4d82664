/*
 * The Origin and Cookie fields of a request, in lines of the input, and after them a file of
 * secrets. A normal origin is normal again and is our own when we are asked by it; a cookie is set
 * exactly when no good one is found by a reader that is written in another way. The byte 1 in a
 * Cookie field stands for a good token, 2 for one of another user, as no fuzzer finds those. Of a
 * file another reader says whether it is taken; tokens made by it are good.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>

#include "guard/chat_csrf.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define TRIED_MAX 8 /* cookies that look like a token */

#define SECRET "0123456789abcdef0123456789abcdef"

static chat_secrets_t *secrets;
static apr_array_header_t *trusted;
static const char *mine, *theirs;

static void prepare(void)
{
    static const char line[] = SECRET "\n";
    char path[] = "/tmp/chat_csrf_fuzz.XXXXXX";
    const char *error;
    apr_pool_t *p;
    int file;

    apr_initialize();
    atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    apr_pool_create(&p, NULL);
    file = mkstemp(path);
    REQUIRE(file >= 0 && write(file, line, sizeof(line) - 1) == (ssize_t)sizeof(line) - 1);
    close(file);
    REQUIRE(chat_token_load(&secrets, &error, path, p) == APR_SUCCESS);
    unlink(path);
    mine = chat_token_make(secrets, "csrf", "alice", p);
    theirs = chat_token_make(secrets, "csrf", "bob", p);
    REQUIRE(mine && theirs);
    trusted = apr_array_make(p, 2, sizeof(const char *));
    APR_ARRAY_PUSH(trusted, const char *) = "https://other.example";
    APR_ARRAY_PUSH(trusted, const char *) = "https://trusted.example";
}

/* Take a line off the input, in memory that ends where it does. */
static char *take_line(const uint8_t **pdata, size_t *psize)
{
    const uint8_t *end = memchr(*pdata, '\n', *psize);
    size_t length = end ? (size_t)(end - *pdata) : *psize;
    char *line = malloc(length + 1);

    memcpy(line, *pdata, length);
    line[length] = '\0'; /* a NUL within ends it sooner */
    *pdata += length + (end != NULL);
    *psize -= length + (end != NULL);
    return line;
}

/* The field with the tokens in it. */
static const char *expand(const char *line, apr_pool_t *p)
{
    const size_t room = strlen(line) * CHAT_TOKEN_CHARS + 1;
    char *field = apr_palloc(p, room), *at = field;

    for (; *line; line++) {
        if (*line == 1 || *line == 2) {
            memcpy(at, *line == 1 ? mine : theirs, CHAT_TOKEN_CHARS);
            at += CHAT_TOKEN_CHARS;
        } else {
            *at++ = *line;
        }
    }
    *at = '\0';
    return field;
}

/* Whether `mine` is the value of one of the first cookies that may be a token. */
static int has_mine(const char *field, apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, field), *piece;
    int tried = 0;

    while (tried < TRIED_MAX && (piece = strsep(&rest, ";")) != NULL) {
        piece += strspn(piece, " \t");
        while (*piece && strchr(" \t", piece[strlen(piece) - 1]))
            piece[strlen(piece) - 1] = '\0';
        if (strncmp(piece, "chat_csrf=", 10) != 0 || strlen(piece + 10) != CHAT_TOKEN_CHARS)
            continue;
        tried++;
        if (strcmp(piece + 10, mine) == 0)
            return 1;
    }
    return 0;
}

static void check_cookie(const char *line, apr_pool_t *p)
{
    chat_csrf_request_t request = {.username = "alice", .cookie = expand(line, p)};
    const char *cookie = chat_csrf_cookie_to_set(CHAT_CSRF_TOKEN, secrets, &request, NULL, 0, p);

    REQUIRE((cookie == NULL) == has_mine(request.cookie, p));
    REQUIRE(!cookie || strlen(cookie) == strlen("chat_csrf=; Path=/; SameSite=Lax") + 66);
    request.method = "POST";
    request.token = request.cookie; /* as good as any other text */
    REQUIRE((chat_csrf_check(CHAT_CSRF_TOKEN, secrets, NULL, &request, p) == NULL) ==
            (strcmp(request.cookie, mine) == 0));
}

/* How many secrets the text holds; -1 when one of them is too short. */
static int count_secrets(const char *text, apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, text), *line;
    int count = 0;

    while ((line = strsep(&rest, "\n")) != NULL) {
        line += strspn(line, " \t\v\f\r");
        while (*line && strchr(" \t\v\f\r", line[strlen(line) - 1]))
            line[strlen(line) - 1] = '\0';
        if (*line && *line != '#' && strlen(line) < CHAT_TOKEN_SECRET_CHARS_MIN)
            return -1;
        count += *line && *line != '#';
    }
    return count;
}

static void check_secrets(const uint8_t *data, size_t size, apr_pool_t *p)
{
    int file = memfd_create("secrets", 0), count;
    const char *path = apr_psprintf(p, "/proc/self/fd/%d", file), *error, *token;
    char *text = apr_pstrmemdup(p, (const char *)data, size);
    chat_secrets_t *loaded;
    apr_status_t rv;

    REQUIRE(file >= 0 && fchmod(file, 0600) == 0 && write(file, text, size) == (ssize_t)size);
    rv = chat_token_load(&loaded, &error, path, p);
    close(file);
    count = strlen(text) == size ? count_secrets(text, p) : -1;
    REQUIRE((rv == APR_SUCCESS) == (count > 0 && count <= CHAT_TOKEN_SECRETS_MAX));
    REQUIRE((rv == APR_SUCCESS) == (loaded != NULL) && (loaded != NULL) == (error == NULL));
    if (!loaded)
        return;
    token = chat_token_make(loaded, "csrf", "alice", p);
    REQUIRE(chat_token_check(loaded, "csrf", "alice", token) == CHAT_TOKEN_GOOD);
    REQUIRE(chat_token_check(loaded, "csrf", "bob", token) == CHAT_TOKEN_BAD);
    REQUIRE(chat_token_check(loaded, "csrf", "alice", mine) == CHAT_TOKEN_BAD ||
            strstr(text, SECRET));
}

static void check_origin(const char *origin, apr_pool_t *p)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.:[]/";
    chat_csrf_request_t request = {.method = "POST", .origin = origin, .self_origin = origin};
    const char *normal = chat_csrf_normal_origin(origin, p);

    REQUIRE((chat_csrf_check_origin(NULL, &request, p) == NULL) == (normal != NULL));
    REQUIRE((chat_csrf_check(CHAT_CSRF_ORIGIN, NULL, NULL, &request, p) == NULL) ==
            (normal != NULL));
    request.self_origin = "https://chat.example";
    REQUIRE((chat_csrf_check_origin(NULL, &request, p) == NULL) ==
            (normal && strcmp(normal, "https://chat.example") == 0));
    REQUIRE((chat_csrf_check_origin(trusted, &request, p) == NULL) ==
            (normal && (strcmp(normal, "https://chat.example") == 0 ||
                        strcmp(normal, "https://other.example") == 0 ||
                        strcmp(normal, "https://trusted.example") == 0)));
    request.sec_fetch_site = "cross-site";
    REQUIRE(chat_csrf_check(CHAT_CSRF_ORIGIN, NULL, NULL, &request, p) != NULL);
    if (!normal)
        return;
    REQUIRE(strspn(normal, plain) == strlen(normal));
    REQUIRE(strcmp(chat_csrf_normal_origin(normal, p), normal) == 0);
    REQUIRE(strncmp(normal, "http://", 7) == 0 || strncmp(normal, "https://", 8) == 0);
    REQUIRE(!strchr(strstr(normal, "://") + 3, '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *origin, *cookie;
    apr_pool_t *p;

    if (!secrets)
        prepare();
    apr_pool_create(&p, NULL);
    origin = take_line(&data, &size);
    cookie = take_line(&data, &size);
    check_origin(origin, p);
    check_cookie(cookie, p);
    if (size > 0)
        check_secrets(data, size, p);
    free(cookie);
    free(origin);
    apr_pool_destroy(p);
    return 0;
}
