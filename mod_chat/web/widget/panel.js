/**
 * @file panel.js
 * What opens behind the launcher: the list of conversations, and a conversation. Loaded at the first use.
 *
 * A dialog beside the page's content; where there is little room (phones, or much zoom) it fills the window and
 * is modal. The focus goes in when it opens, stays sensible between the views (a conversation: its
 * text; back: the row it came from), and goes back where it was when it closes. On touch screens the
 * text is not focused by itself, as that would bring up a keyboard over what one came to read.
 */
import { ChatStore } from '../store/chat_store.js';
import { THREAD } from '../thread/thread_style.js';
import { ThreadView } from '../thread/thread_view.js';
import { avatar } from '../ui/avatar.js';
import { BASE } from '../ui/base_style.js';
import { LIST } from '../ui/conversation_list_style.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { ListView } from './list_view.js';
import { PANEL } from './panel_style.js';

const SHEETS = [BASE, LIST, THREAD, PANEL];
const SMALL = '(max-width: 599px), (max-height: 479px)';

export class Panel {
    #store;
    #i18n;
    #loginUrl;
    #launcher;
    #emit;
    #small = matchMedia(SMALL);
    #resize = () => this.#resized();
    #view = 'list'; // or thread, or opening
    #shown = null; // the conversation of the view thread
    #opener = null;
    #run = 0; // of opening a conversation; a newer one, or leaving, ends the older
    #list;
    #thread;
    #opening = el('div', { class: 'opening empty', tabindex: '-1' });
    #title = el('h2', { id: 'title', tabindex: '-1', dir: 'auto' });
    #face = el('span', { class: 'face' });
    #back;
    #dialog;
    #listeners = [];

