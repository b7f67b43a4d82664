-- chat.counts_of_staff() returns this number, too.
drop function if exists chat.unread_of_staff(bigint)
