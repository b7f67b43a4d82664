-- Looks soon at sides that have been told of something and have another unread message since.
select chat.wake_waiting()::text as done;
