-- After the FROM of conversation p: l, who of the staff wrote its last message; nulls where its member did. Looked up
-- for staff alone, who are shown it: :to_staff, a condition, is set before.
left join lateral (
    select g.sender_id, (select s.display_name from chat.users s where s.id = g.sender_id) as display_name
    from chat.messages g
    where :to_staff and p.last_from_church is not false
      and g.conversation_id = p.id and g.id = p.last_message_id and g.from_church offset 0) l on true
