create or replace function chat.claim_mail(
    lease interval, mail_of_members text, mail_of_staff text, how_much text)
returns table (
    delivery_id bigint, conversation_id bigint, claim bigint, user_id bigint, up_to bigint, address text,
    address_hash text, language text, reader_name text, sender_name text, unread bigint, message_id bigint, content text, sent_at text, dropped bigint)
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    most constant integer := 10; -- messages of a conversation
    delivery chat.outbox;
    drops bigint := 0;
begin
    for delivery in select * from chat.claim_deliveries('email', lease, mail_of_members, mail_of_staff) loop
        if delivery.state = 'dropped' then
            drops := drops + 1;
            continue;
        end if;
        return query
        select delivery.id, c.id, (extract(epoch from delivery.due_at) * 1000000)::bigint, u.id, delivery.up_to, u.email, chat.address_hash(u.email), p.language, u.display_name,
               case when c.member_id = u.id then h.name else w.display_name end,
               case when c.member_id = u.id then c.member_unread else c.church_unread end
               - (select count(*) from chat.messages n -- since the first attempt
                  where n.conversation_id = c.id and n.id > delivery.up_to and n.from_church = (c.member_id = u.id)
                    and n.read_at is null),
               m.id, m.content, to_char(chat.time_in_zone(m.created_at, p.time_zone), 'YYYY-MM-DD HH24:MI'), null::bigint
        from chat.users u
        join chat.conversations c on c.id = delivery.conversation_id
        join chat.churches h on h.id = c.church_id
        join chat.users w on w.id = c.member_id
        left join chat.preferences p on p.user_id = u.id
        cross join lateral (
            select m.id, m.created_at,
                   case how_much
                       when 'none' then null
                       when 'excerpt' then concat_ws(E'\n', nullif(chat.excerpt_of(m.content), ''), chat.file_line(chat.excerpt_of(a.name), a.size_bytes))
                       else concat_ws(E'\n', nullif(m.content, ''), chat.file_line(a.name, a.size_bytes))
                   end as content
            from chat.messages m
            left join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id
            where m.conversation_id = c.id and m.id <= delivery.up_to and m.from_church = (c.member_id = u.id)
              and m.read_at is null
            order by m.id desc limit most) m
        where u.id = delivery.user_id
        order by m.id;
    end loop;
    if drops > 0 then
        dropped := drops;
        return next;
    end if;
end $$;

comment on function chat.claim_mail(interval, text, text, text) is
'Takes the next mail that is due, with what it tells of: the newest unread messages, of one conversation or, for a
digest, of several; of a file, its name and size below the text.
Arguments: as of chat.claim_deliveries(); full, excerpt or none: how much of the messages.
Returns a row for each message, those of a delivery together and in their order; and one without a delivery if others
were dropped on the way, with their number. Locks: as chat.claim_deliveries().';
