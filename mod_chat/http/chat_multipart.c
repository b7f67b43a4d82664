#include "http/chat_multipart.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    DELIMITER, /* the first one, with nothing before it */
    AFTER,     /* a delimiter: a dash, or the end of the line */
    DASH,      /* one dash was there: the second one */
    LINE_END,  /* the LF of that line */
    HEADER,
    CONTENT,
    END, /* the closing boundary was read */
    FAILED
};

static apr_status_t fail(chat_multipart_t *multipart, const char *fault)
{
    multipart->state = FAILED;
    multipart->fault = fault;
    return APR_EGENERAL;
}

/* ---- the boundary ---- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

#define FORM_DATA "multipart/form-data"

static const char *parameters_of(const char *content_type)
{
    if (!content_type || strncasecmp(content_type, FORM_DATA, sizeof FORM_DATA - 1) != 0)
        return NULL;
    content_type = skip_blanks(content_type + sizeof FORM_DATA - 1);
    return *content_type == '\0' || *content_type == ';' ? content_type : NULL;
}

int chat_multipart_is_type(const char *content_type)
{
    return parameters_of(content_type) != NULL;
}

/* RFC 2046 section 5.1.1: bchars. */
static int is_boundary(const char *text, apr_size_t bytes)
{
    apr_size_t i;

    if (bytes == 0 || bytes > CHAT_MULTIPART_BOUNDARY_BYTES_MAX || text[bytes - 1] == ' ')
        return 0;
    for (i = 0; i < bytes; i++) {
        char c = text[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              (c && strchr("'()+_,-./:=? ", c))))
            return 0;
    }
    return 1;
}

/* RFC 9110 section 5.6.2: of a token, as names are. */
static apr_size_t token_bytes(const char *text)
{
    return strspn(text,
                  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* A parameter "; name=value" of a header field. */
typedef struct parameter_t {
    const char *name;
    apr_size_t name_bytes;
    const char *value; /* without its quotes, not decoded */
    apr_size_t value_bytes;
    int is_quoted;
} parameter_t;

/* Whether a quotation mark ends the value: it does, unless it has a backslash before it that none
 * escapes. Browsers send a backslash as it is, and encode quotation marks (WHATWG); other clients
 * escape both. So one at the end of a value has two meanings, and the value no end. */
static int is_closing(const char *mark, const char *begin)
{
    apr_size_t backslashes = 0;

    while (mark - backslashes > begin && mark[-1 - (apr_ssize_t)backslashes] == '\\')
        backslashes++;
    return backslashes % 2 == 0;
}

static const char *read_quoted(parameter_t *parameter, const char *at)
{
    const char *mark = strchr(at, '"');

    while (mark && !is_closing(mark, at))
        mark = strchr(mark + 1, '"');
    if (!mark)
        return NULL;
    parameter->is_quoted = 1;
    parameter->value = at;
    parameter->value_bytes = (apr_size_t)(mark - at);
    return mark + 1;
}

/* The place after the parameter that begins at `at`, which is a semicolon; NULL: it is malformed.
 */
static const char *read_parameter(parameter_t *parameter, const char *at)
{
    at = skip_blanks(at + 1);
    memset(parameter, 0, sizeof *parameter);
    parameter->name = at;
    parameter->name_bytes = token_bytes(at);
    at += parameter->name_bytes;
    if (*at++ != '=' || parameter->name_bytes == 0)
        return NULL;
    if (*at == '"' && at[-2] != '*') { /* RFC 8187 section 3.2: name*=UTF-8''value has none */
        at = read_quoted(parameter, at + 1);
    } else {
        parameter->value = at;
        parameter->value_bytes = token_bytes(at);
        at = parameter->value_bytes ? at + parameter->value_bytes : NULL;
    }
    at = at ? skip_blanks(at) : NULL;
    return at && (*at == ';' || *at == '\0') ? at : NULL;
}

static int is_named(const parameter_t *parameter, const char *name)
{
    return strlen(name) == parameter->name_bytes &&
           strncasecmp(parameter->name, name, parameter->name_bytes) == 0;
}

/* A parameter that may come once. 0: it has come before. */
static int keep(parameter_t *kept, const parameter_t *parameter)
{
    if (kept->name)
        return 0;
    *kept = *parameter;
    return 1;
}

apr_status_t chat_multipart_begin(chat_multipart_t *multipart, const char *content_type,
                                  const chat_multipart_handler_t *handler, void *data)
{
    const char *at = parameters_of(content_type);
    parameter_t boundary = {.name = NULL};
    parameter_t parameter;

    while (at && *at) {
        at = read_parameter(&parameter, at);
        if (at && is_named(&parameter, "boundary") && !keep(&boundary, &parameter))
            return APR_EINVAL;
    }
    if (!at || !boundary.name || !is_boundary(boundary.value, boundary.value_bytes))
        return APR_EINVAL;
    memset(multipart, 0, offsetof(chat_multipart_t, header));
    multipart->header_bytes = 0;
    multipart->handler = handler;
    multipart->data = data;
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary.value, boundary.value_bytes);
    multipart->delimiter_bytes = 4 + boundary.value_bytes;
    multipart->matched = 2; /* as if a line had ended */
    multipart->state = DELIMITER;
    return APR_SUCCESS;
}

/* ---- the header of a part ---- */

/* Decode in place what browsers encode in names (%22, %0D, %0A), and what others escape. */
static void decode(char *text, int is_quoted)
{
    char *to = text;

    for (; *text; text++) {
        if (is_quoted && *text == '\\' && (text[1] == '"' || text[1] == '\\')) {
            *to++ = *++text;
        } else if (text[0] == '%' && text[1] == '2' && text[2] == '2') {
            *to++ = '"';
            text += 2;
        } else if (text[0] == '%' && text[1] == '0' && strchr("AaDd", text[2] ? text[2] : '!')) {
            *to++ = text[2] == 'A' || text[2] == 'a' ? '\n' : '\r';
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

/* Terminate and decode a value in the line that it was found in. */
static const char *finish(char *line, const parameter_t *parameter)
{
    char *value = line + (parameter->value - line);

    value[parameter->value_bytes] = '\0';
    decode(value, parameter->is_quoted);
    return value;
}

static int read_disposition(chat_multipart_part_t *part, char *value)
{
    static const char form_data[] = "form-data";
    const char *at = value;
    parameter_t name = {.name = NULL};
    parameter_t filename = {.name = NULL};
    parameter_t parameter;

    if (part->name || strncasecmp(at, form_data, sizeof form_data - 1) != 0)
        return 0;
    at = skip_blanks(at + sizeof form_data - 1);
    if (*at && *at != ';')
        return 0;
    while (at && *at) {
        at = read_parameter(&parameter, at);
        if (at && is_named(&parameter, "name") && !keep(&name, &parameter))
            return 0;
        if (at && is_named(&parameter, "filename") && !keep(&filename, &parameter))
            return 0;
    }
    if (!at || !name.name)
        return 0;
    /* Not before: a value ends where the next parameter begins. */
    part->name = finish(value, &name);
    part->filename = filename.name ? finish(value, &filename) : NULL;
    return 1;
}

static int is_encoding_known(const char *value)
{
    static const char *const known[] = {"7bit", "8bit", "binary"};
    apr_size_t bytes = strcspn(value, " \t");
    apr_size_t i;

    if (*skip_blanks(value + bytes))
        return 0;
    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i]) == bytes && strncasecmp(value, known[i], bytes) == 0)
            return 1;
    return 0;
}

/* Without the line's end. NULL, or what is wrong with it. */
static const char *read_line(chat_multipart_part_t *part, char *line, const char *boundary,
                             apr_size_t boundary_bytes)
{
    char *colon = line + token_bytes(line);
    char *value;

    if (*colon != ':' || colon == line || strncmp(line, boundary, boundary_bytes) == 0)
        return "A part of the body has a malformed header.";
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "Content-Disposition") == 0 && !read_disposition(part, value))
        return "A part of the body has no Content-Disposition: form-data with one name.";
    if (strcasecmp(line, "Content-Transfer-Encoding") == 0 && !is_encoding_known(value))
        return "A part of the body has a Content-Transfer-Encoding.";
    return NULL;
}

