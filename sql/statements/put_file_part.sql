-- Stores a part of a file in the database, if the user may see the conversation that it is for. Of the first part, which
-- everything else needs, nothing is stored if the message would be refused already now, so that who is refused cannot write;
-- nor if the message is stored already. post_attachment decides again, and for good: here nothing is locked.
-- Parameters: external_id, conversation_id, the file's name, the part's number from 0, and, for the first one, the message's
-- client_id or null, the size of the file, the key, bytes and seconds of the quota as those of post_attachment; its bytes.
-- Outcomes: stored; nothing is stored: not_found (or the first part is not there), repeated, quota, church_inactive, blocked.
with u as materialized (select a.* from chat.asker($1::text) a),
    said as materialized (
        select case
                   when c.id is null then 'not_found'
                   when $4::integer > 0 then
                       case when (select true from chat.file_parts p where p.file = $3::text and p.n = 0 for key share)
                            then 'stored' else 'not_found' end
                   when (select true from chat.messages m
                         where m.conversation_id = c.id and m.sender_id = u.user_id and m.client_id = $5::text) then 'repeated'
                   when $8::bigint is not null
                        and chat.quota_used(chat.quota_key($7::text, u.user_id), make_interval(secs => $9::integer))
                            + $6::bigint > $8::bigint then 'quota'
                   when not h.is_active then 'church_inactive'
                   when c.member_blocked and c.member_id = u.user_id then 'blocked'
                   else 'stored'
               end as outcome
        from u
        -- As in chat.send_message(): staff may write the first message, too.
        left join chat.conversations c
            on c.id = $2::bigint and u.user_is_active
               and (c.member_id = u.user_id
                    or (select true from chat.church_staff s where s.church_id = c.church_id and s.user_id = u.user_id))
        left join chat.churches h on h.id = c.church_id),
    stored as (
        insert into chat.file_parts (file, n, bytes)
        select $3::text, $4::integer, $10::bytea
        from said s
        where s.outcome = 'stored')
select u.*, s.outcome
from u
cross join said s;
