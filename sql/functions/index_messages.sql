-- A call ends after a time that is short against statement_timeout, so that a slow machine does less in one.
create or replace function chat.index_messages(
    wanted_config text, httpd_started_at timestamptz, at_once integer,
    out outcome text, out indexed integer, out has_more boolean, out is_building boolean, out config text,
    out lag_ms bigint)
language plpgsql as $$
declare
    work_for constant interval := '200 ms';
    looked_at constant integer := 5000; -- messages that may have words already
    queue_at_once constant integer := 5000;
    beat constant interval := '4 seconds'; -- well below the ten of chat.search_progress()
    begun_at constant timestamptz := clock_timestamp();
    state chat.search_state;
    former_config text;
    queue tid[];
    taken integer := 0;
    conversations bigint[];
    ids bigint[];
    end_conversation bigint; -- of what is looked at now, the last message; null: that of all
    end_id bigint;
    last_id constant bigint := 9223372036854775807;
    is_caught_up boolean;
begin
    indexed := 0;
    has_more := false;
    outcome := 'done';
    if not pg_is_in_recovery() then
        select s.* into state from chat.search_state s for update skip locked;
    end if;
    if state is null then
        outcome := 'busy'; -- somebody else does
        select s.is_building, s.config, extract(epoch from begun_at - s.indexed_at) * 1000
        into is_building, config, lag_ms
        from chat.search_state s;
        return;
    end if;

    former_config := state.config;
    -- Of httpds that start at the same time, the first one.
    if wanted_config <> state.config and httpd_started_at > state.config_set_at + interval '1 second' then
        begin
            config := wanted_config::regconfig::text;
            if config <> state.config then
                state.former_configs := array(
                    select distinct f from unnest(state.former_configs || state.config) f where f <> '');
                state.config := config;
            end if;
            state.config_set_at := httpd_started_at;
        exception when undefined_object or invalid_name or invalid_text_representation or syntax_error
                       or invalid_schema_name or feature_not_supported then
            outcome := 'unknown_config';
        end;
    end if;
    if not exists (select from pg_ts_config t where t.oid::regconfig::text = state.config) then
        outcome := 'unknown_config'; -- it is not there any more
        state.config := 'simple';
        state.config_set_at := httpd_started_at;
    elsif wanted_config = state.config then
        state.config_set_at := greatest(state.config_set_at, httpd_started_at);
    end if;
    if state.config <> former_config then
        -- What has no message any more is not found by making all words anew.
        state.is_lossy := state.is_lossy or (state.is_building and not state.is_rebuild);
        state.is_building := true;
        state.is_rebuild := true;
        state.built_up_to := 0;
        state.built_up_to_id := 0;
    end if;
    if not exists (select from chat.unindexed_since u where u.epoch = chat.current_epoch()) then
        delete from chat.unindexed_since;
        insert into chat.unindexed_since (epoch) values (chat.current_epoch());
        if state.is_building and state.is_rebuild then
            state.is_lossy := true;
        else
            state.is_building := true;
            state.built_up_to := 0;
            state.built_up_to_id := 0;
        end if;
    end if;
    config := state.config;

    -- First what is new. In no order, as the table has none; what comes meanwhile is for the next call.
    queue := array(select u.ctid from chat.unindexed u limit queue_at_once);
    while taken < cardinality(queue) and clock_timestamp() < begun_at + work_for loop
        with gone as (
            delete from chat.unindexed u
            where u.ctid = any (queue[taken + 1 : taken + at_once])
            returning u.conversation_id, u.message_id)
        select array_agg(g.conversation_id), array_agg(g.message_id) into conversations, ids from gone g;
        taken := taken + at_once;
        indexed := indexed + chat.index_these(conversations, ids, state.config::regconfig);
    end loop;
    if taken > 0 and state.worked_at < begun_at - beat then
        state.worked_at := begun_at;
    end if;
    is_caught_up := taken >= cardinality(queue) and cardinality(queue) < queue_at_once;

    while state.is_building and clock_timestamp() < begun_at + work_for loop
        if state.is_rebuild then
            end_id := null;
            select array_agg(m.conversation_id), array_agg(m.id) into conversations, ids
            from (select m.conversation_id, m.id from chat.messages m
                  where (m.conversation_id, m.id) > (state.built_up_to, state.built_up_to_id)
                  order by m.conversation_id, m.id limit at_once) m;
        else
            select m.conversation_id, m.id into end_conversation, end_id
            from (select m.conversation_id, m.id from chat.messages m
                  where (m.conversation_id, m.id) > (state.built_up_to, state.built_up_to_id)
                  order by m.conversation_id, m.id
                  limit looked_at) m
            order by m.conversation_id desc, m.id desc
            limit 1;
            -- Sub-selects, as a join might read all of a table.
            select array_agg(k.conversation_id), array_agg(k.id) into conversations, ids
            from ((select m.conversation_id, m.id from chat.messages m
                   where (m.conversation_id, m.id) > (state.built_up_to, state.built_up_to_id)
                     and (m.conversation_id, m.id) <= (end_conversation, end_id)
                     and (select true from chat.message_words w
                          where w.conversation_id = m.conversation_id and w.id = m.id) is null
                   order by m.conversation_id, m.id limit at_once)
                  union all
                  (select w.conversation_id, w.id from chat.message_words w
                   where (w.conversation_id, w.id) > (state.built_up_to, state.built_up_to_id)
                     and (w.conversation_id, w.id) <= (coalesce(end_conversation, last_id), coalesce(end_id, last_id))
                     and (select true from chat.messages m
                          where m.conversation_id = w.conversation_id and m.id = w.id) is null
                   order by w.conversation_id, w.id limit at_once)
                  order by conversation_id, id limit at_once) k;
        end if;
        begin
            indexed := indexed + chat.index_these(conversations, ids, state.config::regconfig);
        exception when lock_not_available then
            -- Somebody is deleting some of them. What is new, above, is not to wait for that.
            exit;
        end;
        if cardinality(ids) = at_once then
            state.built_up_to := conversations[at_once];
            state.built_up_to_id := ids[at_once];
        elsif end_id is not null then
            state.built_up_to := end_conversation;
            state.built_up_to_id := end_id;
        else -- all were looked at
            if state.is_rebuild then
                state.former_configs := '{}';
            end if;
            state.is_building := state.is_lossy;
            state.is_rebuild := false;
            state.is_lossy := false;
            state.built_up_to := 0;
            state.built_up_to_id := 0;
        end if;
    end loop;

    if indexed > 0 then
        perform chat.flush_message_words();
    end if;
    if is_caught_up and not state.is_building and (indexed > 0 or state.indexed_at < begun_at - beat) then
        state.indexed_at := begun_at;
    end if;
    update chat.search_state s
    set config = state.config, config_set_at = state.config_set_at, former_configs = state.former_configs,
        is_building = state.is_building, is_rebuild = state.is_rebuild, built_up_to = state.built_up_to,
        built_up_to_id = state.built_up_to_id, is_lossy = state.is_lossy, indexed_at = state.indexed_at,
        worked_at = state.worked_at
    where s.* is distinct from state;
    has_more := state.is_building or not is_caught_up;
    is_building := state.is_building;
    lag_ms := extract(epoch from clock_timestamp() - state.indexed_at) * 1000;
end $$;

comment on function chat.index_messages(text, timestamptz, integer) is
'Brings the words of messages up to date, a part at a time: of messages that are new or have changed (chat.unindexed);
then, while the index is being built, of the next ones. It is built when it is new, when rows of chat.unindexed were
lost (a crash, a restored backup, another server: the epoch) and when the configuration is another one.
Arguments: the text search configuration that is wanted; when httpd was started, as the one that started last decides;
and how many messages a statement may take.
Outcomes: done; busy (another session does it, or this is a hot standby); unknown_config (there is no such one: the
present one stays in use).
With it: how many rows were written, whether there is more to do now, whether the index is being built, with which
configuration, and how long ago it had all messages last.
Locks: the row of chat.search_state, without waiting; the rows of chat.message_words that it changes.';
