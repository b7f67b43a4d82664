create or replace function chat.address_hash(address text) returns text
language sql immutable strict parallel safe as $$
    select left(encode(sha256(convert_to(lower(address), 'UTF8')), 'hex'), 32)
$$;

comment on function chat.address_hash(text) is
'What stands for a mail address in a link by which its owner unsubscribes.';
