#include "core/chat_media_type.h"

#include <errno.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <magic.h>

#define TYPE_BYTES_MAX 100
#define TEXT_BYTES_MAX 4096    /* of what may be text: patterns for texts take long */
#define PATTERN_BYTES_MAX 1024 /* that one of them searches */
#define UNKNOWN "application/octet-stream"

/* Neither unpack, nor read further in the file than what it is given. JSON is text. */
#define FLAGS                                                                                      \
    (MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS |      \
     MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_APPTYPE | MAGIC_NO_CHECK_CDF)

struct chat_media_type_t {
    apr_thread_mutex_t *mutex; /* guards all below */
    magic_t magic;
};

/* The byte order mark of UTF-16 or UTF-32: libmagic converts such a text, and compares all of it.
 */
static int is_wide_text(const void *bytes)
{
    return memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0 ||
           memcmp(bytes, "\0\0\xfe\xff", 4) == 0;
}

/* What is not in the first bytes of any text is not in a longer part of it, but some patterns take
 * the square of its length: 300 ms for 32 kB of line ends. */
static apr_size_t length_to_show(const void *bytes, apr_size_t length)
{
    if (length <= TEXT_BYTES_MAX || (memchr(bytes, '\0', TEXT_BYTES_MAX) && !is_wide_text(bytes)))
        return length;
    return TEXT_BYTES_MAX;
}

/* libmagic says nothing of a single byte. */
static int is_tiny_text(const void *bytes, apr_size_t length)
{
    unsigned char byte;

    if (length != 1)
        return 0;
    memcpy(&byte, bytes, 1);
    return (byte >= ' ' && byte <= '~') || byte == '\n' || byte == '\t';
}

static apr_status_t close_magic(void *data)
{
    chat_media_type_t *detector = data;

    magic_close(detector->magic);
    return APR_SUCCESS;
}

apr_status_t chat_media_type_open(chat_media_type_t **pdetector, const char **perror, apr_pool_t *p)
{
    chat_media_type_t *detector = apr_pcalloc(p, sizeof(*detector));
    size_t pattern_bytes_max = PATTERN_BYTES_MAX;
    apr_status_t rv;

    *pdetector = NULL;
    *perror = "libmagic cannot be used: there is no memory";
    rv = apr_thread_mutex_create(&detector->mutex, APR_THREAD_MUTEX_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return rv;
    detector->magic = magic_open(FLAGS);
    if (!detector->magic)
        return APR_ENOMEM;
    apr_pool_cleanup_register(p, detector, close_magic, apr_pool_cleanup_null);
    if (magic_load(detector->magic, NULL) != 0) {
        *perror = apr_psprintf(p, "libmagic cannot load its database (package libmagic-mgc): %s",
                               magic_error(detector->magic));
        return APR_EGENERAL;
    }
    magic_setparam(detector->magic, MAGIC_PARAM_REGEX_MAX, &pattern_bytes_max);
    *perror = NULL;
    *pdetector = detector;
    return APR_SUCCESS;
}

static int is_in(const char *const *words, apr_size_t count, const char *word)
{
    apr_size_t i;

    for (i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return 1;
    return 0;
}

#define IS_IN(words, word) is_in(words, sizeof(words) / sizeof((words)[0]), word)

/* One name for a type that libmagic, or its versions, call by several. A note that begins with
 * "import" or with "From:" is a text that anybody may send; scripts, which some systems run when
 * they are opened, and markup keep their types. */
static const char *one_name(const char *type)
{
    static const char *const texts[] = {
        "message/news",    "message/rfc822",   "text/pgp",          "text/troff",
        "text/x-ada",      "text/x-algol68",   "text/x-asm",        "text/x-bcpl",
        "text/x-c",        "text/x-c++",       "text/x-diff",       "text/x-forth",
        "text/x-fortran",  "text/x-info",      "text/x-java",       "text/x-lisp",
        "text/x-m4",       "text/x-makefile",  "text/x-modulefile", "text/x-objective-c",
        "text/x-pascal",   "text/x-po",        "text/x-tex",        "text/x-texinfo",
        "text/x-dmtf-mif", "text/x-systemtap", "application/json",  "application/x-ndjson"};
    static const char *const pngs[] = {"image/apng", "image/vnd.mozilla.apng", "image/x-png"};

    if (IS_IN(texts, type))
        return "text/plain";
    if (IS_IN(pngs, type))
        return "image/png";
    return strcmp(type, "application/csv") == 0 ? "text/csv" : type;
}

/* RFC 6838 section 4.2. */
int chat_media_type_is_valid(const char *text)
{
    int slashes = 0;
    const char *at;

    for (at = text; *at; at++) {
        if (*at == '/') {
            slashes++;
            if (at == text || !apr_isalnum(at[1]))
                return 0;
        } else if (!apr_isdigit(*at) && !apr_islower(*at) && !strchr("!#$&-^_.+", *at)) {
            return 0;
        }
    }
    return slashes == 1 && at - text <= TYPE_BYTES_MAX;
}

apr_status_t chat_media_type_detect(const char **ptype, chat_media_type_t *detector,
                                    const void *bytes, apr_size_t length, apr_pool_t *p)
{
    const char *found;
    char *type = NULL;
    apr_status_t rv = apr_thread_mutex_lock(detector->mutex);

    *ptype = UNKNOWN;
    if (rv != APR_SUCCESS)
        return rv;
    found = is_tiny_text(bytes, length)
                ? "text/plain"
                : magic_buffer(detector->magic, bytes, length_to_show(bytes, length));
    if (found)
        type = apr_pstrndup(p, found, TYPE_BYTES_MAX + 1);
    else
        rv = magic_errno(detector->magic) == ENOMEM ? APR_ENOMEM : APR_SUCCESS;
    apr_thread_mutex_unlock(detector->mutex);
    if (!type)
        return rv;
    for (found = type; *type; type++)
        *type = (char)apr_tolower(*type);
    if (chat_media_type_is_valid(found))
        *ptype = one_name(found);
    return APR_SUCCESS;
}
