-- Records how pushes to subscriptions have ended.
-- Parameters: the conversation, the delivery and its claim, or nulls for a test; the subscriptions, their outcomes, and
-- the seconds that their services want to be left alone; the reason or null.
select chat.finish_push($1::bigint, $2::bigint, $3::bigint, $4::bigint[], $5::text[], $6::integer[], $7::text)::text as done;
