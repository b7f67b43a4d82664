#include "db/chat_db_session.h"

#include <string.h>

#include <apr_strings.h>

#include <postgresql/libpq-fe.h>

#include "core/chat_number.h"
#include "db/chat_sql.h"

/*
 * The reason of each:
 * - default_transaction_isolation: a function that waits for a row must see the committed version.
 *   Above read committed PostgreSQL fails with 40001 whenever two users write at once.
 * - TimeZone, DateStyle, IntervalStyle, standard_conforming_strings, transform_null_equals: the
 *   meaning of the text of statements and functions.
 * - search_path: names without a schema in functions must be those of pg_catalog, and not, for
 *   example, an operator that someone has created in the schema public.
 * - idle_session_timeout: an idle connection of a pool is normal, and the feed must not miss
 *   notifications.
 * - synchronous_commit: a message that was acknowledged must not be lost. An administrator can set
 *   it in DBDParams, which shows as the source "client".
 * - chat.server: the identity of the cluster, for chat.current_epoch(); to get it takes reading a
 *   file.
 * - jit, plan_cache_mode, enable_*: generic plans that use indexes. Every statement has an index
 * for each table (t/plans.t), and a sequential scan costs more as soon as the table has some dozens
 * of rows.
 *
 * A setting that this version of PostgreSQL does not have is ignored. This statement must not be
 * compiled by jit itself, which can take longer than a request waits.
 */
/* clang-format off */
#define SETTINGS                                                                                 \
    "set local jit = off;"                                                                       \
    " with wanted (name, value) as (values"                                                       \
    " ('statement_timeout', '" APR_STRINGIFY(CHAT_DB_STATEMENT_TIMEOUT_MS) "'),"                 \
    " ('lock_timeout', '" APR_STRINGIFY(CHAT_DB_LOCK_TIMEOUT_MS) "'),"                           \
    " ('default_transaction_isolation', 'read committed'),"                                      \
    " ('default_transaction_deferrable', 'off'),"                                                \
    " ('synchronous_commit', 'on'),"                                                             \
    " ('idle_session_timeout', '0'),"                                                            \
    " ('TimeZone', 'UTC'), ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'postgres'),"            \
    " ('standard_conforming_strings', 'on'), ('transform_null_equals', 'off'),"                  \
    " ('search_path', 'pg_catalog, pg_temp'),"                                                   \
    " ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'),"     \
    " ('enable_indexscan', 'on'), ('enable_bitmapscan', 'on'), ('enable_nestloop', 'on'))"       \
    " select (select count(set_config(s.name, w.value, false))"                                  \
    " from wanted w join pg_catalog.pg_settings s using (name)"                                  \
    " where pg_backend_pid() = %d and case"                                                      \
    " when name in ('statement_timeout', 'lock_timeout') then s.setting = '0'"                   \
    " when name = 'jit' then true"                                                               \
    " when name = 'synchronous_commit' then s.setting = 'off' and s.source <> 'client'"          \
    " else s.setting <> w.value end),"                                                           \
    " set_config('client_encoding', 'UTF8', false),"                                             \
    " (select coalesce(max(version), 0) from chat.schema_migrations),"                           \
    " (select setting from pg_catalog.pg_settings where name = 'statement_timeout'),"            \
    " pg_backend_pid() <> %d,"                                                                   \
    " current_setting('statement_timeout') = '0' or current_setting('lock_timeout') = '0'"       \
    " or current_setting('plan_cache_mode') <> 'force_generic_plan',"                            \
    " current_setting('transaction_isolation') <> 'read committed',"                             \
    " current_setting('session_replication_role') = 'replica',"                                  \
    " (select set_config('chat.server', s.system_identifier::text, false)"                       \
    " from pg_catalog.pg_control_system() s)"
/* clang-format on */

enum {
    VERSION_COLUMN = 2,
    TIMEOUT_COLUMN,
    POOLED_COLUMN,
    LACKING_COLUMN,
    ISOLATED_COLUMN,
    REPLICA_COLUMN
};

#define HOW_TO_SET "(pgbouncer's connect_query, or \"alter role ... set\")"

static const char lacking_advice[] =
    "the database is reached through a pooler, whose connections lack settings that the module "
    "makes elsewhere: give them statement_timeout = 1500, lock_timeout = 500, jit = off, "
    "plan_cache_mode = force_generic_plan and enable_seqscan = off " HOW_TO_SET;

static const char isolated_complaint[] =
    "the database is reached through a pooler, and its transactions are above read committed, "
    "where "
    "PostgreSQL refuses whoever writes at the same time: set default_transaction_isolation = 'read "
    "committed' for the role that httpd connects as " HOW_TO_SET;

static const char replica_complaint[] =
    "session_replication_role is replica, so that the triggers of the schema \"chat\" do not run: "
    "take that setting from the role, the database or the cluster (\"alter role ... reset\")";

const char *chat_db_session_statement(int pid, apr_pool_t *p)
{
    return apr_psprintf(p, SETTINGS, pid, pid);
}

static int is_true(const PGresult *result, int column)
{
    return *PQgetvalue(result, 0, column) == 't';
}

static int number_of(const PGresult *result, int column)
{
    apr_int64_t number = 0;

    chat_number_read(&number, PQgetvalue(result, 0, column));
    return (int)number;
}

const char *chat_db_session_schema_complaint(int version, apr_pool_t *p)
{
    if (version == 0)
        return "the database has no schema \"chat\": run chat-migrate";
    if (version < chat_sql_schema_min)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module needs %d: run "
                            "chat-migrate",
                            version, chat_sql_schema_min);
    if (version > chat_sql_schema_max)
        return apr_psprintf(p,
                            "the schema \"chat\" has version %d, this module knows up to %d: "
                            "install the module that belongs to the schema",
                            version, chat_sql_schema_max);
    return NULL;
}

void chat_db_session_read(chat_db_session_t *session, const PGresult *result, apr_pool_t *p)
{
    memset(session, 0, sizeof *session);
    session->schema = number_of(result, VERSION_COLUMN);
    session->statement_ms = number_of(result, TIMEOUT_COLUMN);
    if (session->statement_ms <= 0)
        session->statement_ms = CHAT_DB_STATEMENT_TIMEOUT_MS;
    session->is_pooled = is_true(result, POOLED_COLUMN);
    session->complaint = chat_db_session_schema_complaint(session->schema, p);
    if (!session->complaint && is_true(result, REPLICA_COLUMN))
        session->complaint = replica_complaint;
    if (!session->is_pooled)
        return; /* what was found lacking is set now */
    if (!session->complaint && is_true(result, ISOLATED_COLUMN))
        session->complaint = isolated_complaint;
    if (is_true(result, LACKING_COLUMN))
        session->advice = lacking_advice;
}
