create or replace function chat.admin_retriable(ids bigint[])
returns bigint[]
language sql stable as $$
    select coalesce(array_agg(l.id order by l.conversation_id, l.id), '{}')
    from (select distinct on (d.conversation_id, d.user_id, d.kind) d.conversation_id, d.user_id, d.kind, d.id
          from chat.outbox d where d.id = any (ids) and d.state in ('dead', 'dropped')
          order by d.conversation_id, d.user_id, d.kind, d.id desc) l
    -- There is one that is due for each reader, conversation and kind.
    where not exists (select from chat.outbox w
                      where w.conversation_id = l.conversation_id and w.user_id = l.user_id and w.kind = l.kind
                        and w.state = 'due')
$$;

comment on function chat.admin_retriable(bigint[]) is
'Which of these deliveries can be made due again: those that have failed for good or were dropped, the last one of a
reader, a conversation and a kind, unless one is due. Locks: none.';
