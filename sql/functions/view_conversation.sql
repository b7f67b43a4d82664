create or replace function chat.view_conversation(
    by_whom chat.administrator, of_conversation bigint, out item text, out etag text, out messages text, out has_more boolean)
returns setof record
language plpgsql rows 1 as $$
declare
    most constant integer := 50;
begin
    select i.item, i.etag into item, etag from chat.admin_item('conversation', of_conversation) i;
    if item is null then
        return;
    end if;
    select '[' || coalesce(string_agg(m.item, ',' order by m.id) filter (where m.place <= most), '') || ']', count(*) > most
    into messages, has_more
    from chat.admin_items('message', jsonb_build_object('conversation_id', of_conversation), '-id', most + 1, null, null)
         with ordinality as m (item, id, key, place);
    perform chat.audit(by_whom, 'view', 'conversation', of_conversation, null, null, null);
    return next;
end $$;

comment on function chat.view_conversation(chat.administrator, bigint) is
'A conversation as an administrator sees it, with its newest messages; the audit log says that it was viewed. No row when
there is none.
Arguments: who views it; its id.
Result: chat.admin_item(); at most 50 messages as a JSON array, the oldest first; whether there are older ones. Locks: none.';
