-- The list of notifications, in its order.
create index concurrently if not exists conversations_unread on chat.conversations (id)
    where member_unread > 0 or church_unread > 0
