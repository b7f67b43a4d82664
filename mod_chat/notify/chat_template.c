#include "notify/chat_template.h"

#include <string.h>

#include <apr_strings.h>

typedef enum { TEXT, VALUE, SECTION_BEGIN, SECTION_END } kind_t;

typedef struct token_t {
    kind_t kind;
    const char *text; /* or the name */
} token_t;

struct chat_template_t {
    int is_html;
    apr_array_header_t *tokens; /* of token_t */
};

/* ---- reading ---- */

typedef struct reader_t {
    const chat_template_names_t *names;
    apr_array_header_t *tokens;
    const char *section; /* that is open; NULL: none */
    apr_pool_t *pool;
} reader_t;

static int is_in(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static void add(reader_t *reader, kind_t kind, const char *text)
{
    token_t *token = apr_array_push(reader->tokens);

    token->kind = kind;
    token->text = text;
}

/* What is between the braces. Returns an error, or NULL. */
static const char *read_tag(reader_t *reader, const char *tag)
{
    if (*tag == '#') {
        if (reader->section)
            return "a section cannot contain another one";
        if (!is_in(reader->names->sections, tag + 1))
            return "no such section is known";
        reader->section = tag + 1;
        add(reader, SECTION_BEGIN, tag + 1);
    } else if (*tag == '/') {
        if (!reader->section || strcmp(reader->section, tag + 1) != 0)
            return "this section was not begun";
        reader->section = NULL;
        add(reader, SECTION_END, tag + 1);
    } else {
        if (!is_in(reader->names->values, tag))
            return "no such name is known";
        add(reader, VALUE, tag);
    }
    return NULL;
}

static int line_of(const char *text, const char *at)
{
    int line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static const char *read_all(reader_t *reader, const char *text)
{
    const char *from = text;
    const char *open;

    while ((open = strstr(from, "{{"))) {
        const char *close = strstr(open, "}}");
        const char *tag;
        const char *error;

        if (open > from)
            add(reader, TEXT, apr_pstrmemdup(reader->pool, from, (apr_size_t)(open - from)));
        if (!close)
            return apr_psprintf(reader->pool, "line %d: \"{{\" has no \"}}\"", line_of(text, open));
        tag = apr_pstrmemdup(reader->pool, open + 2, (apr_size_t)(close - open - 2));
        error = read_tag(reader, tag);
        if (error)
            return apr_psprintf(reader->pool, "line %d: {{%s}}: %s", line_of(text, open), tag,
                                error);
        from = close + 2;
    }
    if (*from)
        add(reader, TEXT, apr_pstrdup(reader->pool, from));
    return reader->section
               ? apr_psprintf(reader->pool, "the section {{#%s}} has no end", reader->section)
               : NULL;
}

chat_template_t *chat_template_read(const char **perror, const char *text,
                                    const chat_template_names_t *names, int is_html, apr_pool_t *p)
{
    chat_template_t *source = apr_palloc(p, sizeof *source);
    reader_t reader = {.names = names, .pool = p};

    source->is_html = is_html;
    source->tokens = reader.tokens = apr_array_make(p, 16, sizeof(token_t));
    *perror = read_all(&reader, text);
    return *perror ? NULL : source;
}

/* ---- writing ---- */

typedef struct writer_t {
    const chat_template_t *source;
    const apr_table_t *values;
    const chat_template_section_t *sections;
    int count;
    apr_array_header_t *pieces; /* of const char * */
    apr_pool_t *pool;
} writer_t;

static const char *escape(const char *text, apr_pool_t *p)
{
    static const struct {
        char c;
        const char *html;
    } specials[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                    {'"', "&quot;"}, {'\'', "&#39;"}, {'\n', "<br>\n"}};
    char *out = apr_palloc(p, 6 * strlen(text) + 1); /* the longest of them */
    char *end = out;

    for (; *text; text++) {
        const char *html = NULL;
        apr_size_t i;

        for (i = 0; i < sizeof specials / sizeof specials[0]; i++)
            if (specials[i].c == *text)
                html = specials[i].html;
        if (html)
            end = apr_cpystrn(end, html, 7);
        else
            *end++ = *text;
    }
    *end = '\0';
    return out;
}

static void write_value(writer_t *writer, const char *name, const apr_table_t *record)
{
    const char *value = record ? apr_table_get(record, name) : NULL;

    if (!value)
        value = apr_table_get(writer->values, name);
    if (value)
        APR_ARRAY_PUSH(writer->pieces, const char *) =
            writer->source->is_html ? escape(value, writer->pool) : value;
}

static void write_token(writer_t *writer, const token_t *token, const apr_table_t *record)
{
    if (token->kind == TEXT)
        APR_ARRAY_PUSH(writer->pieces, const char *) = token->text;
    else if (token->kind == VALUE)
        write_value(writer, token->text, record);
}

static const apr_array_header_t *records_of(const writer_t *writer, const char *name)
{
    int i;

    for (i = 0; i < writer->count; i++)
        if (strcmp(writer->sections[i].name, name) == 0)
            return writer->sections[i].records;
    return NULL;
}

/* The tokens after that of its beginning, for each record. Returns the index of its end. */
static int write_section(writer_t *writer, int begin)
{
    const token_t *tokens = (const token_t *)writer->source->tokens->elts;
    const apr_array_header_t *records = records_of(writer, tokens[begin].text);
    int end = begin;
    int record;
    int i;

    while (tokens[end].kind != SECTION_END)
        end++;
    for (record = 0; records && record < records->nelts; record++)
        for (i = begin + 1; i < end; i++)
            write_token(writer, &tokens[i], APR_ARRAY_IDX(records, record, const apr_table_t *));
    return end;
}

const char *chat_template_write(const chat_template_t *source, const apr_table_t *values,
                                const chat_template_section_t *sections, int count, apr_pool_t *p)
{
    writer_t writer = {source, values, sections, count, apr_array_make(p, 64, sizeof(char *)), p};
    const token_t *tokens = (const token_t *)source->tokens->elts;
    int i;

    for (i = 0; i < source->tokens->nelts; i++)
        if (tokens[i].kind == SECTION_BEGIN)
            i = write_section(&writer, i);
        else
            write_token(&writer, &tokens[i], NULL);
    return apr_array_pstrcat(p, writer.pieces, '\0');
}
