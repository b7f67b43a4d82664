-- How much there is to do, and how much has failed: each number at most 10,000. For metrics.
-- Read only.
select (select count(*) from (select from chat.waiting w where w.due_at < 'infinity' order by w.due_at limit 10000) n) as waiting,
       (select count(*) from (select from chat.outbox o where o.kind = 'email' and o.state = 'due' limit 10000) n) as mails_due,
       (select count(*) from (select from chat.outbox o where o.kind = 'push' and o.state = 'due' limit 10000) n) as pushes_due,
       (select count(*) from (select from chat.outbox o where o.kind = 'email' and o.state = 'dead' limit 10000) n) as mails_dead,
       (select count(*) from (select from chat.outbox o where o.kind = 'push' and o.state = 'dead' limit 10000) n) as pushes_dead;