/* The complete header, with the empty line after it. */
static apr_status_t end_header(chat_multipart_t *multipart)
{
    chat_multipart_part_t part = {.name = NULL};
    const char *fault = NULL;
    char *line = multipart->header;
    char *end;

    multipart->header[multipart->header_bytes - 2] = '\0';
    for (; !fault && (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        *end = '\0';
        fault = read_line(&part, line, multipart->delimiter + 2, multipart->delimiter_bytes - 2);
    }
    if (!fault && !part.name)
        fault = "A part of the body has no Content-Disposition.";
    if (fault)
        return fail(multipart, fault);
    if (++multipart->parts > CHAT_MULTIPART_PARTS_MAX)
        return fail(multipart, "The body has too many parts.");
    multipart->state = CONTENT;
    multipart->matched = multipart->implied = 2; /* a line has just ended */
    return multipart->handler->begin(multipart->data, &part);
}

/* Lines end in CR LF, and neither comes without the other; no other control characters but TAB. */
static int fits_header(const chat_multipart_t *multipart, char c)
{
    int follows_cr =
        multipart->header_bytes > 0 && multipart->header[multipart->header_bytes - 1] == '\r';

    if (follows_cr || c == '\n')
        return follows_cr && c == '\n';
    return (unsigned char)c >= ' ' ? c != 0x7f : c == '\r' || c == '\t';
}

static int is_header_complete(const chat_multipart_t *multipart)
{
    apr_size_t bytes = multipart->header_bytes;

    return (bytes == 2 && memcmp(multipart->header, "\r\n", 2) == 0) ||
           (bytes >= 4 && memcmp(multipart->header + bytes - 4, "\r\n\r\n", 4) == 0);
}

static apr_status_t read_header(chat_multipart_t *multipart, char c)
{
    if (multipart->header_bytes == CHAT_MULTIPART_HEADER_BYTES_MAX)
        return fail(multipart, "A part of the body has too large a header.");
    if (!fits_header(multipart, c))
        return fail(multipart, "A part of the body has a malformed header.");
    multipart->header[multipart->header_bytes++] = c;
    return is_header_complete(multipart) ? end_header(multipart) : APR_SUCCESS;
}

/* ---- delimiters ---- */

static apr_status_t read_first_delimiter(chat_multipart_t *multipart, char c)
{
    if (c != multipart->delimiter[multipart->matched])
        return fail(multipart, "The body does not begin with its boundary.");
    if (++multipart->matched == multipart->delimiter_bytes)
        multipart->state = AFTER;
    return APR_SUCCESS;
}

static apr_status_t read_after(chat_multipart_t *multipart, char c)
{
    static const char malformed[] = "A boundary in the body is followed by something else.";

    if (multipart->state == END)
        return is_blank(c) || c == '\r' || c == '\n' ? APR_SUCCESS : fail(multipart, malformed);
    if (multipart->state == DASH) {
        if (c != '-')
            return fail(multipart, malformed);
        multipart->state = END;
        return multipart->parts ? APR_SUCCESS : fail(multipart, "The body has no parts.");
    }
    if (multipart->state == LINE_END) {
        multipart->state = HEADER;
        multipart->header_bytes = 0;
        return c == '\n' ? APR_SUCCESS : fail(multipart, malformed);
    }
    if (c != '-' && c != '\r')
        return fail(multipart, malformed);
    multipart->state = c == '-' ? DASH : LINE_END;
    return APR_SUCCESS;
}

/* ---- content ---- */

/* The first place from which on a delimiter may begin. It has one CR, its first byte. */
static const char *find_delimiter(const chat_multipart_t *multipart, const char *at,
                                  const char *end)
{
    while (at < end && (at = memchr(at, '\r', (apr_size_t)(end - at))) != NULL) {
        apr_size_t bytes = (apr_size_t)(end - at);

        if (bytes > multipart->delimiter_bytes)
            bytes = multipart->delimiter_bytes;
        if (memcmp(at, multipart->delimiter, bytes) == 0)
            return at;
        at++;
    }
    return end;
}

static apr_status_t pass_on(chat_multipart_t *multipart, const char *bytes, apr_size_t count)
{
    return count ? multipart->handler->content(multipart->data, bytes, count) : APR_SUCCESS;
}

static apr_status_t end_part(chat_multipart_t *multipart)
{
    if (multipart->implied)
        return fail(multipart, "A part of the body has no line for its content.");
    multipart->state = AFTER;
    return multipart->handler->end(multipart->data);
}

static apr_status_t read_content(chat_multipart_t *multipart, const char **pat, const char *end)
{
    const char *at = *pat;
    apr_size_t matched = multipart->matched;
    apr_size_t implied = multipart->implied;

    if (matched == 0) {
        *pat = find_delimiter(multipart, at, end);
        if (*pat < end) {
            *pat += 1; /* the CR; the rest is compared below, byte by byte */
            multipart->matched = 1;
            return pass_on(multipart, at, (apr_size_t)(*pat - 1 - at));
        }
        return pass_on(multipart, at, (apr_size_t)(end - at));
    }
    if (*at == multipart->delimiter[matched]) {
        *pat = at + 1;
        return ++multipart->matched == multipart->delimiter_bytes ? end_part(multipart)
                                                                  : APR_SUCCESS;
    }
    multipart->matched = multipart->implied = 0; /* and this byte is looked at again */
    return pass_on(multipart, multipart->delimiter + implied, matched - implied);
}

/* ---- all of it ---- */

static apr_status_t read_byte(chat_multipart_t *multipart, char c)
{
    switch (multipart->state) {
    case DELIMITER:
        return read_first_delimiter(multipart, c);
    case HEADER:
        return read_header(multipart, c);
    default:
        return read_after(multipart, c);
    }
}

apr_status_t chat_multipart_read(chat_multipart_t *multipart, const char *bytes, apr_size_t count)
{
    const char *end = bytes + count;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && bytes < end) {
        if (multipart->state == FAILED)
            return APR_EGENERAL;
        if (multipart->state == CONTENT)
            rv = read_content(multipart, &bytes, end);
        else
            rv = read_byte(multipart, *bytes++);
    }
    if (rv != APR_SUCCESS)
        multipart->state = FAILED;
    return rv;
}

apr_status_t chat_multipart_end(chat_multipart_t *multipart)
{
    if (multipart->state == END)
        return APR_SUCCESS;
    return multipart->state == FAILED
               ? APR_EGENERAL
               : fail(multipart, "The body ends before its closing boundary.");
}

const char *chat_multipart_fault(const chat_multipart_t *multipart)
{
    return multipart->fault;
}
