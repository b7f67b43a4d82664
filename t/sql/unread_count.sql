begin;
\ir lib/people.sql
select plan(7);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk \gset

select is(chat.unread_count(:ada, :talk), 0::bigint, 'nothing at first');
select pg_temp.say(:ada, :talk) as m1, pg_temp.say(:ada, :talk) as m2, pg_temp.say(:eve, :talk) as m3 \gset
select is(chat.unread_count(:eve, :talk), 2::bigint, 'staff have what the member wrote');
select is(chat.unread_count(:ada, :talk), 1::bigint, 'the member has what the church wrote');
select is(chat.unread_count(:ben, :talk), null, 'a stranger has no number');
select is(chat.unread_count(:ada, 0), null, 'nor has no conversation');

-- A thousand steps of any kind, and the counters are still what a count says.
do $$
declare
    ada bigint := pg_temp.person('Ada');
    abbey bigint := pg_temp.church('Abbey');
    eve bigint := pg_temp.staff(abbey, 'Eve');
    talk bigint := pg_temp.talk(ada, abbey);
    who bigint;
    some_message bigint;
begin
    perform setseed(0.25);
    for step in 1 .. 1000 loop
        who := case when random() < 0.5 then ada else eve end;
        select m.id into some_message from chat.messages m
        where m.conversation_id = talk order by random() limit 1;
        case floor(random() * 8)
            when 0 then perform chat.mark_read(who, talk);
            when 1 then perform chat.mark_read(who, talk, some_message);
            when 2 then perform chat.mark_message_read(who, talk, some_message);
            when 3 then perform chat.block_member(eve, talk, random() < 0.3);
            when 4 then perform chat.send_message(who, talk, 'again', 'k' || floor(random() * 50));
            else perform chat.send_message(who, talk, 'step ' || step);
        end case;
        if not pg_temp.counters_are_true(talk) then
            raise 'the counters are wrong after step %', step;
        end if;
    end loop;
    perform set_config('test.talk', talk::text, true);
end $$;
select ok(pg_temp.counters_are_true(current_setting('test.talk')::bigint),
          'the counters equal a count after a thousand steps of any kind');

update chat.users set is_active = false where id = :ada;
select is(chat.unread_count(:ada, :talk), null, 'an inactive user has no number');
select * from finish();
rollback;
