/**
 * @file chat_sql.h
 * Every statement that the module sends, as text, with what is needed to send it.
 *
 * Parameters are $1, $2 … in text format; a NULL parameter is SQL's null. Result columns are of the
 * types int8, int4, bool, text and timestamptz only, so that they can be read in binary format.
 * The first six columns are those of the asking user (chat_sql_user_column_t), null in all rows
 * but the first; a feed's statements have no asking user. No row at all means that the external_id
 * is unknown; or, where a user_id is given, that it is not that user's any more. Threads: constant
 * data, for anybody.
 */
#ifndef MOD_CHAT_CHAT_SQL_H
#define MOD_CHAT_CHAT_SQL_H

/** The statements; each comment names parameters and the columns after the user's. */
typedef enum {
    /** external_id, username|null, display_name|null, avatar_url|null, email|null,
     *  former_id|null: nothing but the user's columns. Null leaves a field as it is, an empty
     * avatar_url or email clears it. */
    CHAT_SQL_ENSURE_USER,
    /** external_id, rows, before_updated_at|null, before_id|null, church_id|null, since|null (as
     *  chat.since() takes it): a header row with the asker's whole unread_count, and the snapshot's
     *  xmin in the place of a conversation's id, the epoch and the snapshot in those of its texts;
     *  then conversations, newest first, each with the transaction that wrote it. */
    CHAT_SQL_LIST_CONVERSATIONS,
    /** The same parameters and columns; only conversations with something unread for the asker. */
    CHAT_SQL_LIST_UNREAD_CONVERSATIONS,
    /** The same and q, unread_only: those whose name, as the asker sees it, contains q. */
    CHAT_SQL_FIND_CONVERSATIONS,
    /** external_id, conversation_id: the snapshot's xmin, then the conversation or nulls, then the
     *  epoch. */
    CHAT_SQL_GET_CONVERSATION,
    /** external_id: unread_count over all conversations of the asker, the snapshot's xmin, the
       epoch. */
    CHAT_SQL_UNREAD_COUNT,
    /** external_id, church_id: outcome created|found|no_church|blocked|user_inactive, conversation.
     */
    CHAT_SQL_OPEN_CONVERSATION,
    /** external_id, conversation_id, before_id|null, rows: a header row, then messages, newest
     * first.
     */
    CHAT_SQL_LIST_MESSAGES_BEFORE,
    /** external_id, conversation_id, after_id, rows, before_id|null: a header row, then messages,
     *  oldest first. */
    CHAT_SQL_LIST_MESSAGES_AFTER,
    /** external_id, conversation ids and seqs as '{1,2}', rows: a header row, a row for each
     *  conversation in that order, then of each the messages after that seq, oldest first, as many
     *  as `rows` in all. */
    CHAT_SQL_RESUME_MESSAGES,
    /** external_id, conversation_id, content, client_id|null, flag|null, user_id|null: outcome
     *  posted|repeated|not_found|blocked|church_inactive|user_inactive, header and message. */
    CHAT_SQL_POST_MESSAGE,
    /** external_id, conversation_id, up_to|null, user_id|null: outcome
       read|not_found|user_inactive, marked. */
    CHAT_SQL_MARK_READ,
    /** external_id, conversation_id, blocked: outcome done|not_found|not_staff|user_inactive. */
    CHAT_SQL_BLOCK_MEMBER,
    /** external_id, conversation_id, user_id|null: a null, then conversation_id|null,
     * is_church_owner, member_blocked. */
    CHAT_SQL_CHECK_TYPING,
    /** external_id, conversation_id, user ids as '{1,2}', for each the seq behind which it was
     * said: a header row, then the people of them who may be shown to the asker. */
    CHAT_SQL_LIST_TYPERS,
    /** external_id: the user's columns, and the epoch. */
    CHAT_SQL_GET_USER,
    /** external_id, rows, before_newest_id|null: a header row with the asker's number of unread
     *  notifications, then notifications, newest first. */
    CHAT_SQL_LIST_NOTIFICATIONS,
    /** external_id, conversation ids as '{1,2}'|null: outcome read|user_inactive, marked. */
    CHAT_SQL_READ_NOTIFICATIONS,

    /* For feeds: no asking user, so other columns, and no check of access but the audience given.
     */

    /** Nothing: the snapshot that READ_EVENTS can go on from, and the epoch. */
    CHAT_SQL_READ_SNAPSHOT,
    /** snapshot, rows: a header row with the new snapshot and the epoch, then the events that were
     * committed since the old one, by id. */
    CHAT_SQL_READ_EVENTS,
    /** Nothing: takes away events that every feed has read; how many. */
    CHAT_SQL_PRUNE_EVENTS,
    /** conversation ids, user ids, flags, seqs, all as '{1,2}': marks with all that telling them
     *  takes. A mark is false as well when its user may not be shown any more, or has sent a
     * message behind that seq. */
    CHAT_SQL_NAME_TYPERS,
    /** user ids, conversation ids, sides (true: the church's), all as '{1,2}', the latter two of
     *  one length: how notifications stand now. One row for each user, one for each conversation
     *  and side, and one for each mark that these users have there. */
    CHAT_SQL_TELL_NOTIFICATIONS,
    /** channel, payload. */
    CHAT_SQL_NOTIFY,

    /** Nothing: the schema's version (int4), for the health. No asking user. */
    CHAT_SQL_SCHEMA_VERSION,
    CHAT_SQL_COUNT
} chat_sql_t;

