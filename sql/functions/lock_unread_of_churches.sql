create or replace function chat.lock_unread_of_churches(of_conversations bigint[], without_waiting boolean default false)
returns bigint[] language plpgsql as $$
begin
    if not without_waiting then
        perform
        from (select distinct c.church_id, c.id % 16 as part from chat.conversations c where c.id = any (of_conversations)) k
        join chat.unread_of_churches n on n.church_id = k.church_id and n.part = k.part
        order by k.church_id, k.part
        for no key update of n;
        return '{}';
    end if;
    return array(
        with free as materialized (
            select n.church_id, n.part
            from (select distinct c.church_id, c.id % 16 as part
                  from chat.conversations c where c.id = any (of_conversations)) k
            join chat.unread_of_churches n on n.church_id = k.church_id and n.part = k.part
            order by k.church_id, k.part
            for no key update of n skip locked)
        select c.id
        from chat.conversations c
        join chat.unread_of_churches n on n.church_id = c.church_id and n.part = c.id % 16
        where c.id = any (of_conversations)
          and not exists (select from free f where f.church_id = n.church_id and f.part = n.part));
end $$;

comment on function chat.lock_unread_of_churches(bigint[], boolean) is
'Locks the sums of unread messages that several conversations are counted in, before these conversations change. Their
triggers change the sums in the order of the conversations, and two transactions that do that could wait for each other.
Whoever changes more than one conversation first locks these conversations, in the order of their ids, and then calls this.
Arguments: the conversations, which the caller has locked; whether to leave out what somebody else has locked.
Result: the conversations whose sum was left out.
Locks: rows of chat.unread_of_churches in the order of their keys, for no key update, until commit.';
