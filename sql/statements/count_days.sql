-- Brings the counts of days up to date, a part at a time. Parameters: for how many microseconds a message must have been
-- there. Outcomes: done, busy.
select d.outcome, d.has_more from chat.count_days($1::int8 * interval '1 microsecond') d;
