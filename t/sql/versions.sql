-- Versions grow with whatever changes a conversation or the counts of a user, by functions and by SQL; so what has the
-- same version is the same. Here one thing after the other, at random; t/versions.t does it at once.
begin;
\ir lib/people.sql
select plan(16);

create temporary table people as
select pg_temp.person(called) as id, called from unnest(array['Ada', 'Ben', 'Eve', 'Fay']) as called;
create temporary table houses as select pg_temp.church(called) as id from unnest(array['Abbey', 'Chapel']) as called;
insert into chat.church_staff (church_id, user_id) select h.id, p.id from houses h, people p where p.called in ('Eve', 'Fay');

create function pg_temp.one_of(ids bigint[]) returns bigint language sql volatile as $$
    select ids[1 + floor(random() * cardinality(ids))::int]
$$;
create function pg_temp.person() returns bigint language sql volatile as $$
    select pg_temp.one_of(array(select id from people order by id))
$$;
create function pg_temp.house() returns bigint language sql volatile as $$
    select pg_temp.one_of(array(select id from houses order by id))
$$;
create function pg_temp.talk() returns bigint language sql volatile as $$
    select pg_temp.one_of(array(select c.id from chat.conversations c join houses h on h.id = c.church_id order by c.id))
$$;

-- What a user is told, but for the version; counted anew.
create function pg_temp.counted(of_user bigint) returns text language sql as $$
    select format('%s %s, as a member %s %s', coalesce(sum(c.unread), 0), count(*) filter (where c.unread > 0),
                  coalesce(sum(c.unread) filter (where c.is_own), 0), count(*) filter (where c.unread > 0 and c.is_own))
    from (select c.member_id = of_user as is_own, case when c.member_id = of_user then pg_temp.unread(c.id, true) else pg_temp.unread(c.id, false) end as unread
          from chat.conversations c
          where c.member_id = of_user
             or exists (select from chat.church_staff s where s.church_id = c.church_id and s.user_id = of_user)) c
$$;

create function pg_temp.states() returns table (what text, state text, version bigint, truth text) language sql as $$
    select 'counts of ' || p.called, format('%s %s, as a member %s %s', n.unread_messages, n.unread_conversations,
                                              n.member_messages, n.member_conversations) || ' of which ' || n.unread,
           n.version, pg_temp.counted(p.id) || ' of which ' || n.unread
    from people p cross join lateral chat.notification_counts(p.id) n
    union all
    select 'conversation ' || c.id, (to_jsonb(c) - 'version')::text, c.version, (to_jsonb(c) - 'version')::text
    from chat.conversations c join houses h on h.id = c.church_id
$$;

create function pg_temp.happen(event int) returns text language plpgsql as $$
declare
    talk bigint := pg_temp.talk();
    said bigint := (select m.id from chat.messages m where m.conversation_id = talk order by random() limit 1);
begin
    case event
    when 0 then perform chat.send_message(pg_temp.person(), talk, 'hello');
    when 1 then perform chat.send_message((select member_id from chat.conversations where id = talk), talk, 'hello');
    when 2 then perform chat.mark_read(pg_temp.person(), talk);
    when 3 then perform chat.mark_read(pg_temp.person(), talk, said);
    when 4 then perform chat.mark_message_read(pg_temp.person(), talk, said);
    when 5 then perform chat.block_member(pg_temp.person(), talk, random() < 0.5);
    when 6 then perform chat.open_conversation(pg_temp.person(), pg_temp.house());
    when 7 then perform chat.read_notifications(pg_temp.person(), array[talk, pg_temp.talk()]);
    when 8 then perform chat.read_notifications(pg_temp.person());
    when 9 then insert into chat.church_staff (church_id, user_id) values (pg_temp.house(), pg_temp.person()) on conflict do nothing;
    when 10 then delete from chat.church_staff where church_id = pg_temp.house() and user_id = pg_temp.person();
    when 11 then update chat.church_staff set user_id = (select id from people where called = 'Ben')
                 where church_id = (select min(id) from houses) and user_id = (select id from people where called = 'Fay')
                   and not exists (select from chat.church_staff where church_id = (select min(id) from houses)
                                   and user_id = (select id from people where called = 'Ben'));
    when 12 then insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                 select c.id, c.last_seq + 1, c.member_id, random() < 0.5, 'by SQL', clock_timestamp()
                 from chat.conversations c where c.id = talk;
    when 13 then delete from chat.messages where conversation_id = talk and id = said;
    when 14 then update chat.messages set read_at = case when read_at is null then clock_timestamp() end
                 where conversation_id = talk and id = said;
    when 15 then update chat.conversations set member_blocked = not member_blocked where id = talk;
    when 16 then delete from chat.conversations where id = talk and random() < 0.3;
    when 17 then delete from chat.notification_marks where user_id = pg_temp.person();
    when 18 then update chat.conversations c set church_id = pg_temp.house()
                 where c.id = talk and not exists (select from chat.conversations o where o.member_id = c.member_id and o.id <> c.id);
    else update chat.conversations c set member_blocked = c.member_blocked where id = talk;
    end case;
    return format('event %s in %s', event, talk);
