/**
 * @file thread_view.js
 * A conversation to read and to write in: messages, what is wrong, and where one writes. For any element.
 *
 *     const thread = new ThreadView({ store, i18n, loginUrl });
 *     shadow.adoptedStyleSheets = [TOKENS, BASE, BANNER, THREAD]; // ui/tokens_style.js, thread_style.js
 *     place.append(thread.element);                             // fills a flex column
 *     thread.show(conversation.id);
 *     thread.focus();                                           // the text; thread.hide() when it is left
 *
 * One conversation at a time, at its newest, or at a message that is further up (store/message_window.js). While it is shown
 * on a visible page, what is at its end counts as read. The
 * draft of each conversation is kept (store/drafts.js), and is the same in all tabs: what was written last. Files that are
 * chosen, pasted or dropped anywhere on it stand over the text until they are sent (files.js, loaded with the first).
 * `onProblem(problem)` hears each refusal besides, and `onNewest()` that the reader went to the newest message.
 */
import { ChatProblem } from '../net/problem.js';
import { MessageWindow } from '../store/message_window.js';
import { Banner } from '../ui/banner.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { atMidnight } from '../ui/midnight.js';
import { isBlocked, noticeOf, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';
import { Composer } from './composer.js';
import { MessageList } from './message_list.js';

const CONTENT_MAX = 1000; // ChatMaxMessage, unless the page says otherwise
const DRAFT_MS = 300;

export class ThreadView {
    #store;
    #i18n;
    #onProblem;
    #onNewest;
    #id = null;
    #conversation = null;
    #window = null; // the part of it that is shown; null: what it has loaded
    #reached = null; // the place for which a part is being loaded
    #list;
    #banner;
    #composer;
    #scales;
    #files = null; // a Files, once it was needed
    #overlay; // what is seen while files are held over it
    #draftTimer = null;
    #savedDraft = ''; // of the conversation that is shown
    #listeners = [];
    #stopClock = atMidnight(() => this.#list.update());

    /** `store`: a ChatStore; `i18n`: I18n; `max`: characters of a message; `loginUrl` may be null; `scales()`: whether
     * pictures are made smaller before they are sent. */
    constructor({ store, i18n, loginUrl = null, max = CONTENT_MAX, scales = () => true, onProblem = () => {}, onNewest = () => {} }) {
        this.#store = store;
        this.#i18n = i18n;
        this.#onProblem = onProblem;
        this.#onNewest = onNewest;
        this.#scales = scales;
        this.#list = new MessageList({
            i18n,
            times: new TimeFormat(i18n.lang),
            root: store.root,
            onRetry: clientId => this.#retry(clientId),
            onDrop: clientId => this.#drop(clientId),
            onEdit: clientId => this.#edit(clientId),
            onSeen: () => this.#conversation.read(),
            onOlder: () => this.#page(source => source.older()),
            onNewer: () => this.#page(source => source.newer()),
            onNewest: () => this.#toNewest(true),
        });
        this.#banner = new Banner({
            i18n,
            loginUrl,
            onRetry: () => this.#tryAgain(),
            onFocusLost: () => this.focus(),
        });
        this.#composer = new Composer({
            i18n,
            max,
            onSend: text => this.#send(text),
            onTyping: isTyping => this.#conversation?.typing(isTyping),
            onDraft: text => this.#keepDraft(text),
            onFiles: files => this.#addFiles(files),
        });
        this.#overlay = el('div', { class: 'drop', 'aria-hidden': 'true', hidden: true, ondragleave: () => this.#showDrop(false) },
            el('p', {}, icon('clip'), i18n.t('dropFiles')));
        this.element = el('div', {
            class: 'thread',
            ondragenter: event => this.#drag(event), ondragover: event => this.#drag(event), ondrop: event => this.#dropFiles(event),
        }, this.#list.element, this.#banner.element, this.#composer.element, this.#overlay);
        this.#on(store, 'files', () => this.#showLimits());
        this.#on(store, 'conversation', ({ detail }) => this.#onConversationChange(detail));
        this.#on(store, 'message_deleted', ({ detail }) => this.#window?.remove(detail.message_ids));
        this.#on(store, 'message_changed', ({ detail }) => this.#window?.replace(detail.message));
        this.#on(store, 'state', ({ detail }) => this.#onState(detail));
        this.#on(store, 'draft', ({ detail }) => this.#onDraft(detail));
        this.#on(store, 'reset', () => this.#onReset());
        this.#on(document, 'visibilitychange', () => this.#list.update()); // also where midnight was slept through
        this.#on(window, 'focus', () => this.#list.seen());
        this.#on(window, 'pagehide', () => this.#saveDraft());
        this.#onState(store);
    }

    /** The conversation that is shown, or null. */
    get conversationId() {
        return this.#id;
    }

    /** What stands where nothing has been written yet; '' for the usual words. */
    set greeting(text) {
        this.#list.greeting = text;
    }

    /** From a message further up to the newest. */
    toNewest() {
        if (this.#window)
            this.#toNewest();
    }

    /** Where the reader is in it; null: at its end. */
    get place() {
        return this.#list.place;
    }

    /** A conversation that the store knows. `place`: as it was on another page; `at`: the id of a message that was looked
     * for, which is marked, and gets the focus if `isFocused`. */
    show(id, { at = null, isFocused = false, place = at === null ? null : { id: at, isMarked: true, isFocused } } = {}) {
        if (this.#id === id) {
            if (at !== null)
                this.#goTo(place);
            return;
        }
        this.hide();
        const summary = this.#store.summary(id);

        this.#id = id;
        this.#conversation = this.#store.conversation(id);
        this.#banner.showProblem(null);
        this.#composer.refusal = null;
        this.#showDraft();
        this.#files?.show(id);
        this.#list.show(this.#conversation, {
            name: summary?.church_name ?? '', unread: summary?.unread_count ?? 0, summary: () => this.#store.summary(id), place,
        });
        this.#load(summary?.unread_count);
    }

    /** None is shown any more. */
    hide() {
        this.#saveDraft();
        this.#conversation?.unwatch();
        this.#id = this.#conversation = this.#window = null;
        this.#composer.close();
        this.#files?.show(null);
        this.#list.show(null);
    }

    focus() {
        this.#composer.focus();
    }

    /** It has become visible: sizes are known only now. */
    fit() {
        this.#list.closePicture(); // the dialog around it may be another one now, over that of the picture
        this.#composer.fit();
        this.#list.update();
    }

    close() {
        this.hide();
        this.#stopClock();
        for (const [target, type, listener] of this.#listeners)
            target.removeEventListener(type, listener);
        this.#banner.close();
        this.#files?.close();
        this.#list.close();
    }

    // ---- Loading -------------------------------------------------------------------------------

    async #load(unread) {
        const conversation = this.#conversation;
        const loading = conversation.load(unread);

        if (conversation.isLoaded)
            conversation.watch();
        else
            await loading;
        if (conversation === this.#conversation && conversation.isLoaded)
            await this.#reach();
        await loading;
        this.#onLoaded(conversation);
    }

    /* To a place in the conversation that is shown. */
    #goTo(place) {
        this.#banner.showProblem(null);
        this.#list.goTo(place);
        if (this.#conversation.isLoaded)
            this.#reach();
        else
            this.#load();
    }

    /* What the reader wants to see may be further up than what is loaded. */
    async #reach() {
        const conversation = this.#conversation;
        const { wanted } = this.#list;

        if (wanted !== null && conversation.has(wanted.id)) {
            this.#leaveWindow();
        } else if (wanted !== null && wanted !== this.#reached && !this.#window?.has(wanted.id)) {
            const part = this.#window = new MessageWindow(conversation, {
                rest: this.#store.rest, onChange: () => part === this.#window && this.#onPartChange(),
            });

            this.#reached = wanted;
            this.#list.source = part;
            await part.load(wanted.id);
            if (this.#reached === wanted)
                this.#reached = null;
            if (part.isLoaded && this.#list.wanted === wanted && !part.has(wanted.id)) // also where the part was joined already
                this.#onDeleted(wanted);
            this.#onLoaded(part);
        }
    }

    /* Then there is the newest. */
    #onDeleted({ isMarked }) {
        this.#leaveWindow();
        this.#list.settle();
        if (isMarked)
            this.#banner.showProblem(new ChatProblem('message_gone', 'The message was deleted.', { status: 410 }));
    }

    #leaveWindow() {
        this.#window = null;
        this.#list.source = this.#conversation;
    }

    /* Also where it has met what the conversation has. */
    #onPartChange() {
        const part = this.#window;

        if (part.join() && part === this.#window) {
            this.#leaveWindow();
            return;
        }
        this.#list.update();
        this.#meet();
    }

    async #meet() {
        const part = this.#window;

        if (await part?.meet())
            this.#onLoaded(part);
    }

    #toNewest(byHand = false) {
        this.#leaveWindow();
        this.#list.toEnd(byHand);
        this.#onNewest();
        if (!this.#conversation.isLoaded)
            this.#load();
    }

    async #page(ask) {
        const source = this.#window ?? this.#conversation;

        if (source.isLoading)
            return;
        await ask(source);
        this.#onLoaded(source);
    }

    /* What became of loading. */
    #onLoaded(source) {
        if (source !== (this.#window ?? this.#conversation) || !source.problem)
            return;
        this.#banner.showProblem(source.problem);
        this.#onProblem(source.problem);
    }

    #tryAgain() {
        this.focus(); // the button goes
        this.#banner.showProblem(null);
        this.#store.reconnect();
        if (this.#window?.problem)
            this.#pageAgain();
        else if (this.#conversation?.problem || !this.#conversation?.isLoaded)
            this.#load();
    }

    #pageAgain() {
        this.#page(part => part.isLoaded ? part.newer() : this.#reach());
    }

    // ---- Writing -------------------------------------------------------------------------------

    #send(text) {
        if (this.#banner.wait_s > 0) {
            this.#banner.repeat();
            return false;
        }
        if (this.#files && !this.#files.isEmpty)
            this.#sendFiles(text);
        else
            this.#follow(this.#conversation.send(text));
        this.#toNewest();
        return true;
    }

    /* The text goes with the first. */
    #sendFiles(text) {
        for (const [i, upload] of this.#files.take().entries())
            this.#follow(this.#conversation.sendFile(upload, i === 0 ? text : ''), upload);
    }

    #retry(clientId) {
        this.focus();
        if (this.#banner.wait_s > 0)
            this.#banner.repeat();
        else
            this.#follow(this.#conversation.retry(clientId), this.#pending(clientId)?.upload);
    }

    #pending(clientId) {
        return this.#conversation.pending.find(one => one.clientId === clientId);
    }

    #drop(clientId) {
        this.focus();
        this.#conversation.drop(clientId);
    }

    /* Back to where one writes, before what stands there. */
    #edit(clientId) {
        const { content } = this.#pending(clientId);

        this.#composer.text = [content, this.#composer.text].filter(Boolean).join('\n');
        this.#drop(clientId);
        this.#saveDraft();
    }

    async #follow(sending, upload = null) {
        const conversation = this.#conversation;
        const problem = await sending;
        const refusal = problem && upload?.refusal(problem);

        if (!problem && upload && conversation === this.#conversation)
            this.#banner.say(upload.sentText);
        if (!problem)
            return;
        if (problem.code === 'unsupported_media_type')
            this.#store.refuseFiles();
        this.#onProblem(problem);
        if (conversation !== this.#conversation)
            return;
        if (refusal)
            this.#banner.say(refusal.sentence);
        else
            this.#banner.showRefusal(problem);
        if (isBlocked(problem))
            this.#composer.refusal = noticeText(this.#i18n, noticeOf(problem));
    }

    // ---- Files ---------------------------------------------------------------------------------

    async #addFiles(files) {
        const id = this.#id;
        const tray = await this.#loadFiles();

        if (tray)
            await tray.add(files, id);
        else
            this.#banner.showSentence(this.#i18n.t('loadFailed'));
    }

    /* Null: it has not come; the next time it is tried again. */
    async #loadFiles() {
        const { Files } = await import('./files.js').catch(() => ({}));

        if (Files)
            this.#files ??= this.#makeFiles(Files);
        return this.#files;
    }

    #makeFiles(Files) {
        const files = new Files({
            i18n: this.#i18n,
            root: this.element.getRootNode(),
            store: this.#store,
            scales: this.#scales,
            onChange: () => this.#composer.setFiles(files),
            onEmpty: () => this.focus(),
            say: (sentence, isQuiet) => isQuiet ? this.#banner.say(sentence) : this.#banner.showSentence(sentence),
        });

        this.#composer.addTray(files.element);
        files.show(this.#id);
        return files;
    }

    /* Where none can be sent, they are not dropped on the page either, which the browser would leave for them. */
    #drag(event) {
        const isTaken = this.#composer.acceptsFiles && this.#id !== null;

        if (!event.dataTransfer?.types.includes('Files'))
            return;
        event.preventDefault();
        event.dataTransfer.dropEffect = isTaken ? 'copy' : 'none';
        this.#showDrop(isTaken);
    }

    #dropFiles(event) {
        const files = [...event.dataTransfer?.files ?? []];

        this.#showDrop(false);
        if (files.length === 0)
            return;
        event.preventDefault();
        if (!this.#composer.acceptsFiles || this.#id === null)
            return;
        this.focus();
        this.#addFiles(files);
    }

    #showDrop(isShown) {
        setAttribute(this.#overlay, 'hidden', !isShown);
    }

    #showLimits() {
        this.#composer.limits = this.#store.files;
    }

    // ---- Drafts --------------------------------------------------------------------------------

    #keepDraft(text) {
        clearTimeout(this.#draftTimer);
        if (text === '')
            this.#saveDraft();
        else
            this.#draftTimer = setTimeout(() => this.#saveDraft(), DRAFT_MS);
    }

    /* Only what was changed here: another tab may have written meanwhile. */
    #saveDraft() {
        const { text } = this.#composer;

        clearTimeout(this.#draftTimer);
        if (this.#id === null || text === this.#savedDraft)
            return;
        this.#savedDraft = text;
        this.#store.drafts.keep(this.#id, text);
    }

    #showDraft() {
        this.#composer.text = this.#savedDraft = this.#store.drafts.draft(this.#id);
    }

    // ---- What the store tells ------------------------------------------------------------------

    #onConversationChange({ conversation_id: id, what }) {
        if (id !== this.#id)
            return;
        if (this.#window) {
            this.#onPartChange();
            return;
        }
        if (what !== 'read')
            this.#list.update();
        if (what === 'loading' && this.#conversation.isLoaded) // whoever has asked for it
            this.#reach();
    }

    /* The place that was looked for may be another's now. */
    #onReset() {
        if (!this.#window && this.#list.wanted === null)
            return;
        this.#leaveWindow();
        this.#list.toEnd();
    }

    /* It is known only when the user is; or another tab has written. What is written here stays. */
    #onDraft({ why }) {
        if (this.#id === null || why === 'here' || this.#composer.text !== this.#savedDraft)
            return;
        if (why === 'other' || this.#store.drafts.draft(this.#id) !== '')
            this.#showDraft();
    }

    #onState({ state, reason }) {
        this.#banner.showState(state, reason);
        this.#showLimits();
        this.#list.isOnline = state === 'online' || state === 'polling';
        if (state !== 'online' && state !== 'polling')
            return;
        if (this.#conversation && !this.#conversation.isLoaded && !this.#conversation.isLoading)
            this.#load();
        else if (this.#window?.problem)
            this.#pageAgain();
    }

    #on(target, type, listener) {
        target.addEventListener(type, listener);
        this.#listeners.push([target, type, listener]);
    }
}
