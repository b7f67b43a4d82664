create or replace function chat.lock_sums_of_churches(of_conversations bigint[])
returns void language plpgsql as $$
begin
    perform
    from (select distinct c.church_id, c.id % 16 as part from chat.conversations c where c.id = any (of_conversations)) k
    join chat.unread_of_churches n on n.church_id = k.church_id and n.part = k.part
    order by k.church_id, k.part
    for no key update of n;
end $$;

comment on function chat.lock_sums_of_churches(bigint[]) is
'Locks the sums of unread messages that several conversations are counted in, before these conversations change. Their
triggers change the sums in the order of the conversations, and two transactions that do that could wait for each other.
Whoever changes more than one conversation first locks these conversations, in the order of their ids, and then calls this,
or, without the triggers, changes the sums in the order of their keys.
Arguments: the conversations, which the caller has locked.
Locks: rows of chat.unread_of_churches in the order of their keys, for no key update, until commit.';