end $$;

-- The first violations; and how many states differed from those before, so that something has happened.
create function pg_temp.violations(events int, out violation text, out changes int) language plpgsql as $$
declare
    happened text;
begin
    changes := 0;
    create temporary table before on commit drop as select * from pg_temp.states();
    create temporary table after on commit drop as select * from before;
    for n in 1 .. events loop
        if (select count(*) < 3 from chat.conversations c join houses h on h.id = c.church_id) then
            perform chat.open_conversation(p.id, h.id) from people p, houses h;
        end if;
        happened := pg_temp.happen((n * 7 + floor(random() * 20)::int) % 20);
        delete from after;
        insert into after select * from pg_temp.states();
        select format('after %s: %s was %s (%s), is %s (%s)', happened, b.what, b.state, b.version, a.state, a.version)
        into violation
        from before b join after a using (what)
        where a.version < b.version or (a.version = b.version and a.state <> b.state)
        order by b.what limit 1;
        if found then
            return;
        end if;
        select format('after %s: %s is %s, and must be %s', happened, a.what, a.state, a.truth) into violation
        from after a where a.state <> a.truth limit 1;
        if found then
            return;
        end if;
        changes := changes + (select count(*) from before b join after a using (what) where a.state <> b.state)::int;
        delete from before;
        insert into before select * from after;
    end loop;
    violation := '';
end $$;

set local jit = off;
select setseed(0.16);
select violation, changes from pg_temp.violations(200) \gset
select is(:'violation'::text, '', 'a version never falls, and is another one whenever something has changed');
select cmp_ok(:changes, '>', 70, 'much has changed meanwhile');

-- One after the other, so that what fails has a name.
select pg_temp.person('Ida') as ida, pg_temp.church('Minster') as minster \gset
select pg_temp.staff(:minster, 'Joe') as joe, pg_temp.talk(:ida, :minster) as talk \gset
create function pg_temp.version(of_user bigint) returns bigint language sql as $$ select version from chat.user_counts(of_user) $$;
create function pg_temp.of_talk(of_talk bigint) returns bigint language sql as $$ select version from chat.conversations where id = of_talk $$;
select is(pg_temp.of_talk(:talk), 1::bigint, 'a conversation begins with version 1');
select pg_temp.version(:ida) as ida_1, pg_temp.version(:joe) as joe_1 \gset
select pg_temp.say(:ida, :talk) as said \gset
select is(pg_temp.of_talk(:talk), 2::bigint, 'a message adds 1');
select cmp_ok(pg_temp.version(:joe), '>', :joe_1::bigint, 'also to the counts of the other side');
select pg_temp.version(:joe) as joe_2, pg_temp.version(:ida) as ida_2 \gset
select pg_temp.say(:joe, :talk) \g /dev/null
select cmp_ok(pg_temp.version(:ida), '>', :ida_2::bigint, 'and to those of the member');
select is(pg_temp.version(:joe), :joe_2::bigint, 'but not to those of staff, for whom nothing has changed');
select chat.mark_read(:joe, :talk) \g /dev/null
select is(pg_temp.of_talk(:talk), 4::bigint, 'reading adds 1');
select cmp_ok(pg_temp.version(:joe), '>', :joe_2::bigint, 'also to the counts of who reads');
select chat.mark_read(:joe, :talk) \g /dev/null
select is(pg_temp.of_talk(:talk), 4::bigint, 'not where nothing was unread');
select chat.block_member(:joe, :talk, true), chat.block_member(:joe, :talk, true) \g /dev/null
select is(pg_temp.of_talk(:talk), 5::bigint, 'blocking adds 1, once');
update chat.conversations set member_blocked = false where id = :talk;
select is(pg_temp.of_talk(:talk), 6::bigint, 'also by SQL');
select pg_temp.version(:joe) as joe_3 \gset
delete from chat.church_staff where user_id = :joe;
select cmp_ok(pg_temp.version(:joe), '>', :joe_3::bigint, 'who is staff no more has fewer unread, and a higher version');
select pg_temp.version(:ida) as ida_3 \gset
delete from chat.conversations where id = :talk;
select cmp_ok(pg_temp.version(:ida), '>', :ida_3::bigint, 'and so has whose conversation was deleted');
select cmp_ok(pg_temp.version(:ida), '<', 9007199254740992, 'a client that counts in doubles can tell them apart');

select is((select string_agg(p.proname, ' ') from pg_proc p
           where p.pronamespace = 'chat'::regnamespace and p.proname in ('unread_of_staff')), null,
          'what no statement needs any more is gone');
select * from finish();
rollback;
