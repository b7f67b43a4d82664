create or replace function chat.audit(
    by_whom chat.administrator, of_action text, of_object_kind text, of_object_id bigint, were jsonb, are jsonb, why text)
returns bigint
language sql as $$
    insert into chat.audit_log (username, address, request_id, action, object_kind, object_id, before, after, reason)
    values (by_whom.username, by_whom.address, by_whom.request_id, of_action, of_object_kind, of_object_id, were, are, why)
    returning id
$$;

comment on function chat.audit(chat.administrator, text, text, bigint, jsonb, jsonb, text) is
'Adds a row to the audit log, in the transaction of what it tells of.
Arguments: who; the action; the kind of the object (user, church, staff, conversation, message, attachment, delivery,
audit) and its id, or null; the members that differ, before and after; the reason that was given, or null.
Result: the id of the row.';
