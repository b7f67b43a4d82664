/** @file message.js What a message of the API says, beyond its members. */

/** Whether a message is of the user's own side: to staff, colleagues' messages are. */
export function isOfOwnSide(message) {
    return message.is_sent_by_user || 'staff_name' in message;
}
