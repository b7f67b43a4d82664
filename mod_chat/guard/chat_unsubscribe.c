#include "guard/chat_unsubscribe.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_number.h"

#define PURPOSE "unsubscribe"

const char *chat_unsubscribe_make(const chat_secrets_t *secrets, apr_int64_t user_id,
                                  const char *address_hash, apr_pool_t *p)
{
    const char *subject = apr_psprintf(p, "%" APR_INT64_T_FMT ".%s", user_id, address_hash);
    const char *token = chat_token_make(secrets, PURPOSE, subject, p);

    return token ? apr_pstrcat(p, subject, ".", token, NULL) : NULL;
}

apr_status_t chat_unsubscribe_read(chat_unsubscribe_t *subject, const chat_secrets_t *secrets,
                                   const char *text, apr_pool_t *p)
{
    const char *hash = text ? strchr(text, '.') : NULL;
    const char *token = hash ? strchr(hash + 1, '.') : NULL;
    apr_status_t rv;

    if (!token || token - hash - 1 != CHAT_UNSUBSCRIBE_HASH_CHARS)
        return APR_EINVAL;
    rv = chat_number_read(&subject->user_id, apr_pstrmemdup(p, text, (apr_size_t)(hash - text)));
    if (rv != APR_SUCCESS)
        return rv;
    subject->address_hash = apr_pstrmemdup(p, hash + 1, CHAT_UNSUBSCRIBE_HASH_CHARS);
    return chat_token_check(secrets, PURPOSE, apr_pstrmemdup(p, text, (apr_size_t)(token - text)),
                            token + 1) == CHAT_TOKEN_BAD
               ? APR_EINVAL
               : APR_SUCCESS;
}
