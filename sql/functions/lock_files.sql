create or replace function chat.lock_files(by_users bigint[], with_files jsonb[])
returns bigint[] language plpgsql as $$
declare
    file record;
    former_quota text := '';
    fits boolean;
begin
    for file in
        select w.n, f.file, f.size, f.in_database, f.quota_bytes, f.quota_s, chat.quota_key(f.quota, w.by_user) as quota
        from unnest(by_users, with_files) with ordinality w (by_user, file, n)
        cross join lateral jsonb_to_record(w.file)
            f (file text, size bigint, in_database boolean, quota text, quota_bytes bigint, quota_s integer)
        where w.by_user is not null and w.file is not null
        order by quota, w.n
    loop
        fits := true;
        if file.in_database then -- as in chat.send_attachment()
            perform from chat.file_parts p where p.file = file.file and p.n = 0 for key share skip locked;
            fits := found and (select sum(octet_length(p.bytes)) = file.size from chat.file_parts p where p.file = file.file);
        end if;
        if fits and file.quota_bytes is not null then
            -- A quota that is used twice here is counted once only.
            fits := file.quota <> former_quota and pg_try_advisory_xact_lock(7403, hashtext(file.quota));
            fits := fits and chat.quota_used(file.quota, make_interval(secs => file.quota_s)) + file.size <= file.quota_bytes;
            former_quota := file.quota;
        end if;
        if fits is not true then
            by_users[file.n] := null;
        end if;
    end loop;
    return by_users;
end $$;

comment on function chat.lock_files(bigint[], jsonb[]) is
'What chat.send_attachment() does before it stores a message, for those of a group, and without waiting.
Arguments: the senders and the files, as chat.send_messages() has them.
Result: the senders, with null in place of those whose file cannot be taken along: its parts are not all there, its quota
has no room, is locked by somebody else, or is that of another message of the group. chat.send_attachment() finds out what
becomes of them.
Locks: the files'' first parts, for key share, and advisory locks of their quotas; without waiting, until commit.';
