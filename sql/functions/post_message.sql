-- Kept for the module of the release before; the next release drops it. That module could deliver a message to
-- WebSockets before its feed had read the event; with a null transaction number it waits for the feed.
create or replace function chat.post_message(
    by_user bigint, in_conversation bigint, new_content text, with_client_id text default null,
    with_flag text default null,
    out outcome text, out message chat.messages, out member_is_blocked boolean,
    out unread_of_member integer, out unread_of_church integer, out xid bigint, out follows bigint)
language sql as $$
select s.outcome, s.message, null::boolean, null::integer, null::integer, null::bigint, null::bigint
from chat.send_message(by_user, in_conversation, new_content, with_client_id, with_flag) s
$$;

comment on function chat.post_message(bigint, bigint, text, text, text) is
'chat.send_message() for the module of the release before. The same outcomes and locks; all results after
message are null.';
