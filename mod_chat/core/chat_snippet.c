#include "core/chat_snippet.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_excerpt.h"

#define BEFORE_CHARS 60 /* at most, before the first mark of a text that is cut */
#define ELLIPSIS 0x2026
#define BETWEEN " \xc2\xb7 " /* a content and the name of its file */

typedef utf8proc_int32_t codepoint_t;

/* A text that becomes a snippet. `is_marked[i]`: the character at byte i, or what it begins in. */
typedef struct source_t {
    const char *text;
    apr_size_t bytes;
    const chat_folded_t *folded;
    apr_size_t folded_count;
    char *is_marked; /* of each byte */
    int marks;
    apr_size_t first; /* the first byte that is marked */
} source_t;

/* Where in the source a word ends that `word` begins, the first character of the term's that is
 * not compared any more being `*pnext`. 0: it is another word. */
static apr_size_t match_word(apr_size_t *pnext, const source_t *source, apr_size_t i,
                             const chat_term_t *term)
{
    apr_size_t at = *pnext;
    int is_last;

    if (i >= source->folded_count || !source->folded[i].is_start)
        return 0;
    do {
        if (i >= source->folded_count || source->folded[i].point != term->folded[at].point)
            return 0;
        i++;
        at++;
    } while (!chat_fold_is_boundary(term->folded, term->folded_count, at));
    while (at < term->folded_count && term->folded[at].is_blank)
        at++;
    is_last = at == term->folded_count;
    if (!(is_last && term->is_beginning) &&
        !chat_fold_is_boundary(source->folded, source->folded_count, i))
        return 0;
    *pnext = at;
    return i;
}

/* Where in the source the term ends, if it begins at `i`; otherwise 0. */
static apr_size_t match_term(const source_t *source, apr_size_t i, const chat_term_t *term)
{
    apr_size_t next = 0;

    while (next < term->folded_count && term->folded[next].is_blank)
        next++;
    while (next < term->folded_count) {
        while (i < source->folded_count && source->folded[i].is_blank)
            i++;
        i = match_word(&next, source, i, term);
        if (!i)
            return 0;
    }
    return i;
}

static void mark(source_t *source, apr_size_t from, apr_size_t to)
{
    apr_size_t begin = source->folded[from].at, end = source->folded[to - 1].end;

    memset(source->is_marked + begin, 1, end - begin);
    if (!source->marks || begin < source->first)
        source->first = begin;
    source->marks++;
}

static void mark_terms(source_t *source, const chat_terms_t *terms)
{
    apr_size_t i, end;
    int n;

    for (n = 0; n < terms->count; n++)
        for (i = 0; !terms->terms[n].is_without && i < source->folded_count; i++) {
            if (source->folded[i].is_blank || !source->folded[i].is_start)
                continue;
            end = match_term(source, i, &terms->terms[n]);
            if (end)
                mark(source, i, end);
        }
}

static void make_source(source_t *source, const chat_terms_t *terms, const char *text,
                        apr_pool_t *p)
{
    memset(source, 0, sizeof *source);
    source->text = text;
    source->bytes = strlen(text);
    source->folded = chat_fold(&source->folded_count, text, source->bytes, p);
    source->is_marked = apr_pcalloc(p, source->bytes + 1);
    mark_terms(source, terms);
}

/* ---- the part that is shown ---- */

/* A character of it. */
typedef struct shown_t {
    codepoint_t *points;
    char *is_marked;
    apr_size_t count;
    apr_size_t first; /* that is marked */
} shown_t;

