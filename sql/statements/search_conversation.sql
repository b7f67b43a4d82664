-- A page of the messages of a conversation with certain words, before a message, newest first.
-- Parameters: external_id, conversation_id, id of the message or null, rows, the terms as chat.query() takes them or
-- null.
-- Read only.
\ir parts/messages_header.sql
(select
\ir parts/message_columns.sql
        , null, null, null, null, null
 from asker a
 cross join lateral (
     select f.message_id, f.place
     from chat.find_messages(a.user_id, chat.query($5::text), $4::integer, null, $3::bigint, null, $2::bigint, null,
                            null, null)
          with ordinality as f (conversation_id, message_id, place)
     where a.user_is_active and a.conversation_id is not null offset 0) f
 cross join lateral (
     select g.* from chat.messages g where g.conversation_id = a.conversation_id and g.id = f.message_id offset 0) g
 order by f.place);
