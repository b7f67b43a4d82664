/**
 * @file push_worker.js
 * Where the service worker (sw.js) is, and what it shows on this device.
 */
const TAG = 'c'; // and the id of the conversation: what the server names notifications by

/* The entries are beside the folder of their version, whose name is twelve digits, and so is sw.js. */
export const WORKER_URL = new URL('sw.js', import.meta.url.replace(/[0-9a-f]{12}\/[^?#]*$/, '')).href;

/** The worker's registration, or null. */
export async function registrationOf(workers, url = WORKER_URL) {
    return await workers?.getRegistration(new URL('.', url).href) ?? null;
}

/** Close the notifications of a conversation, which was read. Other devices keep theirs until they are looked at. */
export async function closeShown(conversationId, workers = globalThis.navigator?.serviceWorker, url = WORKER_URL) {
    const registration = await registrationOf(workers, url);
    const shown = await registration?.getNotifications({ tag: `${TAG}${conversationId}` }) ?? [];

    for (const notification of shown)
        notification.close();
}
