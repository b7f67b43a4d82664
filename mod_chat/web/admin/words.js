/**
 * @file words.js
 * What the members of items, and the words in them, are called: as the tables of texts say it, and as the API writes it
 * where they do not.
 */
const FIELDS = new Set([
    'id', 'username', 'external_id', 'avatar_url', 'display_name', 'email', 'email_state', 'is_active', 'language', 'role',
    'created_at', 'updated_at', 'name', 'logo_url', 'church_id', 'church_name', 'user_id', 'member_id', 'member_name', 'last_message',
    'last_message_at', 'church_unread', 'member_unread', 'member_blocked', 'content', 'sender_id', 'sender_name', 'conversation_id',
    'message_id', 'flag', 'read_at', 'attachment', 'type', 'content_type', 'size', 'scanned', 'kind', 'state', 'attempts',
    'last_error', 'action', 'object_kind', 'object_id', 'request_id', 'address', 'reason', 'before', 'after', 'staff_count',
    'unread_conversations', 'user_is_active', 'last_seq', 'last_message_from', 'version', 'seq', 'from_church', 'width', 'height',
    'store', 'member_unread_since', 'church_unread_since', 'user_name', 'digest', 'due_at', 'done_at', 'unread', 'blocked', 'flagged',
    'empty', 'has_attachment', 'min_size', 'ids', 'filter', 'done', 'skipped', 'q',
]);
const VALUES = new Set([
    'member', 'staff', 'ok', 'none', 'failing', 'pattern', 'links', 'repeat', 'image', 'document', 'other', 'due', 'sent', 'dropped',
    'dead', 'email', 'push', 'manager', 'any', 'user', 'church', 'conversation', 'message', 'attachment', 'delivery', 'audit', 'view',
    'create', 'change', 'delete', 'delete_part', 'export', 'erase', 'mark_read', 'block', 'unblock',
    'unflag', 'retry', 'drop', 'database', 'directory',
]);

export function fieldText(i18n, name) {
    return FIELDS.has(name) ? i18n.t(`adminField_${name}`) : name.replaceAll('_', ' ');
}

/** What a field is called in which one is chosen by name where the API takes an id. */
export function choiceText(i18n, name) {
    return i18n.t(`adminChoice_${name}`);
}

export function valueText(i18n, value) {
    return VALUES.has(value) ? i18n.t(`adminValue_${value}`) : value;
}
