#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>
#include <json-c/json.h>

#include "core/chat_excerpt.h"
#include "core/chat_webpush.h"
#include "notify/chat_push_payload.h"

#define LINK "/messages?c={conversation_id}"

static chat_push_row_t delivery(const char *body)
{
    return (chat_push_row_t){.delivery_id = 3,
                             .conversation_id = 17,
                             .subscription_id = 5,
                             .title = "Abbey",
                             .body = body,
                             .unread_count = 2};
}

/* The text, which is JSON, and without bytes that end it early. */
static json_object *write_push(apr_size_t *plength, const chat_push_row_t *row, const char *link,
                               int has_body, apr_pool_t *p)
{
    chat_config_t config = {.notification_link = link};
    const char *text = chat_push_payload_write(plength, row, &config, has_body, p);
    char *copy = apr_pstrmemdup(p, text, *plength);
    json_object *json = json_tokener_parse(copy);

    assert_int_equal(strlen(copy), *plength);
    if (!json)
        fail_msg("not JSON: %s", copy);
    return json;
}

static const char *member(json_object *json, const char *name)
{
    json_object *value;

    assert_true(json_object_object_get_ex(json, name, &value));
    return json_object_get_string(value);
}

static json_object *notification_of(json_object *json)
{
    json_object *notification;

    assert_true(json_object_object_get_ex(json, "notification", &notification));
    return notification;
}

/* The body that a browser shows of this message. */
static const char *body_of(const char *message, apr_pool_t *p)
{
    chat_push_row_t row = delivery(message);
    apr_size_t length;
    json_object *json = write_push(&length, &row, LINK, 1, p);
    const char *body = apr_pstrdup(p, member(notification_of(json), "body"));

    assert_true(length <= CHAT_WEBPUSH_TEXT_BYTES_MAX);
    json_object_put(json);
    return body;
}

static const char *repeat(const char *text, int count, apr_pool_t *p)
{
    char *all = apr_pcalloc(p, strlen(text) * (size_t)count + 1);
    int i;

    for (i = 0; i < count; i++)
        memcpy(all + strlen(text) * (size_t)i, text, strlen(text));
    return all;
}

static void a_push_is_declarative(void **state)
{
    chat_push_row_t row = delivery("hello");
    apr_size_t length;
    json_object *json;

    row.language = "de-AT";
    json = write_push(&length, &row, LINK, 1, *state);
    assert_string_equal(json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE |
                                                                 JSON_C_TO_STRING_PLAIN),
                        "{\"web_push\":8030,\"notification\":{\"title\":\"Abbey\",\"body\":"
                        "\"hello\",\"navigate\":\"/messages?c=17\",\"tag\":\"c17\",\"lang\":"
                        "\"de-AT\",\"dir\":\"auto\"},\"app_badge\":\"2\"}");
    json_object_put(json);
    assert_string_equal(chat_push_payload_tag(&row, *state), "c17");
}

static void text_is_escaped(void **state)
{
    static const char *const texts[] = {
        "\"quoted\" and \\ and /",
        "{\"web_push\":1}\",\"title\":\"x",
        "a\tb\nc\rd",
        "\x01\x02\x1f\x7f",
        "<b>&amp;</b>",
        "Gr\xc3\xbc\xc3\x9f"
        "e \xf0\x9f\x98\x80 \xe2\x80\xa8\xe2\x80\xa9",
        "",
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++)
        assert_string_equal(body_of(texts[i], *state), texts[i]);
}

/* Of 1 to 4 bytes each, and one character of several code points, which is not divided. */
static void the_body_has_140_characters_at_most(void **state)
{
    static const char *const characters[] = {"x", "\xc3\xbc", "\xe0\xa4\x95", "\xf0\x9f\x98\x80"};
    static const char flag[] = "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"; /* two code points */
    apr_pool_t *p = *state;
    size_t i;

    for (i = 0; i < UNIT_COUNT(characters); i++) {
        const char *c = characters[i], *most = repeat(c, CHAT_EXCERPT_CHARS_MAX, p);

        assert_string_equal(body_of(repeat(c, CHAT_EXCERPT_CHARS_MAX - 1, p), p),
                            repeat(c, CHAT_EXCERPT_CHARS_MAX - 1, p));
        assert_string_equal(body_of(most, p), most);
        assert_string_equal(body_of(apr_pstrcat(p, most, c, NULL), p), most);
    }
    assert_string_equal(body_of(apr_pstrcat(p, "x", repeat(flag, 70, p), NULL), p),
                        apr_pstrcat(p, "x", repeat(flag, 69, p), NULL));
}

