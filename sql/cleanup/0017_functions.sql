-- Of the release before, with other arguments.
drop function if exists chat.admin_precondition(text, bigint, text[]), chat.admin_differences(jsonb, jsonb),
    chat.admin_mark_read(bigint[]), chat.admin_would(text, bigint[], jsonb)
