-- The newest unread message g of the side p of a conversation: one character more than is shown, so that the reader
-- knows whether to cut, and where (core/chat_excerpt.h).
left join lateral (
    select left(case when m.content <> '' then m.content
                     else coalesce((select a.name from chat.attachments a
                                    where a.conversation_id = m.conversation_id and a.message_id = m.id), '') end, 141) as body,
           m.created_at
    from chat.messages m
    where m.conversation_id = p.id and m.id = p.newest_unread_id
    offset 0) g on true
