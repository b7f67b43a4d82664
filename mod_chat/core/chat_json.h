/**
 * @file chat_json.h
 * A streaming JSON writer, for all answers and WebSocket frames.
 *
 * It builds no tree: values are appended to one buffer that grows by doubling, and the writer adds
 * the commas. Each begin needs its end, and each value inside an object needs a key before it; an
 * assertion fails otherwise. The output is valid JSON (RFC 8259) whatever bytes the strings
 * contain: a byte that is not UTF-8 becomes U+FFFD. `<`, `>`, `&`, U+2028 and U+2029 are escaped,
 * so that the output is safe inside HTML and JavaScript. The same calls give the same bytes.
 * Ownership: the buffer is from malloc() and freed with the pool, except after chat_json_take().
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

/** The same for a name that needs no escaping; the name is copied as it is. */
void chat_json_name(chat_json_t *json, const char *name, apr_size_t length);

/** A string up to its NUL; NULL is written as null. */
void chat_json_string(chat_json_t *json, const char *text);

/** A string of `length` bytes of any value, also NUL. */
void chat_json_text(chat_json_t *json, const char *bytes, apr_size_t length);

void chat_json_integer(chat_json_t *json, apr_int64_t number);
void chat_json_boolean(chat_json_t *json, int truth);
void chat_json_null(chat_json_t *json);

/** A timestamp as chat_time_format() writes it; 0 is written as null. */
void chat_json_time(chat_json_t *json, apr_time_t time);

/** One value that is JSON, copied as it is and not checked. */
void chat_json_raw(chat_json_t *json, const char *text, apr_size_t length);

/** One value that is JSON of another origin, such as PostgreSQL's, not checked, but with the
 * escapes that make it safe inside HTML and JavaScript. */
void chat_json_foreign(chat_json_t *json, const char *text);

/** The same for the members of an object, "{…}", which are written into the current object. */
void chat_json_foreign_members(chat_json_t *json, const char *text);

/**
 * What was written, followed by a NUL that `length` does not count. The writer owns it,
 * and the next value may move it. All objects and arrays must have ended.
 */
const char *chat_json_bytes(chat_json_t *json, apr_size_t *length);

/** As chat_json_bytes(), but the caller frees it with free(), and the writer is empty afterwards.
 */
char *chat_json_take(chat_json_t *json, apr_size_t *length);
#endif
