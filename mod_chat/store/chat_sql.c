/*
 * The statements. Common parts are macros, so that access and columns are written once.
 *
 * How they are made, each point measured:
 * - The asker, and the conversation in question, are found once in a common table expression, which
 *   is materialized because it is used twice: for the header row and for the rows.
 * - A header row is joined to the others by UNION ALL, which keeps the order of its parts and sends
 *   names once; the rows come in the order of an index, so that nothing is sorted but the heads of
 *   several lists into one.
 * - OFFSET 0 keeps a sub-select a nested loop: it is done for the rows of the page and no others,
 *   and their order stays.
 * - coalesce($n, infinity) in place of "$n is null or ..." lets a plan made for any parameters walk
 *   the index from the right place.
 */
#include "store/chat_sql.h"

/* SQL is laid out by its own clauses. */
/* clang-format off */

#define ID_MAX "9223372036854775807"

/* The six columns at the front, of a table called as given; or their nulls. */
#define USER_COLUMNS(u)                                                                          \
    u ".id, " u ".is_active, " u ".display_name, " u ".avatar_url, " u ".email, " u ".username"
#define NO_USER "null::bigint, null::boolean, null::text, null::text, null::text, null::text"

/* The asker, in every statement that has one: by what identifies them for good. */
#define IS_ASKER "u.external_id = $1::text"

/* A socket outlives a name: what it writes must still be its user's. */
#define IS_STILL(id) " and u.id = coalesce(" id "::bigint, u.id)"

/* May user u see conversation c: its member, or staff of its church. A scalar sub-select, for an
 * "exists" may be planned as a hash of the whole table. */
#define MAY_SEE                                                                                  \
    "(c.member_id = u.id or (select true from chat.church_staff s"                               \
    " where s.church_id = c.church_id and s.user_id = u.id))"

/* What user u has not read, over all conversations. The churches' sums are kept; most users are no
 * staff, and a function that is not called needs no plan. */
#define UNREAD_SUM                                                                               \
    "(select coalesce(sum(c.member_unread), 0)"                                                  \
    " from chat.conversations c where c.member_id = u.id and c.member_unread > 0)"               \
    " + case when (select true from chat.church_staff s where s.user_id = u.id limit 1)"         \
    " then chat.unread_of_staff(u.id) else 0 end"

/* Columns 6 to 20 of conversations, and what a header row has in their place. p is a conversation with
 * the asker's is_church_owner and unread_count; then the names and pictures of its church and its member. */
#define CONVERSATION_COLUMNS(church, member)                                                     \
    "p.id, p.church_id, " church ", p.is_church_owner, p.member_id, " member                     \
    ", p.last_message_id, p.last_message_text::text, p.last_message_at,"                         \
    " p.unread_count::bigint, p.created_at, p.updated_at, p.member_blocked"
#define NAMES_OF_CHURCH "h.name, h.logo_url"
#define NAMES_OF_MEMBER "m.display_name, m.avatar_url"
#define SNAPSHOT_XMIN "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

/* As chat.current_epoch() has it, of which a call costs more: it is part of every answer that a client may
 * come back to, and must be of the same snapshot. */
#define CURRENT_EPOCH                                                                            \
    "(select lpad(to_hex(hashtextextended(concat_ws('.', e.id, e.tableoid,"                      \
    " coalesce(nullif(current_setting('chat.server', true), ''), chat.server_identity()),"       \
    " case when pg_is_in_recovery() then chat.standby_timeline()"                                \
    " else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end), 0)), 16, '0')"              \
    " from chat.epoch e)"

#define NO_CONVERSATION_BUT_ID(first_text, second_text)                                          \
    "null::bigint, " first_text ", " second_text ", null::boolean, null::bigint,"                \
    " null::text, null::text, null::bigint, null::text, null::timestamptz, null::bigint,"        \
    " null::timestamptz, null::timestamptz, null::boolean"

/* The same p, from conversation c. */
#define CONVERSATION_OF_SIDE(is_church_owner, unread_count)                                      \
    "c.id, c.church_id, " is_church_owner " as is_church_owner, c.member_id,"                    \
    " c.last_message_id, c.last_message_text, c.last_message_at,"                                \
    " " unread_count " as unread_count, c.created_at, c.updated_at, c.member_blocked"

