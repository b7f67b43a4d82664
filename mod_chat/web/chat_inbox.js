/**
 * @file chat_inbox.js
 * <chat-inbox>: all conversations of the churches that a user answers for, and the one that is open.
 *
 *     <script type="module" src="/chat/inbox.js"></script>
 *     <chat-inbox></chat-inbox>
 *
 * It fills the box that the page gives it: list and conversation beside each other where there is room, one
 * of them where there is not. Attributes: `root`, `lang`, `theme`, `login-url` and `max-message` as <chat-widget> has
 * them (chat_widget.js), and `conversation`, the id of the one to open, as showConversation(id) does. Events, which
 * bubble, each with a `detail`:
 *   chat-conversation  {conversation_id}: another one was opened, or none (null)
 *   chat-unread        {count}: over all churches, it has changed
 *
 * Keys besides Tab: arrows, Home, End and Enter in the list (chat_inbox_list.js), / there for the search,
 * Alt with arrow up or down for the next conversation from anywhere, Escape back to the list.
 */
import { BASE } from './chat_base_style.js';
import { el, icon, safeUrl, setAttribute } from './chat_dom.js';
import './chat_icons.js';
import { ChatInboxFilters } from './chat_inbox_filters.js';
import { ChatInboxList } from './chat_inbox_list.js';
import { ChatInboxMember } from './chat_inbox_member.js';
import { ChatInboxQuery } from './chat_inbox_query.js';
import { INBOX } from './chat_inbox_style.js';
import { ChatModel } from './chat_model.js';
import { noticeOf, sayNotice } from './chat_notice.js';
import { ChatNoticeBar } from './chat_notice_bar.js';
import { TOKENS } from './chat_style.js';
import { isOfOwnSide } from './chat_talk.js';
import { ChatTexts, languageOf } from './chat_texts.js';
import { ChatThread } from './chat_thread.js';
import { THREAD } from './chat_thread_style.js';
import { ChatTimeText } from './chat_time_text.js';

const TEXTS = {
    en: async () => (await import('./chat_inbox_texts_en.js')).TEXTS,
    de: async () => (await import('./chat_inbox_texts_de.js')).TEXTS,
};
const KEYS = [
    [['↑', '↓'], 'inboxKeyArrows'],
    [['Enter'], 'inboxKeyEnter'],
    [['/'], 'inboxKeySearch'],
    [['Alt', '↓'], 'inboxKeyNext'],
    [['Esc'], 'inboxKeyEscape'],
];
const ANEW = ['lang', 'root', 'login-url', 'max-message']; // with another of these it begins anew
const FOUND_MS = 600; // how many were found is said when the filter rests
const MINUTE_MS = 60000;
const AGAIN_MS = 10000; // until its texts are asked for again

export class ChatInbox extends HTMLElement {
    static observedAttributes = ['conversation', ...ANEW];

