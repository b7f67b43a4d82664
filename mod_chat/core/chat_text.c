#include "core/chat_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <utf8proc.h>

#include "core/chat_excerpt.h"

#define NFC (UTF8PROC_STABLE | UTF8PROC_COMPOSE)
#define INERT_BELOW 0x300 /* characters below this stay as they are under normal form C */
#define HANGUL_TRAILING_BASE 0x11a7
#define NAME_PASSES_MAX 8 /* over a name; two are usual */

typedef utf8proc_int32_t codepoint_t;

/* Code points that are being collected. */
typedef struct {
    codepoint_t *points;
    apr_size_t count;
    int is_inert; /* all are below INERT_BELOW */
} points_t;

apr_size_t chat_text_char_bytes(const char *bytes, apr_size_t length)
{
    codepoint_t point;
    utf8proc_ssize_t taken = utf8proc_iterate((const utf8proc_uint8_t *)bytes,
                                              length < 4 ? (utf8proc_ssize_t)length : 4, &point);

    return taken > 0 ? (apr_size_t)taken : 0;
}

/* Whether eight bytes are all ASCII. */
static int is_ascii_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return !(word & UINT64_C(0x8080808080808080));
}

int chat_text_is_utf8(const char *bytes, apr_size_t length)
{
    const char *at = bytes, *end = bytes + length;
    apr_size_t taken;

    while (at < end) {
        if (end - at >= 8 && is_ascii_word(at)) {
            at += 8;
        } else if (!(*at & 0x80)) {
            at++;
        } else {
            taken = chat_text_char_bytes(at, (apr_size_t)(end - at));
            if (taken == 0)
                return 0;
            at += taken;
        }
    }
    return 1;
}

static int is_control(codepoint_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

/* Unicode's White_Space: the separators, and six control characters. */
static int is_white_space(codepoint_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return 1;
    default:
        return (point >= 0x09 && point <= 0x0d) || point == 0x85;
    }
}

/* Characters that are there and show nothing: Unicode's Default_Ignorable_Code_Point (joiners, bidi
 * controls, fillers, variation selectors, tags); annotation anchors, hieroglyphs' and shorthand's
 * controls. utf8proc does not know of the ignorable that are unassigned. */
static int is_invisible(codepoint_t point)
{
    return utf8proc_get_property(point)->ignorable || point == 0x2065 ||
           (point >= 0xfff0 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe0fff) ||
           (point >= 0x13430 && point <= 0x13438) || (point >= 0x1bca0 && point <= 0x1bca3);
}

/* Characters whose glyph is empty, without being White_Space: Braille's blank, a null notehead, the
 * filler of Khitan's small script. */
static int is_blank_glyph(codepoint_t point)
{
    return point == 0x2800 || point == 0x1d159 || point == 0x16fe4;
}

static int is_seen(codepoint_t point)
{
    return !is_white_space(point) && !is_control(point) && !is_invisible(point) &&
           !is_blank_glyph(point);
}

static void add(points_t *text, codepoint_t point)
{
    text->points[text->count++] = point;
    text->is_inert = text->is_inert && point < INERT_BELOW;
}

static points_t points_make(apr_size_t count_max, apr_pool_t *p)
{
    points_t text = {.is_inert = 1};

    text.points = apr_palloc(p, (count_max + 1) * sizeof(*text.points));
    return text;
}

/* Every character split into its canonical parts, in the order of the text. */
static points_t decompose(const points_t *text, apr_pool_t *p)
{
    points_t parts;
    apr_size_t count = 0, i;
    codepoint_t none[1];
    int boundary = 0; /* asked for by utf8proc, not used here */

    for (i = 0; i < text->count; i++)
        count += (apr_size_t)utf8proc_decompose_char(text->points[i], none, 0, NFC, &boundary);
    parts = points_make(count, p);
    for (i = 0; i < text->count; i++) {
        parts.count += (apr_size_t)utf8proc_decompose_char(
            text->points[i], parts.points + parts.count, (utf8proc_ssize_t)(count - parts.count),
            NFC, &boundary);
    }
    return parts;
}

static int combining_class(codepoint_t point)
{
    return utf8proc_get_property(point)->combining_class;
}

