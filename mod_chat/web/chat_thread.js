/**
 * @file chat_thread.js
 * A conversation to read and to write in: messages, what is wrong, and where one writes. For any element.
 *
 *     const thread = new ChatThread({ model, texts, loginUrl });
 *     shadow.adoptedStyleSheets = [TOKENS, BASE, THREAD];       // chat_style.js, chat_thread_style.js
 *     place.append(thread.element);                             // fills a flex column
 *     thread.show(conversation.id);
 *     thread.focus();                                           // the text; thread.hide() when it is left
 *
 * One conversation at a time. While it is shown on a visible page, what is at the end counts as read. The
 * draft of each conversation is kept (chat_drafts.js). `onProblem(problem)` hears each refusal besides.
 */
import { ChatComposer } from './chat_composer.js';
import { el } from './chat_dom.js';
import { ChatMessageList } from './chat_message_list.js';
import { ChatNoticeBar } from './chat_notice_bar.js';
import { ChatTimeText } from './chat_time_text.js';

const CONTENT_MAX = 1000; // ChatMaxMessage, unless the page says otherwise
const DRAFT_MS = 300;

export class ChatThread {
    #model;
    #onProblem;
    #id = null;
    #talk = null;
    #list;
    #bar;
    #composer;
    #draftTimer = null;
    #listeners = [];

    /** `model`: a ChatModel; `texts`: ChatTexts; `max`: characters of a message; `loginUrl` may be null. */
    constructor({ model, texts, loginUrl = null, max = CONTENT_MAX, onProblem = () => {} }) {
        this.#model = model;
        this.#onProblem = onProblem;
        this.#list = new ChatMessageList({
            texts,
            times: new ChatTimeText(texts.lang),
            onRetry: clientId => this.#retry(clientId),
            onDrop: clientId => this.#drop(clientId),
            onEdit: clientId => this.#edit(clientId),
            onSeen: () => this.#talk.read(),
            onOlder: () => this.#older(),
        });
        this.#bar = new ChatNoticeBar({
            texts,
            loginUrl,
            onRetry: () => this.#tryAgain(),
            onFocusLost: () => this.focus(),
        });
        this.#composer = new ChatComposer({
            texts,
            max,
            onSend: text => this.#send(text),
            onTyping: isTyping => this.#talk?.typing(isTyping),
            onDraft: text => this.#keepDraft(text),
        });
        this.element = el('div', { class: 'thread' }, this.#list.element, this.#bar.element, this.#composer.element);
        this.#hear(model, 'talk', ({ detail }) => this.#talkChanged(detail));
        this.#hear(model, 'state', ({ detail }) => this.#stateChanged(detail));
        this.#hear(document, 'visibilitychange', () => this.#list.update()); // Today may be Yesterday now
        this.#hear(window, 'pagehide', () => this.#saveDraft());
        this.#stateChanged(model);
    }

    /** The conversation that is shown, or null. */
    get conversationId() {
        return this.#id;
    }

    /** A conversation that the model knows. */
    show(id) {
        if (this.#id === id)
            return;
        this.hide();
        const conversation = this.#model.conversation(id);

        this.#id = id;
        this.#talk = this.#model.talk(id);
        this.#bar.tellProblem(null);
        this.#composer.text = this.#model.drafts.draft(id);
        this.#list.show(this.#talk, { name: conversation?.church_name ?? '', unread: conversation?.unread_count ?? 0 });
        this.#load(conversation?.unread_count);
    }

    /** None is shown any more. */
    hide() {
        this.#saveDraft();
        this.#talk?.unwatch();
        this.#id = this.#talk = null;
        this.#list.show(null);
    }

    focus() {
        this.#composer.focus();
    }

    /** It has become visible: sizes are known only now. */
    fit() {
        this.#composer.fit();
        this.#list.update();
    }

    close() {
        this.hide();
        for (const [target, type, hear] of this.#listeners)
            target.removeEventListener(type, hear);
        this.#bar.close();
        this.#list.close();
    }

    // ---- Loading -------------------------------------------------------------------------------

    async #load(unread) {
        const talk = this.#talk;

        if (talk.isLoaded)
            talk.watch();
        await talk.load(unread);
        this.#told(talk);
    }

    async #older() {
        const talk = this.#talk;

        if (talk.isLoading)
            return;
        await talk.older();
        this.#told(talk);
    }

    /* What became of loading. */
    #told(talk) {
        if (talk !== this.#talk || !talk.problem)
            return;
        this.#bar.tellProblem(talk.problem);
        this.#onProblem(talk.problem);
    }

    #tryAgain() {
        this.focus(); // the button goes
        this.#bar.tellProblem(null);
        this.#model.reconnect();
        if (this.#talk?.problem || !this.#talk?.isLoaded)
            this.#load();
    }

    // ---- Writing -------------------------------------------------------------------------------

    #send(text) {
        if (this.#bar.wait_s > 0) {
            this.#bar.repeat();
            return false;
        }
        this.#follow(this.#talk.send(text));
        this.#list.toEnd();
        return true;
    }

    #retry(clientId) {
        this.focus();
        if (this.#bar.wait_s > 0)
            this.#bar.repeat();
        else
            this.#follow(this.#talk.retry(clientId));
    }

    #drop(clientId) {
        this.focus();
        this.#talk.drop(clientId);
    }

    /* Back to where one writes, before what stands there. */
    #edit(clientId) {
        const { content } = this.#talk.pending.find(one => one.clientId === clientId);

        this.#composer.text = [content, this.#composer.text].filter(Boolean).join('\n');
        this.#drop(clientId);
        this.#saveDraft();
    }

    async #follow(sending) {
        const talk = this.#talk;
        const problem = await sending;

        if (!problem)
            return;
        this.#onProblem(problem);
        if (talk === this.#talk)
            this.#bar.tellRefusal(problem);
    }

    #keepDraft(text) {
        clearTimeout(this.#draftTimer);
        if (text === '')
            this.#saveDraft();
        else
            this.#draftTimer = setTimeout(() => this.#saveDraft(), DRAFT_MS);
    }

    #saveDraft() {
        clearTimeout(this.#draftTimer);
        if (this.#id !== null)
            this.#model.drafts.keep(this.#id, this.#composer.text);
    }

    // ---- What the model tells ------------------------------------------------------------------

    #talkChanged({ conversation_id: id, what }) {
        if (id !== this.#id)
            return;
        if (what !== 'read')
            this.#list.update();
    }

    #stateChanged({ state, reason }) {
        this.#bar.tellState(state, reason);
        this.#list.isOnline = state === 'online' || state === 'polling';
        if ((state === 'online' || state === 'polling') && this.#talk && !this.#talk.isLoaded && !this.#talk.isLoading)
            this.#load();
    }

    #hear(target, type, hear) {
        target.addEventListener(type, hear);
        this.#listeners.push([target, type, hear]);
    }
}
