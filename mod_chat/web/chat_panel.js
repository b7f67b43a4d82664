/**
 * @file chat_panel.js
 * What opens behind the launcher: the list of conversations, and a conversation. Loaded at the first use.
 *
 * A dialog beside the page's content; where there is little room (phones, or much zoom) it fills the window and
 * is modal. The focus goes in when it opens, stays sensible between the views (a conversation: its
 * text; back: the row it came from), and goes back where it was when it closes. On touch screens the
 * text is not focused by itself, as that would bring up a keyboard over what one came to read.
 */
import { avatar } from './chat_avatar.js';
import { BASE } from './chat_base_style.js';
import { ChatConversationList } from './chat_conversation_list.js';
import { el, icon, setAttribute } from './chat_dom.js';
import './chat_icons.js';
import { ChatModel } from './chat_model.js';
import { noticeOf, sayNotice } from './chat_notice.js';
import { PANEL } from './chat_panel_style.js';
import { ChatThread } from './chat_thread.js';
import { LIST, THREAD } from './chat_thread_style.js';

const SHEETS = [BASE, THREAD, LIST, PANEL];
const SMALL = '(max-width: 599px), (max-height: 479px)';

export class ChatPanel {
    #model;
    #texts;
    #loginUrl;
    #launcher;
    #tell;
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

    /** `shadow`: where it stands; `tell(type, detail)` hears open, close, unread, message, state, error. */
    constructor({ shadow, texts, root, loginUrl, max, launcher, tell }) {
        this.#model = ChatModel.shared(root);
        this.#texts = texts;
        this.#loginUrl = loginUrl;
        this.#launcher = launcher;
        this.#tell = tell;
        const common = { model: this.#model, texts, loginUrl, onProblem: problem => tell('error', { problem }) };

        this.#list = new ChatConversationList({ ...common, onChoose: id => this.#showThread(id) });
        this.#thread = new ChatThread({ ...common, max });
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
        this.#tell('close', {});
        (this.#opener?.isConnected ? this.#opener : this.#launcher).focus();
        this.#opener = null;
    }

    /** The conversation with a church. */
    openWith(churchId) {
        return this.#openBy(() => this.#model.openWith(churchId));
    }

    /** A conversation by its id. */
    show(id) {
        return this.#openBy(() => this.#model.find(id));
    }

    /** For good. */
    remove() {
        this.#run++;
        this.#small.removeEventListener('change', this.#resize);
        for (const [type, hear] of this.#listeners)
            this.#model.removeEventListener(type, hear);
        this.#thread.close();
        this.#list.close();
        this.#dialog.remove();
        this.#model.release();
    }

    /* A button of the header; its name is a picture and a text. */
    #tool(name, onclick) {
        return el('button', { type: 'button', class: 'tool', 'aria-label': this.#texts.say(name), onclick }, icon(name));
    }

    // ---- Views ---------------------------------------------------------------------------------

    async #openBy(find) {
        const run = ++this.#run;

        this.#thread.hide();
        this.#view = 'opening';
        this.#opening.replaceChildren(el('span', { class: 'spinner' }),
            el('p', { class: 'hidden' }, this.#texts.say('loading')));
        this.#show();
        this.#render();
        this.#opening.focus();
        try {
            const { id } = await find();

            if (run === this.#run)
                this.#showThread(id);
        } catch (problem) {
            this.#tell('error', { problem });
            if (run === this.#run)
                this.#showProblem(problem, () => this.#openBy(find));
        }
    }

    #showProblem(problem, again) {
        const notice = noticeOf(problem.status === 400 ? { status: 404 } : problem); // no church has such a number
        const signIn = notice.action === 'signIn' && this.#loginUrl
            && el('a', { class: 'primary', href: this.#loginUrl }, this.#texts.say('signInLink'));

        this.#opening.replaceChildren(el('p', { role: 'alert' }, sayNotice(this.#texts, notice)),
            signIn || el('button', { type: 'button', class: 'plain', onclick: again }, this.#texts.say('retry')));
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
        this.#tell('open', {});
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
        const one = this.#view === 'thread' ? this.#model.conversation(this.#shown) : null;
        const title = one?.church_name ?? this.#texts.say('messages');

        setAttribute(this.#list.element, 'hidden', this.#view !== 'list');
        setAttribute(this.#opening, 'hidden', this.#view !== 'opening');
        setAttribute(this.#thread.element, 'hidden', this.#view !== 'thread');
        setAttribute(this.#back, 'hidden', this.#view === 'list');
        this.#dialog.dataset.view = this.#view;
        if (this.#title.textContent === title && this.#title.dataset.id === String(one?.id))
            return;
        this.#title.dataset.id = String(one?.id);
        this.#title.textContent = title;
        this.#title.setAttribute('aria-label', one ? this.#texts.say('conversationWith', { name: title }) : title);
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
        const on = (type, hear) => {
            const listener = ({ detail }) => hear(detail);

            this.#model.addEventListener(type, listener);
            this.#listeners.push([type, listener]);
        };

        on('list', () => {
            this.#render();
            if (this.#model.isListed)
                this.#tell('unread', { unread_count: this.#model.unreadCount });
        });
        on('unread', detail => this.#tell('unread', detail));
        on('message', detail => this.#tell('message', detail));
        on('state', detail => this.#tell('state', detail));
        on('problem', detail => this.#tell('error', detail));
    }
}

/* The focused element, also inside of open shadow trees. */
function deepActive(root) {
    const { activeElement } = root;

    return activeElement?.shadowRoot?.activeElement ? deepActive(activeElement.shadowRoot) : activeElement;
}
