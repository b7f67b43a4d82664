-- What a request costs shall not grow with what has gathered: the unread of a church is counted, and
-- marking messages as read writes to the table alone, not to its indexes.

-- The sum of church_unread over a church's conversations, for the number that its staff poll. In parts,
-- or those who write to one church at the same moment would wait for each other's commit.
create table chat.unread_of_churches (
    church_id bigint not null references chat.churches on delete cascade,
    -- conversation_id % 16.
    part      smallint not null,
    unread    bigint not null,
    primary key (church_id, part)
)
-- Small rows that are rewritten by every message of a member, and touch no index (HOT): with half of the
-- page free, old versions go when the page is next used. Vacuum has little to do, but should do it soon.
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.1);

create function chat.count_unread_of_church() returns trigger language plpgsql as $$
declare
    difference bigint := coalesce(new.church_unread, 0) - coalesce(old.church_unread, 0);
    of_church bigint := coalesce(new.church_id, old.church_id);
    of_part smallint := coalesce(new.id, old.id) % 16;
begin
    update chat.unread_of_churches n set unread = n.unread + difference
    where n.church_id = of_church and n.part = of_part;
    if not found then
        insert into chat.unread_of_churches (church_id, part, unread)
        values (of_church, of_part, difference)
        on conflict (church_id, part) do update
            set unread = unread_of_churches.unread + excluded.unread;
    end if;
    return null;
end $$;
comment on function chat.count_unread_of_church() is
'Trigger: keeps the sum of a church''s unread messages. Locks: its part of it, after the conversation''s
row, until commit.';

-- These lock the table against writing, so that the sums below miss nothing.
create trigger count_unread_of_church after update of church_unread on chat.conversations
    for each row when (old.church_unread <> new.church_unread)
    execute function chat.count_unread_of_church();
create trigger count_unread_of_new after insert on chat.conversations
    for each row when (new.church_unread <> 0)
    execute function chat.count_unread_of_church();
create trigger count_unread_of_deleted after delete on chat.conversations
    for each row when (old.church_unread <> 0)
    execute function chat.count_unread_of_church();
insert into chat.unread_of_churches (church_id, part, unread)
select c.church_id, c.id % 16, sum(c.church_unread)
from chat.conversations c where c.church_unread > 0 group by 1, 2;

-- With read_at in no index a message's new version can stay on its page (HOT), where there is room: half
-- a dozen messages are read before their older versions may go. The number of the unread is known, so
-- they are found from the conversation's end (chat.mark_read).
drop index chat.messages_unread;
alter table chat.messages set (fillfactor = 90);

-- Events are gone after a minute: there is no use in cleaning for the sake of those that were added.
alter table chat.events set (autovacuum_vacuum_insert_threshold = -1);
