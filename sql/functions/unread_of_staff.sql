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
'How many messages to the churches of a staff member are not read, without those of the conversations
that they have themselves with these churches: these they see as their member.
In a language whose functions are not taken apart into the statement that calls them: a member who is no
staff does without the plan of all this. Stable: it sees what that statement sees.
Arguments: the user. Locks: none.';