/** The asking user, at the front of every first row. */
typedef enum {
    CHAT_SQL_USER_ID,           /**< int8 */
    CHAT_SQL_USER_IS_ACTIVE,    /**< bool */
    CHAT_SQL_USER_DISPLAY_NAME, /**< text */
    CHAT_SQL_USER_AVATAR_URL,   /**< text or null */
    CHAT_SQL_USER_EMAIL,        /**< text or null */
    CHAT_SQL_USER_USERNAME,     /**< text or null */
    CHAT_SQL_USER_COLUMNS
} chat_sql_user_column_t;

#define CHAT_SQL_USER_EPOCH CHAT_SQL_USER_COLUMNS /**< text; GET_USER */

/** Statements that give conversations. The first column after the user's is the outcome (text), or
 * the header's unread_count (int8). */
typedef enum {
    CHAT_SQL_CONVERSATION_OUTCOME = CHAT_SQL_USER_COLUMNS,
    CHAT_SQL_CONVERSATION_ID,                /**< int8, null: none in this row */
    CHAT_SQL_CONVERSATION_CHURCH_ID,         /**< int8 */
    CHAT_SQL_CONVERSATION_CHURCH_NAME,       /**< text */
    CHAT_SQL_CONVERSATION_CHURCH_LOGO_URL,   /**< text or null */
    CHAT_SQL_CONVERSATION_IS_CHURCH_OWNER,   /**< bool: the asker sees it as staff */
    CHAT_SQL_CONVERSATION_MEMBER_ID,         /**< int8 */
    CHAT_SQL_CONVERSATION_MEMBER_NAME,       /**< text */
    CHAT_SQL_CONVERSATION_MEMBER_AVATAR_URL, /**< text or null */
    CHAT_SQL_CONVERSATION_LAST_MESSAGE_ID,   /**< int8 or null */
    CHAT_SQL_CONVERSATION_LAST_MESSAGE_TEXT, /**< text or null, at most 140 characters */
    CHAT_SQL_CONVERSATION_LAST_MESSAGE_AT,   /**< timestamptz or null */
    CHAT_SQL_CONVERSATION_UNREAD_COUNT,      /**< int8, for the asker's side */
    CHAT_SQL_CONVERSATION_CREATED_AT,        /**< timestamptz */
    CHAT_SQL_CONVERSATION_UPDATED_AT,        /**< timestamptz */
    CHAT_SQL_CONVERSATION_MEMBER_BLOCKED,    /**< bool */
    CHAT_SQL_CONVERSATION_COLUMNS
} chat_sql_conversation_column_t;

/** The header row of a list. */
#define CHAT_SQL_LIST_UNREAD CHAT_SQL_CONVERSATION_OUTCOME /**< int8; UNREAD_COUNT as well */
#define CHAT_SQL_LIST_XMIN CHAT_SQL_CONVERSATION_ID        /**< int8; UNREAD_COUNT as well */
#define CHAT_SQL_LIST_EPOCH                                                                        \
    CHAT_SQL_CONVERSATION_CHURCH_NAME /**< text; RESUME_MESSAGES as well                           \
                                       */
#define CHAT_SQL_LIST_SNAPSHOT CHAT_SQL_CONVERSATION_CHURCH_LOGO_URL /**< text */
/** Behind the conversation: in lists, and in GET_CONVERSATION. */
#define CHAT_SQL_CONVERSATION_WRITTEN_BY CHAT_SQL_CONVERSATION_COLUMNS /**< xid */
#define CHAT_SQL_CONVERSATION_EPOCH CHAT_SQL_CONVERSATION_COLUMNS      /**< text */
/** UNREAD_COUNT. */
#define CHAT_SQL_UNREAD_EPOCH (CHAT_SQL_LIST_XMIN + 1) /**< text */

