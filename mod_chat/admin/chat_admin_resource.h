/**
 * @file chat_admin_resource.h
 * The table of what administrators have: the resources below admin/, with their columns, filters
 * and orders.
 *
 * The SQL of each is in chat.admin_kind() and chat.admin_condition(). Threads: constant data.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_RESOURCE_H
#define MOD_CHAT_CHAT_ADMIN_RESOURCE_H
#include "core/chat_json.h"

#define CHAT_ADMIN_FILTERS_MAX 9 /**< of a resource, with the NULL after them */

/** What the value of a filter may be. */
typedef enum {
    CHAT_ADMIN_BOOLEAN, /**< true or 1, false or 0 */
    CHAT_ADMIN_NUMBER,  /**< a positive integer, such as an id */
    CHAT_ADMIN_WORD,    /**< one of `words` */
    CHAT_ADMIN_TEXT,    /**< 1 to CHAT_ADMIN_TEXT_CHARS_MAX characters */
    CHAT_ADMIN_SEARCH   /**< likewise: words of messages, as searches take them */
} chat_admin_type_t;

#define CHAT_ADMIN_TEXT_CHARS_MAX 200

typedef struct chat_admin_filter_t {
    const char *name; /**< NULL: no more */
    chat_admin_type_t type;
    const char *words; /**< with blanks between them */
} chat_admin_filter_t;

typedef struct chat_admin_resource_t {
    const char *name;             /**< in paths: "users"; NULL ends the table */
    const char *kind;             /**< in SQL and in the audit log: "user" */
    const char *columns;          /**< the members of an item, with blanks between them */
    const char *changes;          /**< those that PATCH may change */
    const char *orders;           /**< names without the - that reverses an order */
    const char *actions;          /**< of POST admin/{name}/actions/ */
    unsigned has_export : 1;      /**< GET admin/{name}/export/ */
    unsigned has_item_export : 1; /**< GET admin/{name}/{id}/export/ */
    unsigned has_create : 1;      /**< POST admin/{name}/ */
    unsigned has_delete : 1;      /**< DELETE admin/{name}/{id}/ */
    unsigned has_erase : 1;       /**< POST admin/{name}/{id}/erase/ */
    chat_admin_filter_t filters[CHAT_ADMIN_FILTERS_MAX];
} chat_admin_resource_t;

extern const chat_admin_resource_t chat_admin_resources[];

/** The resource of a path: that of users for "admin/users/7/". */
const chat_admin_resource_t *chat_admin_resource_of(const char *path);

/** Whether `word` is one of a text of words with blanks between them. */
int chat_admin_resource_has_word(const char *words, const char *word);

/** The members of the object that describes a resource. */
void chat_admin_resource_write(chat_json_t *json, const chat_admin_resource_t *resource);

/** The member read_only: the columns that cannot be changed. */
void chat_admin_resource_write_read_only(chat_json_t *json, const chat_admin_resource_t *resource);
#endif
