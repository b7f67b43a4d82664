create or replace function chat.printable_name(chat.conversations)
returns text
language sql stable as $$
    select u.display_name || ' and ' || h.name
    from chat.users u, chat.churches h
    where u.id = $1.member_id and h.id = $1.church_id
$$;

comment on function chat.printable_name(chat.conversations) is
'A name of a conversation for people: its member and its church. Arguments: its row. Locks: none.';