    #shadow = this.attachShadow({ mode: 'open' });
    #run = 0; // of being on a page
    #model = null;
    #texts;
    #query;
    #id = null; // of the open conversation
    #thread;
    #member;
    #filters;
    #list;
    #bar;
    #rows; // what scrolls
    #empty;
    #more;
    #status; // said to those who do not see it
    #foundTimer = null;
    #clock = null;
    #frame = null;
    #watcher = null;
    #listeners = [];

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, BASE, THREAD, INBOX];
    }

    async connectedCallback() {
        const run = ++this.#run;
        const texts = await ChatTexts.load(languageOf(this), TEXTS).catch(() => null);

        if (run !== this.#run || !this.isConnected)
            return;
        if (!texts) {
            this.#showFailedLoad(run);
            return;
        }
        this.#texts = texts;
        this.#model = ChatModel.shared(this.getAttribute('root') ?? '/api');
        this.#build();
        this.#listen();
        this.#query.load();
        this.#showAsked();
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
        if (!this.#model)
            return;
        for (const [target, type, hear] of this.#listeners.splice(0))
            target.removeEventListener(type, hear);
        clearTimeout(this.#foundTimer);
        clearInterval(this.#clock);
        cancelAnimationFrame(this.#frame);
        this.#frame = null;
        this.#watcher.disconnect();
        this.#thread.close();
        this.#filters.close();
        this.#bar.close();
        this.#model.release();
        this.#model = this.#id = null;
        this.#shadow.replaceChildren();
    }

    attributeChangedCallback(name, before, after) {
        if (!this.#model || before === after)
            return;
        if (name === 'conversation') {
            this.#showAsked();
        } else {
            this.disconnectedCallback();
            this.connectedCallback();
        }
    }

    /** Show this conversation; rejected with a ChatProblem when it is not to be seen. */
    async showConversation(id) {
        await this.#model.find(Number(id));
        this.#open(Number(id), { isFocused: false });
    }

    /* What the attribute says; that it cannot be seen is told over the list. */
    async #showAsked() {
        const id = this.getAttribute('conversation');

        try {
            if (id !== null)
                await this.showConversation(id);
        } catch (problem) {
            this.#bar.tellProblem(problem);
        }
    }

    // ---- Parts ---------------------------------------------------------------------------------

    #build() {
        const texts = this.#texts;
        const model = this.#model;
        const loginUrl = safeUrl(this.getAttribute('login-url'));

        this.#query = new ChatInboxQuery(model);
        this.#thread = new ChatThread({ model, texts, loginUrl, max: Number(this.getAttribute('max-message')) || undefined });
        this.#member = new ChatInboxMember({
            texts, model, onBack: () => this.#leave(), onSay: sentence => this.#say(sentence),
        });
        this.#filters = new ChatInboxFilters({
            texts,
            onChange: change => this.#filter(change),
            onLeave: () => this.#list.focus(),
        });
        this.#list = new ChatInboxList({
            texts,
            times: new ChatTimeText(texts.lang),
            onOpen: id => this.#open(id, { isFocused: true }),
            onSearch: () => this.#filters.focus(),
        });
        this.#bar = new ChatNoticeBar({
            texts, loginUrl, onRetry: () => this.#tryAgain(), onFocusLost: () => this.#filters.focus(),
        });
        this.#empty = el('div', { class: 'empty', hidden: true });
        this.#more = el('button', { type: 'button', class: 'plain more', hidden: true, onclick: () => this.#query.more() },
            texts.say('moreConversations'));
        this.#rows = el('div', { class: 'scroll' }, this.#list.element, this.#empty, this.#more);
        this.#status = el('p', { class: 'hidden', role: 'status' });
        this.#shadow.replaceChildren(el('div', { class: 'inbox', onkeydown: event => this.#key(event) },
            el('section', { class: 'pane list', 'aria-label': texts.say('inbox') },
                this.#filters.element, this.#bar.element, this.#rows),
            el('section', { class: 'pane talk', 'aria-label': texts.say('messages') },
                ...this.#member.parts, this.#thread.element,
                el('div', { class: 'empty choose' }, icon('chat'), el('strong', {}, texts.say('inboxChoose')), this.#keys()))),
        this.#status);
    }

    /* For those who have a keyboard. */
    #keys() {
        return el('dl', { class: 'keys', 'aria-label': this.#texts.say('inboxKeys') }, ...KEYS.map(([keys, text]) => el('div', {},
            el('dt', {}, ...keys.map(key => el('kbd', {}, key))), el('dd', {}, this.#texts.say(text)))));
    }

    #listen() {
        const model = this.#model;

        this.#hear(model, 'reset', () => this.#query.load());
        this.#hear(this.#query, 'change', () => this.#queryChanged());
        this.#hear(model, 'list', () => this.#later());
        this.#hear(model, 'unread', ({ detail: { unread_count: count } }) => {
            this.#tell('chat-unread', { count });
            this.#later();
        });
        this.#hear(model, 'talk', ({ detail: { what } }) => what === 'typing' && this.#later());
        this.#hear(model, 'message', ({ detail }) => this.#announce(detail));
        this.#hear(model, 'state', ({ detail: { state, reason } }) => this.#stateChanged(state, reason));
        this.#hear(window, 'online', () => this.#loadAgain());
        this.#bar.tellState(model.state, model.reason);
        this.#watcher = new IntersectionObserver(entries => this.#endIsNear(entries.at(-1).isIntersecting),
            { root: this.#rows, rootMargin: '400px' });
        this.#watcher.observe(this.#more);
        this.#clock = setInterval(() => this.#later(), MINUTE_MS); // times get older
        this.#show();
    }

    #hear(target, type, hear) {
        target.addEventListener(type, hear);
        this.#listeners.push([target, type, hear]);
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
        const open = this.#id !== null ? this.#model.conversation(this.#id) : null;

        this.#list.show(conversations.map(conversation => ({ conversation, typing: this.#typing(conversation.id) })),
            { selected: this.#id, isOfMany: churches.length > 1 });
        this.#filters.showChurches(churches);
        this.#filters.showUnread(this.#model.unreadCount);
        if (open)
            this.#member.show(open);
        this.#showEmpty(conversations.length);
        setAttribute(this.#list.element, 'hidden', conversations.length === 0);
        setAttribute(this.#list.element, 'aria-busy', query.isLoading ? 'true' : null);
        setAttribute(this.#more, 'hidden', !query.hasMore);
    }

    #showEmpty(count) {
        const { isFiltered, isLoaded, isUnread, words, problem } = this.#query;
        const texts = this.#texts;
        const key = words ? 'inboxNotFound' : isUnread ? 'inboxAllRead' : 'inboxNone';
        const content = problem ? 'problem' : isLoaded ? `${key} ${isFiltered}` : 'loading';

        setAttribute(this.#empty, 'hidden', count > 0 && !problem);
        if (this.#empty.dataset.content === content)
            return;
        this.#empty.dataset.content = content;
        this.#empty.replaceChildren(...{
            problem: () => [
                el('p', { role: 'alert' }, sayNotice(texts, noticeOf(problem))),
                el('button', { type: 'button', class: 'plain', onclick: () => this.#tryAgain() }, texts.say('retry')),
            ],
            loading: () => [el('span', { class: 'spinner' }), el('p', {}, texts.say('loading'))],
        }[content]?.() ?? [
            el('strong', {}, texts.say(key)),
            el('p', {}, texts.say(`${key}Hint`)),
            ...isFiltered ? [el('button', { type: 'button', class: 'plain', onclick: () => this.#clear() }, texts.say('inboxClear'))] : [],
        ]);
    }

    /* Who writes in it now, or null. */
    #typing(id) {
        const [one, other, third] = this.#model.talk(id).typers.map(({ display_name: name }) => name);

        if (one === undefined)
            return null;
        if (third !== undefined)
            return this.#texts.say('typingMany');
        return this.#texts.say(other === undefined ? 'typing' : 'typingTwo', { name: one, other });
    }

    #stateChanged(state, reason) {
        this.#bar.tellState(state, reason);
        if (state === 'online' || state === 'polling')
            this.#loadAgain();
    }

    /* What failed while there was no connection. */
    #loadAgain() {
        if (this.#query.problem && !this.#query.isLoading)
            this.#query.load();
    }

    // ---- What the person does ------------------------------------------------------------------

    #open(id, { isFocused }) {
        if (id !== this.#id) {
            this.#id = this.#query.kept = id;
            this.#member.show(this.#model.conversation(id));
            this.#thread.show(id);
            this.#tell('chat-conversation', { conversation_id: id });
        }
        this.#shadow.firstElementChild.classList.add('is-open');
        this.#thread.fit();
        this.#bar.element.hidden = true; // the conversation has one
        this.#show();
        this.#list.scrollTo(id);
        if (isFocused && this.#isNarrow)
            this.#member.focus(); // not the text: on a telephone that would cover half with keys
        else if (isFocused)
            this.#thread.focus();
    }

    /* Back to the list; where both are shown, only the focus goes. */
    #leave() {
        const id = this.#id;

        if (this.#isNarrow) {
            this.#thread.hide();
            this.#id = this.#query.kept = null;
            this.#shadow.firstElementChild.classList.remove('is-open');
            this.#bar.element.hidden = false;
            this.#show();
            this.#tell('chat-conversation', { conversation_id: null });
        }
        if (!this.#list.focus(id) && !this.#list.focus())
            this.#filters.focus();
    }

    #key(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];

        if (event.isComposing || event.defaultPrevented)
            return;
        if (event.altKey && step) {
            const id = this.#list.beside(step);

            event.preventDefault();
            if (id !== null)
                this.#open(id, { isFocused: true });
        } else if (event.key === 'Escape' && this.#id !== null && !event.target.closest?.('.list, dialog')) {
            event.preventDefault();
            this.#leave();
        }
    }

    #filter(change) {
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
        this.#model.reconnect();
        this.#query.load();
    }

    get #isNarrow() {
        return getComputedStyle(this.#rows.closest('.pane')).position === 'absolute';
    }

    // ---- What is said --------------------------------------------------------------------------

    #endIsNear(isNear) {
        if (isNear && !this.#query.problem)
            this.#query.more();
    }

    #queryChanged() {
        this.#show();
        if (!this.#query.isLoading) { // it tells changes only, and the end may still be in sight
            this.#watcher.unobserve(this.#more);
            this.#watcher.observe(this.#more);
        }
        clearTimeout(this.#foundTimer);
        if (this.#query.isLoaded && this.#query.isFiltered)
            this.#foundTimer = setTimeout(() => this.#say(this.#texts.say(
                this.#query.hasMore ? 'inboxFoundMore' : 'inboxFound', { n: this.#query.conversations.length })), FOUND_MS);
    }

    /* A message elsewhere; those of the open conversation are read out there. */
    #announce({ message, conversation }) {
        if (conversation?.is_church_owner && message.conversation_id !== this.#id && !isOfOwnSide(message))
            this.#say(this.#texts.say('inboxNewMessage', { name: message.sender_name, text: message.content }));
    }

    #say(sentence) {
        this.#status.textContent = '';
        this.#status.append(el('span', {}, sentence));
    }

    #tell(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }
}
