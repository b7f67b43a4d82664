#include "notify/chat_mail_text.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "core/chat_text.h"

#define ADDRESS_BYTES_MAX 254
#define LOCAL_BYTES_MAX 64
#define PLAIN_BYTES_MAX 60 /* of a text that needs no folding beside the name of its header */
#define LINE_BYTES_MAX 70  /* without what joins the parts of a mailbox */
#define WORD_BYTES_MAX 45  /* in one encoded word, which may have 75 characters (RFC 2047) */
#define WORD_BEGIN "=?UTF-8?B?"
#define WORD_END "?="

static int is_domain(const char *domain)
{
    const char *c;

    for (c = domain; *c; c++)
        if (!apr_isalnum(*c) && *c != '-' && *c != '.')
            return 0;
    return *domain && *domain != '.' && *domain != '-' && c[-1] != '.' && !strstr(domain, "..");
}

int chat_mail_text_is_address(const char *address)
{
    static const char atoms[] = "!#$%&'*+-/=?^_`{|}~.";
    const char *at = strchr(address, '@');
    const char *c;

    if (!at || at == address || at - address > LOCAL_BYTES_MAX ||
        strlen(address) > ADDRESS_BYTES_MAX)
        return 0;
    for (c = address; c < at; c++)
        if (!apr_isalnum(*c) && !strchr(atoms, *c))
            return 0;
    return *address != '.' && at[-1] != '.' && is_domain(at + 1);
}

static int is_printable_ascii(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return 0;
    return 1;
}

/* The bytes of the next encoded word, which ends between characters. */
static apr_size_t word_bytes(const char *text, apr_size_t length)
{
    apr_size_t bytes = 0;

    while (bytes < length) {
        apr_size_t more = chat_text_char_bytes(text + bytes, length - bytes);

        if (!more)
            more = 1; /* not UTF-8 */
        if (bytes + more > WORD_BYTES_MAX)
            break;
        bytes += more;
    }
    return bytes;
}

static const char *without_controls(const char *text, apr_pool_t *p)
{
    char *plain = apr_pstrdup(p, text);
    char *c;

    for (c = plain; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return plain;
}

/* Encoded words, one a line. */
static const char *encoded(const char *text, apr_pool_t *p)
{
    apr_size_t length = strlen(text);
    apr_size_t words = length / (WORD_BYTES_MAX - 3) + 1; /* of at least so many bytes */
    apr_size_t room = (apr_size_t)apr_base64_encode_len(WORD_BYTES_MAX) + sizeof WORD_BEGIN +
                      sizeof WORD_END + sizeof "\r\n ";
    char *out = apr_palloc(p, words * room + 1);
    char *end = out;

    while (length) {
        apr_size_t bytes = word_bytes(text, length);

        end = apr_cpystrn(end, end == out ? WORD_BEGIN : "\r\n " WORD_BEGIN,
                          sizeof "\r\n " WORD_BEGIN);
        end += apr_base64_encode(end, text, (int)bytes) - 1; /* it counts the NUL */
        end = apr_cpystrn(end, WORD_END, sizeof WORD_END);
        text += bytes;
        length -= bytes;
    }
    *end = '\0';
    return out;
}

const char *chat_mail_text_header(const char *name, const char *text, apr_pool_t *p)
{
    const char *plain = without_controls(text, p);

    if (is_printable_ascii(plain) && strlen(plain) <= PLAIN_BYTES_MAX && !strstr(plain, "=?"))
        return apr_pstrcat(p, name, ": ", plain, NULL);
    return apr_pstrcat(p, name, ":\r\n ", encoded(plain, p), NULL);
}

static const char *quoted(const char *text, apr_pool_t *p)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 3);
    char *end = out;

    *end++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *end++ = '\\';
        *end++ = *text;
    }
    *end++ = '"';
    *end = '\0';
    return out;
}

const char *chat_mail_text_mailbox(const char *header, const char *name, const char *address,
                                   apr_pool_t *p)
{
    const char *plain = without_controls(name, p);
    const char *shown = is_printable_ascii(plain) ? quoted(plain, p) : NULL;
    int is_short = shown && strlen(header) + strlen(shown) <= LINE_BYTES_MAX;
    int fits = is_short && strlen(header) + strlen(shown) + strlen(address) <= LINE_BYTES_MAX;

    if (!is_short)
        shown = encoded(plain, p);
    return apr_pstrcat(p, header, is_short ? ": " : ":\r\n ", shown, fits ? " <" : "\r\n <",
                       address, ">", NULL);
}

const char *chat_mail_text_crlf(const char *text, apr_pool_t *p)
{
    char *out = apr_palloc(p, 2 * strlen(text) + 1);
    char *end = out;

    for (; *text; text++) {
        if (*text == '\n' && (end == out || end[-1] != '\r'))
            *end++ = '\r';
        *end++ = *text;
    }
    *end = '\0';
    return out;
}