/** RESUME_MESSAGES: rows of conversations have the first of these, and no user's id; those of
 *  messages are like CHAT_SQL_LISTED_*, but for these. */
#define CHAT_SQL_RESUMED_LAST_SEQ CHAT_SQL_CONVERSATION_OUTCOME /**< int8, null: not visible */
#define CHAT_SQL_RESUMED_SEQ CHAT_SQL_CONVERSATION_OUTCOME      /**< int8 */
#define CHAT_SQL_RESUMED_CONVERSATION_ID CHAT_SQL_CONVERSATION_ID
#define CHAT_SQL_RESUMED_SENDER_ID CHAT_SQL_CONVERSATION_CHURCH_ID
#define CHAT_SQL_RESUMED_IS_FLAGGED CHAT_SQL_CONVERSATION_IS_CHURCH_OWNER
#define CHAT_SQL_RESUMED_CREATED_AT CHAT_SQL_CONVERSATION_CREATED_AT
#define CHAT_SQL_RESUMED_READ_AT CHAT_SQL_CONVERSATION_UPDATED_AT

/** The conversation as the asker sees it: in POST_MESSAGE's row, and in the header row of lists of
 *  messages. */
typedef enum {
    CHAT_SQL_SIDES_CONVERSATION_ID = CHAT_SQL_USER_COLUMNS, /**< int8, null: not visible */
    CHAT_SQL_SIDES_IS_CHURCH_OWNER,                         /**< bool */
    CHAT_SQL_SIDES_MEMBER_NAME,                             /**< text */
    CHAT_SQL_SIDES_MEMBER_AVATAR_URL,                       /**< text or null */
    CHAT_SQL_SIDES_CHURCH_NAME,                             /**< text */
    CHAT_SQL_SIDES_CHURCH_LOGO_URL,                         /**< text or null */
    CHAT_SQL_SIDES_COLUMNS
} chat_sql_sides_column_t;

/** POST_MESSAGE: the message, after the conversation. */
typedef enum {
    CHAT_SQL_POSTED_OUTCOME = CHAT_SQL_SIDES_COLUMNS, /**< text */
    CHAT_SQL_POSTED_ID,                               /**< int8, null: no message */
    CHAT_SQL_POSTED_SEQ,                              /**< int8 */
    CHAT_SQL_POSTED_SENDER_ID,                        /**< int8 */
    CHAT_SQL_POSTED_FROM_CHURCH,                      /**< bool */
    CHAT_SQL_POSTED_CONTENT,                          /**< text */
    CHAT_SQL_POSTED_CREATED_AT,                       /**< timestamptz */
    CHAT_SQL_POSTED_READ_AT,                          /**< timestamptz or null */
    CHAT_SQL_POSTED_CLIENT_ID,                        /**< text or null */
    CHAT_SQL_POSTED_STAFF_NAME,                       /**< text, for fellow staff only, or null */
    CHAT_SQL_POSTED_IS_FLAGGED                        /**< bool, for staff only, or null */
} chat_sql_posted_column_t;

/** Lists of messages: the rows behind the header. A column serves for two things of its type, for
 *  each null costs something in each row. */
typedef enum {
    CHAT_SQL_LISTED_ID = CHAT_SQL_USER_ID,                       /**< int8 */
    CHAT_SQL_LISTED_FROM_CHURCH = CHAT_SQL_USER_IS_ACTIVE,       /**< bool */
    CHAT_SQL_LISTED_CONTENT = CHAT_SQL_USER_DISPLAY_NAME,        /**< text */
    CHAT_SQL_LISTED_CLIENT_ID = CHAT_SQL_USER_AVATAR_URL,        /**< text or null */
    CHAT_SQL_LISTED_STAFF_NAME = CHAT_SQL_USER_EMAIL,            /**< as POSTED */
    CHAT_SQL_LISTED_SEQ = CHAT_SQL_SIDES_CONVERSATION_ID,        /**< int8 */
    CHAT_SQL_LISTED_IS_FLAGGED = CHAT_SQL_SIDES_IS_CHURCH_OWNER, /**< bool, for staff only */
    CHAT_SQL_LISTED_SENDER_ID = CHAT_SQL_SIDES_COLUMNS, /**< int8; the header has its xmin here */
    CHAT_SQL_LISTED_CREATED_AT,                         /**< timestamptz */
    CHAT_SQL_LISTED_READ_AT,                            /**< timestamptz or null */
    CHAT_SQL_LISTED_EPOCH                               /**< text, of the header; else null */
} chat_sql_listed_column_t;

