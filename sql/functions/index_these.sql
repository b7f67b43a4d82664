create or replace function chat.index_these(conversations bigint[], ids bigint[], with_config regconfig)
returns integer
language plpgsql as $$
declare
    -- A vector has a maximum size, which text of this length does not reach.
    most constant integer := 101000; -- a message (ChatMaxMessage) and a name
    changed integer;
begin
    with these as (
        select distinct t.conversation_id, t.id from unnest(conversations, ids) t (conversation_id, id)),
    gone as (
        delete from chat.message_words w
        using these t
        where w.conversation_id = t.conversation_id and w.id = t.id
          and not exists (select from chat.messages m where m.conversation_id = t.conversation_id and m.id = t.id)),
    vectors as (
        select m.conversation_id, m.id, c.church_id,
               to_tsvector(with_config, chat.words(left(v.content, most)))
               || array_to_tsvector(array['~' || c.church_id, '~c' || m.conversation_id, '~u' || m.sender_id]) as search
        from these t
        join chat.messages m on m.conversation_id = t.conversation_id and m.id = t.id
        join chat.conversations c on c.id = m.conversation_id
        left join chat.attachments a
            on m.has_attachment and a.conversation_id = m.conversation_id and a.message_id = m.id
        cross join lateral (
            select case when a.name is null then m.content else m.content || ' ' || a.name end as content offset 0) v)
    insert into chat.message_words as w (conversation_id, id, church_id, search)
    select v.conversation_id, v.id, v.church_id, v.search from vectors v
    on conflict (conversation_id, id) do update
    set church_id = excluded.church_id, search = excluded.search
    where w.church_id <> excluded.church_id or w.search <> excluded.search;
    get diagnostics changed = row_count;
    return changed;
end $$;

comment on function chat.index_these(bigint[], bigint[], regconfig) is
'Makes the words of messages anew, and removes those of messages that are not there any more.
Arguments: the messages'' conversations and ids, and the text search configuration. Result: how many rows it wrote.
Locks: the rows of chat.message_words that it changes.';