/* A page of a list, from where the one before ended. */
#define PAGE_OF_LIST                                                                             \
    " and (c.updated_at, c.id) < (coalesce($3::timestamptz, 'infinity'),"                        \
    " coalesce($4::bigint, " ID_MAX "))"                                                         \
    " and c.updated_at >= coalesce((select s.at from since s), '-infinity')"                     \
    " and ((select s.snapshot from since s) is null"                                             \
    " or chat.is_news(c.xmin, (select s.snapshot from since s)))"
#define NEWEST_ROWS " order by c.updated_at desc, c.id desc limit $2::integer"

/*
 * A list: at most one page of the asker's own conversations and of those of each church that they
 * staff, the newest of all these, and only then the names that differ from row to row: the churches
 * of the own ones, the members of the others. The arguments narrow down the own ones and the
 * churches'.
 */
#define LIST_CONVERSATIONS(of_member, of_church)                                                 \
    "with asker as (select " USER_COLUMNS("u")                                                   \
    " from chat.users u where " IS_ASKER "),"                                                   \
    " since as materialized (select s.at, s.snapshot from chat.since($6::text) s"                \
    " where $6::text is not null)"                                                               \
    " select " USER_COLUMNS("u") ", (" UNREAD_SUM ")::bigint, " SNAPSHOT_XMIN ", "               \
    NO_CONVERSATION_BUT_ID(CURRENT_EPOCH, "pg_current_snapshot()::text") ", null::xid"           \
    " from asker u"                                                                              \
    " union all"                                                                                 \
    " select " NO_USER ", null::bigint, "                                                        \
    CONVERSATION_COLUMNS("coalesce(p.church_name, h.name),"                                      \
                         " coalesce(p.church_logo_url, h.logo_url)",                             \
                         "coalesce(p.member_name, m.display_name),"                              \
                         " coalesce(p.member_avatar_url, m.avatar_url)") ", p.written_by"        \
    " from (select c.*"                                                                          \
    " from asker u"                                                                              \
    " cross join lateral ("                                                                      \
    "(select " CONVERSATION_OF_SIDE("false", "c.member_unread")                                  \
    ", c.xmin as written_by, null as church_name, null as church_logo_url,"                                            \
    " u.display_name as member_name, u.avatar_url as member_avatar_url"                          \
    " from chat.conversations c"                                                                 \
    " where c.member_id = u.id and c.church_id = coalesce($5::bigint, c.church_id)"              \
    PAGE_OF_LIST of_member NEWEST_ROWS ")"                                                       \
    " union all"                                                                                 \
    " select c.*, h.name, h.logo_url, null, null"                                                \
    " from chat.church_staff s"                                                                  \
    " cross join lateral (select h.name, h.logo_url"                                             \
    " from chat.churches h where h.id = s.church_id offset 0) h"                                 \
    " cross join lateral ("                                                                      \
    "select " CONVERSATION_OF_SIDE("true", "c.church_unread") ", c.xmin"                         \
    " from chat.conversations c"                                                                 \
    " where c.church_id = s.church_id and c.member_id <> u.id"                                   \
    PAGE_OF_LIST of_church NEWEST_ROWS ") c"                                                     \
    " where s.user_id = u.id and s.church_id = coalesce($5::bigint, s.church_id)"                \
    ") c" NEWEST_ROWS ") p"                                                                      \
    " left join lateral (select h.name, h.logo_url"                                              \
    " from chat.churches h where h.id = p.church_id and not p.is_church_owner offset 0) h on true" \
    " left join lateral (select m.display_name, m.avatar_url"                                    \
    " from chat.users m where m.id = p.member_id and p.is_church_owner offset 0) m on true"

/* Is $7 a part of the name, whatever way either is typed. What is searched for is folded once; a row
 * written without its trigger has no folded name. */
#define NAME_CONTAINS(t, name)                                                                   \
    "strpos(coalesce(" t ".folded_name, chat.fold_name(" t "." name ")),"                        \
    " (select chat.fold_name($7::text))) > 0"

