create or replace function chat.retry_mail(by_user bigint, address text)
returns table (
    outcome text, email text, push boolean, digest_at text, quiet_from text, quiet_to text, time_zone text,
    language text, is_staff boolean, is_refused boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    is_active boolean := chat.is_active(by_user);
begin
    if is_active then
        delete from chat.mail_failures f where f.address = lower(retry_mail.address);
    end if;
    return query
    select case when is_active then 'done' else 'user_inactive' end, p.*
    from chat.user_preferences(by_user, retry_mail.address) p;
end $$;

comment on function chat.retry_mail(bigint, text) is
'Forgets that mail servers have refused an address: the next message is mailed there again.
Arguments: the user, and their address or null.
Outcomes, each with what holds afterwards (chat.user_preferences()): done (also where nothing was refused);
user_inactive (or unknown).
Locks: the row of chat.mail_failures.';
