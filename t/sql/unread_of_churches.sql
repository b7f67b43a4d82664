begin;
\ir lib/people.sql
select plan(6);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ben, :abbey) as other,
       pg_temp.talk(:ada, :chapel) as elsewhere \gset

-- Messages, and in how many conversations.
create function pg_temp.unread_of(church bigint) returns text language sql as $$
    select format('%s in %s', coalesce(sum(unread), 0), coalesce(sum(conversations), 0))
    from chat.unread_of_churches where church_id = church
$$;

select pg_temp.say(:ada, :talk), pg_temp.say(:ada, :talk), pg_temp.say(:ben, :other), pg_temp.say(:ada, :elsewhere),
       pg_temp.say(:eve, :talk) \g /dev/null
select is(pg_temp.unread_of(:abbey), '3 in 2', 'what members wrote to a church');
select is(pg_temp.unread_of(:chapel), '1 in 1', 'and to another one');
select chat.mark_read(:eve, :talk) \g /dev/null
select is(pg_temp.unread_of(:abbey), '1 in 1', 'without what its staff have read');

-- A site may have reasons of its own to change rows.
insert into chat.conversations (member_id, church_id, church_unread) values (:eve, :abbey, 5) returning id as own \gset
select is(pg_temp.unread_of(:abbey), '6 in 2', 'with what comes by a row');
update chat.conversations set church_unread = 0 where church_id = :abbey;
select is(pg_temp.unread_of(:abbey), '0 in 0', 'many rows at once');
select pg_temp.say(:ben, :other), pg_temp.say(:eve, :own) \g /dev/null
delete from chat.conversations where id = :other;
select is(pg_temp.unread_of(:abbey), '1 in 1', 'and without what is deleted');
select * from finish();
rollback;