/* Of embeddings, overrides and isolates (UAX #9). */
static int is_direction(codepoint_t point)
{
    return (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

static void show(shown_t *shown, codepoint_t point, char is_marked)
{
    if (is_direction(point))
        return;
    if (chat_fold_is_space(point)) {
        if (shown->count && shown->points[shown->count - 1] == ' ') {
            shown->is_marked[shown->count - 1] &= is_marked;
            return;
        }
        point = ' ';
    }
    shown->points[shown->count] = point;
    shown->is_marked[shown->count++] = is_marked;
}

static void show_all(shown_t *shown, const source_t *source, apr_pool_t *p)
{
    codepoint_t point;
    utf8proc_ssize_t taken;
    apr_size_t at;

    memset(shown, 0, sizeof *shown);
    shown->points = apr_palloc(p, (source->bytes + 1) * sizeof(*shown->points));
    shown->is_marked = apr_palloc(p, source->bytes + 1);
    for (at = 0; at < source->bytes; at += (apr_size_t)taken) {
        taken = utf8proc_iterate((const utf8proc_uint8_t *)source->text + at,
                                 (utf8proc_ssize_t)(source->bytes - at), &point);
        if (taken <= 0)
            break;
        if (source->marks && at == source->first)
            shown->first = shown->count;
        show(shown, point, source->is_marked[at]);
    }
}

/* Where the part begins: at a word, some characters before the first mark. */
static apr_size_t begin_of(const shown_t *shown)
{
    apr_size_t from = 0, to = shown->first, i;

    if (shown->count <= CHAT_SNIPPET_CHARS_MAX || to <= BEFORE_CHARS)
        return 0;
    from = to - BEFORE_CHARS;
    if (shown->count - from < CHAT_SNIPPET_CHARS_MAX) /* its end leaves room for more before it */
        from = shown->count - CHAT_SNIPPET_CHARS_MAX + 1;
    for (i = from; i < to && i < from + BEFORE_CHARS / 2; i++)
        if (shown->points[i - 1] == ' ')
            return i;
    /* Text without blanks: between characters as a reader sees them. */
    return chat_excerpt_cut(shown->points, shown->count, from);
}

static int is_blank_or_end(const shown_t *shown, apr_size_t i)
{
    return i >= shown->count || shown->points[i] == ' ';
}

/* Where it ends, after a word if there is one near. */
static apr_size_t end_of(const shown_t *shown, apr_size_t from)
{
    apr_size_t room = CHAT_SNIPPET_CHARS_MAX - (from > 0), to, i;

    if (shown->count - from <= room)
        return shown->count;
    to = from + chat_excerpt_cut(shown->points + from, shown->count - from, room - 1);
    for (i = to; i > from && i + BEFORE_CHARS / 2 > to; i--)
        if (is_blank_or_end(shown, i))
            return i;
    return to;
}

/* ---- HTML ---- */

#define POINT_BYTES_MAX 6 /* "&quot;" */
#define MARK "<mark>"
#define END_MARK "</mark>"

static char *copy(char *at, const char *text)
{
    return apr_cpystrn(at, text, strlen(text) + 1);
}

static char *write_point(char *at, codepoint_t point)
{
    switch (point) {
    case '<':
        return copy(at, "&lt;");
    case '>':
        return copy(at, "&gt;");
    case '&':
        return copy(at, "&amp;");
    case '"':
        return copy(at, "&quot;");
    case '\'':
        return copy(at, "&#39;");
    default:
        return at + utf8proc_encode_char(point, (utf8proc_uint8_t *)at);
    }
}

static const char *write_part(const shown_t *shown, apr_size_t from, apr_size_t to, apr_pool_t *p)
{
    char *html =
        apr_palloc(p, (to - from + 2) * (POINT_BYTES_MAX + sizeof MARK + sizeof END_MARK) + 1);
    char *at = html;
    char is_marked = 0;
    apr_size_t i;

    if (from > 0)
        at = write_point(at, ELLIPSIS);
    for (i = from; i < to; i++) {
        if (shown->is_marked[i] != is_marked)
            at = copy(at, is_marked ? END_MARK : MARK);
        is_marked = shown->is_marked[i];
        at = write_point(at, shown->points[i]);
    }
    if (is_marked)
        at = copy(at, END_MARK);
    if (to < shown->count)
        at = write_point(at, ELLIPSIS);
    *at = '\0';
    return html;
}

const char *chat_snippet(const chat_terms_t *terms, const char *content, const char *file_name,
                         apr_pool_t *p)
{
    source_t source, name;
    shown_t shown;
    apr_size_t from;

    if (!*content && file_name) {
        make_source(&source, terms, file_name, p);
    } else {
        make_source(&source, terms, content, p);
        if (file_name)
            make_source(&name, terms, file_name, p);
        if (file_name && name.marks)
            make_source(&source, terms, apr_pstrcat(p, content, BETWEEN, file_name, NULL), p);
    }
    show_all(&shown, &source, p);
    from = begin_of(&shown);
    return write_part(&shown, from, end_of(&shown, from), p);
}
