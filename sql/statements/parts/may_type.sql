-- Whether user t may be shown to type in a conversation, and has sent nothing there after :seq: a message ends what
-- was said before it, in whichever order the two arrive. :conversation_id, :church_id, :member_id and
-- :member_blocked are the conversation's.
case when t.id = :member_id then not :member_blocked
     else (select true from chat.church_staff s where s.church_id = :church_id and s.user_id = t.id) end
and (select true
     from chat.messages g
     where g.conversation_id = :conversation_id and g.seq > :seq and g.sender_id = t.id
     limit 1) is null
