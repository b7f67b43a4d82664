/* Columns are found by name; one that is missing, or of another type, fails the query. */
#include "chat_unit.h"

#include <endian.h>
#include <string.h>

#include <postgresql/libpq-fe.h>

#include "db/chat_rows.h"

enum { BOOLEAN = 16, BIGINT = 20, INTEGER = 23, TEXT = 25, NUMERIC = 1700, TIMESTAMPTZ = 1184 };

typedef struct person_t {
    apr_int64_t id;
    const char *name;
    int is_active;
    int age;
    apr_time_t created_at;
} person_t;

static const chat_column_t person_columns[] = {
    CHAT_COLUMN_AS("person_id", person_t, id), CHAT_COLUMN(person_t, name),
    CHAT_COLUMN(person_t, is_active),          CHAT_COLUMN(person_t, age),
    CHAT_COLUMN(person_t, created_at),
};
static const chat_record_t person_record = CHAT_RECORD(person_columns);

typedef struct place_t {
    const char *town;
} place_t;

static const chat_column_t place_columns[] = {CHAT_COLUMN(place_t, town)};
static const chat_record_t place_record = CHAT_RECORD(place_columns);

static const chat_query_t query = {0, {&person_record, &place_record}};

/* A result with these columns, whose types are in `types`, and no rows. */
static PGresult *result_of(const char *const *names, const Oid *types, int count)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc attributes[8] = {0};
    int i;

    for (i = 0; i < count; i++) {
        attributes[i].name = (char *)names[i];
        attributes[i].typid = types[i];
        attributes[i].format = 1;
    }
    assert_true(PQsetResultAttrs(result, count, attributes));
    return result;
}

static void set(PGresult *result, int row, int column, const void *value, int length)
{
    assert_true(PQsetvalue(result, row, column, (char *)value, length));
}

static chat_rows_t *rows_with(const char **pcause, const char *const *names, const Oid *types,
                              apr_pool_t *p)
{
    return chat_rows_create(pcause, result_of(names, types, 5), &query, p);
}

static const char *const names[] = {"created_at", "is_active", "age", "person_id", "name town"};
static const Oid types[] = {TIMESTAMPTZ, BOOLEAN, INTEGER, BIGINT, TEXT};

static void columns_are_found_by_name_in_any_order(void **state)
{
    PGresult *result = result_of(names, types, 5);
    apr_uint64_t id = htobe64(7);
    apr_uint64_t second = htobe64(1000000);
    apr_uint32_t age = htobe32((apr_uint32_t)-3);
    const char *cause = NULL;
    chat_rows_t *rows;
    person_t person;
    place_t place;

    set(result, 0, 0, &second, sizeof second);
    set(result, 0, 1, "\1", 1);
    set(result, 0, 2, &age, sizeof age);
    set(result, 0, 3, &id, sizeof id);
    set(result, 0, 4, "Ada", 3);
    rows = chat_rows_create(&cause, result, &query, *state);
    assert_non_null(rows);
    assert_int_equal(chat_rows_count(rows), 1);
    assert_true(chat_rows_next(rows));
    chat_rows_read(&person, rows, &person_record);
    assert_int_equal(person.id, 7);
    assert_string_equal(person.name, "Ada");
    assert_int_equal(person.is_active, 1);
    assert_int_equal(person.age, -3);
    assert_int_equal(person.created_at, apr_time_from_sec(946684801));
    chat_rows_read(&place, rows, &place_record);
    assert_string_equal(place.town, "Ada");
    assert_false(chat_rows_next(rows));
}

static void null_is_null_or_0(void **state)
{
    PGresult *result = result_of(names, types, 5);
    const char *cause = NULL;
    person_t person;
    chat_rows_t *rows;
    int i;

    for (i = 0; i < 5; i++)
        set(result, 0, i, NULL, -1);
    set(result, 1, 4, "", 0);
    rows = chat_rows_create(&cause, result, &query, *state);
    assert_true(chat_rows_next(rows));
    memset(&person, 1, sizeof person);
    chat_rows_read(&person, rows, &person_record);
    assert_int_equal(person.id, 0);
    assert_null(person.name);
    assert_int_equal(person.is_active, 0);
    assert_int_equal(person.created_at, 0);
    chat_rows_seek(rows, 1);
    chat_rows_read(&person, rows, &person_record);
    assert_string_equal(person.name, "");
}

static void a_missing_column_fails_the_query(void **state)
{
    static const char *const wrong[] = {"created_at", "is_active", "age", "person_id",
                                        "name towns"};
    static const char *const longer[] = {"created_at", "is_active", "ages age_", "id", "name town"};
    PGresult *result = result_of(wrong, types, 5);
    const char *cause = NULL;
    chat_rows_t *rows;
    person_t person;

    set(result, 0, 4, "Ada", 3);
    rows = chat_rows_create(&cause, result, &query, *state);
    assert_string_equal(cause, "its result has no column \"town\"");
    assert_true(rows && chat_rows_next_into(&person, rows, &person_record));
    assert_string_equal(person.name, "Ada"); /* the first record can be read all the same */
    assert_null(rows_with(&cause, longer, types, *state));
    assert_string_equal(cause, "its result has no column \"person_id\"");
    assert_null(chat_rows_create(&cause, result_of(NULL, NULL, 0), &query, *state));
}

static void a_column_of_another_type_fails_the_query(void **state)
{
    static const Oid as_numeric[] = {TIMESTAMPTZ, BOOLEAN, INTEGER, NUMERIC, TEXT};
    static const Oid as_text[] = {TIMESTAMPTZ, BOOLEAN, INTEGER, TEXT, TEXT};
    static const Oid as_number[] = {TIMESTAMPTZ, BOOLEAN, INTEGER, BIGINT, BIGINT};
    static const Oid as_time[] = {TIMESTAMPTZ, BOOLEAN, TIMESTAMPTZ, BIGINT, TEXT};
    const Oid *const all[] = {as_numeric, as_text, as_number, as_time};
    const char *cause;
    int i;

    for (i = 0; i < 4; i++) {
        cause = "";
        assert_null(rows_with(&cause, names, all[i], *state));
        assert_non_null(strstr(cause, "is of another type"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(columns_are_found_by_name_in_any_order),
        UNIT_TEST(null_is_null_or_0),
        UNIT_TEST(a_missing_column_fails_the_query),
        UNIT_TEST(a_column_of_another_type_fails_the_query),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
