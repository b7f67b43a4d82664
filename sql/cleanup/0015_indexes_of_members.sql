-- Each message writes an entry in every index of its conversation's row. A member has one conversation with each
-- church: the unique key finds them all, and a page is sorted in memory.
drop index if exists chat.conversations_of_member, chat.conversations_unread_by_member,
    chat.conversations_newest_unread_by_member
