create or replace function chat.start_conversation(
    by_user bigint, with_church bigint,
    out outcome text, out conversation chat.conversations)
language plpgsql as $$
declare
    opened record;
begin
    if exists (select from chat.church_staff s
               join chat.users u on u.id = s.user_id and u.is_active
               join chat.churches h on h.id = s.church_id and h.is_active
               where s.church_id = with_church and s.user_id = by_user)
       and not exists (select from chat.conversations c
                       where c.member_id = by_user and c.church_id = with_church) then
        outcome := 'own_church';
        return;
    end if;
    select * into opened from chat.open_conversation(by_user, with_church);
    outcome := opened.outcome;
    conversation := opened.conversation;
end $$;

comment on function chat.start_conversation(bigint, bigint) is
'As chat.open_conversation(), which the module of the release before calls, but staff do not open a conversation with
their own church, whose inbox they answer. One that they had before they became staff is found.
Outcomes: those of chat.open_conversation(), and own_church. Locks: the same.';
