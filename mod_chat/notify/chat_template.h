/**
 * @file chat_template.h
 * Templates of mails: text with {{name}} and {{#section}}...{{/section}} in it.
 *
 * A name is replaced by its value, which is not read again as a template. A section is repeated for
 * each of its records, whose values stand before those of the same name outside; without a record
 * it is left out. Sections contain no others. In an HTML template values are escaped, and their
 * line ends become <br>. Names that are not known are an error when a template is read, so that
 * none is left when it is used. Ownership: everything lives in the pool given. Threads: read-only
 * once read.
 */
#ifndef MOD_CHAT_CHAT_TEMPLATE_H
#define MOD_CHAT_CHAT_TEMPLATE_H
#include <apr_pools.h>
#include <apr_tables.h>

typedef struct chat_template_t chat_template_t;

/** The names that a template may contain; each list ends with NULL. */
typedef struct chat_template_names_t {
    const char *const *values;
    const char *const *sections;
} chat_template_names_t;

/** NULL: `*perror` is a sentence with the line. */
chat_template_t *chat_template_read(const char **perror, const char *text,
                                    const chat_template_names_t *names, int is_html, apr_pool_t *p);

/** The records of a section. */
typedef struct chat_template_section_t {
    const char *name;
    const apr_array_header_t *records; /**< of apr_table_t *; NULL: none */
} chat_template_section_t;

/** The text, with `count` sections; a value that is missing is empty. */
const char *chat_template_write(const chat_template_t *source, const apr_table_t *values,
                                const chat_template_section_t *sections, int count, apr_pool_t *p);
#endif
