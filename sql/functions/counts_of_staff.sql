create or replace function chat.counts_of_staff(of_user bigint)
returns bigint[]
language plpgsql stable as $$
begin
    return (
        select array[n.messages - o.messages, n.conversations - o.conversations, n.version]::bigint[]
        from (select coalesce(sum(n.unread), 0) as messages, coalesce(sum(n.conversations), 0) as conversations,
                     coalesce(sum(n.version), 0) as version
              from chat.church_staff s
              join chat.unread_of_churches n on n.church_id = s.church_id
              where s.user_id = of_user) n
        cross join (
              select coalesce(sum(c.church_unread), 0) as messages,
                     count(*) filter (where c.church_unread > 0) as conversations
              from chat.church_staff s
              join chat.conversations c on c.church_id = s.church_id and c.member_id = of_user
              where s.user_id = of_user) o);
end $$;

comment on function chat.counts_of_staff(bigint) is
'How many messages to the churches of a staff member are unread, and in how many conversations, without the member''s
own conversations with these churches; and the sum of the versions of these numbers (chat.user_counts).
In plpgsql, so that it is not inlined: a statement for a user who is not staff does not plan it. Stable: it uses
the snapshot of the calling statement. Arguments: the user. Locks: none.';
