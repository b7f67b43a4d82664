#include "core/chat_file_name.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/chat_text.h"

#define PASSES_MAX 8        /* two are usual: what is taken away may bring a dot to an end */
#define SUFFIX_BYTES_MAX 20 /* with its dot; what is longer is cut like the rest */
#define EMPTY "file"
#define HEX "0123456789ABCDEF"

static int is_separator(char byte)
{
    return byte == '/' || byte == '\\';
}

static int is_dot_or_blank(char byte)
{
    return byte == '.' || byte == ' ';
}

/* What is after the last separator; those at the end do not count. */
static const char *last_segment(const char *path, apr_pool_t *p)
{
    apr_size_t end = strlen(path), start;

    while (end > 0 && is_separator(path[end - 1]))
        end--;
    for (start = end; start > 0 && !is_separator(path[start - 1]); start--)
        ;
    return apr_pstrmemdup(p, path + start, end - start);
}

/* Leading dots hide a file or name a directory; Windows drops trailing ones. */
static const char *trim(const char *name, apr_pool_t *p)
{
    apr_size_t end;

    while (is_dot_or_blank(*name))
        name++;
    end = strlen(name);
    while (end > 0 && is_dot_or_blank(name[end - 1]))
        end--;
    return apr_pstrmemdup(p, name, end);
}

/* Whether the name, up to its first dot, is that of a device on Windows. */
static int is_reserved(const char *name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    static const char *const numbered[] = {"com", "lpt"};
    static const char *const superscripts[] = {"\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    apr_size_t length = strcspn(name, "."), i;

    while (length > 0 && name[length - 1] == ' ')
        length--;
    for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        if (length == strlen(devices[i]) && strncasecmp(name, devices[i], length) == 0)
            return 1;
    for (i = 0; i < 2; i++)
        if (length > 3 && strncasecmp(name, numbered[i], 3) == 0)
            break;
    if (i == 2)
        return 0;
    if (length == 4)
        return apr_isdigit(name[3]);
    for (i = 0; i < 3; i++)
        if (length == 5 && strncmp(name + 3, superscripts[i], 2) == 0)
            return 1;
    return 0;
}

/* How many characters of the name there are in its first `bytes_max` bytes, whole ones. */
static apr_size_t chars_within(const char *name, apr_size_t bytes_max)
{
    apr_size_t length = strlen(name), at = 0, chars = 0, taken;

    while (at < length) {
        taken = chat_text_char_bytes(name + at, length - at);
        if (at + taken > bytes_max)
            break;
        at += taken;
        chars++;
    }
    return chars;
}

static const char *shorten(const char *name, apr_pool_t *p)
{
    const char *suffix = strrchr(name, '.'), *stem;

    if (strlen(name) <= CHAT_FILE_NAME_BYTES_MAX)
        return name;
    if (!suffix || strlen(suffix) > SUFFIX_BYTES_MAX)
        suffix = "";
    stem = apr_pstrmemdup(p, name, strlen(name) - strlen(suffix));
    stem = chat_text_clean_name(stem, chars_within(stem, CHAT_FILE_NAME_BYTES_MAX - strlen(suffix)),
                                p);
    return apr_pstrcat(p, stem, suffix, NULL);
}

static const char *clean_once(const char *name, apr_pool_t *p)
{
    name = trim(chat_text_clean_name(name, strlen(name), p), p);
    if (is_reserved(name))
        name = apr_pstrcat(p, "_", name, NULL);
    return shorten(name, p);
}

const char *chat_file_name_clean(const char *bytes, apr_pool_t *p)
{
    const char *name = last_segment(bytes, p), *before;
    int passes = PASSES_MAX;

    do {
        before = name;
        name = clean_once(before, p);
    } while (--passes > 0 && strcmp(before, name) != 0);
    return *name ? name : EMPTY;
}

/* Browsers differ in what they make of these bytes in a quoted string (RFC 6266 appendix D). */
static int is_plain(char byte)
{
    return byte >= ' ' && byte <= '~' && !strchr("\"\\%", byte);
}

static const char *in_ascii(const char *name, apr_pool_t *p)
{
    char *ascii = apr_palloc(p, strlen(name) + 1), *to = ascii;

    for (; *name; name++)
        if (is_plain(*name))
            *to++ = *name;
        else if (((unsigned char)*name & 0xc0) != 0x80) /* the first byte of a character */
            *to++ = '_';
    *to = '\0';
    return ascii;
}

/* attr-char, RFC 8187 section 3.2.1. */
static int is_attribute_char(char byte)
{
    return !((unsigned char)byte & 0x80) && (apr_isalnum(byte) || strchr("!#$&+-.^_`|~", byte));
}

static const char *in_percents(const char *name, apr_pool_t *p)
{
    char *encoded = apr_palloc(p, strlen(name) * 3 + 1), *to = encoded;

    for (; *name; name++) {
        if (is_attribute_char(*name)) {
            *to++ = *name;
            continue;
        }
        *to++ = '%';
        *to++ = HEX[(unsigned char)*name >> 4];
        *to++ = HEX[(unsigned char)*name & 15];
    }
    *to = '\0';
    return encoded;
}

const char *chat_file_name_disposition(const char *name, int is_inline, apr_pool_t *p)
{
    return apr_psprintf(p, "%s; filename=\"%s\"; filename*=UTF-8''%s",
                        is_inline ? "inline" : "attachment", in_ascii(name, p),
                        in_percents(name, p));
}
