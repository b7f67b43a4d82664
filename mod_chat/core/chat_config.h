/**
 * @file chat_config.h
 * The settings of one server or virtual host, as set by the Chat* directives.
 *
 * Filled while httpd reads its configuration (chat_directives.c) and read-only afterwards, by any
 * thread. Every field has a value for "not set", for which a virtual host inherits.
 */
#ifndef MOD_CHAT_CHAT_CONFIG_H
#define MOD_CHAT_CHAT_CONFIG_H
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#define CHAT_ROOT_DEFAULT "/api"
#define CHAT_BODY_BYTES_DEFAULT 65536
#define CHAT_BODY_BYTES_MIN 1024
#define CHAT_BODY_BYTES_MAX 16777216
#define CHAT_CONTENT_CHARS_DEFAULT 1000
#define CHAT_CONTENT_CHARS_MAX 100000
#define CHAT_DATABASE_WAIT_MS_DEFAULT 1000
#define CHAT_DATABASE_WAIT_MS_MAX 60000
#define CHAT_GROUP_POSTING_DEFAULT 64
#define CHAT_GROUP_POSTING_MIN 2
#define CHAT_GROUP_POSTING_MAX 64 /**< as db/chat_group.h */

#define CHAT_SOCKETS_MAX 1000000
#define CHAT_SESSION_FRAME_BYTES_DEFAULT 65536
#define CHAT_SESSION_FRAME_BYTES_MIN 1024
#define CHAT_SESSION_FRAME_BYTES_MAX 16777216
#define CHAT_SESSION_AGE_S_DEFAULT 900
#define CHAT_SESSION_AGE_S_MAX 86400
#define CHAT_HEARTBEAT_S_DEFAULT 30
#define CHAT_HEARTBEAT_S_MAX 3600

#define CHAT_PUSH_DELAY_S_DEFAULT 5
#define CHAT_PUSH_DELAY_S_MAX 3600

#define CHAT_ATTACHMENT_BYTES_DEFAULT 10485760
#define CHAT_ATTACHMENT_BYTES_MIN 1024
#define CHAT_ATTACHMENT_BYTES_MAX 1073741824
#define CHAT_ATTACHMENT_FREE_DEFAULT APR_INT64_C(1073741824)
#define CHAT_ATTACHMENT_QUOTA_DEFAULT APR_INT64_C(209715200)
#define CHAT_ATTACHMENT_QUOTA_S_DEFAULT 86400
#define CHAT_ATTACHMENT_QUOTA_S_MAX 31622400 /* 366 days */
#define CHAT_IMAGE_PIXELS_DEFAULT 50000000
#define CHAT_IMAGE_PIXELS_MAX 1000000000
#define CHAT_UPLOADS_MAX 10000
#define CHAT_UPLOADS_PER_USER_DEFAULT 3
#define CHAT_SEARCH_CONFIG_DEFAULT "simple"
#define CHAT_SEARCH_CONFIG_BYTES_MAX 127 /* two names of PostgreSQL */

#define CHAT_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Opaque here: types of other rooms. */
struct chat_expression_t;       /* http/chat_expression.h */
struct chat_rate_limit_t;       /* guard/chat_rate_limit.h */
struct chat_mail_config_t;      /* notify/chat_mail_config.h */
struct chat_retention_config_t; /* notify/chat_retention_config.h */
struct chat_secrets_t;          /* guard/chat_token.h */
struct chat_spam_rules_t;       /* guard/chat_spam.h */
struct chat_p256_t;             /* core/chat_p256.h */
struct chat_media_type_t;       /* core/chat_media_type.h */
struct chat_scan_t;             /* guard/chat_scan.h */

/** How many actions can be limited: guard/chat_rate_limit.h names them. */
#define CHAT_ACTIONS_MAX 11

/** One line ChatRateLimit. */
typedef struct chat_configured_limit_t {
    struct chat_rate_limit_t *limit;
    const struct chat_expression_t *key; /**< NULL: the user */
} chat_configured_limit_t;

