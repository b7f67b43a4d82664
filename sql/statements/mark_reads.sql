-- Marks messages as read for several users, as mark_read does for one.
-- Parameters: arrays of the parameters of mark_read, each an element for a mark.
-- Outcomes: those of mark_read, with the place of the mark in the arrays. A mark without a row is not made: mark_read
-- is to be called for it.
select u.user_id, u.user_is_active, u.user_display_name, u.user_avatar_url, u.user_email, u.user_username,
       r.n as place, r.outcome, r.marked
from chat.mark_reads(
    array(select u.user_id
          from unnest($1::text[], $4::bigint[]) with ordinality w (external_id, still_id, n)
          left join lateral chat.asker(w.external_id) u on u.user_id = coalesce(w.still_id, u.user_id)
          order by w.n),
    $2::bigint[], $3::bigint[]) r
cross join lateral chat.asker(($1::text[])[r.n]) u;
