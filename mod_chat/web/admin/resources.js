/**
 * @file resources.js
 * What the pages add to what the API says of its lists (schema.js):
 *
 *   kind     what the audit log calls one of them
 *   columns  those that are shown at first, in this order; a list offers all that its items have
 *   create   what a new one needs, by kind of field: text, id, or choice of the values that its filter has; offered where the
 *            server takes it
 *   links    [resource, parameter] of what belongs to one of them
 *   staff    the member of a new one of the staff that one of them is
 */
export const RESOURCES = {
    conversations: {
        kind: 'conversation',
        columns: ['id', 'member_name', 'church_name', 'last_message', 'church_unread', 'member_blocked', 'updated_at'],
        links: [['messages', 'conversation_id'], ['attachments', 'conversation_id'], ['deliveries', 'conversation_id']],
    },
    messages: {
        kind: 'message',
        columns: ['id', 'sender_name', 'content', 'conversation_id', 'flag', 'created_at'],
    },
    users: {
        kind: 'user',
        columns: ['id', 'username', 'display_name', 'email', 'role', 'is_active', 'created_at'],
        links: [['conversations', 'member_id'], ['messages', 'sender_id'], ['staff', 'user_id'], ['deliveries', 'user_id']],
        staff: 'user_id',
    },
    churches: {
        kind: 'church',
        columns: ['id', 'name', 'is_active', 'created_at'],
        create: { name: 'text', logo_url: 'text' },
        links: [['conversations', 'church_id'], ['messages', 'church_id'], ['staff', 'church_id']],
        staff: 'church_id',
    },
    staff: {
        kind: 'staff',
        columns: ['id', 'user_id', 'username', 'church_id', 'church_name', 'role'],
        create: { church_id: 'id', user_id: 'id', role: 'choice' },
    },
    attachments: {
        kind: 'attachment',
        columns: ['id', 'name', 'type', 'content_type', 'size', 'sender_name', 'message_id', 'created_at'],
    },
    notifications: { columns: ['id', 'member_name', 'member_unread', 'church_name', 'church_unread', 'last_message', 'last_message_at'] },
    deliveries: { kind: 'delivery', columns: ['id', 'kind', 'state', 'user_name', 'attempts', 'last_error', 'created_at'] },
    audit: { columns: ['id', 'created_at', 'username', 'action', 'object_kind', 'object_id', 'reason'] },
};

/** Whether there is a form for a new one, and the server takes it. */
export function isCreatable(schema, name) {
    return schema.has(name, 'create') && RESOURCES[name].create !== undefined;
}

/** Actions that cannot be undone, and so need a reason. */
export const DANGEROUS = ['delete', 'drop'];

/** What a member of an item refers to. */
const OF_ID = new Map([
    ['user_id', 'users'], ['member_id', 'users'], ['sender_id', 'users'], ['church_id', 'churches'], ['conversation_id', 'conversations'],
    ['message_id', 'messages'], ['last_message_id', 'messages'], ['attachment_id', 'attachments'],
]);
const OF_KIND = new Map(Object.entries(RESOURCES).filter(([, { kind }]) => kind).map(([name, { kind }]) => [kind, name]));

/** Where one is chosen from by its name, users or churches, for a member that is an id; null: nowhere. */
export function chosenFrom(name) {
    const resource = OF_ID.get(name);

    return ['users', 'churches'].includes(resource) ? resource : null;
}

/** {resource, id} that a member of an item leads to; null: none. */
export function targetOf(resource, item, name) {
    const to = name === 'id' ? resource : name === 'object_id' ? OF_KIND.get(item.object_kind) : OF_ID.get(name);

    return to !== undefined && Number.isInteger(item[name]) ? { resource: to, id: String(item[name]) } : null;
}
