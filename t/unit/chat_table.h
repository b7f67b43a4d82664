/**
 * @file chat_table.h
 * Tables of cases that tests in other languages read too, from t/tables: a line each, columns
 * between tabs, characters as {U+0041}; the first line names the columns.
 */
#ifndef MOD_CHAT_T_UNIT_CHAT_TABLE_H
#define MOD_CHAT_T_UNIT_CHAT_TABLE_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <utf8proc.h>

#define TABLE_COLUMNS_MAX 4

/* Decode the column's characters in place. */
static inline void table_decode(char *text)
{
    char *at = text, *end;

    while (*text) {
        if (strncmp(text, "{U+", 3) == 0) {
            at += utf8proc_encode_char((utf8proc_int32_t)strtol(text + 3, &end, 16),
                                       (utf8proc_uint8_t *)at);
            text = end + 1;
        } else {
            *at++ = *text++;
        }
    }
    *at = '\0';
}

/* Call `check` with each row of t/tables/NAME; fails without rows. */
static inline void table_each(const char *name, void (*check)(char **columns, apr_pool_t *p),
                              apr_pool_t *p)
{
    FILE *file = fopen(apr_pstrcat(p, "t/tables/", name, NULL), "r");
    char *columns[TABLE_COLUMNS_MAX] = {0};
    char *line = NULL, *rest;
    size_t size = 0;
    int rows = 0, i;

    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (rows++ == 0)
            continue;
        rest = line;
        for (i = 0; i < TABLE_COLUMNS_MAX; i++)
            columns[i] = rest ? strsep(&rest, "\t") : NULL;
        for (i = 0; i < TABLE_COLUMNS_MAX && columns[i]; i++)
            table_decode(columns[i]);
        check(columns, p);
    }
    free(line);
    fclose(file);
    assert_true(rows > 1);
}
#endif
