#include "core/chat_excerpt.h"

#include <string.h>

#include <apr_strings.h>

#define VIRAMA 9 /* its canonical combining class */
#define ZERO_WIDTH_JOINER 0x200d
#define LRE 0x202a
#define RLE 0x202b
#define PDF 0x202c
#define LRO 0x202d
#define RLO 0x202e
#define LRI 0x2066
#define FSI 0x2068
#define PDI 0x2069

typedef utf8proc_int32_t codepoint_t;

/* The blocks of scripts with conjuncts. */
static int is_of_conjuncts(codepoint_t point)
{
    return (point >= 0x900 && point <= 0x1cff) || (point >= 0xa800 && point <= 0xabff) ||
           (point >= 0x10a00 && point <= 0x11fff);
}

/* Whether a letter after `point` would be joined to it; `was_linking`: to the point before it. */
static int is_linking(int was_linking, codepoint_t point)
{
    int class = utf8proc_get_property(point)->combining_class;

    return class == VIRAMA || (was_linking && (class != 0 || point == ZERO_WIDTH_JOINER));
}

apr_size_t chat_excerpt_cut(const codepoint_t *points, apr_size_t count, apr_size_t chars_max)
{
    apr_size_t boundary = chars_max, i;
    utf8proc_int32_t state = 0;
    int linking = 0;

    if (count <= chars_max)
        return count;
    for (i = 1; i <= chars_max; i++) {
        linking = is_linking(linking, points[i - 1]);
        if (utf8proc_grapheme_break_stateful(points[i - 1], points[i], &state) &&
            !(linking && is_of_conjuncts(points[i])))
            boundary = i;
    }
    return boundary;
}

/* What closes the isolates and embeddings that the text leaves open, in `closers`, which has room
 * for one for each of its code points: how many (UAX #9). */
static apr_size_t find_closers(codepoint_t *closers, const codepoint_t *points, apr_size_t count)
{
    apr_size_t depth = 0, open, i;

    for (i = 0; i < count; i++) {
        if (points[i] >= LRI && points[i] <= FSI) {
            closers[depth++] = PDI;
        } else if (points[i] == LRE || points[i] == RLE || points[i] == LRO || points[i] == RLO) {
            closers[depth++] = PDF;
        } else if (points[i] == PDF) {
            depth -= depth > 0 && closers[depth - 1] == PDF;
        } else if (points[i] == PDI) {
            for (open = depth; open > 0 && closers[open - 1] != PDI; open--)
                ;
            depth = open > 0 ? open - 1 : depth;
        }
    }
    return depth;
}

/* Decode at most `room` code points. Returns their number. */
static apr_size_t read_points(codepoint_t *points, apr_size_t room, const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    apr_size_t count;
    utf8proc_ssize_t taken;

    for (count = 0; count < room && *at; count++) {
        taken = utf8proc_iterate(at, -1, &points[count]);
        if (taken <= 0)
            break; /* not UTF-8 */
        at += taken;
    }
    return count;
}

static utf8proc_uint8_t *write_points(utf8proc_uint8_t *at, const codepoint_t *points,
                                      apr_size_t count)
{
    apr_size_t i;

    for (i = 0; i < count; i++)
        at += utf8proc_encode_char(points[i], at);
    return at;
}

const char *chat_excerpt(const char *text, apr_size_t chars_max, apr_pool_t *p)
{
    codepoint_t *points, *closers;
    apr_size_t budget, kept, open = 0;
    utf8proc_uint8_t *bytes, *at;

    if (strnlen(text, chars_max + 1) <= chars_max)
        return text; /* fewer bytes than characters are allowed */
    points = apr_palloc(p, (chars_max + 1) * 2 * sizeof(*points));
    closers = points + chars_max + 1;
    kept = read_points(points, chars_max + 1, text);
    if (kept <= chars_max)
        return text;
    for (budget = chars_max; budget > 0; budget--) {
        kept = chat_excerpt_cut(points, chars_max + 1, budget);
        open = find_closers(closers, points, kept);
        if (kept + open <= chars_max)
            break;
    }
    bytes = apr_palloc(p, chars_max * 4 + 1);
    at = write_points(bytes, points, kept);
    while (open > 0)
        at = write_points(at, &closers[--open], 1);
    *at = '\0';
    return (const char *)bytes;
}
