-- Of the release before: with an argument which only chat.send_messages() had used, and without files.
drop function if exists chat.lock_unread_of_churches(bigint[], boolean),
    chat.send_messages(bigint[], bigint[], text[], text[], text[])