static void without_the_message_a_sentence_says_so(void **state)
{
    static const struct {
        const char *language;
        const char *body;
    } sentences[] = {{NULL, "New message"},    {"en", "New message"},       {"fr", "New message"},
                     {"de", "Neue Nachricht"}, {"DE-ch", "Neue Nachricht"}, {"den", "New message"},
                     {"", "New message"}};
    chat_push_row_t row = delivery("secret");
    apr_size_t length;
    size_t i;

    for (i = 0; i < UNIT_COUNT(sentences) * 2; i++) {
        json_object *json;

        row.language = sentences[i / 2].language;
        row.body = i % 2 ? NULL : "secret"; /* the caller, or the database, leaves it out */
        json = write_push(&length, &row, LINK, i % 2, *state);
        assert_string_equal(member(notification_of(json), "body"), sentences[i / 2].body);
        assert_null(strstr(json_object_to_json_string(json), "secret"));
        json_object_put(json);
    }
}

/* What the message would make too long for a push service comes without it. */
static void what_is_too_long_is_left_out(void **state)
{
    apr_pool_t *p = *state;
    int bytes, kept = 0, left_out = 0;

    for (bytes = CHAT_WEBPUSH_TEXT_BYTES_MAX - 500; bytes < CHAT_WEBPUSH_TEXT_BYTES_MAX - 150;
         bytes += 7) {
        chat_push_row_t row = delivery(repeat("y", CHAT_EXCERPT_CHARS_MAX, p));
        const char *link = apr_pstrcat(p, "/", repeat("l", bytes - 1, p), NULL);
        apr_size_t length;
        json_object *json = write_push(&length, &row, link, 1, p);
        int has_body = strcmp(member(notification_of(json), "body"), "New message") != 0;

        assert_true(length <= CHAT_WEBPUSH_TEXT_BYTES_MAX);
        assert_true(!has_body || !left_out); /* from one length on */
        if (has_body)
            assert_string_equal(member(notification_of(json), "body"), row.body);
        kept += has_body;
        left_out += !has_body;
        json_object_put(json);
    }
    assert_true(kept && left_out);
}

static void a_test_says_that_it_is_one(void **state)
{
    chat_push_row_t row = {.subscription_id = 5, .language = "de"};
    apr_size_t length;
    json_object *json = write_push(&length, &row, LINK, 1, *state);

    assert_string_equal(member(notification_of(json), "body"),
                        "Nachrichten werden in diesem Browser angezeigt.");
    assert_string_equal(member(notification_of(json), "navigate"), "/");
    assert_false(json_object_object_get_ex(json, "app_badge", NULL));
    json_object_put(json);
    assert_string_equal(chat_push_payload_tag(&row, *state), "test");
}

/* Texts that differ in length only within a step cannot be told from each other. */
static void its_length_says_little(void **state)
{
    chat_p256_t *browser = chat_p256_generate(*state);
    chat_webpush_keys_t keys = {.auth = {1}};
    unsigned char encrypted[CHAT_WEBPUSH_BODY_BYTES_MAX];
    apr_size_t lengths[2], length;
    chat_config_t config = {.notification_link = LINK};
    int i;

    memcpy(keys.point, chat_p256_point(browser), sizeof keys.point);
    for (i = 0; i < 2; i++) {
        chat_push_row_t row = delivery(i ? "ok" : "a somewhat longer answer");
        const char *text = chat_push_payload_write(&length, &row, &config, 1, *state);

        assert_int_equal(chat_webpush_encrypt(encrypted, &lengths[i], &keys, text, length, *state),
                         APR_SUCCESS);
    }
    assert_int_equal(lengths[0], lengths[1]);
    assert_int_equal((lengths[0] - 102) % CHAT_WEBPUSH_STEP_BYTES, 0); /* its header and tag */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_push_is_declarative),
        UNIT_TEST(text_is_escaped),
        UNIT_TEST(the_body_has_140_characters_at_most),
        UNIT_TEST(without_the_message_a_sentence_says_so),
        UNIT_TEST(what_is_too_long_is_left_out),
        UNIT_TEST(a_test_says_that_it_is_one),
        UNIT_TEST(its_length_says_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
