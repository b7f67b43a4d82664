-- Of the release before, where chat.lock_sums_of_churches() has another name.
drop function if exists chat.lock_unread_of_churches(bigint[], boolean)
