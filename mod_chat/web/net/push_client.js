/**
 * @file push_client.js
 * The push subscription of this browser: made and ended by a switch, kept right when the site's key changes.
 *
 * The service worker (sw.js) has a scope of its own, the folder that it is in, so that it controls no page and is not in
 * the way of a worker of the site. Nothing is registered, and no permission asked for, before subscribe() is called,
 * which must be in the handler of a click. Under `require-trusted-types-for 'script'` a page registers a worker by a
 * policy only: it is called chat-worker, and `trusted-types` of the page must allow it.
 */
import { WORKER_URL, registrationOf } from './push_worker.js';

const PATH = 'push/subscriptions/';
const POLICY = 'chat-worker';
const MADE = Symbol.for(`mod_chat ${POLICY}`);

export class PushClient {
    #rest;
    #window;
    #workerUrl;
    #listener = null;

    /** `workerUrl`: where sw.js is. */
    constructor(rest, { window = globalThis, workerUrl = WORKER_URL } = {}) {
        this.#rest = rest;
        this.#window = window;
        this.#workerUrl = workerUrl;
    }

    /** `none`: this browser cannot. `denied`: its user does not allow it. `on` or `off` otherwise. */
    async state() {
        const { navigator, Notification, PushManager } = this.#window;

        if (!navigator.serviceWorker || !Notification || !PushManager)
            return 'none';
        if (Notification.permission === 'denied')
            return 'denied';
        return Notification.permission === 'granted' && await this.#subscription() ? 'on' : 'off';
    }

    /** In the handler of a click. The state afterwards. Throws what the server refuses, and what the browser does. */
    async subscribe() {
        const before = await this.state();

        if (before === 'none' || await this.#window.Notification.requestPermission() !== 'granted')
            return this.state();
        await this.#save(await this.#register());
        return this.state();
    }

    /** Here first: what the server still has is refused by the push service then, and dropped. */
    async unsubscribe() {
        const subscription = await this.#subscription();

        if (subscription) {
            await subscription.unsubscribe();
            await this.#rest.delete(PATH, { endpoint: subscription.endpoint });
        }
        return this.state();
    }

    /** Once for each page: the server gets the subscription again, which it may have dropped, or which was made with an
     * earlier key, or by another user of this browser. */
    async refresh() {
        if (await this.state() === 'on')
            await this.#save(await this.#registration());
    }

    /** `open({link, conversation_id})`: a notification was chosen, and this page is to show where it leads. */
    listen(open) {
        const { serviceWorker } = this.#window.navigator;

        this.stop();
        if (!serviceWorker)
            return;
        this.#listener = ({ data, ports }) => {
            if (data?.type !== 'chat-open')
                return;
            ports[0]?.postMessage({ type: 'chat-opened' });
            open({ link: data.link, conversation_id: data.conversation_id });
        };
        serviceWorker.addEventListener('message', this.#listener);
        serviceWorker.startMessages(); // without it, those to a page that the worker does not control wait
    }

    stop() {
        this.#window.navigator.serviceWorker?.removeEventListener('message', this.#listener);
        this.#listener = null;
    }

    #registration() {
        return registrationOf(this.#window.navigator.serviceWorker, this.#workerUrl);
    }

    async #subscription() {
        return await (await this.#registration())?.pushManager.getSubscription() ?? null;
    }

    async #register() {
        const { navigator } = this.#window;
        const registration = await navigator.serviceWorker.register(this.#trustedUrl(), { scope: new URL('.', this.#workerUrl).href });

        await isActive(registration);
        return registration;
    }

    /* A page may make a policy once. It gives this URL, whoever uses it. */
    #trustedUrl() {
        const url = this.#workerUrl;
        const { trustedTypes } = this.#window;

        if (!trustedTypes)
            return url;
        this.#window[MADE] ??= trustedTypes.createPolicy(POLICY, { createScriptURL: () => url });
        return this.#window[MADE].createScriptURL('');
    }

    /* With the present key: push services refuse messages that are signed with another one. */
    async #save(registration) {
        const { public_key: key, key_id: keyId } = await this.#rest.get('push/key/');
        let subscription = await registration.pushManager.getSubscription();

        if (subscription && !isOf(subscription, key)) {
            await subscription.unsubscribe();
            await this.#rest.delete(PATH, { endpoint: subscription.endpoint });
            subscription = null;
        }
        subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
        await this.#rest.post(PATH, { ...subscription.toJSON(), key_id: keyId });
    }
}

/* pushManager.subscribe() fails before. */
function isActive(registration) {
    const worker = registration.installing ?? registration.waiting;

    if (registration.active || !worker)
        return Promise.resolve();
    return new Promise((resolve, reject) => worker.addEventListener('statechange', () => {
        if (worker.state === 'activated')
            resolve();
        else if (worker.state === 'redundant')
            reject(new Error('the service worker could not be installed'));
    }));
}

function isOf({ options }, key) {
    const bytes = String.fromCharCode(...new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0)));

    return btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '') === key;
}
