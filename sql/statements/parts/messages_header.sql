-- A header row on the user and conversation $2, before the messages of it. Sets what message_columns.sql needs.
\set to_staff '(select a.is_church_owner from asker a)'
\ir staff_name.sql
\ir attachment.sql
\ir asker_of_conversation.sql
select a.user_id as "user_id message_id", a.user_is_active as "user_is_active from_church",
       a.user_display_name as "user_display_name content", a.user_avatar_url as "user_avatar_url client_id",
       a.user_email as "user_email staff_name", a.conversation_id as "conversation_id seq",
       a.is_church_owner as "is_church_owner is_flagged", s.xmin as "snapshot_xmin sender_id",
       null::timestamptz as sent_at, null::timestamptz as read_at, a.user_username as "user_username attachment", a.member_name,
       a.member_avatar_url, a.church_name, a.church_logo_url, s.epoch
from asker a
cross join chat.current_snapshot() s
union all
