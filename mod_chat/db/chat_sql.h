/**
 * @file chat_sql.h
 * The statements of the module: sql/statements, embedded by the build.
 *
 * Parameters are $1, $2 … in text format, the last one perhaps a bytea; a NULL parameter is SQL's
 * null. Result columns are of the types int8, int4, bool, text, bytea, xid and timestamptz only, so
 * that they can be read in binary format (chat_rows.h). Threads: constant data.
 */
#ifndef MOD_CHAT_CHAT_SQL_H
#define MOD_CHAT_CHAT_SQL_H

/** CHAT_SQL_GET_USER is sql/statements/get_user.sql. */
typedef enum {
#define STATEMENT(id, label, parameters, is_read, text) CHAT_SQL_##id,
#include "chat_statements_list.h"
#undef STATEMENT
    CHAT_SQL_COUNT
} chat_sql_t;

#define CHAT_SQL_ARGS_MAX 32 /**< parameters of a statement */

/** One statement. */
typedef struct chat_statement_t {
    const char *label; /**< the name of its file */
    const char *text;
    int parameters; /**< how many: $1 … */
    int is_read;    /**< has no effect, so that it may be repeated after its connection was lost */
} chat_statement_t;

extern const chat_statement_t chat_sql_statements[CHAT_SQL_COUNT];

/** The versions of the schema (the highest in chat.schema_migrations) that the module supports. A
 *  migration keeps the statements of the release before working. */
extern const int chat_sql_schema_min;
extern const int chat_sql_schema_max;

#endif