    /** `shadow`: where it stands; `emit(type, detail)` hears open, close, unread, message, state, error. */
    constructor({ shadow, i18n, root, loginUrl, max, launcher, emit }) {
        this.#store = ChatStore.shared(root);
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#launcher = launcher;
        this.#emit = emit;
        const common = { store: this.#store, i18n, loginUrl, onProblem: problem => emit('error', { problem }) };

        this.#list = new ListView({ ...common, onChoose: id => this.#showThread(id) });
        this.#thread = new ThreadView({ ...common, max });
        this.#back = this.#tool('back', () => this.#showList());
        this.#dialog = el('dialog', {
            class: 'panel', 'aria-labelledby': 'title',
            onkeydown: event => this.#key(event), oncancel: event => this.#cancel(event),
        },
        el('header', { role: 'presentation' }, this.#back, this.#face, this.#title, this.#tool('close', () => this.close())),
        this.#list.element, this.#opening, this.#thread.element);
        shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets.filter(one => !SHEETS.includes(one)), ...SHEETS];
        shadow.append(this.#dialog);
        this.#small.addEventListener('change', this.#resize);
        this.#listen();
        this.#render();
    }

    get isOpen() {
        return this.#dialog.open;
    }

    open() {
        this.#show();
        this.#focus();
    }

    close() {
        if (!this.isOpen)
            return;
        this.#run++;
        this.#thread.hide();
        this.#dialog.close();
        if (this.#view === 'opening')
            this.#view = 'list';
        this.#emit('close', {});
        (this.#opener?.isConnected ? this.#opener : this.#launcher).focus();
        this.#opener = null;
    }

    /** The conversation with a church. */
    openWith(churchId) {
        return this.#openBy(() => this.#store.openWith(churchId));
    }

    /** A conversation by its id. */
    show(id) {
        return this.#openBy(() => this.#store.find(id));
    }

    /** For good. */
    remove() {
        this.#run++;
        this.#small.removeEventListener('change', this.#resize);
        for (const [type, listener] of this.#listeners)
            this.#store.removeEventListener(type, listener);
        this.#thread.close();
        this.#list.close();
        this.#dialog.remove();
        this.#store.release();
    }

    /* A button of the header; its name is a picture and a text. */
    #tool(name, onclick) {
        return el('button', { type: 'button', class: 'tool', 'aria-label': this.#i18n.t(name), onclick }, icon(name));
    }

    // ---- Views ---------------------------------------------------------------------------------

    async #openBy(find) {
        const run = ++this.#run;

        this.#thread.hide();
        this.#view = 'opening';
        this.#opening.replaceChildren(el('span', { class: 'spinner' }),
            el('p', { class: 'hidden' }, this.#i18n.t('loading')));
        this.#show();
        this.#render();
        this.#opening.focus();
        try {
            const { id } = await find();

            if (run === this.#run)
                this.#showThread(id);
        } catch (problem) {
            this.#emit('error', { problem });
            if (run === this.#run)
                this.#showProblem(problem, () => this.#openBy(find));
        }
    }

    #showProblem(problem, again) {
        const notice = noticeOf(problem.status === 400 ? { status: 404 } : problem); // no church has such a number
        const signIn = notice.action === 'signIn' && this.#loginUrl
            && el('a', { class: 'primary', href: this.#loginUrl }, this.#i18n.t('signInLink'));

        this.#opening.replaceChildren(el('p', { role: 'alert' }, noticeText(this.#i18n, notice)),
            signIn || el('button', { type: 'button', class: 'plain', onclick: again }, this.#i18n.t('retry')));
    }

    #showThread(id) {
        this.#view = 'thread';
        this.#shown = id;
        this.#list.current = id;
        this.#render();
        this.#thread.show(id);
        this.#thread.fit();
        this.#focus();
    }

    #showList() {
        this.#run++;
        this.#view = 'list';
        this.#thread.hide();
        this.#render();
        this.#focus();
    }

    #show() {
        if (this.isOpen)
            return;
        this.#opener = deepActive(document);
        this.#present();
        if (this.#view === 'thread')
            this.#thread.show(this.#shown);
        this.#thread.fit();
        this.#emit('open', {});
    }

    #present() {
        setAttribute(this.#dialog, 'aria-modal', this.#small.matches ? 'true' : null);
        if (this.#small.matches)
            this.#dialog.showModal();
        else
            this.#dialog.show();
    }

    /* A telephone is turned, or a window made narrow: what one writes keeps the focus. */
    #resized() {
        if (!this.isOpen)
            return;
        const focused = this.#dialog.getRootNode().activeElement;

        this.#dialog.close();
        this.#present();
        focused?.focus();
        this.#thread.fit();
    }

    #render() {
        const one = this.#view === 'thread' ? this.#store.summary(this.#shown) : null;
        const title = one?.church_name ?? this.#i18n.t('messages');

        setAttribute(this.#list.element, 'hidden', this.#view !== 'list');
        setAttribute(this.#opening, 'hidden', this.#view !== 'opening');
        setAttribute(this.#thread.element, 'hidden', this.#view !== 'thread');
        setAttribute(this.#back, 'hidden', this.#view === 'list');
        this.#dialog.dataset.view = this.#view;
        if (this.#title.textContent === title && this.#title.dataset.id === String(one?.id))
            return;
        this.#title.dataset.id = String(one?.id);
        this.#title.textContent = title;
        this.#title.setAttribute('aria-label', one ? this.#i18n.t('conversationWith', { name: title }) : title);
        this.#face.replaceChildren(...one ? [avatar(title, one.church_avatar)] : []);
    }

    #focus() {
        const isTouch = matchMedia('(pointer: coarse)').matches;

        if (this.#view === 'thread' && !isTouch)
            this.#thread.focus();
        else if (this.#view === 'thread' || isTouch || !this.#list.focus(this.#shown))
            this.#title.focus();
    }

    // ---- What is heard -------------------------------------------------------------------------

    #key(event) {
        if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented)
            return;
        event.preventDefault();
        event.stopPropagation();
        this.close();
    }

    #cancel(event) {
        event.preventDefault();
        this.close();
    }

    #listen() {
        const on = (type, handle) => {
            const listener = ({ detail }) => handle(detail);

            this.#store.addEventListener(type, listener);
            this.#listeners.push([type, listener]);
        };

        on('list', () => {
            this.#render();
            if (this.#store.isListed)
                this.#emit('unread', { unread_count: this.#store.unreadCount });
        });
        on('unread', detail => this.#emit('unread', detail));
        on('message', detail => this.#emit('message', detail));
        on('state', detail => this.#emit('state', detail));
        on('problem', detail => this.#emit('error', detail));
    }
}

/* The focused element, also inside of open shadow trees. */
function deepActive(root) {
    const { activeElement } = root;

    return activeElement?.shadowRoot?.activeElement ? deepActive(activeElement.shadowRoot) : activeElement;
}
