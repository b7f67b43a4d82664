-- A header row, then the messages of a conversation that :span admits, in :order.
\ir messages_header.sql
(select
\ir message_columns.sql
        , null, null, null, null, null
 from chat.messages g
 where g.conversation_id = (select a.conversation_id from asker a) and :span
 order by :order limit $4::integer);