static int compare_marks(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Sort `count` marks by combining class, those of one class in the order of the text. */
static void sort_marks(codepoint_t *marks, apr_size_t count, apr_pool_t *p)
{
    uint64_t *keys = apr_palloc(p, count * sizeof(*keys));
    codepoint_t *unsorted = apr_pmemdup(p, marks, count * sizeof(*marks));
    apr_size_t i;

    for (i = 0; i < count; i++)
        keys[i] = (uint64_t)combining_class(marks[i]) << 32 | i;
    qsort(keys, count, sizeof(*keys), compare_marks);
    for (i = 0; i < count; i++)
        marks[i] = unsorted[keys[i] & UINT32_MAX];
}

/* Unicode's canonical ordering. utf8proc has it too, but takes quadratic time for a long run of
 * marks: one request of a megabyte would keep a thread busy for minutes. */
static void order_marks(points_t *text, apr_pool_t *p)
{
    apr_size_t start, end;

    for (start = 0; start < text->count; start = end) {
        end = start + 1;
        if (combining_class(text->points[start]) == 0)
            continue;
        while (end < text->count && combining_class(text->points[end]) != 0)
            end++;
        if (end - start > 1)
            sort_marks(text->points + start, end - start, p);
    }
}

/* Unicode's canonical composition. utf8proc 2.8 takes U+11A7, which is not a trailing consonant,
 * for one and drops it after a Hangul syllable (its pull request 317). Nothing composes with it, so
 * each begins a new piece. */
static void compose(points_t *text)
{
    codepoint_t *points = text->points;
    apr_size_t start, end, length, kept = 0;

    for (start = 0; start < text->count; start = end) {
        end = start + 1;
        while (end < text->count && points[end] != HANGUL_TRAILING_BASE)
            end++;
        length = (apr_size_t)utf8proc_normalize_utf32(points + start,
                                                      (utf8proc_ssize_t)(end - start), NFC);
        memmove(points + kept, points + start, length * sizeof(*points));
        kept += length;
    }
    text->count = kept;
}

static void normalize(points_t *text, apr_pool_t *p)
{
    if (text->is_inert)
        return;
    *text = decompose(text, p);
    order_marks(text, p);
    compose(text);
}

static void trim(points_t *text)
{
    while (text->count > 0 && is_white_space(text->points[text->count - 1]))
        text->count--;
    while (text->count > 0 && is_white_space(text->points[0])) {
        text->points++;
        text->count--;
    }
}

/* A text without visible characters becomes empty. */
static void empty_if_unseen(points_t *text)
{
    apr_size_t i;

    for (i = 0; i < text->count; i++)
        if (is_seen(text->points[i]))
            return;
    text->count = 0;
}

static const char *encode(const points_t *text, apr_pool_t *p)
{
    utf8proc_uint8_t *bytes = apr_palloc(p, text->count * 4 + 1), *at = bytes;
    apr_size_t i;

    for (i = 0; i < text->count; i++)
        at += utf8proc_encode_char(text->points[i], at);
    *at = '\0';
    return (const char *)bytes;
}

chat_problem_t *chat_text_clean(const char **ptext, apr_size_t *pchars, const char *bytes,
                                apr_size_t length, apr_pool_t *p)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)bytes, *end = at + length;
    points_t text;
    codepoint_t point;

    *ptext = NULL;
    if (pchars)
        *pchars = 0;
    if (!chat_text_is_utf8(bytes, length) || (length > 0 && memchr(bytes, '\0', length)))
        return chat_problem(p, CHAT_HTTP_BAD_REQUEST, "invalid_utf8",
                            "The text is not valid UTF-8, or has a NUL character in it.");

    /* Before normalizing: what is removed may have kept a letter and its accent apart. */
    text = points_make(length, p);
    while (at < end) {
        at += utf8proc_iterate(at, end - at, &point);
        if (point == '\r') {
            add(&text, '\n');
            at += at < end && *at == '\n';
        } else if (!is_control(point) || point == '\n' || point == '\t') {
            add(&text, point);
        }
    }
    normalize(&text, p);
    trim(&text);
    empty_if_unseen(&text);
    if (pchars)
        *pchars = text.count;
    *ptext = encode(&text, p);
    return NULL;
}

/* Whether a joiner or a non-joiner may follow in a name: it shapes these scripts and joins emoji;
 * after anything else it only makes a name that looks like another one. */
static int can_be_joined(codepoint_t point)
{
    return (point >= 0x0590 && point <= 0x109f) || (point >= 0x1700 && point <= 0x1cff) ||
           (point >= 0x2190 && point <= 0x2bff) || (point >= 0xa800 && point <= 0xabff) ||
           (point >= 0xfb1d && point <= 0xfdcf) || point == 0xfe0f ||
           (point >= 0xfe70 && point <= 0xfefc) || (point >= 0x10a00 && point <= 0x11fff) ||
           (point >= 0x1e900 && point <= 0x1faff);
}

/* Whether a variation selector may follow: after symbols, ideographs and Mongolian letters. */
static int can_vary(codepoint_t point)
{
    return point == 0xa9 || point == 0xae || (point >= 0x1820 && point <= 0x18aa) ||
           (point >= 0x203c && point <= 0x3299 && point != 0x2800 && point != 0x3000) ||
           (point >= 0x3400 && point <= 0x9fff) || (point >= 0x1f000 && point <= 0x1faff) ||
           (point >= 0x20000 && point <= 0x3ffff);
}

static int is_variation_selector(codepoint_t point)
{
    return (point >= 0xfe00 && point <= 0xfe0f) || (point >= 0xe0100 && point <= 0xe01ef) ||
           (point >= 0x180b && point <= 0x180d) || point == 0x180f;
}

