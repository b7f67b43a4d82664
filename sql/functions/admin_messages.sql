create or replace function chat.admin_messages(ids bigint[])
returns table (conversation_id bigint, id bigint)
language sql stable rows 10 as $$
    select m.conversation_id, m.id from chat.messages m where m.id = any (ids)
$$;

comment on function chat.admin_messages(bigint[]) is
'The conversations of messages, whose ids an administrator has given; those that are not there are left out. Locks: none.';
