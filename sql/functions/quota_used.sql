create or replace function chat.quota_used(of_quota text, period interval)
returns bigint language plpgsql stable as $$
declare
    counts_since constant timestamptz := clock_timestamp() - period; -- a condition of the index, as the function is not
begin
    return (select coalesce(sum(a.size_bytes), 0) from chat.attachments a
            where a.quota_key = of_quota and a.created_at > counts_since);
end $$;

comment on function chat.quota_used(text, interval) is
'How many bytes the attachments of a quota have, of those that count, which are not older than the period.
Arguments: what chat.quota_key() returns, and how long attachments count. Whoever adds to them has locked
pg_advisory_xact_lock(7403, hashtext(of_quota)).';