/* Messages: the asker and the conversation as they see it, or nulls when they do not. */
#define ASKER_OF_CONVERSATION                                                                    \
    "with asker as (select " USER_COLUMNS("u")                                                   \
    ", c.id as conversation_id, c.member_id <> u.id as is_church_owner, c.member_id,"            \
    " c.member_blocked,"                                                                        \
    " m.display_name as member_name, m.avatar_url as member_avatar_url, c.church_id,"            \
    " h.name as church_name, h.logo_url as church_logo_url"                                      \
    " from chat.users u"                                                                         \
    " left join lateral (select c.id, c.member_id, c.church_id, c.member_blocked"                \
    " from chat.conversations c"                                                                 \
    " where c.id = $2::bigint and " MAY_SEE " offset 0) c on true"                               \
    " left join lateral (select h.name, h.logo_url"                                              \
    " from chat.churches h where h.id = c.church_id offset 0) h on true"                         \
    " left join lateral (select m.display_name, m.avatar_url"                                    \
    " from chat.users m where m.id = c.member_id offset 0) m on true"                            \
    " where " IS_ASKER ")"

/* Members are not told who of the staff wrote, nor by what client_id, nor what was flagged: the latter
 * is left out by who reads the rows. The casts take domains off, or each row would be worked over once more. */
#define LIST_MESSAGES(span, order)                                                               \
    ASKER_OF_CONVERSATION                                                                        \
    " select " USER_COLUMNS("a") ", a.conversation_id, a.is_church_owner, a.member_name,"        \
    " a.member_avatar_url, a.church_name, a.church_logo_url, " SNAPSHOT_XMIN ","                 \
    " null::timestamptz, null::timestamptz, " CURRENT_EPOCH                                      \
    " from asker a"                                                                              \
    " union all"                                                                                 \
    " (select m.id, m.from_church, m.content,"                                                   \
    " case when not m.from_church or (select a.is_church_owner from asker a)"                    \
    " then m.client_id::text end,"                                                               \
    " case when m.from_church and (select a.is_church_owner from asker a)"                       \
    " then (select s.display_name from chat.users s where s.id = m.sender_id) end,"              \
    " null::text, m.seq::bigint, m.flag is not null, null::text, null::text, null::text,"        \
    " null::text, m.sender_id, m.created_at, m.read_at, null::text"                              \
    " from chat.messages m"                                                                      \
    " where m.conversation_id = (select a.conversation_id from asker a) and " span               \
    " order by " order " limit $4::integer)"

/* How many notifications user u has not marked: conversations with something unread, of which those of
 * the churches are counted already, without what the user's marks still are of. */
#define UNREAD_NOTIFICATIONS                                                                     \
    "(select count(*)"                                                                           \
    " from chat.conversations c where c.member_id = u.id and c.member_unread > 0)"               \
    " + (select coalesce(sum(n.conversations), 0)"                                               \
    " from chat.church_staff s"                                                                  \
    " join chat.unread_of_churches n on n.church_id = s.church_id where s.user_id = u.id)"       \
    " - (select count(*) filter (where c.church_unread > 0)"                                     \
    " from chat.church_staff s"                                                                  \
    " join chat.conversations c on c.church_id = s.church_id and c.member_id = u.id"             \
    " where s.user_id = u.id)"                                                                   \
    " - (select count(*)"                                                                        \
    " from chat.notification_marks k"                                                            \
    " join chat.conversations c on c.id = k.conversation_id"                                     \
    " where k.user_id = u.id and " MARK_COUNTS " and " MAY_SEE ")"

/* Whether mark k of user u is still of all that is unread in conversation c. */
#define MARK_COUNTS                                                                              \
    "case when c.member_id = u.id"                                                               \
    " then c.member_unread > 0 and k.read_up_to >= c.member_newest_unread_id"                    \
    " else c.church_unread > 0 and k.read_up_to >= c.church_newest_unread_id end"

/* What a notification is made of, from conversation c. */
#define NOTIFICATION_OF_MEMBER                                                                   \
    "c.id, c.church_id, c.member_id, c.member_unread as unread,"                                 \
    " c.member_unread_since as unread_since, c.member_newest_unread_id as newest_unread_id"
