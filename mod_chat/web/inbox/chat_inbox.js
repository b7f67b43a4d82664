/**
 * @file chat_inbox.js
 * <chat-inbox>: all conversations of the churches that a user answers for, and the one that is open.
 *
 *     <script type="module" src="/chat/inbox.js"></script>
 *     <chat-inbox></chat-inbox>
 *
 * It fills the box that the page gives it: list and conversation beside each other where there is room, one
 * of them where there is not. Attributes: `root`, `lang`, `theme`, `login-url`, `max-message` and `no-scaling` as <chat-widget>
 * has them (widget/chat_widget.js), and `conversation`, the id of the one to open, as showConversation(id) does. Events, which
 * bubble, each with a `detail`:
 *   chat-conversation  {conversation_id}: another one was opened, or none (null)
 *   chat-unread        {count, conversations}: how many messages are unread over all churches that one answers for, and in
 *                      how many conversations; what one has as a member of others is the widget's
 *
 * The open conversation is in the address of the page, and the message in it that was looked for (address.js).
 *
 * One search finds names and messages: names are those of the list (store/conversation_query.js), messages follow below
 * (search/, loaded with the first words). Ctrl and F stay the browser's, which finds what is loaded; that, and where all
 * messages are searched, is said beside it.
 *
 * A new message that nobody looks at is told (notice.js), and how many conversations are unread, before the title
 * (unread_title.js), unless there is the attribute `no-title`.
 *
 * Keys besides Tab: arrows, Home, End and Enter in the list (ui/conversation_list.js), Alt with arrow up or down for the
 * next conversation, Escape back to the list. While nobody writes, / for the search and ? for the keys and settings
 * (preferences.js), which can be switched off there (WCAG 2.2, 2.1.4). They work with the focus in the inbox, or where
 * nothing on the page has it.
 */
import { I18n, languageOf } from '../i18n/i18n.js';
import { isOfOwnSide } from '../net/message.js';
import { rootOf } from '../net/page.js';
import { ChatProblem } from '../net/problem.js';
import { isFind, loadSearch } from '../search/load_search.js';
import { ChatStore } from '../store/chat_store.js';
import { ConversationQuery } from '../store/conversation_query.js';
import { THREAD } from '../thread/thread_style.js';
import { ThreadView } from '../thread/thread_view.js';
import { Banner } from '../ui/banner.js';
import { BANNER } from '../ui/banner_style.js';
import { BASE } from '../ui/base_style.js';
import { ConversationList } from '../ui/conversation_list.js';
import { LIST } from '../ui/conversation_list_style.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { isLookedAt } from '../ui/looked_at.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';
import { TOKENS } from '../ui/tokens_style.js';
import { typingText } from '../ui/typing_text.js';
import { Address } from './address.js';
import { ConversationHeader } from './conversation_header.js';
import { Filters } from './filters.js';
import { FrontTab } from './front_tab.js';
import { INBOX } from './inbox_style.js';
import { Settings } from './settings.js';
import { UnreadTitle } from './unread_title.js';

const KEYS = [
    [['↑', '↓'], 'inboxKeyArrows'],
    [['Enter'], 'inboxKeyEnter'],
    [['/'], 'inboxKeySearch'],
    [['?'], 'inboxKeyHelp'],
    [['Alt', '↓'], 'inboxKeyNext'],
    [['Esc'], 'inboxKeyEscape'],
];
const ANEW = ['lang', 'root', 'login-url', 'max-message']; // with another of these it begins anew
const FOUND_MS = 600; // how many were found is said when the filter rests
const MINUTE_MS = 60000;
const NAMES_MAX = 10; // over the messages that were found
const NAME_CHARS_MAX = 100; // that the server takes
const WRITABLE = 'input, textarea, select, [contenteditable]';
const AGAIN_MS = 10000; // until its i18n are asked for again

export class ChatInbox extends HTMLElement {
    static observedAttributes = ['conversation', 'no-title', ...ANEW];

