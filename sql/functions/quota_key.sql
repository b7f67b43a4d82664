create or replace function chat.quota_key(of_quota text, by_user bigint) returns text language sql immutable as $$
    select coalesce('key ' || of_quota, 'user ' || by_user::text)
$$;

comment on function chat.quota_key(text, bigint) is
'What attachments.quota_key has: the key of a quota that several share, or, where it is null, the sender.';