/** MARK_READ, READ_NOTIFICATIONS and BLOCK_MEMBER. */
typedef enum {
    CHAT_SQL_MARK_OUTCOME = CHAT_SQL_USER_COLUMNS, /**< text */
    CHAT_SQL_MARK_MARKED                           /**< int8; not BLOCK_MEMBER */
} chat_sql_mark_column_t;

/** CHECK_TYPING has the first five; LIST_TYPERS the conversation's id in its header row and the
 *  people in the others. */
typedef enum {
    CHAT_SQL_TYPING_OUTCOME = CHAT_SQL_USER_COLUMNS,          /**< text, always null */
    CHAT_SQL_TYPING_CONVERSATION_ID,                          /**< int8, null: not visible */
    CHAT_SQL_TYPING_IS_CHURCH_OWNER,                          /**< bool; CHECK_TYPING */
    CHAT_SQL_TYPING_MEMBER_BLOCKED,                           /**< bool; CHECK_TYPING */
    CHAT_SQL_TYPING_LAST_SEQ,                                 /**< int8; CHECK_TYPING */
    CHAT_SQL_TYPER_USER_ID = CHAT_SQL_TYPING_IS_CHURCH_OWNER, /**< int8, null: the church */
    CHAT_SQL_TYPER_USERNAME,                                  /**< text or null */
    CHAT_SQL_TYPER_DISPLAY_NAME,                              /**< text */
    CHAT_SQL_TYPER_AVATAR_URL                                 /**< text or null */
} chat_sql_typing_column_t;

/** LIST_NOTIFICATIONS. */
typedef enum {
    CHAT_SQL_NOTIFICATION_UNREAD_COUNT = CHAT_SQL_USER_COLUMNS, /**< int8; in the header only */
    CHAT_SQL_NOTIFICATION_CONVERSATION_ID,                      /**< int8, null: none in this row */
    CHAT_SQL_NOTIFICATION_TITLE,                                /**< text; the header: the epoch */
    CHAT_SQL_NOTIFICATION_BODY,       /**< text, of a longer one 141 characters */
    CHAT_SQL_NOTIFICATION_COUNT,      /**< int8 */
    CHAT_SQL_NOTIFICATION_CREATED_AT, /**< timestamptz */
    CHAT_SQL_NOTIFICATION_UPDATED_AT, /**< timestamptz */
    CHAT_SQL_NOTIFICATION_READ_AT,    /**< timestamptz or null */
    CHAT_SQL_NOTIFICATION_NEWEST_ID   /**< int8: of the messages; the header has its xmin here */
} chat_sql_notification_column_t;

/** TELL_NOTIFICATIONS. What a row is of tells which of the first two are null. */
typedef enum {
    CHAT_SQL_TOLD_USER_ID,         /**< int8; of users and of marks */
    CHAT_SQL_TOLD_CONVERSATION_ID, /**< int8; of conversations and of marks */
    CHAT_SQL_TOLD_IS_CHURCH_OWNER, /**< bool; of conversations, as are the next five */
    CHAT_SQL_TOLD_TITLE,           /**< text */
    CHAT_SQL_TOLD_BODY,            /**< text, null: nothing is unread, as are the next but one */
    CHAT_SQL_TOLD_COUNT,           /**< int8; of users: how many notifications are unread */
    CHAT_SQL_TOLD_CREATED_AT,      /**< timestamptz */
    CHAT_SQL_TOLD_UPDATED_AT,      /**< timestamptz */
    CHAT_SQL_TOLD_READ_AT          /**< timestamptz; of marks */
} chat_sql_told_column_t;

/** READ_EVENTS. Without an event in its row (the header), or without a conversation or a message in
 *  the event, the columns of these are null. */
