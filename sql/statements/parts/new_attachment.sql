-- For message_columns.sql: the message has just been stored, or found, in the same statement by p.
\set attachment 'chat.attachment_of(p.message)'
