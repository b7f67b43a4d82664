-- What a spam rule found in a message that was stored all the same: the staff see it, the admin can
-- list it.

alter table chat.messages
    add column flag text check (flag in ('pattern', 'links', 'repeat'));

-- The few that are flagged, newest first, for the admin.
create index messages_flagged on chat.messages (id desc) where flag is not null;

-- Its successor has one more argument, with a default; two of them would be ambiguous.
drop function if exists chat.post_message(bigint, bigint, text, text);
