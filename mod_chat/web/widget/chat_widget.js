/**
 * @file chat_widget.js
 * The class of <chat-widget>: a launcher with a badge, and behind it the user's conversations (panel.js).
 *
 * Attributes: `root` (of the API: /api), `lang`, `theme` (light, dark), `login-url`, `max-message` (characters, as
 * ChatMaxMessage), `live` (connect when the page is idle, not at the first use), `no-launcher`.
 * Methods: open(), close(), openConversation(churchId), showConversation(id); isOpen, unreadCount.
 * Events: chat-open, chat-close, chat-unread {count}, chat-message {message, conversation}, chat-state {state,
 * reason}, chat-error {problem}. They bubble.
 *
 * Here is only what a page needs before anybody opens it. Until then net/unread_poll.js feeds the badge.
 */
import { I18n, languageOf } from '../i18n/i18n.js';
import { UnreadPoll } from '../net/unread_poll.js';
import { el, icon, safeUrl, setAttribute } from '../ui/dom.js';
import { TOKENS } from '../ui/tokens_style.js';
import { LAUNCHER } from './launcher_style.js';

const ANEW = ['lang', 'root', 'login-url', 'max-message']; // with another of these it begins anew
const AGAIN_MS = 10000;

export class ChatWidget extends HTMLElement {
    static observedAttributes = [...ANEW, 'no-launcher'];

    #shadow = this.attachShadow({ mode: 'open' });
    #i18n = null;
    #panel = null;
    #loading = null; // a promise of the panel
    #started = null; // a promise that its i18n are there
    #poll = null;
    #unread = 0;
    #run = 0; // a newer start ends the older
    #badge = el('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
    #launcher = el('button', {
        type: 'button', class: 'launcher', 'aria-haspopup': 'dialog', onclick: () => this.#toggle(),
    }, icon('chat'), this.#badge);
    #trouble = el('p', { class: 'trouble', role: 'status' });

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, LAUNCHER];
    }

    connectedCallback() {
        this.#begin();
    }

    disconnectedCallback() {
        this.#stop();
    }

    attributeChangedCallback(name, before, after) {
        if (!this.isConnected || before === after)
            return;
        if (ANEW.includes(name)) {
            this.#stop();
            this.#begin();
        }
        this.#render();
    }

    get root() {
        return new URL(this.getAttribute('root') || '/api', document.baseURI).pathname.replace(/\/+$/, '');
    }

    get isOpen() {
        return this.#panel?.isOpen ?? false;
    }

    get unreadCount() {
        return this.#unread;
    }

    /** The list, or what was shown last. */
    async open() {
        (await this.#load())?.open();
    }

    close() {
        this.#panel?.close();
    }

    /** The user's conversation with a church, begun if there is none yet. */
    async openConversation(churchId) {
        (await this.#load())?.openWith(churchId);
    }

    async showConversation(id) {
        (await this.#load())?.show(Number(id));
    }

    #begin() {
        this.#started = this.#start();
    }

    async #start() {
        const run = ++this.#run;
        const i18n = await I18n.load(languageOf(this)).catch(() => null);

        if (run !== this.#run)
            return;
        if (!i18n) {
            setTimeout(() => run === this.#run && this.#begin(), AGAIN_MS);
            return;
        }
        this.#i18n = i18n;
        this.#shadow.replaceChildren(this.#launcher, this.#trouble);
        this.#render();
        this.#poll = new UnreadPoll(this.root, count => this.#setUnread(count ?? 0));
        this.#poll.start();
        if (this.hasAttribute('live'))
            (window.requestIdleCallback ?? setTimeout)(() => run === this.#run && this.#load());
    }

    #stop() {
        this.#run++;
        this.#poll?.stop();
        this.#panel?.remove();
        this.#panel = this.#loading = this.#i18n = null;
        this.#shadow.replaceChildren();
    }

    #toggle() {
        if (this.isOpen)
            this.close();
        else
            this.open();
    }

    /* The rest, once; null when it does not come, which is said. */
    async #load() {
        this.#loading ??= this.#makePanel();
        try {
            return await this.#loading;
        } catch (error) {
            this.#loading = null;
            this.#trouble.textContent = this.#i18n?.t('loadFailed') ?? '';
            this.#emit('chat-error', { problem: error });
            return null;
        } finally {
            setAttribute(this.#launcher, 'aria-busy', null);
        }
    }

    async #makePanel() {
        const run = this.#run;

        this.#trouble.textContent = '';
        this.#launcher.setAttribute('aria-busy', 'true');
        const { Panel } = await import('./panel.js');

        await this.#started;
        if (run !== this.#run || !this.#i18n)
            return null; // it was taken away, or begins anew
        this.#panel = new Panel({
            shadow: this.#shadow,
            i18n: this.#i18n,
            root: this.root,
            loginUrl: safeUrl(this.getAttribute('login-url')),
            max: Number(this.getAttribute('max-message')) || undefined,
            launcher: this.#launcher,
            emit: (type, detail) => this.#onPanel(type, detail),
        });
        return this.#panel;
    }

    #onPanel(type, detail) {
        if (type === 'unread') {
            this.#poll.stop();
            this.#setUnread(detail.unread_count);
            return;
        }
        if (type === 'open' || type === 'close')
            this.#render();
        this.#emit(`chat-${type}`, detail);
    }

    #setUnread(count) {
        if (count === this.#unread)
            return;
        this.#unread = count;
        this.#render();
        this.#emit('chat-unread', { count });
    }

    #render() {
        if (!this.#i18n)
            return;
        const words = [this.#i18n.t(this.isOpen ? 'close' : 'open')];

        if (this.#unread > 0)
            words.push(this.#i18n.t('unread', { n: this.#unread }));
        this.#launcher.setAttribute('aria-label', words.join(', '));
        this.#launcher.setAttribute('aria-expanded', String(this.isOpen));
        this.#launcher.replaceChildren(icon(this.isOpen ? 'close' : 'chat'), this.#badge);
        this.#badge.textContent = this.#i18n.count(this.#unread);
        setAttribute(this.#badge, 'hidden', this.#unread === 0 || this.isOpen);
        setAttribute(this.#launcher, 'hidden', this.hasAttribute('no-launcher'));
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
    }
}
