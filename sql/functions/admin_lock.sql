create or replace function chat.admin_lock(kind text, of_id bigint)
returns void
language plpgsql as $$
begin
    case kind
    when 'user' then
        perform from chat.users u where u.id = of_id for no key update;
    when 'church' then
        perform from chat.churches h where h.id = of_id for no key update;
    when 'staff' then
        perform from chat.church_staff s where s.id = of_id for no key update;
    when 'conversation' then
        perform from chat.conversations c where c.id = of_id for no key update;
    when 'message' then
        perform from chat.conversations c
        where c.id = (select m.conversation_id from chat.admin_messages(array[of_id]) m) for no key update;
    when 'attachment' then
        perform from chat.conversations c
        where c.id = (select a.conversation_id from chat.attachments a where a.id = of_id) for no key update;
    end case;
end $$;

comment on function chat.admin_lock(text, bigint) is
'Locks an object that an administrator changes or deletes: its row, or the conversation that it belongs to.
Arguments: its kind, as of chat.admin_kind(); its id, also of none.';
