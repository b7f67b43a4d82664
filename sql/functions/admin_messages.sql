create or replace function chat.admin_messages(ids bigint[])
returns table (conversation_id bigint, id bigint)
language sql stable rows 10 as $$
    select m.conversation_id, m.id
    from (select w.conversation_id, w.id from chat.message_words w where w.id = any (ids)
          union -- those of the last seconds
          select u.conversation_id, u.message_id from chat.unindexed u where u.message_id = any (ids)) i
    join chat.messages m on m.conversation_id = i.conversation_id and m.id = i.id
$$;

comment on function chat.admin_messages(bigint[]) is
'The conversations of messages, whose ids an administrator has given; those that are not there are left out. Only the index of
words is ordered by ids alone; while it is built anew, older messages may not be found. Locks: none.';
