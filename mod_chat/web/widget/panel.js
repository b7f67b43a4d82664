/**
 * @file panel.js
 * What is in the dialog behind the launcher (ui/frame.js): the list of conversations, a conversation, and the search of
 * messages, of all or of the one that was shown. Loaded when the page is idle, or at the first use; the search (search/) when
 * it is wanted.
 *
 * Ctrl and F stay the browser's, which finds what is loaded; that, and where all messages are searched, is said beside it.
 *
 * The focus stays sensible between the views (a conversation: its text; back: the row it came from). On touch
 * screens the text is not focused by itself, as that would bring up a keyboard over what one came to read.
 */
import { ChatProblem } from '../net/problem.js';
import { isFind, loadSearch } from '../search/load_search.js';
import { ChatStore, roleIn } from '../store/chat_store.js';
import { THREAD } from '../thread/thread_style.js';
import { ThreadView } from '../thread/thread_view.js';
import { avatar } from '../ui/avatar.js';
import { BANNER } from '../ui/banner_style.js';
import { BASE } from '../ui/base_style.js';
import { LIST } from '../ui/conversation_list_style.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { loginLink } from '../ui/login_link.js';
import { isBlocked, noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';
import { answerTimeText } from './answer_time.js';
import { ListView } from './list_view.js';
import { PANEL } from './panel_style.js';

export const SHEETS = [BASE, BANNER, LIST, THREAD, PANEL];

export class Panel {
    #frame;
    #store;
    #i18n;
    #loginUrl;
    #emit;
    #view = 'list'; // or thread, search, opening
    #before = 'list'; // the view that Back leads to
    #shown = null; // the conversation of the view thread
    #state;
    #mayFocus = true;
    #run = 0; // of opening a conversation; a newer one, or leaving, ends the older
    #list;
    #thread;
    #opening = el('div', { class: 'opening empty', tabindex: '-1' });
    #face = el('span', { class: 'face' });
    #answers = el('p', { class: 'answers', hidden: true });
    #back;
    #searchButton;
    #searching = el('div', { class: 'searching-place', hidden: true });
    #search = null; // a promise of {view, hint}
    #found = null; // the same, when it is there
    #onKey = event => isFind(event) && this.#view === 'thread' && this.#withSearch(({ hint }) => hint.show());
    #listeners = [];
    #leave = () => this.#view === 'opening' || this.#state.set({ place: this.#view === 'thread' ? this.#thread.place : null });

    /** `scales()`: of ThreadView; `state`: a PanelState; `emit(type, detail)` hears unread, message, state, error. */
    constructor({ frame, i18n, root, state, loginUrl, max, scales, emit }) {
        this.#frame = frame;
        this.#state = state;
        this.#store = ChatStore.shared(root, 'member');
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#emit = emit;
        const common = { store: this.#store, i18n, loginUrl, onProblem: problem => emit('error', { problem }) };

        this.#list = new ListView({ ...common, onChoose: id => this.#showThread(id) });
        this.#thread = new ThreadView({ ...common, max, scales });
        this.#back = el('button', {
            type: 'button', class: 'tool', 'aria-label': i18n.t('back'), onclick: () => this.#goBack(),
        }, icon('back'));
        this.#searchButton = el('button', { type: 'button', class: 'tool', onclick: () => this.#showSearch() }, icon('search'));
        frame.fill([this.#back, this.#face],
            [this.#answers, this.#list.element, this.#opening, this.#thread.element, this.#searching], [this.#searchButton]);
        frame.element.addEventListener('keydown', this.#onKey);
        this.#listen();
        this.#render();
        this.#emitUnread();
    }

    /** In the open frame: the list, or what was shown last. */
    open() {
        if (this.#view === 'thread')
            this.#thread.show(this.#shown);
        this.#thread.fit();
        this.#focus();
    }

    /** In the open frame: what was shown on the page before this one. `isFocused`: the visitor has asked for it. */
    async restore(isFocused) {
        const { id, place, church } = this.#state.get();

        this.#mayFocus = isFocused;
        if (church !== null)
            await this.openWith(church);
        else if (id !== null)
            await this.#openBy(() => this.#store.find(id, 'member'), { isRestored: true, place });
        else
            this.open();
        this.#mayFocus = true;
    }

    /** What the page says to whoever has not written yet, or '', and how soon they get an answer (answer_time.js). */
    welcome(greeting, answerTime) {
        const text = answerTimeText(this.#i18n, answerTime);

        this.#answers.textContent = text;
        setAttribute(this.#answers, 'hidden', text === '');
        this.#list.greeting = greeting;
        this.#thread.greeting = greeting;
    }

    /** The frame has changed: open, resize, close. */
    onFrame(type) {
        if (type === 'resize')
            this.#thread.fit();
        if (type !== 'close')
            return;
        this.#run++;
        this.#thread.hide();
        this.#found?.hint.hide();
        if (this.#view === 'opening')
            this.#view = 'list';
        this.#render();
    }

    /** The conversation with a church. */
    openWith(churchId) {
        return this.#openBy(() => this.#store.openWith(churchId), { church: churchId });
    }

    /** A conversation by its id. */
    show(id) {
        return this.#openBy(() => this.#store.find(id, 'member'));
    }

    /** For good. */
    remove() {
        this.#run++;
        window.removeEventListener('pagehide', this.#leave);
        this.#frame.element.removeEventListener('keydown', this.#onKey);
        this.#found?.view.close();
        for (const [type, listener] of this.#listeners)
            this.#store.removeEventListener(type, listener);
        this.#thread.close();
        this.#list.close();
        this.#store.release();
    }

    // ---- Views ---------------------------------------------------------------------------------

    /* `church`: the one with which it is; `isRestored`: where it is not there any more, there is the list; `place`: where
     * one was in it. */
    async #openBy(find, { church = null, isRestored = false, place = null } = {}) {
        const run = ++this.#run;

        this.#thread.hide();
        this.#view = 'opening';
        this.#opening.replaceChildren(el('span', { class: 'spinner' }),
            el('p', { class: 'hidden' }, this.#i18n.t('loading')));
        this.#render();
        if (this.#mayFocus)
            this.#opening.focus();
        try {
            const { id } = await find();

            if (run === this.#run)
                this.#showThread(id, place);
        } catch (problem) {
            if (run === this.#run && isRestored && problem.status === 404) {
                this.#showList();
                return;
            }
            this.#emit('error', { problem });
            if (run !== this.#run)
                return;
            if (problem.status === 401)
                this.#state.set({ church }); // for when they have signed in
            this.#showProblem(problem, () => this.#openBy(find, { church }));
        }
    }

    #showProblem(problem, again) {
        const notice = noticeOf(problem.status === 400 ? { status: 404 } : problem); // no church has such a number
        const signIn = notice.action === 'signIn' && loginLink(this.#i18n, this.#loginUrl);
        const retry = !isBlocked(problem) && again // what was refused would be so again
            && el('button', { type: 'button', class: 'plain', onclick: again }, this.#i18n.t('retry'));

        this.#opening.replaceChildren(...[el('p', { role: 'alert' }, noticeText(this.#i18n, notice)), signIn || retry].filter(Boolean));
    }

    /* The one that is shown cannot be seen any more: nothing of it stays. */
    #onGone(id) {
        this.#found?.view.drop(id);
        if (this.#view !== 'thread' || id !== this.#shown)
            return;
        this.#run++;
        this.#thread.hide();
        this.#view = 'opening';
        this.#shown = this.#list.current = null;
        this.#showProblem(new ChatProblem('not_found', 'There is no such conversation.', { status: 404 }), null);
        this.#render();
        this.#opening.focus();
    }

    /* `at`: the id of a message of it that was looked for. */
    #showThread(id, place = null, at = null) {
        this.#before = at === null ? 'list' : 'search';
        this.#view = 'thread';
        this.#shown = id;
        this.#found?.hint.hide();
        this.#list.current = id;
        this.#state.set({ id, place, church: null });
        this.#render();
        this.#thread.show(id, at === null ? { place } : { at, isFocused: true });
        this.#thread.fit();
        if (at === null)
            this.#focus();
        else
            this.#frame.title.focus(); // until the message is there
    }

    #goBack() {
        if (this.#view === 'thread' && this.#before === 'search')
            this.#comeBackToSearch();
        else if (this.#view === 'search' && this.#before === 'thread')
            this.#showThread(this.#shown);
        else
            this.#showList();
    }

    #showList() {
        this.#run++;
        this.#view = 'list';
        this.#state.set({ id: null, church: null });
        this.#thread.hide();
        this.#render();
        this.#focus();
    }

    // ---- Searching -----------------------------------------------------------------------------

    /* In the conversation that is shown, otherwise in all. */
    #showSearch() {
        const one = this.#view === 'thread' ? this.#store.summary(this.#shown) : null;

        this.#before = one ? 'thread' : 'list';
        this.#showSearchView();
        this.#withSearch(({ view }) => {
            view.scope = one && { id: one.id, name: one.church_name };
            view.focus();
        });
    }

    #comeBackToSearch() {
        this.#before = 'list';
        this.#showSearchView();
        this.#found.view.comeBack();
    }

    #showSearchView() {
        this.#run++;
        this.#thread.hide();
        this.#view = 'search';
        this.#state.set({ id: null, church: null });
        this.#render();
        this.#frame.title.focus();
    }

    /* Loaded once; tried again with the next click. */
    async #withSearch(use) {
        this.#search ??= this.#makeSearch();
        try {
            use(await this.#search);
        } catch {
            this.#search = null;
            this.#searching.replaceChildren(el('div', { class: 'empty' }, el('p', { role: 'alert' }, this.#i18n.t('loadFailed')),
                el('button', { type: 'button', class: 'plain', onclick: () => this.#withSearch(use) }, this.#i18n.t('retry'))));
        }
    }

    async #makeSearch() {
        this.#searching.replaceChildren(el('div', { class: 'empty' }, el('span', { class: 'spinner' }),
            el('p', { class: 'hidden' }, this.#i18n.t('loading'))));
        const { i18n, SearchView, FindHint } = await loadSearch(this.#i18n, this.#frame.element.getRootNode());
        const view = new SearchView({
            i18n, times: new TimeFormat(i18n.lang), rest: this.#store.rest, role: 'member', onLeave: () => this.#goBack(),
            onOpen: ({ conversation, message }) => {
                this.#store.keep({ conversations: [conversation] });
                this.#showThread(conversation.id, null, message.id);
            },
        });
        const hint = new FindHint({ i18n, onSearch: () => this.#showSearch() });

        this.#searching.replaceChildren(view.element);
        this.#thread.element.before(hint.element);
        this.#found = { view, hint };
        return this.#found;
    }

    #render() {
        const one = this.#view === 'thread' ? this.#store.summary(this.#shown) : null;
        const title = one?.church_name ?? this.#i18n.t(this.#view === 'search' ? 'search' : 'messages');
        const search = this.#i18n.t(one ? 'searchHere' : 'search');

        setAttribute(this.#list.element, 'hidden', this.#view !== 'list');
        setAttribute(this.#opening, 'hidden', this.#view !== 'opening');
        setAttribute(this.#thread.element, 'hidden', this.#view !== 'thread');
        setAttribute(this.#searching, 'hidden', this.#view !== 'search');
        setAttribute(this.#back, 'hidden', this.#view === 'list');
        setAttribute(this.#searchButton, 'hidden', this.#view === 'search' || this.#view === 'opening');
        setAttribute(this.#searchButton, 'aria-label', search);
        setAttribute(this.#searchButton, 'title', search);
        this.#frame.element.dataset.view = this.#view;
        if (this.#frame.title.textContent === title && this.#frame.title.dataset.id === String(one?.id))
            return;
        this.#frame.title.dataset.id = String(one?.id);
        this.#frame.title.textContent = title;
        this.#frame.title.setAttribute('aria-label', one ? this.#i18n.t('conversationWith', { name: title }) : title);
        this.#face.replaceChildren(...one ? [avatar(title, one.church_avatar)] : []);
    }

    #focus() {
        const isTouch = matchMedia('(pointer: coarse)').matches;

        if (!this.#mayFocus)
            return;
        if (this.#view === 'search' && this.#found)
            this.#found.view.focus();
        else if (this.#view === 'thread' && !isTouch)
            this.#thread.focus();
        else if (this.#view === 'thread' || isTouch || !this.#list.focus(this.#shown))
            this.#frame.title.focus();
    }

    // ---- What is heard -------------------------------------------------------------------------

    #listen() {
        const on = (type, handle) => {
            const listener = ({ detail }) => handle(detail);

            this.#store.addEventListener(type, listener);
            this.#listeners.push([type, listener]);
        };

        window.addEventListener('pagehide', this.#leave);
        on('list', () => this.#render());
        on('gone', ({ conversation_id: id }) => this.#onGone(id));
        on('unread', () => this.#emitUnread());
        on('message', detail => (!detail.conversation || roleIn(detail.conversation) === 'member') && this.#emit('message', detail));
        on('reset', () => this.#found?.view.again());
        on('state', detail => this.#onState(detail));
        on('problem', detail => this.#emit('error', detail));
    }

    /* Who has logged out has searched for nothing. */
    #onState(detail) {
        if (detail.state === 'stopped' && detail.reason === 'login')
            this.#found?.view.clear();
        this.#emit('state', detail);
    }

    /* What the user has not read as a member; what they answer is the inbox's. */
    #emitUnread() {
        const unread = this.#store.unreadAs('member');

        if (unread)
            this.#emit('unread', { unread_count: unread.messages });
    }
}
