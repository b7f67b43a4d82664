/**
 * @file chat_widget.js
 * The class of <chat-widget>: a launcher with a badge, and behind it the user's conversations (panel.js).
 *
 * Attributes: `root` (of the API: /api), `lang`, `theme` (light, dark), `login-url`, `max-message` (characters, as
 * ChatMaxMessage), `live` (connect when the page is idle, not at the first use), `no-launcher`, `greeting` (what stands
 * where nothing has been written yet), `answer-time` (within which the churches usually answer: `15m`, `2h`, `1d`),
 * `no-scaling` (pictures are sent as they are, not with at most 2,048 pixels a side).
 * In `login-url`, {path} is where to come back to (ui/login_link.js). What was open stays so on the next page of the tab
 * (panel_state.js).
 * Methods: open(), close(), openConversation(churchId), showConversation(id); isOpen, unreadCount.
 * Events: chat-open, chat-close, chat-unread {count}, chat-message {message, conversation}, chat-state {state,
 * reason}, chat-error {problem}. They bubble.
 *
 * Here is only what a page needs before anybody opens it. Until then net/unread_poll.js feeds the badge. The rest is
 * fetched when the page is idle, unless the visitor saves data, or at the first use; the dialog opens at once (ui/frame.js).
 */
import { I18n, languageOf } from '../i18n/i18n.js';
import { askEarly } from '../net/early.js';
import { rootOf } from '../net/page.js';
import { UnreadPoll } from '../net/unread_poll.js';
import { draftKey, moveToTab, storageOf } from '../store/draft_storage.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import { Frame } from '../ui/frame.js';
import { FRAME } from '../ui/frame_style.js';
import { LazyDialog } from '../ui/lazy_dialog.js';
import { TOKENS } from '../ui/tokens_style.js';
import { whenIdle } from '../ui/when_idle.js';
import { LAUNCHER } from './launcher_style.js';
import { PanelState } from './panel_state.js';

const ANEW = ['lang', 'root', 'login-url', 'max-message']; // with another of these it begins anew
const AGAIN_MS = 10000;

export class ChatWidget extends HTMLElement {
    static observedAttributes = [...ANEW, 'no-launcher', 'greeting', 'answer-time'];

    #shadow = this.attachShadow({ mode: 'open' });
    #i18n = null;
    #frame = null;
    #dialog = null; // with the panel in it
    #started = null; // a promise that its texts are there
    #poll = null;
    #state = null; // kept from page to page
    #unread = 0;
    #run = 0; // a newer start ends the older
    #badge = el('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
    #launcher = el('button', {
        type: 'button', class: 'launcher', 'aria-haspopup': 'dialog', onclick: () => this.#toggle(),
    }, icon('chat'), this.#badge);

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, LAUNCHER, FRAME];
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
        this.#welcome();
    }

    get root() {
        return rootOf(this);
    }

    get isOpen() {
        return this.#frame?.isOpen ?? false;
    }

    get unreadCount() {
        return this.#unread;
    }

    /** The list, or what was shown last. */
    open() {
        return this.#show(panel => panel.open());
    }

    close() {
        this.#frame?.close();
    }

    /** The user's conversation with a church, begun if there is none yet. */
    openConversation(churchId) {
        return this.#show(panel => panel.openWith(churchId));
    }

    showConversation(id) {
        return this.#show(panel => panel.show(Number(id)));
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
        this.#frame = new Frame({
            i18n, title: i18n.t('messages'), closeLabel: i18n.t('close'), launcher: this.#launcher,
            onChange: type => this.#onFrame(type),
        });
        this.#dialog = new LazyDialog({
            frame: this.#frame, load: () => this.#loadPanel(), build: module => this.#makePanel(module),
            onFailure: problem => this.#emit('chat-error', { problem }),
        });
        this.#shadow.replaceChildren(this.#launcher, this.#frame.element);
        this.#frame.element.addEventListener('click', ({ target }) => target.closest('a.primary') && this.#state.set({ isSigningIn: true }));
        this.#state = new PanelState(this.root);
        this.#render();
        this.#restore();
        this.#poll = new UnreadPoll(`${this.root}/conversations/unread/?role=member`, count => this.#onCount(count));
        this.#poll.start();
        whenIdle(() => run === this.#run && this.#onIdle());
    }

    #stop() {
        this.#run++;
        this.#state?.set({ isOpen: false }); // it is taken away, not the page
        this.#poll?.stop();
        this.#dialog?.remove();
        this.#frame = this.#dialog = this.#i18n = null;
        this.#shadow.replaceChildren();
    }

    /* Open, as it was on the page before; where it fills the window, one wants to see the page, and has it opened anew. */
    #restore() {
        const { isOpen, isSigningIn } = this.#state.get();

        if (!isOpen || document.querySelector(this.localName) !== this)
            return;
        this.#state.set({ isSigningIn: false, isOpen: false });
        if (isSigningIn || !this.#frame.isModal)
            this.#show(panel => panel.restore(isSigningIn), { isFocused: isSigningIn });
    }

    #toggle() {
        if (this.isOpen)
            this.close();
        else
            this.open();
    }

    #onIdle() {
        if (this.hasAttribute('live'))
            this.#dialog.load().catch(() => {}); // the first use tries again, and says so
        else if (!navigator.connection?.saveData)
            importPanel().catch(() => {});
    }

    /* When its texts are there. */
    async #show(use, options) {
        await this.#started;
        await this.#dialog?.show(use, options);
    }

    #loadPanel() {
        askEarly(this.root, 'member');
        return importPanel();
    }

    #makePanel({ Panel, SHEETS }) {
        this.#shadow.adoptedStyleSheets = [TOKENS, LAUNCHER, FRAME, ...SHEETS];
        const panel = new Panel({
            frame: this.#frame,
            i18n: this.#i18n,
            root: this.root,
            state: this.#state,
            loginUrl: this.getAttribute('login-url'),
            max: Number(this.getAttribute('max-message')) || undefined,
            scales: () => !this.hasAttribute('no-scaling'),
            emit: (type, detail) => this.#onPanel(type, detail),
        });

        this.#welcome(panel);
        return panel;
    }

    #welcome(panel = this.#dialog?.panel) {
        panel?.welcome(this.getAttribute('greeting') ?? '', this.getAttribute('answer-time'));
    }

    #onFrame(type) {
        this.#dialog?.panel?.onFrame(type);
        if (type === 'resize')
            return;
        this.#state.set(type === 'open' ? { isOpen: true } : { isOpen: false, church: null });
        this.#render();
        this.#emit(`chat-${type}`, {});
    }

    #onPanel(type, detail) {
        if (type === 'unread') {
            this.#poll.stop();
            this.#setUnread(detail.unread_count);
            return;
        }
        this.#emit(`chat-${type}`, detail);
    }

    /* null: nobody is signed in. */
    #onCount(count) {
        if (count === null)
            moveToTab(storageOf(window, 'localStorage'), storageOf(window, 'sessionStorage'), draftKey(this.root));
        this.#setUnread(count ?? 0);
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

function importPanel() {
    return import('./panel.js');
}
