/**
 * @file chat_json.h
 * Writes JSON as a stream: every answer's body and every frame passes here.
 *
 * There is no tree: values are appended to one buffer that grows by doubling, and commas come by
 * themselves. Begin and end must pair, and every value inside an object needs its key before it;
 * a caller that gets this wrong is a defect in the program and fails an assertion.
 * The output is always one valid RFC 8259 text, whatever bytes the strings hold: a byte that is
 * not UTF-8 becomes U+FFFD. `<`, `>`, `&`, U+2028 and U+2029 are escaped, so that the output may
 * stand inside HTML and JavaScript. The same calls give the same bytes.
 * Ownership: the buffer comes from malloc and is freed with the pool, unless it was taken.
 * Threads: one at a time, as for the pool.
 */
#ifndef MOD_CHAT_CHAT_JSON_H
#define MOD_CHAT_CHAT_JSON_H
#include <apr_pools.h>
#include <apr_time.h>

/** How many objects and arrays may be open at once. */
#define CHAT_JSON_DEPTH_MAX 16

typedef struct chat_json_t chat_json_t;

/** A writer whose buffer starts with room for `expected_bytes`; a good guess saves copying. */
chat_json_t *chat_json_create(apr_size_t expected_bytes, apr_pool_t *p);

void chat_json_object_begin(chat_json_t *json);
void chat_json_object_end(chat_json_t *json);
void chat_json_array_begin(chat_json_t *json);
void chat_json_array_end(chat_json_t *json);

/** The name of the next value of an object. Escaped as any string. */
void chat_json_key(chat_json_t *json, const char *name);

/** The same for a name that needs no escaping, as our own do not: copied without a look at it. */
void chat_json_name(chat_json_t *json, const char *name, apr_size_t length);

/** A string up to its NUL; NULL is written as null. */
void chat_json_string(chat_json_t *json, const char *text);

/** A string of `length` bytes, which may hold anything, NUL too. */
void chat_json_text(chat_json_t *json, const char *bytes, apr_size_t length);

void chat_json_integer(chat_json_t *json, apr_int64_t number);
void chat_json_boolean(chat_json_t *json, int truth);
void chat_json_null(chat_json_t *json);

/** A timestamp as chat_time_format() writes it; 0 is written as null. */
void chat_json_time(chat_json_t *json, apr_time_t time);

/** One value that is JSON already, copied as it is: the caller vouches for it. */
void chat_json_raw(chat_json_t *json, const char *text, apr_size_t length);

/**
 * What was written, followed by a NUL that `length` does not count. It stays the writer's and
 * moves with the next value. Everything that was begun must have ended.
 */
const char *chat_json_bytes(chat_json_t *json, apr_size_t *length);

/** As chat_json_bytes(), but the caller frees it with free(), and the writer starts anew. */
char *chat_json_take(chat_json_t *json, apr_size_t *length);
#endif
