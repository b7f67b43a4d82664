#include "core/chat_csv.h"

#include <string.h>

static int is_formula(const char *text, apr_size_t length)
{
    return length && memchr("=+-@\t\r", text[0], 6) != NULL;
}

static apr_size_t count(const char *text, apr_size_t length, char wanted)
{
    apr_size_t found = 0;
    apr_size_t i;

    for (i = 0; i < length; i++)
        found += text[i] == wanted;
    return found;
}

static int needs_quotes(const char *text, apr_size_t length)
{
    return memchr(text, '"', length) || memchr(text, ',', length) || memchr(text, '\r', length) ||
           memchr(text, '\n', length);
}

const char *chat_csv_text(apr_size_t *plength, const char *text, apr_size_t length, apr_pool_t *p)
{
    int has_quotes = needs_quotes(text, length);
    char *cell = apr_palloc(p, length + count(text, length, '"') + 4);
    char *to = cell;
    apr_size_t i;

    if (has_quotes)
        *to++ = '"';
    if (is_formula(text, length))
        *to++ = '\'';
    for (i = 0; i < length; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    if (has_quotes)
        *to++ = '"';
    *to = '\0';
    *plength = (apr_size_t)(to - cell);
    return cell;
}
