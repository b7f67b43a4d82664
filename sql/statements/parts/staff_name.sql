-- For message_columns.sql.
\set staff_name '(select s.display_name from chat.users s where s.id = g.sender_id)'
