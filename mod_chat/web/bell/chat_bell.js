/**
 * @file chat_bell.js
 * The class of <chat-bell>: a button with a count for the bar of a page, and behind it the user's notifications and
 * their settings (bell_panel.js).
 *
 *     <script type="module" src="/chat/bell.js"></script>
 *     <chat-bell login-url="/login" href="/messages" push></chat-bell>
 *
 * Attributes: `root`, `lang`, `theme` and `login-url` as <chat-widget> has them (widget/chat_widget.js); `href`, a page
 * with all messages, which the list ends with; `push`: the settings have a switch for pushes to this browser, and
 * permission is asked for when it is switched on. To be read: `count`, how many notifications are new.
 * Event chat-open {conversation_id, link}: one was chosen, here or of those that the system shows; it bubbles, and who cancels it opens the
 * conversation by themselves (open_conversation.js says what happens otherwise).
 *
 * Here is only what a page needs before anybody opens it: net/unread_poll.js feeds the count. When the page is idle the
 * rest is fetched, and connects (with the other elements of the page, it is one connection); unless the visitor saves
 * data, or nobody is logged in: then at the first use. While there is no connection the poll goes on.
 */
import { I18n, languageOf } from '../i18n/i18n.js';
import { rootOf } from '../net/page.js';
import { UnreadPoll } from '../net/unread_poll.js';
import '../ui/bell_icon.js';
import { el, icon, safeUrl, setAttribute } from '../ui/dom.js';
import { Frame } from '../ui/frame.js';
import { FRAME } from '../ui/frame_style.js';
import { LazyDialog } from '../ui/lazy_dialog.js';
import { TOKENS } from '../ui/tokens_style.js';
import { whenIdle } from '../ui/when_idle.js';
import { BELL } from './bell_style.js';

const ANEW = ['lang', 'root', 'login-url', 'href', 'push']; // with another of these it begins anew
const AGAIN_MS = 10000;
const EDGE_PX = 8; // which the dialog keeps from those of the window

export class ChatBell extends HTMLElement {
    static observedAttributes = ANEW;

    #shadow = this.attachShadow({ mode: 'open' });
    #i18n = null;
    #frame = null;
    #dialog = null; // with the panel in it
    #poll = null;
    #isIdle = false; // there was time, and somebody is logged in
    #count = null; // null: not known yet
    #run = 0; // a newer start ends the older
    #badge = el('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
    #status = el('span', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
    #button = el('button', {
        type: 'button', class: 'bell tool', 'aria-haspopup': 'dialog', onclick: () => this.#toggle(),
    }, icon('bell'), this.#badge);
    #place = () => this.#placeFrame();
    #outside = event => event.composedPath().includes(this) || this.#frame.isModal || this.#frame.close();

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, FRAME, BELL];
    }

    connectedCallback() {
        this.#start();
    }

    disconnectedCallback() {
        this.#stop();
    }

    attributeChangedCallback(name, before, after) {
        if (!this.isConnected || before === after)
            return;
        this.#stop();
        this.#start();
    }

    async #start() {
        const run = ++this.#run;
        const i18n = await I18n.loadWithBell(languageOf(this)).catch(() => null);

        if (run !== this.#run)
            return;
        if (!i18n) {
            setTimeout(() => run === this.#run && this.#start(), AGAIN_MS);
            return;
        }
        this.#i18n = i18n;
        this.#frame = new Frame({
            i18n, title: i18n.t('bell'), closeLabel: i18n.t('bellClose'), launcher: this.#button,
            onChange: type => this.#onFrame(type),
        });
        this.#dialog = new LazyDialog({
            frame: this.#frame, load: () => import('./bell_panel.js'), build: module => this.#makePanel(module),
        });
        this.#shadow.replaceChildren(this.#button, this.#status, this.#frame.element);
        this.#render();
        this.#poll = new UnreadPoll(`${rootOf(this)}/notifications/?limit=1`, count => this.#onPoll(count, run));
        this.#poll.start();
    }

    #stop() {
        this.#run++;
        this.#poll?.stop();
        this.#watchPage(false);
        this.#dialog?.remove();
        this.#frame = this.#dialog = this.#i18n = this.#count = null;
        this.#isIdle = false;
        this.#status.textContent = '';
        this.removeAttribute('count');
        this.#shadow.replaceChildren();
    }

    #toggle() {
        if (this.#frame.isOpen)
            this.#frame.close();
        else
            this.#dialog.show(panel => panel.open());
    }

    #makePanel({ BellPanel, SHEETS }) {
        this.#shadow.adoptedStyleSheets = [TOKENS, FRAME, BELL, ...SHEETS];
        return new BellPanel({
            frame: this.#frame,
            i18n: this.#i18n,
            root: rootOf(this),
            loginUrl: this.getAttribute('login-url'),
            href: safeUrl(this.getAttribute('href')),
            hasPush: this.hasAttribute('push'),
            onCount: (count, isLive) => this.#onPanel(count, isLive),
            mayOpen: detail => this.dispatchEvent(new CustomEvent('chat-open', { detail, bubbles: true, cancelable: true })),
        });
    }

    // ---- The count -----------------------------------------------------------------------------

    #onPoll(count, run) {
        this.#setCount(count ?? 0);
        this.#dialog.panel?.refresh();
        if (count === null || this.#isIdle || navigator.connection?.saveData)
            return;
        this.#isIdle = true;
        whenIdle(() => run === this.#run && this.#dialog.load().catch(() => {})); // the first use tries again, and says so
    }

    /* `isLive`: the poll is not needed. */
    #onPanel(count, isLive) {
        if (isLive)
            this.#poll.stop();
        else
            this.#poll.start();
        if (count !== null)
            this.#setCount(count);
    }

    #setCount(count) {
        const isNews = this.#count !== null && count > this.#count;

        if (count === this.#count)
            return;
        this.#count = count;
        this.setAttribute('count', count);
        this.#render();
        this.#status.textContent = isNews ? this.#i18n.t('bellNew', { n: count }) : '';
    }

    #render() {
        const count = this.#count ?? 0;
        const words = [this.#i18n.t('bell')];

        if (count > 0)
            words.push(this.#i18n.t('bellNew', { n: count }));
        this.#button.setAttribute('aria-label', words.join(', '));
        this.#button.setAttribute('aria-expanded', String(this.#frame.isOpen));
        this.#badge.textContent = this.#i18n.count(count);
        setAttribute(this.#badge, 'hidden', count === 0);
    }

    // ---- The dialog ----------------------------------------------------------------------------

    #onFrame(type) {
        this.#dialog?.panel?.onFrame(type);
        this.#watchPage(this.#frame.isOpen);
        this.#render();
    }

    #watchPage(isOpen) {
        const change = isOpen ? 'addEventListener' : 'removeEventListener';

        window[change]('resize', this.#place);
        document[change]('pointerdown', this.#outside, true);
        if (isOpen)
            this.#placeFrame();
    }

    /* It ends where the button ends, unless that is outside of the window. */
    #placeFrame() {
        const { element } = this.#frame;
        const bell = this.getBoundingClientRect();
        const width = element.offsetWidth;
        const isRtl = getComputedStyle(this).direction === 'rtl';
        const start = isRtl ? bell.left : bell.right - width;
        const most = document.documentElement.clientWidth - width - EDGE_PX;

        element.style.setProperty('--shift', `${Math.max(EDGE_PX, Math.min(start, most)) - start}px`);
    }
}