#define NOTIFICATION_OF_STAFF                                                                    \
    "c.id, c.church_id, c.member_id, c.church_unread, c.church_unread_since,"                    \
    " c.church_newest_unread_id"

/* One more than is shown, so that what reads it knows whether to cut, and where (chat_excerpt.h). */
#define EXCERPT_AND_ONE "141"

/* And its title and its newest message, for p of these. */
#define TITLE_OF_NOTIFICATION                                                                    \
    "case when p.is_church_owner"                                                                \
    " then (select m.display_name from chat.users m where m.id = p.member_id)"                   \
    " else (select h.name from chat.churches h where h.id = p.church_id) end"
#define NEWEST_OF_NOTIFICATION                                                                   \
    " left join lateral (select left(g.content, " EXCERPT_AND_ONE ") as body, g.created_at from chat.messages g" \
    " where g.conversation_id = p.id and g.id = p.newest_unread_id offset 0) g on true"

/* Typing: whether user t may be seen to type in a conversation, and has sent nothing there behind this
 * seq. A message ends what was said before it, in whichever order the two arrive. */
#define MAY_TYPE(t, church_id, member_id, member_blocked)                                        \
    "case when " t ".id = " member_id " then not " member_blocked                                \
    " else (select true from chat.church_staff s"                                                \
    " where s.church_id = " church_id " and s.user_id = " t ".id) end"
#define HAS_SENT_NOTHING(conversation_id, user_id, seq)                                          \
    "(select true from chat.messages g where g.conversation_id = " conversation_id               \
    " and g.seq > " seq " and g.sender_id = " user_id " limit 1) is null"

/*
 * Events, for a feed. Conversation c with both its sides, its member, its church, and the staff as
 * a list of ids: who may hear of it is found out at the moment of telling.
 */
#define SIDES_OF_EVENT                                                                           \
    "c.church_id, h.name, h.logo_url, c.member_id, m.display_name, m.avatar_url"
#define STAFF_OF_EVENT                                                                           \
    "(select string_agg(s.user_id::text, ',')"                                                   \
    " from chat.church_staff s where s.church_id = c.church_id)"

/* clang-format on */

const int chat_sql_schema_min = 15;
const int chat_sql_schema_max = 16;

