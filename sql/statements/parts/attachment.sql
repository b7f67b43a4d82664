-- For message_columns.sql: the message was there before the statement.
\set attachment '(select chat.attachment_text(a) from chat.attachments a where a.conversation_id = g.conversation_id and a.message_id = g.id)'
