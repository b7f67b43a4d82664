-- Records how an attempt to deliver has ended.
-- Parameters: of each delivery the conversation, the id and the claim; the outcome; the reason; not before
-- so many seconds; the mail address or null; whether one refusal is enough for it.
select chat.finish_deliveries($1::bigint[], $2::bigint[], $3::bigint[], $4::text, $5::text,
                              make_interval(secs => $6::integer), $7::text, $8::boolean)::text as done;
