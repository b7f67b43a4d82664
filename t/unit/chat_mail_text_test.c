#include "chat_unit.h"

#include <apr_base64.h>
#include <apr_strings.h>

#include "core/chat_text.h"
#include "notify/chat_mail_text.h"

static void an_address_is_what_a_mail_server_may_be_given(void **state)
{
    static const char *const good[] = {"a@b", "ada.lovelace+chat@example.org",
                                       "o'neil@x-y.example"};
    static const char *const bad[] = {"",        "a",          "@b",         "a@",    "a@b@c",
                                      "a b@c",   "a@b c",      "a@b\r\nX",   "a\n@b", "<a@b>",
                                      "\"a\"@b", ".a@b",       "a.@b",       "a@.b",  "a@b..c",
                                      "a@b.",    "\xc3\xa4@b", "a@\xc3\xa4", "a@b>",  "a,b@c"};
    apr_pool_t *p = *state;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(good); i++)
        assert_true(chat_mail_text_is_address(good[i]));
    for (i = 0; i < UNIT_COUNT(bad); i++)
        assert_false(chat_mail_text_is_address(bad[i]));
    assert_true(chat_mail_text_is_address(apr_psprintf(p, "%064d@b", 0)));
    assert_false(chat_mail_text_is_address(apr_psprintf(p, "%065d@b", 0)));
    assert_true(chat_mail_text_is_address(apr_psprintf(p, "a@%0252d", 0)));
    assert_false(chat_mail_text_is_address(apr_psprintf(p, "a@%0253d", 0)));
}

static void short_ascii_stays_as_it_is(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(chat_mail_text_header("Subject", "New message", p), "Subject: New message");
    assert_string_equal(chat_mail_text_header("Subject", "a\r\nBcc: x", p), "Subject: a  Bcc: x");
    assert_string_equal(chat_mail_text_mailbox("To", "Ada", "ada@example.org", p),
                        "To: \"Ada\" <ada@example.org>");
    assert_string_equal(chat_mail_text_mailbox("To", "A \"B\" \\", "a@b", p),
                        "To: \"A \\\"B\\\" \\\\\" <a@b>");
}

/* The text of encoded words, and of nothing else. */
static const char *decode(const char *header, apr_pool_t *p)
{
    const char *text = "";
    const char *word = strstr(header, "\r\n ");

    assert_non_null(word);
    while (word) {
        const char *end;
        char *decoded;

        word += 3;
        end = strstr(word, "?=");
        assert_true(strncmp(word, "=?UTF-8?B?", 10) == 0);
        assert_non_null(end);
        assert_true(end + 2 - word <= 75);
        decoded = apr_pcalloc(p, 80);
        apr_base64_decode(decoded, apr_pstrmemdup(p, word + 10, (apr_size_t)(end - word - 10)));
        assert_true(chat_text_is_utf8(decoded, strlen(decoded)));
        text = apr_pstrcat(p, text, decoded, NULL);
        word = strncmp(end + 2, "\r\n =?", 5) == 0 ? end + 2 : NULL;
    }
    return text;
}

static void all_else_is_encoded_in_words_of_whole_characters(void **state)
{
    static const char *const texts[] = {
        "\xc3\xa4", "=?UTF-8?B?YQ==?=",
        "0123456789012345678901234567890123456789012345678901234567890123456789",
        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f"
        "\x98\x80\xf0\x9f"
        "\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
        "\xf0\x9f\x98\x80",
        "Neue Nachricht von B\xc3\xa4"
        "rbel \xc3\x91"
        "and\xc3\xba \xe2\x80\x94 "
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe4\xbb\xb6\xe5\x90\x8d end"};
    apr_pool_t *p = *state;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++)
        assert_string_equal(decode(chat_mail_text_header("Subject", texts[i], p), p), texts[i]);
    assert_non_null(strstr(chat_mail_text_mailbox("From", texts[0], "a@b", p), "?=\r\n <a@b>"));
}

static void line_ends_become_those_of_mail(void **state)
{
    apr_pool_t *p = *state;

    assert_string_equal(chat_mail_text_crlf("a\nb\r\n\n", p), "a\r\nb\r\n\r\n");
    assert_string_equal(chat_mail_text_crlf("", p), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_address_is_what_a_mail_server_may_be_given),
        UNIT_TEST(short_ascii_stays_as_it_is),
        UNIT_TEST(all_else_is_encoded_in_words_of_whole_characters),
        UNIT_TEST(line_ends_become_those_of_mail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
