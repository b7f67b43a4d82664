-- What was done to several objects at once, in the history of each. A search would read what is pending (fastupdate) one by one.
create index concurrently if not exists audit_log_by_ids on chat.audit_log using gin ((after -> 'ids') jsonb_path_ops)
    with (fastupdate = off) where object_id is null
