/**
 * @file open_conversation.js
 * Where a notification leads: the conversation in the element of the page that shows it, or the page that it links to.
 *
 * <chat-inbox> shows what a user sees as staff, <chat-widget> the rest; where the page has but one of them, that one.
 */
import { safeUrl } from '../ui/dom.js';

/** `store` knows, or asks, whose side of the conversation the user is on. */
export async function openConversation(id, link, store) {
    const inbox = elementOf('chat-inbox');
    const widget = elementOf('chat-widget');

    try {
        if (!inbox && !widget) {
            follow(link);
            return;
        }
        const { is_church_owner: isStaff } = await store.find(id);
        const element = isStaff ? inbox : widget; // each shows one side only

        if (element)
            await element.showConversation(id, { isFocused: true });
        else
            follow(link);
    } catch {
        follow(link); // which says why it cannot be seen
    }
}

/* One that is more than its name: its script has come. */
function elementOf(name) {
    const element = document.querySelector(name);

    return element?.showConversation ? element : null;
}

function follow(link) {
    const url = safeUrl(link);

    if (url)
        location.assign(url);
}
