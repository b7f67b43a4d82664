#include "notify/chat_push_payload.h"

#include <apr_strings.h>

#include "core/chat_excerpt.h"
#include "core/chat_json_member.h"
#include "core/chat_webpush.h"
#include "service/chat_notification_link.h"

#define DECLARATIVE 8030 /* says that the text has this form */
#define TEST_TAG "test"

/* What the module itself says. */
typedef struct words_t {
    const char *language;
    const char *new_message; /* in the place of the message */
    const char *test_title;
    const char *test_body;
} words_t;

static const words_t all_words[] = {
    {"en", "New message", "Test", "Messages are shown in this browser."},
    {"de", "Neue Nachricht", "Test", "Nachrichten werden in diesem Browser angezeigt."},
};

/* By the first part of a BCP 47 tag; English for others. */
static const words_t *words_of(const char *language)
{
    int i;

    for (i = 0; language && i < CHAT_COUNT(all_words); i++) {
        apr_size_t length = strlen(all_words[i].language);

        if (strncasecmp(language, all_words[i].language, length) == 0 &&
            (language[length] == '\0' || language[length] == '-'))
            return &all_words[i];
    }
    return &all_words[0];
}

const char *chat_push_payload_tag(const chat_push_row_t *row, apr_pool_t *p)
{
    return row->delivery_id ? apr_psprintf(p, "c%" APR_INT64_T_FMT, row->conversation_id)
                            : TEST_TAG;
}

static void write_notification(chat_json_t *json, const chat_push_row_t *row,
                               const chat_config_t *config, const char *body, apr_pool_t *p)
{
    const words_t *words = words_of(row->language);

    chat_json_object_begin(json);
    chat_json_member_string(json, "title", row->delivery_id ? row->title : words->test_title);
    chat_json_member_string(json, "body", row->delivery_id ? body : words->test_body);
    chat_json_member_string(
        json, "navigate",
        row->delivery_id ? chat_notification_link(config, row->conversation_id, p) : "/");
    chat_json_member_string(json, "tag", chat_push_payload_tag(row, p));
    if (row->language)
        chat_json_member_string(json, "lang", row->language);
    chat_json_member_string(json, "dir", "auto");
    chat_json_object_end(json);
}

static const char *write_text(apr_size_t *plength, const chat_push_row_t *row,
                              const chat_config_t *config, const char *body, apr_pool_t *p)
{
    chat_json_t *json = chat_json_create(CHAT_WEBPUSH_TEXT_BYTES_MAX, p);

    chat_json_object_begin(json);
    chat_json_member_integer(json, "web_push", DECLARATIVE);
    chat_json_key(json, "notification");
    write_notification(json, row, config, body, p);
    if (row->delivery_id)
        chat_json_member_string(json, "app_badge",
                                apr_psprintf(p, "%" APR_INT64_T_FMT, row->unread_count));
    chat_json_object_end(json);
    return chat_json_bytes(json, plength);
}

const char *chat_push_payload_write(apr_size_t *plength, const chat_push_row_t *row,
                                    const chat_config_t *config, int has_body, apr_pool_t *p)
{
    const char *replacement = words_of(row->language)->new_message;
    const char *text;

    if (!has_body || !row->body)
        return write_text(plength, row, config, replacement, p);
    text = write_text(plength, row, config, chat_excerpt(row->body, CHAT_EXCERPT_CHARS_MAX, p), p);
    return *plength <= CHAT_WEBPUSH_TEXT_BYTES_MAX
               ? text
               : write_text(plength, row, config, replacement, p);
}
