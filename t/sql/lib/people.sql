-- What the tests in the folder above share: fresh people, churches and conversations, so that they
-- depend on nothing that is in the database. Everything made here goes with the test's transaction.
\set QUIET on
\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\pset format unaligned
\pset tuples_only on
\pset pager off
set client_min_messages = warning;
create extension if not exists pgtap;

create function pg_temp.person(called text) returns bigint language sql as $$
    insert into chat.users (username, display_name)
    values (called || ' ' || gen_random_uuid(), called) returning id
$$;

create function pg_temp.church(called text) returns bigint language sql as $$
    insert into chat.churches (name) values (called) returning id
$$;

create function pg_temp.staff(of_church bigint, called text) returns bigint language sql as $$
    insert into chat.church_staff (church_id, user_id) values (of_church, pg_temp.person(called))
    returning user_id
$$;

create function pg_temp.talk(by_user bigint, with_church bigint) returns bigint language sql as $$
    select (conversation).id from chat.open_conversation(by_user, with_church)
$$;

create function pg_temp.say(by_user bigint, in_conversation bigint, content text default 'hello')
returns bigint language sql as $$
    select (message).id from chat.send_message(by_user, in_conversation, content)
$$;

create function pg_temp.unread(in_conversation bigint, from_church boolean)
returns bigint language sql as $$
    select count(*) from chat.messages m
    where m.conversation_id = in_conversation and m.from_church = unread.from_church
      and m.read_at is null
$$;

create function pg_temp.newest_unread(in_conversation bigint, from_church boolean)
returns bigint language sql as $$
    select max(m.id) from chat.messages m
    where m.conversation_id = in_conversation and m.from_church = newest_unread.from_church
      and m.read_at is null
$$;

create function pg_temp.counters_are_true(in_conversation bigint) returns boolean language sql as $$
    select c.member_unread = pg_temp.unread(c.id, true)
           and c.church_unread = pg_temp.unread(c.id, false)
           and c.last_seq = (select count(*) from chat.messages m where m.conversation_id = c.id)
           and c.last_message_id is not distinct from (select id from chat.last_message(c.id))
           and coalesce((select sum(n.unread) from chat.unread_of_churches n where n.church_id = c.church_id), 0)
               = (select sum(o.church_unread) from chat.conversations o where o.church_id = c.church_id)
           and coalesce((select sum(n.conversations) from chat.unread_of_churches n where n.church_id = c.church_id), 0)
               = (select count(*) from chat.conversations o where o.church_id = c.church_id and o.church_unread > 0)
           and c.member_newest_unread_id is not distinct from pg_temp.newest_unread(c.id, true)
           and c.church_newest_unread_id is not distinct from pg_temp.newest_unread(c.id, false)
           and (c.member_unread_since is null) = (c.member_unread = 0)
           and (c.church_unread_since is null) = (c.church_unread = 0)
    from chat.conversations c where c.id = in_conversation
$$;

-- The row's place in the table moves whenever it is written, even with the same values.
create function pg_temp.place(in_conversation bigint) returns text language sql as $$
    select c.ctid || ' ' || c.xmax from chat.conversations c where c.id = in_conversation
$$;
