/** @file message.js What a message of the API says, beyond its members. */

/** Whether a message is of the user's own side: to staff, colleagues' messages are. */
export function isOfOwnSide(message) {
    return message.is_sent_by_user || 'staff_name' in message;
}

/** What stands for a message where there is only place for a text: what was written, or the name of the file. */
export function textOf({ content, attachment }) {
    return content || (attachment?.name ?? '');
}

/**
 * The address of a file, below the `root` of the API, or null. Of what the server says, only what follows the root counts:
 * that is true behind a proxy that maps paths as well, and nothing else becomes a link.
 */
export function fileUrl(root, { url }) {
    const [path] = /\/attachments\/\d+\/[^/?#\\]+$/.exec(`/${url}`) ?? [];

    return path ? root + path : null;
}
