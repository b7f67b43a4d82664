/**
 * @file sw.js
 * The service worker of the chat: shows what is pushed, and leads from a notification to the conversation.
 *
 * A classic script without imports, served under its own name. It caches nothing and controls no page: its scope is the
 * folder that it is in. What is pushed has the form of Declarative Web Push, which some browsers show without it:
 * {"web_push": 8030, "notification": {title, body, navigate, tag, lang, dir}, "app_badge": "3"}.
 *
 * Each push shows a notification, whatever pages are open: browsers take the permission away from those that show
 * nothing. Pages close what was read (net/push_client.js).
 */
'use strict';

const ANSWER_MS = 400; // in which a page says that it opens the conversation
const WINDOWS_MAX = 2; // that are asked: a second after the click, browsers open no window any more

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('push', event => event.waitUntil(show(event.data)));
self.addEventListener('notificationclick', event => {
    event.notification.close();
    event.waitUntil(open(event.notification));
});

async function show(data) {
    const { notification, app_badge: badge } = read(data);
    const { title, body = '', navigate, tag, lang = '', dir = 'auto' } = notification;

    await self.registration.showNotification(text(title) || self.location.host, {
        body: text(body), lang: text(lang), dir: ['ltr', 'rtl'].includes(dir) ? dir : 'auto',
        ...(text(tag) && { tag, renotify: true }), // a newer message in the place of the one before is heard, too
        data: { link: linkOf(navigate), conversation_id: Number(/^c(\d+)$/.exec(tag)?.[1] ?? 0) || null },
    });
    if (/^\d+$/.test(badge))
        await self.navigator.setAppBadge?.(Number(badge)).catch(() => {}); // only apps that are installed have one
}

/* Anything at all: the server's, or that of somebody else who has the key. */
function read(data) {
    try {
        const { notification, app_badge } = data.json();

        return { notification: { ...notification }, app_badge };
    } catch {
        return { notification: {}, app_badge: null };
    }
}

function text(value) {
    return typeof value === 'string' ? value : '';
}

/* A page, and nothing that runs. */
function linkOf(navigate) {
    try {
        const url = new URL(text(navigate), self.location.origin);

        return ['http:', 'https:'].includes(url.protocol) ? url.href : null;
    } catch {
        return null;
    }
}

/* In a page that is open, if it can; otherwise in a new one. */
async function open({ data }) {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });

    windows.sort((a, b) => rank(b) - rank(a));
    for (const client of windows.slice(0, WINDOWS_MAX))
        if (await isOpenedBy(client, data))
            return;
    await self.clients.openWindow(data?.link ?? self.location.origin);
}

function rank(client) {
    return (client.focused ? 2 : 0) + (client.visibilityState === 'visible' ? 1 : 0);
}

/* Pages without an element of the chat do not answer. */
async function isOpenedBy(client, data) {
    const { port1, port2 } = new MessageChannel();
    const isOpened = await new Promise(resolve => {
        port1.onmessage = () => resolve(true);
        setTimeout(() => resolve(false), ANSWER_MS);
        client.postMessage({ type: 'chat-open', ...data }, [port2]);
    });

    port1.close();
    if (isOpened)
        await client.focus().catch(() => {}); // it may be too late for that after the click
    return isOpened;
}
