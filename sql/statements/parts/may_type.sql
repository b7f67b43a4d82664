-- Whether user t may be shown to be typing in a conversation, and has not sent a message there after :seq: a message
-- ends the typing before it, in whichever order the two arrive. Set before: :conversation_id, :church_id,
-- :member_id, :member_blocked.
case when t.id = :member_id then not :member_blocked
     else (select true from chat.church_staff s where s.church_id = :church_id and s.user_id = t.id) end
and (select true
     from chat.messages g
     where g.conversation_id = :conversation_id and g.seq > :seq and g.sender_id = t.id
     limit 1) is null
