-- An attachment, if the user may see its conversation; otherwise nulls. One in the database is complete if its last part
-- is there, which is removed first.
-- Parameters: external_id, id.
-- Read only.
select u.*, a.id as attachment_id, a.file, a.name, a.kind, a.content_type, a.size_bytes, encode(a.sha256, 'hex') as sha256,
       a.created_at, a.in_database, a.in_database and p.n is null as is_incomplete
from chat.asker($1::text) u
left join lateral (
    select a.*
    from chat.attachments a
    where a.id = $2::bigint and a.file <> ''
      and (select true from chat.conversation_for(u.user_id, a.conversation_id) c)
    offset 0) a on true
left join chat.file_parts p on a.in_database and p.file = a.file and p.n = (a.size_bytes - 1) / 262144;