#define BLACK_FLAG 0x1f3f4
#define CANCEL_TAG 0xe007f
#define KEYCAP 0x20e3

/* How many tags of a subdivision's flag follow the first point, which is U+1F3F4; 0: none, or no
 * end. */
static apr_size_t flag_tags(const points_t *text, apr_size_t at)
{
    apr_size_t i;

    for (i = at + 1; i < text->count; i++) {
        if (text->points[i] == CANCEL_TAG)
            return i - at > 1 ? i - at : 0;
        if (text->points[i] < 0xe0020 || text->points[i] > 0xe007e)
            break;
    }
    return 0;
}

/* Whether an invisible character is needed in a name, after the part of it that is kept so far. */
static int is_needed(const points_t *name, codepoint_t point, codepoint_t next)
{
    codepoint_t before = name->count > 0 ? name->points[name->count - 1] : 0;

    if (point == 0x200c || point == 0x200d)
        return can_be_joined(before) && is_seen(next);
    if (point == 0xfe0f && next == KEYCAP)
        return before == '#' || before == '*' || (before >= '0' && before <= '9');
    return is_variation_selector(point) && can_vary(before);
}

/* Whether an invisible character may change the shape of its neighbours. */
static int is_shaping(codepoint_t point)
{
    return point == 0x200c || point == 0x200d || is_variation_selector(point) ||
           (point >= 0xe0020 && point <= CANCEL_TAG);
}

/* The next character, without those that are never needed; 0: there is none. */
static codepoint_t next_seen(const points_t *text, apr_size_t at)
{
    for (at++; at < text->count; at++)
        if (is_shaping(text->points[at]) ||
            (!is_invisible(text->points[at]) &&
             (!is_control(text->points[at]) || is_white_space(text->points[at]))))
            return text->points[at];
    return 0;
}

static codepoint_t as_in_name(codepoint_t point)
{
    switch (point) {
    case '<':
        return 0x2039;
    case '>':
        return 0x203a;
    case '"':
        return 0x2033;
    case '\'':
        return 0x2019;
    default:
        return point;
    }
}

/* The characters of a name that are kept. A run of white space becomes one blank; at either end it
 * is removed. */
static points_t keep_for_name(const points_t *text, apr_pool_t *p)
{
    points_t name = points_make(text->count, p);
    int is_blank_due = 0;
    apr_size_t tags = 0, i;
    codepoint_t point;

    for (i = 0; i < text->count; i++) {
        point = text->points[i];
        if (is_white_space(point) || is_blank_glyph(point)) {
            is_blank_due = name.count > 0;
            continue;
        }
        if (is_control(point) || (is_invisible(point) && tags == 0 &&
                                  (is_blank_due || !is_needed(&name, point, next_seen(text, i)))))
            continue;
        if (is_blank_due)
            add(&name, ' ');
        is_blank_due = 0;
        add(&name, as_in_name(point));
        tags = point == BLACK_FLAG ? flag_tags(text, i) : tags - (tags > 0);
    }
    return name;
}

/* A name's characters; bytes that are not UTF-8 are dropped. */
static points_t decode_name(const char *bytes, apr_pool_t *p)
{
    apr_size_t length = strlen(bytes), taken;
    points_t text = points_make(length, p);
    const char *at = bytes, *end = bytes + length;
    codepoint_t point;

    while (at < end) {
        taken = chat_text_char_bytes(at, (apr_size_t)(end - at));
        if (taken > 0) {
            utf8proc_iterate((const utf8proc_uint8_t *)at, (utf8proc_ssize_t)taken, &point);
            add(&text, point);
        }
        at += taken > 0 ? taken : 1;
    }
    return text;
}

static int are_equal(const points_t *a, const points_t *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->points, b->points, a->count * sizeof(*a->points)) == 0);
}

const char *chat_text_clean_name(const char *bytes, apr_size_t chars_max, apr_pool_t *p)
{
    points_t text, name = decode_name(bytes, p);
    int passes = NAME_PASSES_MAX;

    do { /* what is taken away or cut off may leave a joiner at an end, or a letter beside its
            accent */
        text = name;
        name = keep_for_name(&text, p);
        normalize(&name, p);
        name.count = chat_excerpt_cut(name.points, name.count, chars_max);
        trim(&name);
    } while (--passes > 0 && !are_equal(&text, &name));
    empty_if_unseen(&name);
    return encode(&name, p);
}

/* Replace each run of blanks by one, and trim, in place. */
static void squeeze(char *text)
{
    const char *from = text;
    char *to = text;

    for (; *from; from++)
        if (*from != ' ' || (to > text && to[-1] != ' '))
            *to++ = *from;
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

const char *chat_text_fold_name(const char *name, apr_pool_t *p)
{
    utf8proc_uint8_t *folded = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)name);
    char *copy;

    if (!folded)
        return NULL;
    copy = apr_pstrdup(p, (const char *)folded);
    free(folded);
    squeeze(copy);
    return copy;
}
