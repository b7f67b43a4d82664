-- A conversation as an administrator sees it, with its newest messages; it is written down that it was viewed.
-- Parameters: the administrator's user name, address and id of the request; the id of the conversation.
select v.item, v.etag, v.messages, v.has_more
from chat.view_conversation(row($1::text, $2::text, $3::text)::chat.administrator, $4::bigint) v;
