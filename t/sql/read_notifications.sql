begin;
\ir lib/people.sql
select plan(35);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Ina') as ina, pg_temp.staff(:chapel, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ben, :abbey) as other, pg_temp.talk(:eve, :abbey) as own,
       pg_temp.talk(:ada, :chapel) as elsewhere \gset

-- Marks that still count, "conversation:user" in their order.
create function pg_temp.marks() returns text language sql as $$
    select coalesce(string_agg(format('%s:%s', k.conversation_id, k.user_id), ' ' order by k.conversation_id, k.user_id), '')
    from chat.notification_marks k join chat.conversations c on c.id = k.conversation_id
    where k.read_up_to >= case when c.member_id = k.user_id then c.member_newest_unread_id else c.church_newest_unread_id end
$$;
create temporary table asked as select coalesce(max(id), 0) as up_to from chat.events;
create function pg_temp.told() returns text language sql as $$
    with news as materialized (
        select e.* from chat.events e, asked a where e.id > a.up_to and e.xid = pg_current_xact_id() and e.kind = 7),
    now_asked as (update asked set up_to = (select max(id) from news) where exists (select from news))
    select coalesce(string_agg(format('%s:%s', conversation_id, user_id), ' ' order by conversation_id), '') from news
$$;

-- What a side's notification is made of.
select pg_temp.say(:ada, :talk) as m1 \gset
select is((select (church_newest_unread_id, church_unread_since)::text from chat.conversations where id = :talk),
          (select (id, created_at)::text from chat.messages where conversation_id = :talk and id = :m1),
          'the first unread message is the newest, too');
select ok((select member_newest_unread_id is null and member_unread_since is null
           from chat.conversations where id = :talk), 'the side of who wrote it has none');
select pg_sleep(0.002), pg_temp.say(:ada, :talk) as m2 \gset
select is((select (church_newest_unread_id, church_unread_since)::text from chat.conversations where id = :talk),
          (select (:m2::bigint, created_at)::text from chat.messages where conversation_id = :talk and id = :m1),
          'the second is the newest, and since the first there is something unread');
select pg_temp.say(:eve, :talk) as m3 \gset
select is((select (church_newest_unread_id, member_newest_unread_id)::text from chat.conversations where id = :talk),
          format('(%s,%s)', :m2, :m3), 'an answer is the member''s, and leaves the church''s alone');
select chat.mark_read(:eve, :talk, :m1) \g /dev/null
select is((select (church_newest_unread_id, church_unread_since)::text from chat.conversations where id = :talk),
          (select (:m2::bigint, created_at)::text from chat.messages where conversation_id = :talk and id = :m1),
          'reading a part changes neither');
select chat.mark_read(:eve, :talk) \g /dev/null
select is((select (church_newest_unread_id, church_unread_since, member_newest_unread_id)::text
           from chat.conversations where id = :talk), format('(,,%s)', :m3), 'reading all takes them away, of this side');
select pg_temp.say(:ada, :talk) as m4, pg_temp.say(:ada, :talk) as m5 \gset
select is((select church_unread_since from chat.conversations where id = :talk),
          (select created_at from chat.messages where conversation_id = :talk and id = :m4), 'then it begins anew');
select chat.mark_message_read(:eve, :talk, :m5) \g /dev/null
select is((select church_newest_unread_id from chat.conversations where id = :talk), :m4::bigint,
          'when the newest alone is read, the one before it is the newest that is not');
select chat.mark_message_read(:eve, :talk, :m4) \g /dev/null
select ok((select church_newest_unread_id is null and church_unread_since is null and member_newest_unread_id = :m3
           from chat.conversations where id = :talk), 'and with the last one nothing is left');

-- Marking.
select chat.mark_read(:ada, :talk) \g /dev/null
select pg_temp.say(:ada, :talk) as a1, pg_temp.say(:ben, :other) as b1, pg_temp.say(:eve, :own) as e1,
       pg_temp.say(:ada, :elsewhere) as k1, pg_temp.say(:ina, :own) as i1, pg_temp.say(:eve, :other) as b2 \gset
select pg_temp.place(:talk) as place \gset
select is((select (outcome, marked)::text from chat.read_notifications(:eve, array[:talk])), '(read,1)', 'one is marked');
select is(pg_temp.marks(), format('%s:%s', :talk, :eve), 'for who marked it, not for colleagues');
select is(pg_temp.told(), format('%s:%s', :talk, :eve), 'and it is told');
select is((select read_up_to from chat.notification_marks where user_id = :eve), :a1::bigint, 'up to the newest message');
select is(pg_temp.place(:talk), :'place', 'nothing is written to the conversation');
select is(pg_temp.unread(:talk, false), 1::bigint, 'the message stays unread');
select is((select (outcome, marked)::text from chat.read_notifications(:eve, array[:talk, :talk])), '(read,0)', 'once is enough');
select is(pg_temp.told(), '', 'and then nothing is told');
select is((select marked from chat.read_notifications(:eve, array[:elsewhere, 0, -5, :talk])), 0::bigint,
          'what is of others, or nowhere, is passed over');
