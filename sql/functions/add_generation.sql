create or replace function chat.add_generation(of_users bigint[]) returns void language sql as $$
    insert into chat.count_versions as v (user_id, generation)
    select distinct u.id, 1 from unnest(of_users) as u (id) where u.id is not null order by 1
    on conflict (user_id) do update set generation = v.generation + 1
$$;

comment on function chat.add_generation(bigint[]) is
'Makes the version of the counts of users higher than all before, when something that it is the sum of is taken away
(chat.user_counts). Arguments: the users. Locks: their rows of chat.count_versions, in the order of their ids.';
