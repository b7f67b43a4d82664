create index concurrently if not exists users_inactive on chat.users (id) where not is_active
