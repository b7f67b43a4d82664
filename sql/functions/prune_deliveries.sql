create or replace function chat.prune_deliveries() returns void
language plpgsql as $$
declare
    -- Longer than any silence: until then the last mails say whether the next one may follow.
    sent_for constant interval := '30 days';
    dead_for constant interval := '90 days';
    failures_for constant interval := '90 days';
    most constant integer := 1000; -- of each kind of rows at once
    word text;
    before timestamptz;
begin
    foreach word in array array['sent', 'dropped', 'dead'] loop
        before := now() - case word when 'dead' then dead_for else sent_for end;
        delete from chat.outbox o
        where o.ctid = any (array(
            select o.ctid from chat.outbox o
            where o.state = word and o.state <> 'due' and o.done_at < before
            order by o.done_at limit most
            for update skip locked));
    end loop;
    before := now() - failures_for;
    delete from chat.mail_failures f
    where f.ctid = any (array(
        select f.ctid from chat.mail_failures f
        where f.failed_at < before
        order by f.failed_at limit most
        for update skip locked));
end $$;

comment on function chat.prune_deliveries() is
'Deletes deliveries that were sent or dropped a month ago, those that have failed for good and refusals of mail
addresses after 90 days: an address is tried again then. At most a thousand of each at once.
Locks: these rows, without waiting for others.';