typedef enum {
    CHAT_USER_CASE_UNSET,
    CHAT_USER_CASE_KEEP,        /**< names that differ in case are two users */
    CHAT_USER_CASE_FOLD,        /**< they are one, and so are values of ChatUserId */
    CHAT_USER_CASE_DEFAULT_FOLD /**< names are folded, as logins come from a directory */
} chat_user_case_t;

typedef enum {
    CHAT_LIMITS_UNSET,
    CHAT_LIMITS_ENFORCE,
    CHAT_LIMITS_DRY_RUN, /**< count and log, refuse nobody */
    CHAT_LIMITS_OFF
} chat_limits_mode_t;

typedef enum {
    CHAT_PUSH_CONTENT_UNSET,
    CHAT_PUSH_CONTENT_FULL, /**< the beginning of the message */
    CHAT_PUSH_CONTENT_NONE  /**< that there is one */
} chat_push_content_t;

typedef enum {
    CHAT_METADATA_UNSET,
    CHAT_METADATA_STRIP, /**< pictures are stored without them */
    CHAT_METADATA_KEEP
} chat_metadata_t;

typedef enum {
    CHAT_STORE_UNSET,
    CHAT_STORE_DIRECTORY, /**< files of messages are in ChatAttachmentDir */
    CHAT_STORE_DATABASE   /**< where they are received, and those of before */
} chat_attachment_store_t;

typedef enum { CHAT_SEARCH_UNSET, CHAT_SEARCH_ON, CHAT_SEARCH_OFF } chat_search_switch_t;

typedef struct chat_config_t {
    apr_array_header_t *roots; /**< of const char *: "/api", without a last slash ("" for "/");
                                    NULL: not set; empty: the module claims nothing here */
    const struct chat_expression_t *user_id; /**< NULL: not set */
    chat_user_case_t user_case;
    const struct chat_expression_t *user_name;   /**< NULL: not set */
    const struct chat_expression_t *user_email;  /**< NULL: not set */
    const struct chat_expression_t *user_avatar; /**< NULL: not set */
    apr_size_t body_bytes_max;                   /**< 0: not set */
    apr_size_t content_chars_max;                /**< 0: not set */
    int database_wait_ms;                        /**< -1: not set */
    int group_posting;           /**< messages in a statement; 1: off; -1: not set */
    const char *database_listen; /**< for libpq; NULL: as DBDParams */

    const char *notification_link; /**< with {conversation_id} in it; NULL: not set */
    const char *public_root;       /**< https://host/path, without a last slash; NULL: not set */

    struct chat_p256_t *push_key;        /**< ChatPushKey; NULL: not set, no push */
    const char *push_contact;            /**< ChatPushContact; NULL: not set */
    const char *push_ca;                 /**< ChatPushCA; NULL: the system's */
    int push_delay_s;                    /**< -1: not set */
    int push_content;                    /**< chat_push_content_t; 0: not set */
    apr_array_header_t *push_exemptions; /**< ChatPushAllow, of chat_push_host_t; NULL: not set */
    apr_array_header_t *push_hosts;      /**< ChatPushHosts, likewise; NULL: any */

    const char *attachment_dir;         /**< ChatAttachmentDir; NULL: not set, no files */
    int attachment_store;               /**< chat_attachment_store_t; 0: not set */
    apr_int64_t attachment_bytes_max;   /**< 0: not set */
    apr_int64_t attachment_free_bytes;  /**< -1: not set */
    apr_int64_t attachment_quota_bytes; /**< in each period; 0: no quota; -1: not set */
    apr_int64_t attachment_quota_s;     /**< the period; set with the bytes */
    const struct chat_expression_t *attachment_quota_key; /**< likewise; NULL: the user */
    apr_array_header_t *attachment_types;                 /**< of const char *; NULL: not set */
    int attachment_metadata;                              /**< chat_metadata_t; 0: not set */
    int image_pixels_max;                                 /**< 0: not set */
    int has_scan;                                         /**< ChatScan is set, perhaps to off */
    const struct chat_scan_t *scan;                       /**< NULL: files are not scanned */
    struct chat_media_type_t *detector; /**< from startup on, where there is attachment_dir */

    int search;                  /**< chat_search_switch_t */
    const char *search_config;   /**< ChatSearchConfig; NULL: not set */
    int search_slot;             /**< of its database in the metrics, from startup on; -1: none */
    int csrf_mode;               /**< chat_csrf_mode_t; 0: not set */
    const char *csrf_cookie;     /**< the name of the cookie; NULL: not set */
    const char *csrf_old_cookie; /**< of the second one; NULL: none is given */
    apr_array_header_t *trusted_origins;       /**< of const char *, normalised; NULL: not set */
    struct chat_secrets_t *secrets;            /**< NULL: not set */
    struct chat_retention_config_t *retention; /**< ChatRetention; NULL: not set */

    /** By action, of chat_configured_limit_t: all limits of an action apply. NULL: not set, the
     * default limit applies. */
    apr_array_header_t *limits[CHAT_ACTIONS_MAX];
    chat_limits_mode_t limits_mode;

    struct chat_spam_rules_t *spam_rules;  /**< NULL: not set */
    struct chat_rate_limit_t *spam_repeat; /**< NULL: not set */
    int spam_repeat_action;                /**< chat_spam_action_t */

    apr_size_t socket_frame_bytes_max; /**< 0: not set */
    int socket_age_max_s;              /**< -1: not set; 0: none */

    /* Of the main server only: a child has one event loop for all servers. */
    int sockets_max;                 /**< WebSockets in each child; -1: chat_startup.c decides */
    int sockets_per_user_max;        /**< in all children; 0: no limit; -1: as above */
    int sockets_per_address_max;     /**< in all children; 0: no limit; -1: as above */
    int heartbeat_s;                 /**< 0: not set */
    int uploads_max;                 /**< at once in each child; 0: a quarter of its threads */
    int uploads_per_user_max;        /**< of these; 0: not set */
    struct chat_mail_config_t *mail; /**< NULL: not set */
} chat_config_t;

