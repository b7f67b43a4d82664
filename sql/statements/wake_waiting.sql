-- Has sides of conversations decided again soon that have another unread message since the last decision.
select chat.wake_waiting()::text as done;
