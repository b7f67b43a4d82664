#include "core/chat_terms.h"

#include <string.h>

#include <apr_strings.h>

typedef utf8proc_int32_t codepoint_t;

/* What is read, from `at` on. */
typedef struct reader_t {
    const char *text;
    apr_size_t at, bytes;
    int words; /* so far */
    int is_or; /* the word before was "or" */
    apr_size_t or_at;
    chat_terms_t *terms;
    apr_pool_t *pool;
} reader_t;

static codepoint_t peek(apr_size_t *plength, const reader_t *reader)
{
    codepoint_t point;
    utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)reader->text + reader->at,
                         (utf8proc_ssize_t)(reader->bytes - reader->at), &point);

    *plength = length > 0 ? (apr_size_t)length : 1;
    return length > 0 ? point : ' ';
}

/* Straight, curly, low and full-width double quotes, and guillemets. */
static int is_quote(codepoint_t point)
{
    return point == '"' || (point >= 0x201c && point <= 0x201f) || point == 0xff02 ||
           point == 0xab || point == 0xbb;
}

static int is_plain(codepoint_t point)
{
    return !chat_fold_is_space(point) && !is_quote(point);
}

static int is_in_quotes(codepoint_t point)
{
    return !is_quote(point);
}

/* Go on while the characters are such. */
static void skip(reader_t *reader, int (*is_such)(codepoint_t point))
{
    apr_size_t length;

    while (reader->at < reader->bytes && is_such(peek(&length, reader)))
        reader->at += length;
}

static int is_dash(codepoint_t point)
{
    return point == '-';
}

/* The letters of the last word of a term; 0: something follows it. */
static apr_size_t letters_at_end(const chat_term_t *term)
{
    apr_size_t i = term->folded_count;

    while (i-- > 0 && !term->folded[i].is_blank)
        if (term->folded[i].is_start)
            return term->folded_count - i;
    return 0;
}

/* White space separates words of a phrase; of those with something to find. */
static int count_words(const chat_term_t *term)
{
    apr_size_t i;
    int count = 0, is_inside = 0;

    for (i = 0; i < term->folded_count; i++) {
        if (term->folded[i].is_blank) {
            if (chat_fold_is_space(term->folded[i].point))
                is_inside = 0;
        } else if (!is_inside) {
            is_inside = 1;
            count++;
        }
    }
    return count;
}

static void add(reader_t *reader, apr_size_t from, apr_size_t to, int is_without, int is_open)
{
    chat_terms_t *terms = reader->terms;
    chat_term_t term = {.text = reader->text + from, .bytes = to - from, .is_without = is_without};
    int count;

    term.folded = chat_fold(&term.folded_count, term.text, term.bytes, reader->pool);
    count = count_words(&term);
    if (count == 0)
        return; /* punctuation alone */
    reader->words += count;
    if (reader->words > CHAT_TERMS_WORDS_MAX) {
        terms->too_many = 1;
        return;
    }
    term.is_beginning = is_open && !is_without && letters_at_end(&term) >= 2;
    term.is_choice = reader->is_or && !is_without;
    reader->is_or = 0;
    terms->wanted += !is_without;
    terms->terms[terms->count++] = term;
}

static int is_or(const reader_t *reader, apr_size_t from)
{
    const chat_terms_t *terms = reader->terms;

    return reader->at - from == 2 && strncasecmp(reader->text + from, "or", 2) == 0 &&
           !reader->is_or && terms->count > 0 && !terms->terms[terms->count - 1].is_without;
}

static void read_term(reader_t *reader)
{
    apr_size_t length, from = reader->at;
    int is_without;

    skip(reader, is_dash);
    is_without = reader->at > from;
    if (reader->at == reader->bytes)
        return;
    from = reader->at;
    if (is_quote(peek(&length, reader))) {
        reader->at += length;
        from = reader->at;
        skip(reader, is_in_quotes);
        add(reader, from, reader->at, is_without, reader->at == reader->bytes);
        if (reader->at < reader->bytes) {
            peek(&length, reader);
            reader->at += length;
        }
        return;
    }
    skip(reader, is_plain);
    if (!is_without && is_or(reader, from)) {
        reader->is_or = 1;
        reader->or_at = from;
    } else {
        add(reader, from, reader->at, is_without, reader->at == reader->bytes);
    }
}

void chat_terms_read(chat_terms_t *terms, const char *text, apr_pool_t *p)
{
    reader_t reader = {.text = text, .bytes = strlen(text), .terms = terms, .pool = p};

    memset(terms, 0, sizeof *terms);
    for (skip(&reader, chat_fold_is_space); reader.at < reader.bytes;
         skip(&reader, chat_fold_is_space))
        read_term(&reader);
    /* Nothing has followed it yet: it may be the beginning of "orange". */
    if (reader.is_or && reader.or_at + 2 == reader.bytes) {
        reader.is_or = 0;
        add(&reader, reader.or_at, reader.bytes, 0, 1);
    }
}

/* Its text in one line. */
static const char *line_of(const chat_term_t *term, apr_pool_t *p)
{
    char *line = apr_pstrmemdup(p, term->text, term->bytes);
    apr_size_t i;

    for (i = 0; i < term->bytes; i++)
        if ((unsigned char)line[i] < ' ')
            line[i] = ' ';
    return line;
}

const char *chat_terms_sql(const chat_terms_t *terms, apr_pool_t *p)
{
    const char *sql = "";
    int i;

    if (!terms->wanted)
        return NULL;
    for (i = 0; i < terms->count; i++) {
        const chat_term_t *term = &terms->terms[i];
        const char *mark = term->is_choice ? "|" : "+";

        sql = apr_pstrcat(p, sql, i ? "\n" : "", term->is_without ? "-" : mark,
                          term->is_beginning ? "*" : " ", line_of(term, p), NULL);
    }
    return sql;
}
