#include "notify/chat_mail_compose.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_clock.h"
#include "guard/chat_unsubscribe.h"
#include "notify/chat_mail_text.h"
#include "service/chat_notification_link.h"

#define HEADERS_EXPECTED 14

typedef struct mail_t {
    const chat_config_t *config;
    const chat_mail_config_t *mail;
    const chat_mail_row_t *rows;
    int count;
    int is_digest;
    const char *language;
    const chat_mail_templates_t *templates;
    const char *unsubscribe; /* the URL */
    apr_pool_t *pool;
} mail_t;

/* ---- links ---- */

/* ChatPublicRoot; otherwise the first ChatRoot on the host of ChatNotificationLink. */
static const char *public_root(const mail_t *m)
{
    const apr_array_header_t *roots = m->config->roots;
    const char *root = roots ? APR_ARRAY_IDX(roots, 0, const char *) : CHAT_ROOT_DEFAULT;
    const char *link = m->config->notification_link;
    const char *path = strstr(link, "://") + 3;

    if (m->config->public_root)
        return m->config->public_root;
    path += strcspn(path, "/?#");
    return apr_psprintf(m->pool, "%.*s%s", (int)(path - link), link, root);
}

static const char *unsubscribe_url(const mail_t *m)
{
    const char *token =
        chat_unsubscribe_make(m->config->secrets, m->rows->user_id, m->rows->address_hash, m->pool);

    return token ? apr_pstrcat(m->pool, public_root(m), "/notifications/unsubscribe/?token=", token,
                               NULL)
                 : NULL;
}

/* ---- text ---- */

static void set(apr_table_t *values, const char *name, const char *value)
{
    if (value)
        apr_table_setn(values, name, value);
}

static apr_table_t *record(apr_array_header_t *records)
{
    apr_table_t *values = apr_table_make(records->pool, 8);

    APR_ARRAY_PUSH(records, apr_table_t *) = values;
    return values;
}

static const char *number(apr_int64_t value, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, value);
}

/* The messages; none if they are not to be told. */
static apr_array_header_t *message_records(const mail_t *m)
{
    apr_array_header_t *records = apr_array_make(m->pool, m->count, sizeof(apr_table_t *));
    int i;

    for (i = 0; i < m->count; i++) {
        apr_table_t *values;

        if (!m->rows[i].content)
            continue;
        values = record(records);
        set(values, "content", m->rows[i].content);
        set(values, "time", m->rows[i].sent_at);
    }
    return records;
}

/* Of each conversation the newest message, which is the last of its rows. */
static apr_array_header_t *conversation_records(const mail_t *m)
{
    apr_array_header_t *records = apr_array_make(m->pool, m->count, sizeof(apr_table_t *));
    int i;

    for (i = 0; i < m->count; i++) {
        const chat_mail_row_t *row = &m->rows[i];
        apr_table_t *values;

        if (i + 1 < m->count && row[1].delivery_id == row->delivery_id &&
            row[1].conversation_id == row->conversation_id)
            continue;
        values = record(records);
        set(values, "sender", row->sender_name);
        set(values, "count", number(row->unread, m->pool));
        set(values, "content", row->content);
        set(values, "time", row->sent_at);
        set(values, "link", chat_notification_link(m->config, row->conversation_id, m->pool));
    }
    return records;
}

/* A record if there are more messages than are shown. */
static apr_array_header_t *more_records(const mail_t *m, int shown)
{
    apr_array_header_t *records = apr_array_make(m->pool, 1, sizeof(apr_table_t *));

    if (!m->is_digest && shown && m->rows->unread > shown)
        set(record(records), "count", number(m->rows->unread - shown, m->pool));
    return records;
}

static apr_table_t *values_of(const mail_t *m)
{
    apr_table_t *values = apr_table_make(m->pool, 8);

    set(values, "reader", m->rows->reader_name);
    set(values, "sender", m->rows->sender_name);
    set(values, "count", number(m->rows->unread, m->pool));
    set(values, "link", chat_notification_link(m->config, m->rows->conversation_id, m->pool));
    set(values, "unsubscribe", m->unsubscribe);
    return values;
}

/* ---- headers ---- */

static void add(apr_array_header_t *headers, const char *header)
{
    APR_ARRAY_PUSH(headers, const char *) = header;
}