/* clang-format off */
const chat_statement_t chat_sql_statements[CHAT_SQL_COUNT] = {
    [CHAT_SQL_ENSURE_USER] =
        {"ensure_user",
         "select " USER_COLUMNS("u")
         " from chat.ensure_user($1::text, $2::text, $3::text, $4::text, $5::text, $6::text) u",
         6, 0},

    [CHAT_SQL_LIST_CONVERSATIONS] = {"list_conversations", LIST_CONVERSATIONS("", ""), 6, 1},

    [CHAT_SQL_LIST_UNREAD_CONVERSATIONS] =
        {"list_unread_conversations",
         LIST_CONVERSATIONS(" and c.member_unread > 0", " and c.church_unread > 0"), 6, 1},

    /* The only list that may have to look at all conversations of the asker: names are not in
     * order of time. */
    [CHAT_SQL_FIND_CONVERSATIONS] =
        {"find_conversations",
         LIST_CONVERSATIONS(
             " and (c.member_unread > 0 or not $8::boolean) and (select " NAME_CONTAINS("h", "name")
             " from chat.churches h where h.id = c.church_id)",
             " and (c.church_unread > 0 or not $8::boolean) and (select " NAME_CONTAINS(
                 "m", "display_name") " from chat.users m where m.id = c.member_id)"),
         8, 1},

    [CHAT_SQL_GET_CONVERSATION] =
        {"get_conversation",
         "select " USER_COLUMNS("u") ", " SNAPSHOT_XMIN ", "
         CONVERSATION_COLUMNS(NAMES_OF_CHURCH, NAMES_OF_MEMBER) ", " CURRENT_EPOCH
         " from chat.users u"
         " left join lateral (select "
         CONVERSATION_OF_SIDE("c.member_id <> u.id",
             "case when c.member_id = u.id then c.member_unread else c.church_unread end")
         " from chat.conversations c where c.id = $2::bigint and " MAY_SEE " offset 0) p on true"
         " left join chat.churches h on h.id = p.church_id"
         " left join chat.users m on m.id = p.member_id"
         " where " IS_ASKER,
         2, 1},

    [CHAT_SQL_UNREAD_COUNT] =
        {"unread_count",
         "select " USER_COLUMNS("u") ", (" UNREAD_SUM ")::bigint, " SNAPSHOT_XMIN ", " CURRENT_EPOCH
         " from chat.users u where " IS_ASKER,
         1, 1},

    /* The row comes from the function, for this statement does not see what was written after it
     * began. */
    [CHAT_SQL_OPEN_CONVERSATION] =
        {"open_conversation",
         "select " USER_COLUMNS("u") ", o.outcome, "
         CONVERSATION_COLUMNS(NAMES_OF_CHURCH, NAMES_OF_MEMBER)
         " from chat.users u"
         " cross join lateral chat.open_conversation(u.id, $2::bigint) o"
         " left join lateral (select "
         CONVERSATION_OF_SIDE("false", "c.member_unread")
         " from (select (o.conversation).*) c where c.id is not null) p on true"
         " left join chat.churches h on h.id = p.church_id"
         " left join chat.users m on m.id = p.member_id"
         " where " IS_ASKER,
         2, 0},

    [CHAT_SQL_LIST_MESSAGES_BEFORE] =
        {"list_messages_before",
         LIST_MESSAGES("m.id < coalesce($3::bigint, " ID_MAX ")", "m.id desc"), 4, 1},

    [CHAT_SQL_LIST_MESSAGES_AFTER] =
        {"list_messages_after",
         LIST_MESSAGES("m.id > $3::bigint and m.id < coalesce($5::bigint, " ID_MAX ")", "m.id"), 5,
         1},

    /* A row for each conversation in the order given, and then of each what is missing, until there is
     * enough; nothing is sorted, so no more is read. */
    [CHAT_SQL_RESUME_MESSAGES] =
        {"resume_messages",
         "with asker as (select " USER_COLUMNS("u")
         " from chat.users u where " IS_ASKER "),"
         " points as materialized (select k.seq as has_seq, k.place, p.*"
         " from asker u"
         " cross join unnest($2::bigint[], $3::bigint[]) with ordinality as k (id, seq, place)"
         " left join lateral (select "
         CONVERSATION_OF_SIDE("c.member_id <> u.id",
             "case when c.member_id = u.id then c.member_unread else c.church_unread end")
         ", c.last_seq from chat.conversations c"
         " where c.id = k.id and " MAY_SEE " offset 0) p on true)"
         " select " USER_COLUMNS("u") ", null::bigint, null::bigint, "
         NO_CONVERSATION_BUT_ID(CURRENT_EPOCH, "null::text")
         " from asker u"
         " union all"
         " (select " NO_USER ", p.last_seq, " CONVERSATION_COLUMNS(NAMES_OF_CHURCH, NAMES_OF_MEMBER)
         " from points p"
         " left join lateral (select h.name, h.logo_url"
         " from chat.churches h where h.id = p.church_id offset 0) h on true"
         " left join lateral (select m.display_name, m.avatar_url"
         " from chat.users m where m.id = p.member_id offset 0) m on true"
         " order by p.place)"
         " union all"
         " (select g.id, g.from_church, g.content,"
         " case when not g.from_church or p.is_church_owner then g.client_id::text end,"
         " case when g.from_church and p.is_church_owner"
         " then (select s.display_name from chat.users s where s.id = g.sender_id) end,"
         " null::text, g.seq::bigint, p.id, g.sender_id, null::text, null::text, g.flag is not null, null::bigint,"
         " null::text, null::text, null::bigint, null::text, null::timestamptz, null::bigint,"
         " g.created_at, g.read_at, null::boolean"
         " from points p"
         " cross join lateral (select g.* from chat.messages g"
         " where g.conversation_id = p.id and g.seq > p.has_seq"
         " order by g.seq limit $4::integer) g"
         " where p.last_seq > p.has_seq limit $4::integer)",
         4, 1},

    [CHAT_SQL_POST_MESSAGE] =
        {"post_message",
         "select " USER_COLUMNS("u")
         ", c.id, c.member_id <> u.id, m.display_name, m.avatar_url, h.name, h.logo_url,"
         " p.outcome, (p.message).id, (p.message).seq, (p.message).sender_id,"
         " (p.message).from_church, (p.message).content, (p.message).created_at,"
         " (p.message).read_at, (p.message).client_id,"
         " case when (p.message).from_church then u.display_name end,"
         " (p.message).from_church and (p.message).flag is not null"
         " from chat.users u"
         " cross join lateral"
         " chat.send_message(u.id, $2::bigint, $3::text, $4::text, $5::text) p"
         " left join chat.conversations c on c.id = (p.message).conversation_id"
         " left join chat.users m on m.id = c.member_id"
         " left join chat.churches h on h.id = c.church_id"
         " where " IS_ASKER IS_STILL("$6"),
         6, 0},

    [CHAT_SQL_MARK_READ] =
        {"mark_read",
         "select " USER_COLUMNS("u") ", r.outcome, r.marked"
         " from chat.users u"
         " cross join lateral chat.mark_read(u.id, $2::bigint, $3::bigint) r"
         " where " IS_ASKER IS_STILL("$4"),
         4, 0},

    [CHAT_SQL_BLOCK_MEMBER] =
        {"block_member",
         "select " USER_COLUMNS("u") ", b.outcome"
         " from chat.users u"
         " cross join lateral chat.block_member(u.id, $2::bigint, $3::boolean) b (outcome)"
         " where " IS_ASKER,
         3, 0},

    [CHAT_SQL_CHECK_TYPING] =
        {"check_typing",
         "select " USER_COLUMNS("u") ", null::text, c.id, c.member_id <> u.id, c.member_blocked,"
         " c.last_seq::bigint"
         " from chat.users u"
         " left join chat.conversations c on c.id = $2::bigint and " MAY_SEE
         " where " IS_ASKER IS_STILL("$3"),
         3, 1},

    /* A member sees the church, once, and not who of its staff it is, or how many. */
    [CHAT_SQL_LIST_TYPERS] =
        {"list_typers",
         ASKER_OF_CONVERSATION
         " select " USER_COLUMNS("a") ", null::text, a.conversation_id, null::bigint, null::text,"
         " null::text, null::text"
         " from asker a"
         " union all"
         " select " NO_USER ", null::text, null::bigint,"
         " case when a.is_church_owner then t.id end,"
         " case when a.is_church_owner then t.username end,"
         " case when a.is_church_owner then t.display_name else a.church_name end,"
         " case when a.is_church_owner then t.avatar_url else a.church_logo_url end"
         " from asker a"
         " cross join lateral (select t.id, t.username, t.display_name, t.avatar_url"
         " from chat.users t"
         " where t.id = any ($3::bigint[]) and t.id <> a.id and t.is_active"
         " and " MAY_TYPE("t", "a.church_id", "a.member_id", "a.member_blocked")
         " and " HAS_SENT_NOTHING("a.conversation_id", "t.id",
                                  "($4::bigint[])[array_position($3::bigint[], t.id)]")
         " order by t.id limit case when not a.is_church_owner then 1 end) t",
         4, 1},

    [CHAT_SQL_GET_USER] =
        {"get_user",
         "select " USER_COLUMNS("u") ", " CURRENT_EPOCH " from chat.users u where " IS_ASKER,
         1, 1},

    /* As LIST_CONVERSATIONS: a page of each list, the newest of these, and then what belongs to them. */
    [CHAT_SQL_LIST_NOTIFICATIONS] =
        {"list_notifications",
         "with asker as (select " USER_COLUMNS("u")
         " from chat.users u where " IS_ASKER ")"
         " select " USER_COLUMNS("u") ", (" UNREAD_NOTIFICATIONS ")::bigint, null::bigint, "
         CURRENT_EPOCH ", null::text, null::bigint, null::timestamptz, null::timestamptz,"
         " null::timestamptz, " SNAPSHOT_XMIN
         " from asker u"
         " union all"
         " select " NO_USER ", null::bigint, p.id, " TITLE_OF_NOTIFICATION ", g.body,"
         " p.unread::bigint, p.unread_since, g.created_at, k.read_at, p.newest_unread_id"
         " from (select c.*"
         " from asker u"
         " cross join lateral ("
         "(select false as is_church_owner, u.id as reader_id, " NOTIFICATION_OF_MEMBER
         " from chat.conversations c"
         " where c.member_id = u.id and c.member_unread > 0"
         " and c.member_newest_unread_id < coalesce($3::bigint, " ID_MAX ")"
         " order by c.member_newest_unread_id desc limit $2::integer)"
         " union all"
         " select c.*"
         " from chat.church_staff s"
         " cross join lateral (select true, u.id, " NOTIFICATION_OF_STAFF
         " from chat.conversations c"
         " where c.church_id = s.church_id and c.member_id <> u.id and c.church_unread > 0"
         " and c.church_newest_unread_id < coalesce($3::bigint, " ID_MAX ")"
         " order by c.church_newest_unread_id desc limit $2::integer) c"
         " where s.user_id = u.id"
         ") c order by c.newest_unread_id desc limit $2::integer) p"
         NEWEST_OF_NOTIFICATION
         " left join lateral (select k.read_at from chat.notification_marks k"
         " where k.user_id = p.reader_id and k.conversation_id = p.id"
         " and k.read_up_to >= p.newest_unread_id offset 0) k on true",
         3, 1},

    [CHAT_SQL_READ_NOTIFICATIONS] =
        {"read_notifications",
         "select " USER_COLUMNS("u") ", r.outcome, r.marked"
         " from chat.users u"
         " cross join lateral chat.read_notifications(u.id, $2::bigint[]) r"
         " where " IS_ASKER,
         2, 0},

    [CHAT_SQL_READ_SNAPSHOT] = {"read_snapshot", "select pg_current_snapshot()::text, " CURRENT_EPOCH, 0, 1},

    /* Exactly what was committed since the snapshot given: transactions that began after it, and those
     * that were in progress then. Each part is a range or a point of the index. From the snapshot's xmin
     * on it would be one scan, but a single transaction that stays open anywhere in the cluster holds
     * xmin back, and each look would read all events since then. A look that reaches its limit is
     * thrown away, so it may cut anywhere, and cuts along the index. What belongs to an event is looked
     * up for it (OFFSET 0): how many there will be nobody can tell when the plan is made. */
    [CHAT_SQL_READ_EVENTS] =
        {"read_events",
         "with news as materialized ("
         "(select e.* from chat.events e where e.xid >= pg_snapshot_xmax($1::pg_snapshot)"
         " order by e.xid limit $2::integer)"
         " union all"
         " (select e.* from chat.events e"
         " where e.xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))"
         " limit $2::integer)"
         " limit $2::integer)"
         " select pg_current_snapshot()::text, null::bigint, null::integer, null::bigint,"
         " null::bigint, null::bigint, " CURRENT_EPOCH ", null::text, null::bigint, null::text,"
         " null::text, null::text, null::bigint, null::text, null::timestamptz, null::bigint,"
         " null::bigint, null::timestamptz, null::timestamptz, null::bigint, null::bigint,"
         " null::bigint, null::boolean, null::text, null::timestamptz, null::timestamptz,"
         " null::text, null::text, null::boolean, null::bigint, null::bigint, null::boolean"
         " union all"
         " (select null::text, e.id,"
         " e.kind::integer, e.user_id,"
         " (extract(epoch from clock_timestamp() - e.created_at) * 1000000)::bigint, "
         SIDES_OF_EVENT ", " STAFF_OF_EVENT
         ", c.id, c.last_message_text, c.last_message_at,"
         " c.member_unread::bigint, c.church_unread::bigint, c.created_at, c.updated_at,"
         " g.id, g.seq, g.sender_id, g.from_church, g.content, g.created_at, g.read_at,"
         " g.client_id, case when g.from_church then (select s.display_name from chat.users s"
         " where s.id = g.sender_id) end, g.flag is not null,"
         " c.last_message_id, e.xid::text::bigint, c.member_blocked"
         " from (select e.* from news e order by e.id) e"
         " left join lateral (select c.* from chat.conversations c"
         " where c.id = e.conversation_id offset 0) c on true"
         " left join lateral (select h.name, h.logo_url from chat.churches h"
         " where h.id = c.church_id offset 0) h on true"
         " left join lateral (select m.display_name, m.avatar_url from chat.users m"
         " where m.id = c.member_id offset 0) m on true"
         " left join lateral (select g.* from chat.messages g"
         " where g.conversation_id = e.conversation_id and g.id = e.message_id offset 0) g on true"
         " order by e.id)",
         2, 1},

    /* Feeds of several children do this at once: each takes what no other holds. The oldest stand
     * first in the index, and no more of them are looked at than are taken. True: as many as that, so
     * there may be more. */
    [CHAT_SQL_PRUNE_EVENTS] =
        {"prune_events",
         "with gone as (delete from chat.events e where e.ctid = any (array(select o.ctid"
         " from chat.events o where o.xid <= (select max(f.xid) from"
         " (select f.xid from chat.events f order by f.xid limit 10000) f)"
         " and o.created_at < clock_timestamp() - interval '1 minute'"
         " order by o.xid limit 10000 for update skip locked)) returning 1)"
         " select count(*) = 10000 from gone, chat.note_moment()",
         0, 0},

    /* As LIST_TYPERS, for marks that came with a notification, and for whoever may hear them. Those who
     * may not type any more have an end that is to be told. */
    [CHAT_SQL_NAME_TYPERS] =
        {"name_typers",
         "select c.id, k.user_id, coalesce(t.username, ''), coalesce(t.display_name, ''), t.avatar_url,"
         " k.user_id = c.member_id, " SIDES_OF_EVENT ", " STAFF_OF_EVENT ","
         " (k.is_typing and t.is_active"
         " and " MAY_TYPE("t", "c.church_id", "c.member_id", "c.member_blocked")
         " and " HAS_SENT_NOTHING("c.id", "t.id", "k.seq") ") is true, k.place"
         " from unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[]) with ordinality"
         " as k (conversation_id, user_id, is_typing, seq, place)"
         " join chat.conversations c on c.id = k.conversation_id"
         " join chat.churches h on h.id = c.church_id"
         " join chat.users m on m.id = c.member_id"
         " left join chat.users t on t.id = k.user_id"
         " order by k.place",
         4, 1},

    /* In one snapshot, so that rows and numbers fit each other, as those of LIST_NOTIFICATIONS do. */
    [CHAT_SQL_TELL_NOTIFICATIONS] =
        {"tell_notifications",
         "select u.id, null::bigint, null::boolean, null::text, null::text,"
         " (" UNREAD_NOTIFICATIONS ")::bigint, null::timestamptz, null::timestamptz,"
         " null::timestamptz"
         " from chat.users u where u.id = any ($1::bigint[])"
         " union all"
         " select null::bigint, p.id, p.is_church_owner, " TITLE_OF_NOTIFICATION ", g.body,"
         " p.unread::bigint, p.unread_since, g.created_at, null::timestamptz"
         " from unnest($2::bigint[], $3::boolean[]) as a (conversation_id, is_church_owner)"
         " cross join lateral ("
         "select false as is_church_owner, " NOTIFICATION_OF_MEMBER
         " from chat.conversations c where c.id = a.conversation_id and not a.is_church_owner"
         " union all"
         " select true, " NOTIFICATION_OF_STAFF
         " from chat.conversations c where c.id = a.conversation_id and a.is_church_owner) p"
         NEWEST_OF_NOTIFICATION
         " union all"
         " select u.id, c.id, null::boolean, null::text, null::text, null::bigint,"
         " null::timestamptz, null::timestamptz, k.read_at"
         " from unnest($1::bigint[]) as u (id)"
         " cross join lateral (select k.* from chat.notification_marks k"
         " where k.user_id = u.id offset 0) k"
         " join chat.conversations c on c.id = k.conversation_id"
         " where k.conversation_id = any ($2::bigint[]) and " MARK_COUNTS,
         3, 1},

    [CHAT_SQL_NOTIFY] =
        {"notify", "select pg_notify($1::text, $2::text)", 2, 0},

    [CHAT_SQL_SCHEMA_VERSION] =
        {"schema_version", "select coalesce(max(version), 0)::integer from chat.schema_migrations",
         0, 1},
};
/* clang-format on */
