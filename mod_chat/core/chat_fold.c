#include "core/chat_fold.h"

#include <string.h>

#include "core/chat_config.h"

/* The longest decomposition is that of U+FDFA, to 18 code points. */
#define DECOMPOSED_MAX 32

typedef utf8proc_int32_t codepoint_t;

typedef struct range_t {
    codepoint_t first, last;
} range_t;

/* Scripts that have no blanks between words; and Hangul, whose particles follow without one. */
static const range_t lone_ranges[] = {
    {0x0e00, 0x0eff},   {0x0f40, 0x0f6c}, {0x1000, 0x109f}, {0x1100, 0x11ff}, {0x1780, 0x17ff},
    {0x1950, 0x19df},   {0x1a20, 0x1aad}, {0x2e80, 0x2fd5}, {0x3005, 0x3007}, {0x3021, 0x3029},
    {0x3031, 0x3035},   {0x3038, 0x303c}, {0x3041, 0x3096}, {0x309d, 0x309f}, {0x30a1, 0x30fa},
    {0x30fc, 0x31bf},   {0x31f0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4cf}, {0xa960, 0xa97c},
    {0xaa60, 0xaadf},   {0xac00, 0xd7fb}, {0xf900, 0xfaff}, {0xff66, 0xff9d}, {0x1b000, 0x1b16f},
    {0x20000, 0x3ffff},
};

/* Letters that have no decomposition, as chat.fold_name() has them. */
static const struct {
    codepoint_t from;
    const char *to; /* ASCII */
} plain[] = {
    {0xe6, "ae"}, {0xf0, "d"},  {0xf8, "o"},  {0xfe, "th"},  {0x111, "d"},
    {0x127, "h"}, {0x131, "i"}, {0x142, "l"}, {0x153, "oe"}, {0x167, "t"},
};
static const struct {
    codepoint_t from, to;
} arabic[] = {{0x649, 0x64a}, {0x6cc, 0x64a}, {0x6a9, 0x643}, {0x629, 0x647}};

#define TATWEEL 0x640

static int is_lone(codepoint_t point)
{
    int i;

    for (i = 0; i < CHAT_COUNT(lone_ranges); i++)
        if (point >= lone_ranges[i].first && point <= lone_ranges[i].last)
            return 1;
    return utf8proc_category(point) == UTF8PROC_CATEGORY_SO; /* an emoji */
}

static int is_syllable(codepoint_t point)
{
    return point >= 0xac00 && point <= 0xd7a3;
}

/* An accent, as which nothing of a script's own vowels or viramas counts. */
static int is_accent(const utf8proc_property_t *property)
{
    return property->combining_class != 0 && property->combining_class != 8 &&
           property->combining_class != 9;
}

static int is_letter(const utf8proc_property_t *property)
{
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_SO:
        return 1;
    default:
        return 0;
    }
}

/* What a text is folded into. */
typedef struct folding_t {
    chat_folded_t *to;
    apr_size_t count, room;
    apr_pool_t *pool;
    int may_start; /* a word, as a blank is before it, or a word of one character */
    apr_size_t at; /* of the character that is being folded */
} folding_t;

static int is_mark(codepoint_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* A mark belongs to what is before it, also to a word of one character. */
static void append(folding_t *folding, codepoint_t point, int is_blank)
{
    int is_start = folding->may_start;
    chat_folded_t *grown;

    if (is_mark(point)) {
        is_start = folding->count == 0 || folding->to[folding->count - 1].is_blank;
    } else {
        folding->may_start = is_blank || is_lone(point);
        is_start = is_start || is_lone(point);
    }

    if (folding->count == folding->room) {
        grown = apr_palloc(folding->pool, 2 * folding->room * sizeof(*grown));
        memcpy(grown, folding->to, folding->count * sizeof(*grown));
        folding->to = grown;
        folding->room *= 2;
    }
    folding->to[folding->count++] = (chat_folded_t){
        .point = point, .at = folding->at, .is_blank = is_blank, .is_start = is_start && !is_blank};
}

static void append_point(folding_t *folding, codepoint_t point)
{
    const utf8proc_property_t *property = utf8proc_get_property(point);
    int i;

    if (is_accent(property) || point == TATWEEL)
        return;
    for (i = 0; i < CHAT_COUNT(plain); i++) {
        const char *to = plain[i].to;

        if (plain[i].from != point)
            continue;
        for (; *to; to++)
            append(folding, *to, 0);
        return;
    }
    for (i = 0; i < CHAT_COUNT(arabic); i++)
        if (arabic[i].from == point)
            point = arabic[i].to;
    append(folding, point, !is_letter(property));
}

/* One character of the text. */
static void fold_point(folding_t *folding, codepoint_t point)
{
    codepoint_t points[DECOMPOSED_MAX];
    int boundary = 0; /* asked for by utf8proc, not used here */
    utf8proc_ssize_t found = 1, i;

    points[0] = point;
    if (!is_syllable(point))
        found = utf8proc_decompose_char(
            point, points, DECOMPOSED_MAX,
            UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundary);
    for (i = 0; i < found && i < DECOMPOSED_MAX; i++)
        append_point(folding, points[i]);
}

static void set_ends(folding_t *folding, apr_size_t bytes)
{
    apr_size_t end = bytes, i;

    for (i = folding->count; i-- > 0;) {
        if (i + 1 < folding->count && folding->to[i + 1].at != folding->to[i].at)
            end = folding->to[i + 1].at;
        folding->to[i].end = end;
    }
}

const chat_folded_t *chat_fold(apr_size_t *pcount, const char *text, apr_size_t bytes,
                               apr_pool_t *p)
{
    folding_t folding = {.room = bytes + 1, .pool = p, .may_start = 1};
    codepoint_t point;
    utf8proc_ssize_t taken;
    apr_size_t at;

    folding.to = apr_palloc(p, folding.room * sizeof(*folding.to));
    for (at = 0; at < bytes; at += (apr_size_t)taken) {
        taken = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                 (utf8proc_ssize_t)(bytes - at), &point);
        if (taken <= 0)
            break; /* not UTF-8 */
        folding.at = at;
        fold_point(&folding, point);
    }
    set_ends(&folding, at);
    *pcount = folding.count;
    return folding.to;
}

int chat_fold_is_space(codepoint_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || category == UTF8PROC_CATEGORY_CC;
}

int chat_fold_is_boundary(const chat_folded_t *folded, apr_size_t count, apr_size_t i)
{
    return i >= count || folded[i].is_blank || folded[i].is_start;
}
