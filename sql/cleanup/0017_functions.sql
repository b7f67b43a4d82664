-- Of the release before, with other arguments. chat.admin_would(text, bigint[], jsonb), which the module of that release
-- calls itself, stays until the next one.
drop function if exists chat.admin_precondition(text, bigint, text[]), chat.admin_differences(jsonb, jsonb),
    chat.admin_mark_read(bigint[]), chat.admin_source(text, jsonb, boolean)