select is((select marked from chat.read_notifications(:ben, array[:talk, :own])), 0::bigint, 'also for a member');
select is((select marked from chat.read_notifications(:ada, array[:talk])), 0::bigint, 'who has nothing unread, has nothing to mark');
select is((select marked from chat.read_notifications(:eve, array[]::bigint[])), 0::bigint, 'none is none, not all');

-- All.
select is((select (outcome, marked)::text from chat.read_notifications(:eve)), '(read,2)', 'all that were not marked');
select is(pg_temp.marks(), (select string_agg(format('%s:%s', c, :eve), ' ' order by c)
                            from unnest(array[:talk, :other, :own]::bigint[]) c),
          'as staff, and as the member that she is with her own church');
select is(pg_temp.told(), format(':%s', :eve), 'is told once');
select is((select marked from chat.read_notifications(:eve)), 0::bigint, 'once is enough');
select is(pg_temp.told(), '', 'and then nothing is told');

-- What makes a mark void.
select pg_temp.say(:ben, :other) as b3 \gset
select is(pg_temp.marks(), (select string_agg(format('%s:%s', c, :eve), ' ' order by c) from unnest(array[:talk, :own]::bigint[]) c),
          'a newer message of the other side');
select pg_temp.say(:ina, :talk) as a2 \gset
select is(pg_temp.marks(), (select string_agg(format('%s:%s', c, :eve), ' ' order by c) from unnest(array[:talk, :own]::bigint[]) c),
          'not one of the own side');
select chat.mark_read(:ina, :talk) \g /dev/null
select is(pg_temp.marks(), format('%s:%s', :own, :eve), 'reading, by whomever of the side');
select chat.read_notifications(:eve, array[:other]) \g /dev/null
select is((select array_agg(conversation_id order by conversation_id) from chat.notification_marks where user_id = :eve),
          (select array_agg(c order by c) from unnest(array[:other, :own]::bigint[]) c), 'what is void goes when she marks again');
select is((select read_up_to from chat.notification_marks where user_id = :eve and conversation_id = :other), :b3::bigint,
          'and what is marked again is so up to the newest');
delete from chat.church_staff where user_id = :eve;
select is((select marked from chat.read_notifications(:eve, array[:other, :talk])), 0::bigint, 'who is staff no more marks nothing');
update chat.users set is_active = false where id = :eve;
select is((select (outcome, marked)::text from chat.read_notifications(:eve)), '(user_inactive,0)', 'an inactive user is refused');
select is((select outcome from chat.read_notifications(0)), 'user_inactive', 'and so is nobody');

-- Whatever happens in whatever order, the columns are those that the messages say.
create temporary table since (side boolean primary key, at timestamptz); -- true: what the church wrote
insert into since values (true, null), (false, null);
do $$
declare
    staff bigint := (select pg_temp.staff(c.id, 'Liz') from chat.churches c where c.name = 'Abbey' order by c.id desc limit 1);
    person bigint := pg_temp.person('Zoe');
    talk bigint := pg_temp.talk(person, (select church_id from chat.church_staff where user_id = staff));
    actor bigint;
    by_staff boolean;
    one bigint;
begin
    perform setseed(0.5);
    for n in 1 .. 400 loop
        by_staff := random() < 0.5;
        actor := case when by_staff then staff else person end;
        one := (select id from chat.messages where conversation_id = talk order by random() limit 1);
        case (random() * 5)::int
            when 0 then perform chat.mark_read(actor, talk, case when random() < 0.7 then one end);
            when 1 then perform chat.mark_message_read(actor, talk, one);
            when 2 then perform chat.read_notifications(actor, case when random() < 0.5 then array[talk] end);
            else perform pg_temp.say(actor, talk);
                update since s set at = coalesce(s.at, c.updated_at) from chat.conversations c where c.id = talk and s.side = by_staff;
        end case;
        update since s set at = null from chat.conversations c
        where c.id = talk and case when s.side then c.member_unread else c.church_unread end = 0;
        if not pg_temp.counters_are_true(talk) or exists (
            select from since s, chat.conversations c where c.id = talk
            and s.at is distinct from case when s.side then c.member_unread_since else c.church_unread_since end) then
            raise 'wrong after step %', n;
        end if;
    end loop;
end $$;
select pass('the columns equal what the messages say, after each of 400 posts, reads and marks');
select * from finish();
rollback;