    #shadow = this.attachShadow({ mode: 'open' });
    #run = 0; // of being on a page
    #store = null;
    #i18n;
    #query;
    #address;
    #id = null; // of the open conversation
    #at = null; // the id of the message in it that was looked for; null: none
    #words = ''; // that are searched for, in names and messages
    #scopeId = null; // of the conversation that is searched; null: all
    #namesMax = NAMES_MAX;
    #search = null; // a promise of {model, results, hint}
    #found = null; // the same, when it is there
    #thread;
    #header;
    #filters;
    #list;
    #banner;
    #rows; // what scrolls
    #heading; // over the names, where messages are searched as well
    #empty;
    #more;
    #status; // said to those who do not see it
    #foundTimer = null;
    #clock = null;
    #settings;
    #title = new UnreadTitle();
    #unread = null; // as it was told last
    #frontTab = null;
    #notice = null; // a promise of what gives notice
    #preferences = null; // a promise of the dialog
    #frame = null;
    #watcher = null;
    #listeners = [];

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, BASE, BANNER, LIST, THREAD, INBOX];
    }

    async connectedCallback() {
        const run = ++this.#run;
        const store = ChatStore.shared(rootOf(this), 'staff'); // its list and the texts come at once
        const i18n = await I18n.loadWithInbox(languageOf(this)).catch(() => null);

        if (run !== this.#run || !i18n)
            store.release();
        if (run !== this.#run)
            return;
        if (!i18n) {
            this.#showFailedLoad(run);
            return;
        }
        this.#i18n = i18n;
        this.#store = store;
        this.#build();
        this.#listen();
        this.#query.load();
        this.#showAsked(this.hasAttribute('conversation') ? { id: this.getAttribute('conversation') } : this.#address.place);
    }

    /* There are no texts to show: in English and German, as `lang` says. It tries again by itself, too. */
    #showFailedLoad(run) {
        const isGerman = languageOf(this).startsWith('de');
        const again = () => run === this.#run && this.connectedCallback();

        this.#shadow.replaceChildren(el('div', { class: 'inbox' }, el('div', { class: 'empty', role: 'alert' },
            el('p', {}, isGerman ? 'Der Posteingang konnte nicht geladen werden.' : 'The inbox could not be loaded.'),
            el('button', { type: 'button', class: 'plain', onclick: again }, isGerman ? 'Nochmal versuchen' : 'Try again'))));
        setTimeout(again, AGAIN_MS);
    }

    disconnectedCallback() {
        this.#run++;
        if (!this.#store)
            return;
        for (const [target, type, listener] of this.#listeners.splice(0))
            target.removeEventListener(type, listener);
        clearTimeout(this.#foundTimer);
        clearInterval(this.#clock);
        cancelAnimationFrame(this.#frame);
        this.#frame = null;
        this.#watcher.disconnect();
        this.#thread.close();
        this.#filters.close();
        this.#address.close();
        this.#title.close();
        this.#frontTab?.close();
        this.#notice?.then(notice => notice.close(), () => {});
        this.#frontTab = this.#notice = this.#preferences = null;
        this.#found?.model.close();
        this.#found?.results.close();
        this.#found = this.#search = this.#at = this.#scopeId = null;
        this.#words = '';
        this.#banner.close();
        this.#store.release();
        this.#store = this.#id = this.#unread = null;
        this.#shadow.replaceChildren();
    }

    attributeChangedCallback(name, before, after) {
        if (!this.#store || before === after)
            return;
        if (name === 'conversation') {
            this.#showAsked(this.hasAttribute('conversation') ? { id: this.getAttribute('conversation') } : null);
        } else if (name === 'no-title') {
            this.#showUnread();
        } else {
            this.disconnectedCallback();
            this.connectedCallback();
        }
    }

    /** Show this conversation, at the message with the id `at` if one is looked for, and focus it if asked to; rejected with a
     * ChatProblem when it is not to be seen. */
    async showConversation(id, { isFocused = false, at = null } = {}) {
        await this.#store.find(Number(id), 'staff');
        this.#open(Number(id), { isFocused, at });
    }

    /* What the attribute or the address says; that it cannot be seen is told over the list. */
    async #showAsked(place) {
        try {
            if (place !== null)
                await this.showConversation(place.id, place);
        } catch (problem) {
            this.#banner.showProblem(problem);
        }
    }

    // ---- Parts ---------------------------------------------------------------------------------

    #build() {
        const i18n = this.#i18n;
        const store = this.#store;
        const loginUrl = this.getAttribute('login-url');

        this.#query = new ConversationQuery(store, 'staff');
        this.#settings = new Settings(store.root, () => store.userId);
        this.#address = new Address(place => this.#moveTo(place));
        this.#thread = new ThreadView({
            store, i18n, loginUrl, max: Number(this.getAttribute('max-message')) || undefined, scales: () => !this.hasAttribute('no-scaling'),
            onNewest: () => this.#address.leaveMessage(),
        });
        this.#header = new ConversationHeader({
            i18n, store, onBack: () => this.#leave(), onSearch: () => this.#searchHere(), onAnnounce: sentence => this.#announce(sentence),
        });
        this.#filters = new Filters({
            i18n,
            onChange: change => this.#filter(change),
            onLeave: () => this.#list.focus() || this.#found?.results.focus(),
            onPreferences: () => this.#showPreferences(),
        });
        this.#list = new ConversationList({
            i18n,
            times: new TimeFormat(i18n.lang),
            onOpen: id => this.#open(id, { isFocused: true }),
            onEdge: step => this.#isSearching && this.#leaveNames(step),
        });
        this.#banner = new Banner({
            i18n, loginUrl, onRetry: () => this.#tryAgain(), onFocusLost: () => this.#filters.focus(),
        });
        this.#empty = el('div', { class: 'empty', hidden: true });
        this.#more = el('button', { type: 'button', class: 'plain more', hidden: true, onclick: () => this.#moreNames() },
            i18n.t('moreConversations'));
        this.#heading = el('p', { class: 'section', role: 'heading', 'aria-level': 2, hidden: true }, i18n.t('conversations'));
        this.#rows = el('div', { class: 'scroll' }, this.#heading, this.#list.element, this.#empty, this.#more);
        this.#status = el('p', { class: 'hidden', role: 'status' });
        this.#shadow.replaceChildren(el('div', { class: 'inbox', tabindex: -1, onkeydown: event => this.#key(event) },
            el('section', { class: 'pane list', 'aria-label': i18n.t('inbox') },
                this.#filters.element, this.#banner.element, this.#rows),
            el('section', { class: 'pane talk', 'aria-label': i18n.t('messages') },
                ...this.#header.parts, this.#thread.element,
                el('div', { class: 'empty choose' }, icon('chat'), el('strong', {}, i18n.t('inboxChoose')), this.#keys(KEYS)))),
        this.#status);
    }

    /* For those who have a keyboard. */
    #keys(keys) {
        return el('dl', { class: 'keys', 'aria-label': this.#i18n.t('inboxKeys') }, ...keys.map(([keys, text]) => el('div', {},
            el('dt', {}, ...keys.map(key => el('kbd', {}, key))), el('dd', {}, this.#i18n.t(text)))));
    }

    #listen() {
        const store = this.#store;

        this.#on(store, 'reset', () => {
            this.#query.load();
            this.#found?.model.again();
        });
        this.#on(store, 'gone', ({ detail: { conversation_id: id } }) => this.#onGone(id));
        this.#on(this.#query, 'change', () => this.#onQueryChange());
        this.#on(store, 'list', () => {
            this.#dropNotices();
            this.#later();
        });
        this.#on(store, 'draft', () => this.#later());
        this.#on(store, 'unread', () => this.#onUnread());
        this.#on(store, 'conversation', ({ detail: { what } }) => what === 'typing' && this.#later());
        this.#on(store, 'message', ({ detail }) => this.#onMessage(detail));
        this.#on(store, 'state', ({ detail: { state, reason } }) => this.#onState(state, reason));
        this.#on(window, 'online', () => this.#loadAgain());
        this.#on(window, 'focus', () => this.#dropNotices());
        this.#on(document, 'keydown', event => {
            if (event.target === document.body)
                this.#key(event);
        });
        this.#onState(store.state, store.reason);
        this.#onUnread();
        this.#watcher = new IntersectionObserver(entries => this.#endIsNear(entries.at(-1).isIntersecting),
            { root: this.#rows, rootMargin: '400px' });
        this.#watcher.observe(this.#more);
        this.#clock = setInterval(() => this.#later(), MINUTE_MS); // times get older
        this.#show();
    }

    #on(target, type, listener) {
        target.addEventListener(type, listener);
        this.#listeners.push([target, type, listener]);
    }

    // ---- What is shown -------------------------------------------------------------------------

    /* Once for all that happens before the next frame. */
    #later() {
        this.#frame ??= requestAnimationFrame(() => {
            this.#frame = null;
            this.#show();
        });
    }

    #show() {
        const query = this.#query;
        const { conversations, churches } = query;
        const { texts } = this.#store.drafts;
        const open = this.#id !== null ? this.#store.summary(this.#id) : null;
        const max = !this.#isSearching ? Infinity : this.#scopeId === null ? this.#namesMax : 0;
        const shown = conversations.slice(0, max);

        this.#list.show(shown.map(conversation => ({
            conversation, typing: this.#typing(conversation),
            draft: conversation.id !== this.#id && texts.get(conversation.id) || '',
        })), { selected: this.#id, isOfMany: churches.length > 1, userId: this.#store.userId });
        this.#filters.showChurches(churches);
        this.#filters.showUnread(this.#store.unreadAs('staff'));
        if (open)
            this.#header.show(open);
        this.#showEmpty(max === 0 ? 1 : shown.length);
        this.#rows.classList.toggle('is-searching', this.#isSearching);
        setAttribute(this.#heading, 'hidden', !this.#found || !this.#isSearching || max === 0);
        setAttribute(this.#list.element, 'aria-busy', query.isLoading ? 'true' : null);
        setAttribute(this.#more, 'hidden', max === 0 || (!query.hasMore && shown.length === conversations.length));
    }

    #showEmpty(count) {
        const { isFiltered, isLoaded, isUnread, words, problem } = this.#query;
        const i18n = this.#i18n;
        const key = words ? 'inboxNotFound' : isUnread ? 'inboxAllRead' : 'inboxNone';
        const content = problem ? 'problem' : isLoaded ? `${key} ${isFiltered}` : 'loading';

        setAttribute(this.#empty, 'hidden', count > 0 && !problem);
        if (this.#empty.dataset.content === content)
            return;
        this.#empty.dataset.content = content;
        this.#empty.replaceChildren(...{
            problem: () => [
                el('p', { role: 'alert' }, noticeText(i18n, noticeOf(problem))),
                el('button', { type: 'button', class: 'plain', onclick: () => this.#tryAgain() }, i18n.t('retry')),
            ],
            loading: () => [el('span', { class: 'spinner' }), el('p', {}, i18n.t('loading'))],
        }[content]?.() ?? [
            el('strong', {}, i18n.t(key)),
            ...words ? [] : [el('p', {}, i18n.t(`${key}Hint`))],
            ...isFiltered ? [el('button', { type: 'button', class: 'plain', onclick: () => this.#clear() }, i18n.t('inboxClear'))] : [],
        ]);
    }

    /* Who writes in it now, or null. */
    #typing(conversation) {
        return typingText(this.#i18n, this.#store.conversation(conversation.id).typers, conversation);
    }

    #onState(state, reason) {
        this.#banner.showState(state, reason);
        if (state === 'online' || state === 'polling') {
            this.#frontTab ??= new FrontTab(`mod_chat inbox ${this.#store.root} ${this.#store.userId}`);
            this.#loadAgain();
        }
        this.#showUnread();
    }

    /* What failed while there was no connection. */
    #loadAgain() {
        if (this.#query.problem && !this.#query.isLoading)
            this.#query.load();
    }

    // ---- What the person does ------------------------------------------------------------------

    #open(id, { isFocused, at = null }) {
        const isOther = id !== this.#id;

        if (isOther) {
            this.#id = this.#query.kept = id;
            this.#header.show(this.#store.summary(id));
            this.#found?.hint.hide();
        }
        if (isOther || at !== null) {
            this.#at = at;
            this.#thread.show(id, { at, isFocused });
            this.#address.place = { id, at };
        }
        if (isOther)
            this.#emit('chat-conversation', { conversation_id: id });
        if (this.#notice)
            this.#withNotice(notice => notice.drop(id));
        this.#shadow.firstElementChild.classList.add('is-open');
        this.#thread.fit();
        this.#banner.element.hidden = true; // the conversation has one
        this.#show();
        this.#list.scrollTo(id);
        if (isFocused && this.#isNarrow)
            this.#header.focus(); // not the text: on a telephone that would cover half with keys
        else if (isFocused && at === null) // otherwise the message gets it
            this.#thread.focus();
    }

    /* Back to the list; where both are shown, only the focus goes. */
    #leave() {
        const id = this.#id;

        const isFound = this.#at !== null && this.#isSearching;

        if (this.#isNarrow)
            this.#close();
        if (!(isFound && this.#found?.results.focusOpened()) && !this.#list.focus(id) && !this.#list.focus())
            this.#filters.focus();
    }

    #close() {
        if (this.#id === null)
            return;
        this.#thread.hide();
        this.#id = this.#query.kept = this.#at = null;
        this.#found?.hint.hide();
        this.#shadow.firstElementChild.classList.remove('is-open');
        this.#banner.element.hidden = false;
        this.#show();
        this.#address.place = null;
        this.#emit('chat-conversation', { conversation_id: null });
    }

    /* The open one cannot be seen any more: nothing of it stays, and it is told over the list. */
    #onGone(id) {
        this.#found?.model.drop(id);
        if (id !== this.#id)
            return;
        this.#close();
        this.#banner.showProblem(new ChatProblem('not_found', 'There is no such conversation.', { status: 404 }));
        this.#filters.focus();
    }

    /* Back or forth in the history. */
    #moveTo(place) {
        if (place === null)
            this.#close();
        else if (place.id === this.#id && place.at === null)
            this.#thread.toNewest();
        else
            this.#showAsked(place);
    }

    #key(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

        if (event.isComposing || event.defaultPrevented || event.target.closest('dialog'))
            return;
        if (event.altKey && step) {
            const id = this.#list.beside(step);

            event.preventDefault();
            if (id !== null)
                this.#open(id, { isFocused: true });
        } else if (event.key === 'Escape' && this.#id !== null && !event.target.closest('.list')) {
            event.preventDefault();
            this.#leave();
        } else if (event.key === 'Escape' && this.#isSearching) {
            event.preventDefault();
            this.#filters.focus();
        } else if (isFind(event) && this.#id !== null) {
            this.#withSearch(({ hint }) => hint.show());
        } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest(WRITABLE) && this.#settings.get('keys')) {
            this.#character(event);
        }
    }

    /* Shift does not matter, as it depends on the keyboard. */
    #character(event) {
        const run = { '/': () => this.#filters.focus(), '?': () => this.#showPreferences() }[event.key];

        if (!run)
            return;
        event.preventDefault();
        run();
    }

    async #showPreferences() {
        const run = this.#run;

        this.#preferences ??= this.#makePreferences();
        try {
            const preferences = await this.#preferences;

            if (run === this.#run)
                preferences.open();
        } catch (problem) {
            this.#preferences = null;
            this.#banner.showProblem(new ChatProblem('network', problem.message));
        }
    }

    async #makePreferences() {
        const { Preferences } = await import('./preferences.js');

        return new Preferences({
            i18n: this.#i18n, root: this.#shadow, settings: this.#settings,
            keys: this.#keys([...KEYS, [['Ctrl', 'C'], 'inboxKeyCopy'], [['Ctrl', 'F'], 'inboxKeyFind']]),
            onSound: () => this.#withNotice(notice => notice.playSound()),
        });
    }

    #filter({ conversationId = this.#scopeId, words = this.#words, ...others }) {
        const change = { ...others, words: words.trim().slice(0, NAME_CHARS_MAX) };

        this.#scopeId = conversationId;
        this.#words = words;
        this.#namesMax = NAMES_MAX;
        this.#filterNames(change);
        if (this.#search || this.#isSearching)
            this.#withSearch(({ model }) => model.set({ words: this.#words, churchId: this.#query.churchId, conversationId: this.#scopeId }));
        this.#later();
    }

    #filterNames(change) {
        if (Object.entries(change).every(([name, value]) => this.#query[name] === value))
            return;
        this.#rows.scrollTop = 0;
        this.#query.kept = this.#id;
        this.#query.set(change);
    }

    #clear() {
        this.#filters.clear();
        this.#filters.focus();
    }

    #tryAgain() {
        this.#store.reconnect();
        if (this.#query.problem)
            this.#query.load();
    }

    // ---- Searching messages --------------------------------------------------------------------

    get #isSearching() {
        return this.#words.trim() !== '';
    }

    /* In the open conversation alone. */
    #searchHere() {
        const { id, church_name: name } = this.#store.summary(this.#id);

        if (this.#isNarrow)
            this.#close();
        this.#filters.scope = { id, name };
        this.#filters.focus();
    }

    /* From the names to the messages, or to where one writes. */
    #leaveNames(step) {
        if (step < 0)
            this.#filters.focus();
        return step < 0 || this.#found?.results.focus();
    }

    #moreNames() {
        this.#namesMax = Infinity;
        this.#query.more();
        this.#later();
    }

    /* Loaded once; tried again with the next words. */
    async #withSearch(use) {
        const run = this.#run;

        this.#search ??= this.#makeSearch();
        try {
            const search = await this.#search;

            if (run === this.#run)
                use(search);
        } catch (problem) {
            this.#search = null;
            if (run === this.#run)
                this.#banner.showProblem(new ChatProblem('network', problem.message));
        }
    }

    async #makeSearch() {
        const run = this.#run;
        const { i18n, MessageSearch, SearchResults, FindHint } = await loadSearch(this.#i18n, this.#shadow);

        if (run !== this.#run)
            throw new Error('The inbox was taken away.');
        const model = new MessageSearch({ rest: this.#store.rest, role: 'staff' });
        const results = new SearchResults({
            i18n, times: new TimeFormat(i18n.lang), search: model, root: this.#rows,
            onOpen: ({ conversation, message }) => {
                this.#store.keep({ conversations: [conversation] });
                this.#open(conversation.id, { isFocused: true, at: message.id });
            },
            onEdge: () => this.#list.focusLast() || this.#filters.focus(),
        });
        const hint = new FindHint({ i18n, onSearch: () => this.#searchHere() });

        this.#rows.append(results.element);
        this.#thread.element.before(hint.element);
        this.#found = { model, results, hint };
        return this.#found;
    }

    get #isNarrow() {
        return getComputedStyle(this.#rows.closest('.pane')).position === 'absolute';
    }

    // ---- What is said --------------------------------------------------------------------------

    #endIsNear(isNear) {
        if (isNear && !this.#query.problem && !(this.#isSearching && this.#namesMax < Infinity))
            this.#query.more();
    }

    #onQueryChange() {
        this.#show();
        if (!this.#query.isLoading) { // it tells changes only, and the end may still be in sight
            this.#watcher.unobserve(this.#more);
            this.#watcher.observe(this.#more);
        }
        clearTimeout(this.#foundTimer);
        if (this.#query.isLoaded && this.#query.isFiltered)
            this.#foundTimer = setTimeout(() => this.#announce(this.#i18n.t(
                this.#query.hasMore ? 'inboxFoundMore' : 'inboxFound', { n: this.#query.conversations.length })), FOUND_MS);
    }

    /* Not what one looks at, has written, or has read elsewhere. */
    #onMessage({ message, conversation }) {
        const isOpen = message.conversation_id === this.#id;

        if (conversation?.is_church_owner && !isOfOwnSide(message) && !message.is_read && !(isOpen && isLookedAt()))
            this.#withNotice(notice => notice.tell(message, conversation, { isOpen }));
    }

    /* What was read, and what one looks at now. */
    #dropNotices() {
        const isNews = id => this.#store.summary(id)?.unread_count > 0 && !(id === this.#id && isLookedAt());

        if (this.#notice)
            this.#withNotice(notice => notice.dropRead(isNews));
    }

    /* Loaded once; tried again with the next message. */
    async #withNotice(use) {
        const run = this.#run;

        this.#notice ??= this.#makeNotice();
        try {
            const notice = await this.#notice;

            if (run === this.#run)
                use(notice);
        } catch {
            this.#notice = null;
        }
    }

    async #makeNotice() {
        const { Notice } = await import('./notice.js');

        return new Notice({
            i18n: this.#i18n, root: this.#shadow, place: this.#shadow.firstElementChild, settings: this.#settings,
            isFront: () => this.#frontTab?.isFront ?? true,
            onOpen: id => this.#open(id, { isFocused: true }), onAnnounce: sentence => this.#announce(sentence),
        });
    }

    /* It may be something else only of what one has as a member. */
    #onUnread() {
        const { messages: count, conversations } = this.#store.unreadAs('staff') ?? {};

        if (count === undefined || (count === this.#unread?.count && conversations === this.#unread.conversations))
            return;
        this.#unread = { count, conversations };
        this.#emit('chat-unread', this.#unread);
        this.#showUnread();
        this.#later();
    }

    #showUnread() {
        const isOn = !this.hasAttribute('no-title') && this.#store.state !== 'stopped';

        this.#title.count = isOn ? this.#store.unreadAs('staff')?.conversations ?? 0 : 0;
    }

    #announce(sentence) {
        this.#status.textContent = '';
        this.#status.append(el('span', {}, sentence));
    }

    #emit(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }
}
