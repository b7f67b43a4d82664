#include "db/chat_sql.h"

const int chat_sql_schema_min = 17;
const int chat_sql_schema_max = 18;

#define STATEMENT(id, label, parameters, is_read, text)                                            \
    _Static_assert(parameters <= CHAT_SQL_ARGS_MAX, label);
#include "chat_statements_list.h"
#undef STATEMENT

const chat_statement_t chat_sql_statements[CHAT_SQL_COUNT] = {
#define STATEMENT(id, label, parameters, is_read, text)                                            \
    [CHAT_SQL_##id] = {label, text, parameters, is_read},
#include "chat_statements_list.h"
#undef STATEMENT
};
