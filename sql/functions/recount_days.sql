create or replace function chat.recount_days(of_days date default '-infinity')
returns void
language plpgsql as $$
begin
    -- What is being looked at is begun anew, with its days. chat.count_days() sets counted_from when it begins, and
    -- built_up_to = -1 until those who wrote then have ended.
    update chat.counting s
    set is_building = true, from_day = case when s.is_building then least(s.from_day, of_days) else of_days end,
        counted_from = case when s.counted_from is not null then s.counted_to end,
        built_up_to = least(s.built_up_to, 0), built_up_to_id = 0
    returning s.from_day into of_days;
    delete from chat.daily_answers a where a.day >= of_days;
    delete from chat.daily_counts d where d.day >= of_days and d.mails + d.pushes = 0;
    update chat.daily_counts d
    set conversations = 0, messages = 0, by_members = 0, by_staff = 0, attachments = 0, flagged = 0
    where d.day >= of_days;
end $$;

comment on function chat.recount_days(date) is
'Has the messages of a day and of all later ones counted anew in the background, as after an import: those that are
there now, so what was deleted meanwhile is not counted any more.
Arguments: the day, in UTC. Locks: the row of chat.counting, which another session holds for a moment at a time.';
