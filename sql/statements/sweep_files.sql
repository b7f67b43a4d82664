-- Removes a file in the database that no attachment has, or parts of it, and says where to go on.
-- Parameters: the name after which to look, the age in seconds of what is left alone.
select s.next_file, s.removed
from chat.sweep_files($1::text, make_interval(secs => $2::integer)) s;
