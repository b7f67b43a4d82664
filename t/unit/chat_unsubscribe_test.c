#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "guard/chat_unsubscribe.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define HASH "0123456789abcdef0123456789abcdef"

static chat_secrets_t *make_secrets(const char *secret, apr_pool_t *p)
{
    chat_secrets_t *secrets = chat_token_from_bytes(secret, strlen(secret), p);

    assert_non_null(secrets);
    return secrets;
}

static void what_was_made_is_read(void **state)
{
    static const apr_int64_t ids[] = {1, 17, APR_INT64_MAX};
    chat_secrets_t *secrets = make_secrets(SECRET, *state);
    chat_unsubscribe_t subject;
    size_t i;

    for (i = 0; i < UNIT_COUNT(ids); i++) {
        const char *text = chat_unsubscribe_make(secrets, ids[i], HASH, *state);

        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_."),
                         strlen(text));
        assert_int_equal(chat_unsubscribe_read(&subject, secrets, text, *state), APR_SUCCESS);
        assert_int_equal(subject.user_id, ids[i]);
        assert_string_equal(subject.address_hash, HASH);
    }
}

/* For another user or address, by another site, of another purpose, or cut anywhere. */
static void anything_else_is_not(void **state)
{
    chat_secrets_t *secrets = make_secrets(SECRET, *state);
    const char *text = chat_unsubscribe_make(secrets, 17, HASH, *state);
    const char *token = strrchr(text, '.') + 1;
    const char *const others[] = {
        "",
        ".",
        "..",
        "17",
        "17." HASH,
        "17." HASH ".",
        apr_psprintf(*state, "18." HASH ".%s", token),
        apr_psprintf(*state, "017." HASH ".%s", token),
        apr_psprintf(*state, "+17." HASH ".%s", token),
        apr_psprintf(*state, "-17." HASH ".%s", token),
        apr_psprintf(*state, " 17." HASH ".%s", token),
        apr_psprintf(*state, "." HASH ".%s", token),
        apr_psprintf(*state, "99999999999999999999." HASH ".%s", token),
        apr_psprintf(*state, "17.1123456789abcdef0123456789abcdef.%s", token),
        apr_psprintf(*state, "17.0123456789abcdef0123456789abcde.%s", token),
        apr_psprintf(*state, "17." HASH "0.%s", token),
        apr_psprintf(*state, "17." HASH "..%s", token),
        apr_psprintf(*state, "17." HASH ".%s.", token),
        apr_psprintf(*state, "17." HASH ".%s=", token),
        apr_psprintf(*state, "17." HASH ".%s",
                     chat_token_make(secrets, "csrf", "17." HASH, *state)),
    };
    chat_unsubscribe_t subject;
    size_t i;

    for (i = 0; i < UNIT_COUNT(others); i++)
        if (chat_unsubscribe_read(&subject, secrets, others[i], *state) != APR_EINVAL)
            fail_msg("\"%s\" was taken", others[i]);
    for (i = 0; i < strlen(text); i++)
        assert_int_equal(
            chat_unsubscribe_read(&subject, secrets, apr_pstrmemdup(*state, text, i), *state),
            APR_EINVAL);
    assert_int_equal(chat_unsubscribe_read(&subject, secrets, NULL, *state), APR_EINVAL);
    assert_int_equal(chat_unsubscribe_read(&subject, NULL, text, *state), APR_EINVAL);
    assert_int_equal(
        chat_unsubscribe_read(&subject, make_secrets("another secret of thirty-two bytes", *state),
                              text, *state),
        APR_EINVAL);
    assert_null(chat_unsubscribe_make(NULL, 17, HASH, *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_was_made_is_read),
        UNIT_TEST(anything_else_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
