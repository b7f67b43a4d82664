-- Stores a part of a file in the database, if the user may see the conversation that it is for and the file's first part is
-- there, unless this is it.
-- Parameters: external_id, conversation_id, the file's name, the part's number from 0, its bytes.
with u as materialized (select a.* from chat.asker($1::text) a),
    stored as (
        insert into chat.file_parts (file, n, bytes)
        select $3::text, $4::integer, $5::bytea
        from u
        where u.user_is_active
          and (select true from chat.conversation_for(u.user_id, $2::bigint) c)
          and ($4::integer = 0
               or (select true from chat.file_parts p where p.file = $3::text and p.n = 0 for key share))
        returning n)
select u.*, (select true from stored) as is_stored
from u;