typedef enum {
    CHAT_SQL_EVENT_SNAPSHOT,        /**< text; in the header only, and READ_SNAPSHOT */
    CHAT_SQL_EVENT_ID,              /**< int8 */
    CHAT_SQL_EVENT_KIND,            /**< int4 */
    CHAT_SQL_EVENT_USER_ID,         /**< int8: who did it, or whom it concerns; or null */
    CHAT_SQL_EVENT_AGE_US,          /**< int8 */
    CHAT_SQL_EVENT_CHURCH_ID,       /**< int8 */
    CHAT_SQL_EVENT_CHURCH_NAME,     /**< text; the header has the epoch here */
    CHAT_SQL_EVENT_CHURCH_LOGO_URL, /**< text or null */
    CHAT_SQL_EVENT_MEMBER_ID,       /**< int8 */
    CHAT_SQL_EVENT_MEMBER_NAME,     /**< text */
    CHAT_SQL_EVENT_MEMBER_AVATAR,   /**< text or null */
    CHAT_SQL_EVENT_STAFF_IDS,       /**< text "3,7", null: nobody */
    CHAT_SQL_EVENT_CONVERSATION_ID, /**< int8 */
    CHAT_SQL_EVENT_LAST_TEXT,       /**< text or null */
    CHAT_SQL_EVENT_LAST_AT,         /**< timestamptz or null */
    CHAT_SQL_EVENT_MEMBER_UNREAD,   /**< int8 */
    CHAT_SQL_EVENT_CHURCH_UNREAD,   /**< int8 */
    CHAT_SQL_EVENT_CREATED_AT,      /**< timestamptz */
    CHAT_SQL_EVENT_UPDATED_AT,      /**< timestamptz */
    CHAT_SQL_EVENT_MESSAGE_ID,      /**< int8 */
    CHAT_SQL_EVENT_SEQ,             /**< int8 */
    CHAT_SQL_EVENT_SENDER_ID,       /**< int8 */
    CHAT_SQL_EVENT_FROM_CHURCH,     /**< bool */
    CHAT_SQL_EVENT_CONTENT,         /**< text */
    CHAT_SQL_EVENT_SENT_AT,         /**< timestamptz */
    CHAT_SQL_EVENT_READ_AT,         /**< timestamptz or null */
    CHAT_SQL_EVENT_CLIENT_ID,       /**< text or null */
    CHAT_SQL_EVENT_STAFF_NAME,      /**< text or null */
    CHAT_SQL_EVENT_IS_FLAGGED,      /**< bool */
    CHAT_SQL_EVENT_LAST_MESSAGE_ID, /**< int8 or null */
    CHAT_SQL_EVENT_XID,             /**< int8 */
    CHAT_SQL_EVENT_MEMBER_BLOCKED   /**< bool */
} chat_sql_event_column_t;

#define CHAT_SQL_SNAPSHOT_EPOCH (CHAT_SQL_EVENT_SNAPSHOT + 1) /**< text; READ_SNAPSHOT */
#define CHAT_SQL_EVENTS_EPOCH CHAT_SQL_EVENT_CHURCH_NAME      /**< text; READ_EVENTS' header */

/** PRUNE_EVENTS. */
typedef enum { CHAT_SQL_PRUNED_MAY_HAVE_MORE /**< bool */ } chat_sql_pruned_column_t;

/** NAME_TYPERS. */
typedef enum {
    CHAT_SQL_NAMED_CONVERSATION_ID, /**< int8 */
    CHAT_SQL_NAMED_USER_ID,         /**< int8 */
    CHAT_SQL_NAMED_USERNAME,        /**< text */
    CHAT_SQL_NAMED_DISPLAY_NAME,    /**< text */
    CHAT_SQL_NAMED_AVATAR_URL,      /**< text or null */
    CHAT_SQL_NAMED_IS_MEMBER,       /**< bool */
    CHAT_SQL_NAMED_CHURCH_ID,       /**< int8 */
    CHAT_SQL_NAMED_CHURCH_NAME,     /**< text */
    CHAT_SQL_NAMED_CHURCH_LOGO_URL, /**< text or null */
    CHAT_SQL_NAMED_MEMBER_ID,       /**< int8 */
    CHAT_SQL_NAMED_MEMBER_NAME,     /**< text */
    CHAT_SQL_NAMED_MEMBER_AVATAR,   /**< text or null */
    CHAT_SQL_NAMED_STAFF_IDS,       /**< text "3,7", null: nobody */
    CHAT_SQL_NAMED_IS_TYPING,       /**< bool */
    CHAT_SQL_NAMED_PLACE            /**< int8: which of the marks, from 1 on */
} chat_sql_named_column_t;

/** One statement. */
typedef struct chat_statement_t {
    const char *label; /**< its name on the server, the enum's in lower case */
    const char *text;
    int parameters; /**< how many: $1 … */
    int is_read;    /**< changes nothing, so it may be repeated after a lost connection */
} chat_statement_t;

extern const chat_statement_t chat_sql_statements[CHAT_SQL_COUNT];

/** Versions of the schema (the highest in chat.schema_migrations) that these statements work with.
 *  A migration keeps the statements of the version before it working. */
extern const int chat_sql_schema_min;
extern const int chat_sql_schema_max;

#endif