typedef enum {
    CHAT_LINKS_UNSET,
    CHAT_LINKS_ABSOLUTE_PATH, /**< "/api/conversations/?cursor=…" */
    CHAT_LINKS_RELATIVE       /**< "?cursor=…": true also where a proxy has mapped the path */
} chat_links_t;

/** The settings of a directory, location or other section. */
typedef struct chat_section_config_t {
    chat_links_t links;
    int gives_csrf_token; /**< to its pages, in the environment; -1: not set */
    int has_admin;        /**< ChatAdmin: -1: not set; 0: off; 1: `admin` decides */
    const struct chat_expression_t *admin; /**< who may administer; NULL unless has_admin is 1 */
} chat_section_config_t;

const char *chat_config_first_root(const chat_config_t *config); /**< of ChatRoot: "/api" */
int chat_config_has_chat(const chat_config_t *config);           /**< not ChatRoot none */
int chat_config_has_files(const chat_config_t *config);         /**< and ChatAttachmentDir is set */
int chat_config_files_in_database(const chat_config_t *config); /**< those that are sent now */
int chat_config_has_search(const chat_config_t *config);        /**< not ChatSearch off */
const char *chat_config_search_config(const chat_config_t *config);
apr_int64_t chat_config_attachment_bytes_max(const chat_config_t *config);
apr_int64_t chat_config_attachment_free(const chat_config_t *config);
apr_int64_t chat_config_attachment_quota_bytes(const chat_config_t *config); /**< 0: no quota */
apr_int64_t chat_config_image_pixels_max(const chat_config_t *config);
apr_int64_t chat_config_attachment_quota_s(const chat_config_t *config);
apr_size_t chat_config_body_bytes_max(const chat_config_t *config);
apr_size_t chat_config_content_chars_max(const chat_config_t *config);
apr_interval_time_t chat_config_database_wait(const chat_config_t *config);
int chat_config_group_posting(const chat_config_t *config); /**< 1: off */
apr_size_t chat_config_socket_frame_bytes_max(const chat_config_t *config);
apr_interval_time_t chat_config_socket_age_max(const chat_config_t *config); /**< 0: none */
int chat_config_push_delay_s(const chat_config_t *config); /**< -1: there is no push */
apr_interval_time_t chat_config_heartbeat(const chat_config_t *config);
#endif
