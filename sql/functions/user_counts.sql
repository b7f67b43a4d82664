create or replace function chat.user_counts(of_user bigint)
returns table (unread_messages bigint, unread_conversations bigint, member_messages bigint, member_conversations bigint,
               version bigint)
language sql stable rows 1 as $$
    select (m.messages + s.counts[1])::bigint, (m.conversations + s.counts[2])::bigint,
           m.messages::bigint, m.conversations::bigint,
           (m.version + s.counts[3]
            + coalesce((select v.generation * 68719476736 + v.marks
                        from chat.count_versions v where v.user_id = of_user), 0))::bigint
    from (select coalesce(sum(c.member_unread), 0) as messages,
                 count(*) filter (where c.member_unread > 0) as conversations, coalesce(sum(c.version), 0) as version
          from chat.conversations c
          where c.member_id = of_user) m
    cross join (select case when (select true from chat.church_staff s where s.user_id = of_user limit 1)
                            then chat.counts_of_staff(of_user) else '{0,0,0}' end as counts offset 0) s
$$;

comment on function chat.user_counts(bigint) is
'How many messages the user has not read, and in how many conversations; how many of these as a member, the rest being
those that they have as staff; and the version of these numbers: of two
answers, the one with the higher version is the newer one, and those with the same version have the same numbers.
The version is the sum of what changes together with them: the versions of the user''s own conversations and of the
sums of their churches, and how often they have marked notifications. Each of these grows by 1, under the lock of its
row, whenever the row changes, so that no sum of a later snapshot is lower, and none is the same if something has
changed. When a part is taken away (chat.follow_access), the generation grows by 1 in the same transaction; it counts
as 2^36 changes. A client that counts in doubles has room for 2^17 generations. Versions of two epochs do not compare.
Most users are not staff, and a function that is not called needs no plan. Arguments: the user. Locks: none.
PostgreSQL expands it in the statement that calls it.';
