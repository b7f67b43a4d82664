-- What a message costs: what can be known beforehand is not found out anew with each one.

-- The CHECKs of a table are read from their text by every statement that writes to it, those of a type
-- once for each connection. So what concerns one column goes with the column's type. Types without a
-- check first: so the rows, which all passed these checks, are not written anew. The indexes with a
-- condition are, and the rows are read: for a million messages some four seconds, in which nobody else
-- reads or writes them.
create domain chat.message_seq as bigint;
create domain chat.message_client_id as text;
create domain chat.message_flag as text;
create domain chat.number_of_unread as integer;
create domain chat.excerpt as text;

-- They name the columns whose type changes.
drop trigger count_unread_of_church on chat.conversations;
drop trigger count_unread_of_new on chat.conversations;
drop trigger count_unread_of_deleted on chat.conversations;

alter table chat.messages
    drop constraint messages_seq_check,
    drop constraint messages_client_id_check,
    drop constraint messages_flag_check,
    alter column seq type chat.message_seq,
    alter column client_id type chat.message_client_id,
    alter column flag type chat.message_flag;
alter table chat.conversations
    drop constraint conversations_member_unread_check,
    drop constraint conversations_church_unread_check,
    drop constraint conversations_last_message_text_check,
    alter column member_unread type chat.number_of_unread,
    alter column church_unread type chat.number_of_unread,
    alter column last_message_text type chat.excerpt;

alter domain chat.message_seq add constraint message_seq_check check (value > 0) not valid;
alter domain chat.message_client_id add constraint message_client_id_check
    check (char_length(value) between 1 and 64) not valid;
alter domain chat.message_flag add constraint message_flag_check
    check (value in ('pattern', 'links', 'repeat')) not valid;
alter domain chat.number_of_unread add constraint number_of_unread_check check (value >= 0) not valid;
alter domain chat.excerpt add constraint excerpt_check check (char_length(value) <= 140) not valid;
alter domain chat.message_seq validate constraint message_seq_check;
alter domain chat.message_client_id validate constraint message_client_id_check;
alter domain chat.message_flag validate constraint message_flag_check;
alter domain chat.number_of_unread validate constraint number_of_unread_check;
alter domain chat.excerpt validate constraint excerpt_check;

-- The church's sum: chat.post_message adds to it by itself, without a trigger's detour. It is the one that
-- draws a new last_seq; whatever else changes church_unread, by whomever, is still counted by triggers.
-- The function that does so is loaded anew after this file; the one of before would not, so what is
-- asked in between is answered with 503, and asked again.
drop function if exists chat.post_message(bigint, bigint, text, text, text);
create trigger count_unread_of_church after update of church_unread on chat.conversations
    for each row when (old.church_unread <> new.church_unread and old.last_seq = new.last_seq)
    execute function chat.count_unread_of_church();
create trigger count_unread_of_new after insert on chat.conversations
    for each row when (new.church_unread <> 0)
    execute function chat.count_unread_of_church();
create trigger count_unread_of_deleted after delete on chat.conversations
    for each row when (old.church_unread <> 0)
    execute function chat.count_unread_of_church();
