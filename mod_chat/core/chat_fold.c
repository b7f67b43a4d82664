#include "core/chat_fold.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <utf8proc.h>

/* Runs of blanks become one, those at both ends none. In place. */
static void squeeze(char *text)
{
    const char *from = text;
    char *to = text;

    for (; *from; from++)
        if (*from != ' ' || (to > text && to[-1] != ' '))
            *to++ = *from;
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

const char *chat_fold_name(const char *name, apr_pool_t *p)
{
    utf8proc_uint8_t *folded = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)name);
    char *copy;

    if (!folded)
        return NULL;
    copy = apr_pstrdup(p, (const char *)folded);
    free(folded);
    squeeze(copy);
    return copy;
}
