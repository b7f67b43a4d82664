/**
 * @file chat_json_read.h
 * Reads a JSON object that a client sends, and its fields.
 *
 * It refuses more than RFC 8259 requires: the RFC leaves open what duplicate names, lone surrogates
 * and NUL mean, and where two parsers disagree on that a filter can be bypassed. json-c builds the
 * tree; a scan of the bytes before that refuses what json-c accepts.
 * Ownership: the object belongs to the pool, and strings point into it.
 */
#ifndef MOD_CHAT_CHAT_JSON_READ_H
#define MOD_CHAT_CHAT_JSON_READ_H
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/chat_json.h"
#include "core/chat_problem.h"

/** json-c's type; only chat_json_read.c includes json-c. */
typedef struct json_object json_object;

/** The maximum depth of nested objects and arrays, with the outermost one. */
#define CHAT_JSON_READ_DEPTH_MAX 8

/**
 * Read one JSON object. 400 `invalid_json` for: what RFC 8259 does not allow, bytes that are not
 * UTF-8, a byte order mark, a top level other than an object, anything but blanks after it, deeper
 * nesting than CHAT_JSON_READ_DEPTH_MAX, a name given twice in one object, NUL characters and
 * lone surrogates, written plainly or as escapes.
 */
chat_problem_t *chat_json_read(json_object **pobject, const char *text, apr_size_t length,
                               apr_pool_t *p);

/** A positive integer, also as a string of digits, which old clients send. Required. */
chat_problem_t *chat_json_read_id(apr_int64_t *pid, json_object *object, const char *field,
                                  apr_pool_t *p);

/** As chat_json_read_id(), but 0 if the field is missing or null. */
chat_problem_t *chat_json_read_optional_id(apr_int64_t *pid, json_object *object, const char *field,
                                           apr_pool_t *p);

/** From one to `count_max` ids in an array, as apr_int64_t. Required. */
chat_problem_t *chat_json_read_ids(apr_array_header_t **pids, json_object *object,
                                   const char *field, int count_max, apr_pool_t *p);

/** true or false, without conversion of other types. Required. */
chat_problem_t *chat_json_read_boolean(int *pvalue, json_object *object, const char *field,
                                       apr_pool_t *p);

/** A string of `*plength` bytes, valid UTF-8 without NUL, followed by one. Required. */
chat_problem_t *chat_json_read_string(const char **ptext, apr_size_t *plength, json_object *object,
                                      const char *field, apr_pool_t *p);

/** As chat_json_read_string(), but NULL and 0 if the field is missing or null. */
chat_problem_t *chat_json_read_optional_string(const char **ptext, apr_size_t *plength,
                                               json_object *object, const char *field,
                                               apr_pool_t *p);

/** Whether there is such a field, null or not. */
int chat_json_read_has(json_object *object, const char *field);

/** A string, an integer or a boolean, as text ("true"). Required. */
chat_problem_t *chat_json_read_scalar(const char **ptext, json_object *object, const char *field,
                                      apr_pool_t *p);

/** The value of a field; NULL if it is missing or null. */
json_object *chat_json_read_member(json_object *object, const char *field);

/** How many members the object in a field has; -1: it is missing, or not an object. */
int chat_json_read_count(json_object *object, const char *field);

/** Visit the members of the object in a field (chat_json_read_count()), whose values must be
 *  integers. 0: one is not, or `visit` returned 0. */
typedef int chat_json_read_visit_t(void *data, const char *name, apr_int64_t number);
int chat_json_read_each(json_object *object, const char *field, chat_json_read_visit_t *visit,
                        void *data);

/** Visit all members of an object in their order: a string with `is_string`, another value as JSON,
 * and null as NULL. The text is valid during the call. */
typedef void chat_json_read_text_t(void *data, const char *name, const char *text,
                                   apr_size_t length, int is_string);
void chat_json_read_texts(json_object *object, chat_json_read_text_t *visit, void *data);

/** Write a string or a number as it was read; null for anything else (NULL, too). */
void chat_json_read_copy(chat_json_t *json, json_object *value);

/** Keep a value longer than the pool of its object; each ref needs an unref. NULL: nothing. */
json_object *chat_json_read_ref(json_object *value);
void chat_json_read_unref(json_object *value);
#endif