static const char *date_header(apr_pool_t *p)
{
    char date[APR_RFC822_DATE_LEN];

    apr_rfc822_date(date, chat_clock_wall());
    return apr_psprintf(p, "Date: %.25s +0000", date); /* without its GMT, which is obsolete */
}

/* The first line. */
static const char *subject_of(const char *text, apr_pool_t *p)
{
    return apr_pstrmemdup(p, text, strcspn(text, "\r\n"));
}

static void add_ids(apr_array_header_t *headers, const mail_t *m)
{
    const chat_mail_row_t *row = m->rows;
    const char *root =
        apr_psprintf(m->pool, "<c%" APR_INT64_T_FMT "@%s>", row->conversation_id, m->mail->host);

    add(headers, apr_psprintf(m->pool,
                              "Message-ID: <%c%" APR_INT64_T_FMT ".u%" APR_INT64_T_FMT
                              ".m%" APR_INT64_T_FMT "@%s>",
                              m->is_digest ? 'd' : 'c', row->conversation_id, row->user_id,
                              row->up_to, m->mail->host));
    if (m->is_digest)
        return;
    /* A mail that was never sent: what is about one conversation is shown as one thread. */
    add(headers, apr_pstrcat(m->pool, "In-Reply-To: ", root, NULL));
    add(headers, apr_pstrcat(m->pool, "References: ", root, NULL));
}

static apr_array_header_t *headers_of(const mail_t *m, const char *subject)
{
    apr_array_header_t *headers = apr_array_make(m->pool, HEADERS_EXPECTED, sizeof(const char *));

    add(headers, date_header(m->pool));
    add(headers, m->is_digest ? apr_pstrcat(m->pool, "From: <", m->mail->from, ">", NULL)
                              : chat_mail_text_mailbox("From", m->rows->sender_name, m->mail->from,
                                                       m->pool));
    add(headers, chat_mail_text_mailbox("To", m->rows->reader_name, m->rows->address, m->pool));
    add(headers, chat_mail_text_header("Subject", subject, m->pool));
    add_ids(headers, m);
    add(headers, "Auto-Submitted: auto-generated"); /* RFC 3834: nobody answers it by itself */
    add(headers, apr_pstrcat(m->pool, "List-Id: <chat.", m->mail->host, ">", NULL));
    add(headers, apr_pstrcat(m->pool, "List-Unsubscribe:\r\n <", m->unsubscribe, ">", NULL));
    add(headers, "List-Unsubscribe-Post: List-Unsubscribe=One-Click"); /* RFC 8058 */
    add(headers, apr_pstrcat(m->pool, "Content-Language: ", m->language, NULL));
    return headers;
}

/* ---- all of it ---- */

static int has_several(const chat_mail_row_t *rows, int count)
{
    return rows[0].conversation_id != rows[count - 1].conversation_id;
}

apr_status_t chat_mail_compose(chat_curl_mail_t *composed, const chat_config_t *config,
                               const chat_mail_config_t *mail, const chat_mail_row_t *rows,
                               int count, apr_pool_t *p)
{
    mail_t m = {config, mail, rows, count, has_several(rows, count), NULL, NULL, NULL, p};
    const chat_mail_language_t *language =
        chat_mail_config_language(&m.language, mail, rows->language, p);
    apr_array_header_t *messages = message_records(&m);
    const chat_template_section_t sections[] = {{"messages", messages},
                                                {"more", more_records(&m, messages->nelts)},
                                                {"conversations", conversation_records(&m)}};
    apr_table_t *values;

    m.templates = m.is_digest ? &language->digest : &language->message;
    m.unsubscribe = unsubscribe_url(&m);
    if (!m.unsubscribe)
        return APR_EGENERAL;
    values = values_of(&m);
    composed->from = mail->bounce;
    composed->to = rows->address;
    composed->headers =
        headers_of(&m, subject_of(chat_template_write(m.templates->subject, values, sections,
                                                      CHAT_COUNT(sections), p),
                                  p));
    composed->text = chat_mail_text_crlf(
        chat_template_write(m.templates->text, values, sections, CHAT_COUNT(sections), p), p);
    composed->html = chat_mail_text_crlf(
        chat_template_write(m.templates->html, values, sections, CHAT_COUNT(sections), p), p);
    return APR_SUCCESS;
}
