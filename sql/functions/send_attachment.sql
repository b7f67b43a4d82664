create or replace function chat.send_attachment(
    by_user bigint, in_conversation bigint, new_content text, with_client_id text, with_flag text,
    new_file text, new_name text, new_kind text, new_content_type text, new_size bigint, new_sha256 bytea,
    new_width integer, new_height integer, of_quota text, quota_bytes bigint, quota_period interval,
    is_scanned boolean, is_in_database boolean, out outcome text, out message chat.messages)
language plpgsql as $$
declare
    sent record;
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    of_quota := chat.quota_key(of_quota, by_user);
    if is_in_database then
        -- From here on chat.remove_file() waits, and then finds the attachment.
        perform from chat.file_parts p where p.file = new_file and p.n = 0 for key share;
        if (select sum(octet_length(p.bytes)) is distinct from new_size from chat.file_parts p where p.file = new_file) then
            -- A message that is stored already was sent again, and no parts with it.
            select m.* into message
            from chat.conversation_for(by_user, in_conversation) c
            join chat.messages m
                on m.conversation_id = c.id and m.sender_id = by_user and m.client_id = with_client_id
            where chat.is_active(by_user);
            outcome := case when found then 'repeated' else 'busy' end;
            return;
        end if;
    end if;
    if quota_bytes is not null then
        perform pg_advisory_xact_lock(7403, hashtext(of_quota)); -- before the conversation's row
        if chat.quota_used(of_quota, quota_period) + new_size > quota_bytes
           -- What is stored already needs no room: chat.send_message() will find it.
           and not exists (select from chat.messages m
                           where m.conversation_id = in_conversation and m.sender_id = by_user
                             and m.client_id = with_client_id) then
            outcome := 'quota';
            return;
        end if;
    end if;

    -- Without content, the conversation shows the name.
    select s.* into sent
    from chat.send_message(by_user, in_conversation, coalesce(nullif(new_content, ''), new_name), with_client_id,
                           with_flag) s;
    outcome := sent.outcome;
    message := sent.message;
    if outcome <> 'posted' then
        return;
    end if;
    perform set_config('chat.follow', 'off', true);
    update chat.messages m set content = new_content, has_attachment = true
    where m.conversation_id = in_conversation and m.id = message.id
    returning m.* into message;
    insert into chat.attachments
        (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, width, height, file, quota_key,
         scanned, in_database, created_at)
    values (in_conversation, message.id, new_name, new_kind, new_content_type, new_size, new_sha256, new_width,
            new_height, new_file, of_quota, is_scanned, is_in_database, message.created_at);
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.send_attachment(bigint, bigint, text, text, text, text, text, text, text, bigint, bytea, integer,
                                         integer, text, bigint, interval, boolean, boolean) is
'Adds a message with a file to a conversation. The file must be in the directory already, or in chat.file_parts.
Arguments: as chat.send_message(), where the text may be empty; the file''s name in the directory, its name for people,
image, document or other, its type, size and SHA-256, its width and height or null; whose quota it counts for or null
for the sender''s, how many bytes the quota has or null for none, and for how long these count; whether the file was scanned, and found clean; whether
it is in the database.
Outcomes: those of chat.send_message(); quota, when there would be more; busy, when parts of the file are missing and the message is not stored already. Unless it is posted, the file is not used.
Locks: first the file''s first part; then an advisory lock of the quota, so that what is sent at the same time counts, too; then as
chat.send_message().';

-- As the module of the release before calls it.
create or replace function chat.send_attachment(
    by_user bigint, in_conversation bigint, new_content text, with_client_id text, with_flag text,
    new_file text, new_name text, new_kind text, new_content_type text, new_size bigint, new_sha256 bytea,
    new_width integer, new_height integer, of_quota text, quota_bytes bigint, quota_period interval,
    is_scanned boolean, out outcome text, out message chat.messages)
language sql as $$
    select s.outcome, s.message
    from chat.send_attachment(by_user, in_conversation, new_content, with_client_id, with_flag, new_file, new_name, new_kind,
        new_content_type, new_size, new_sha256, new_width, new_height, of_quota, quota_bytes, quota_period, is_scanned, false) s
$$;

comment on function chat.send_attachment(bigint, bigint, text, text, text, text, text, text, text, bigint, bytea, integer,
                                         integer, text, bigint, interval, boolean) is
'The same with a file in the directory, for the module of the release before.';
