create or replace function chat.unread_of_staff(of_user bigint)
returns bigint
language plpgsql stable as $$
begin
    return (select coalesce(sum(n.unread), 0)
            from chat.church_staff s
            join chat.unread_of_churches n on n.church_id = s.church_id
            where s.user_id = of_user)
         - (select coalesce(sum(c.church_unread), 0)
            from chat.church_staff s
            join chat.conversations c on c.church_id = s.church_id and c.member_id = of_user
            where s.user_id = of_user);
end $$;

comment on function chat.unread_of_staff(bigint) is
'How many messages to the churches of a staff member are unread, without those of the member''s own conversations
with these churches.
In plpgsql, so that it is not inlined: a statement for a user who is not staff does not plan it. Stable: it uses
the snapshot of the calling statement. Arguments: the user. Locks: none.';
