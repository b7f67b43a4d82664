-- Conversations with flagged messages, in the order of their list.
create index concurrently if not exists messages_flagged_by_conversation on chat.messages (conversation_id)
    where flag is not null
