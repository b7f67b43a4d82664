create or replace function chat.send_refusal(church_is_active boolean, member_is_blocked boolean, as_staff boolean)
returns text language sql immutable as $$
    select case when not church_is_active then 'church_inactive'
                when member_is_blocked and not as_staff then 'blocked' end
$$;

comment on function chat.send_refusal(boolean, boolean, boolean) is
'Why a message is not stored although its sender belongs to the conversation; null: it is stored. PostgreSQL expands it
in chat.send_message() and chat.send_messages().
Arguments: of the conversation, whether its church is active and its member blocked; whether the sender is staff.';
