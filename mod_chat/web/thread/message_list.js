/**
 * @file message_list.js
 * The scrolling part of a thread: messages from the oldest that is loaded to the newest, and who types; or a part further
 * up (store/message_window.js), as `source`.
 *
 * It stands at the newest as long as the reader does; what comes while they read above is told by a button.
 * Earlier messages come when the reader nears the top, in a part later ones as well when they near its end, and what they
 * look at does not move. Elements are
 * kept while their items are the same, so that selection and focus stay. When the newest is seen
 * on a visible page that has the focus, `onSeen()` is told.
 *
 * With the focus on it, arrows go from message to message, and Ctrl and C copies the one (message_tools.js).
 */
import { isOfOwnSide, textOf } from '../net/message.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { sizeText } from '../ui/file_text.js';
import { keyed } from '../ui/keyed.js';
import { isLookedAt } from '../ui/looked_at.js';
import { isColleague, typingText } from '../ui/typing_text.js';
import { AttachmentView, isPicture } from './attachment_view.js';
import { MessageTools } from './message_tools.js';
import { MessageView } from './message_view.js';
import { buildTimeline, keyOf } from './timeline.js';

const NEAR_PX = 80; // of the end: counts as being there
const AHEAD_PX = 400; // of the top: fetch what is above
const LINE_PX = 48; // above the line before the unread: the day stands there
const SAID_MAX = 5; // sentences in the live region

export class MessageList {
    #i18n;
    #times;
    #onSeen;
    #onOlder;
    #onNewer;
    #messageView;
    #root;
    #viewer = null; // of pictures; loaded when one is wanted
    #tools;
    #conversation = null;
    #source = null; // of what is shown: the conversation, or a part of it
    #summary = () => null; // what the list knows of it now
    #answering = ''; // the colleagues who do
    #name = '';
    #greeting = '';
    #isOnline = true;
    #nodes = new Map(); // key -> {element, signature}
    #firstUnread = null;
    #unreadCount = 0; // when the reader came
    #isLineDue = false; // the line before the unread has no place yet
    #newestThen = 0; // the id of the newest message when the reader came
    #isPlaced = false; // scrolled to where the reader should begin
    #wanted = null; // where the reader was before, or wants to be: `place`; null: nowhere, or there
    #markedId = null; // of the message that they looked for
    #isAtEnd = true;
    #unseen = 0; // came while the reader was above
    #lastId = 0;
    #shownTo = 0; // the newest id that was shown before: what is older does not come in from below
    #resize;
    #items = el('ol', { class: 'items', role: 'list' });
    #top = el('div', { class: 'top' });
    #typing = el('p', { class: 'typing', 'aria-hidden': 'true', hidden: true });
    #scroller;
    #newest;
    #live = el('p', { class: 'hidden', role: 'log', 'aria-live': 'polite' });

    /** `root`: the path of the API. `onRetry(clientId)`, `onDrop(clientId)`, `onEdit(clientId)`, `onSeen()`, `onOlder()`,
     * `onNewer()`; `onNewest()`: to the end, for which the source is to be the conversation. */
    constructor({ i18n, times, root, onRetry, onDrop, onEdit, onSeen, onOlder, onNewer, onNewest }) {
        this.#i18n = i18n;
        this.#times = times;
        this.#onSeen = onSeen;
        this.#onOlder = onOlder;
        this.#onNewer = onNewer;
        this.#root = root;
        this.#messageView = new MessageView({
            i18n, times, onRetry, onDrop, onEdit,
            files: new AttachmentView({ i18n, root, onOpen: (attachment, link) => this.#openPicture(attachment, link) }),
        });
        this.#scroller = el('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-describedby': 'log-hint' },
            this.#top, this.#items, this.#typing);
        this.#tools = new MessageTools({
            i18n, scroller: this.#scroller,
            textOf: key => this.#textOf(key), onCopied: () => this.#announce(i18n.t('copied')),
        });
        this.#newest = el('button', { type: 'button', class: 'newest', hidden: true, onclick: onNewest });
        this.element = el('div', { class: 'log' }, this.#scroller, this.#newest, this.#live,
            el('p', { class: 'hidden', id: 'log-hint' }, i18n.t('logHint')));
        this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
        this.#resize = new ResizeObserver(() => this.#isPlaced ? this.#isAtEnd && this.toEnd() : this.update());
    }

    /** Another conversation, or none (null). `unread`: how many the reader has not seen; `summary()`: what the list
     * knows of it; `place`: where they are to be. */
    show(conversation, { name = '', unread = 0, summary = () => null, place = null } = {}) {
        this.#conversation = this.#source = conversation;
        this.#summary = summary;
        this.#answering = '';
        this.#name = name;
        this.#nodes.clear();
        this.#items.replaceChildren();
        this.#live.replaceChildren();
        this.#firstUnread = null;
        this.#unreadCount = unread;
        this.#isLineDue = unread > 0;
        this.#newestThen = 0;
        this.#isPlaced = false;
        this.#wanted = place;
        this.#markedId = null;
        this.#isAtEnd = place === null;
        this.#unseen = 0;
        this.#lastId = 0;
        this.#resize.disconnect();
        this.closePicture();
        if (!conversation)
            return;
        this.#resize.observe(this.#scroller);
        this.#resize.observe(this.#items);
        this.#scroller.setAttribute('aria-label', this.#i18n.t('messagesWith', { name }));
        this.update();
    }

    /** The conversation, or a part of it. */
    set source(source) {
        if (source === this.#source)
            return;
        this.#source = source;
        this.update();
    }

    /** Where the reader wants to be and is not yet: a place; null: nowhere. */
    get wanted() {
        return this.#wanted;
    }

    /** To a place as `place` gives it; or, {id, isMarked, isFocused}: to a message that was looked for. */
    goTo(place) {
        this.#wanted = place;
        this.#markedId = null;
        this.#isPlaced = this.#isAtEnd = false;
        this.#renderNewest();
        this.update();
    }

    /** Where the reader is: {id, top_px}, the first message in sight, and how far below the upper edge it begins; null: at
     * the newest. */
    get place() {
        if (!this.#isPlaced || this.#isAtEnd)
            return this.#wanted;
        const { scrollTop } = this.#scroller;
        const line = [...this.#items.querySelectorAll('.line')].find(one => one.offsetTop + one.offsetHeight > scrollTop);
        const message = this.#source.messages.find(one => keyOf(one) === line?.dataset.key);

        return message ? { id: message.id, top_px: line.offsetTop - scrollTop } : null;
    }

    /** What could be loaded is there: who cannot be where they were, begins as ever. */
    settle() {
        this.#wanted = null;
        this.update();
    }

    /** What stands where nothing has been written yet; '' for the usual words. */
    set greeting(text) {
        this.#greeting = text;
        this.update();
    }

    set isOnline(isOnline) {
        this.#isOnline = isOnline;
        this.update();
    }

    /** The conversation has changed. */
    update() {
        if (!this.#conversation)
            return;
        const first = this.#items.querySelector('.line');
        const top_px = first?.offsetTop;

        this.#shownTo = this.#lastId;
        this.#countNews();
        this.#placeUnreadLine();
        this.#renderTop();
        this.#render();
        this.#renderTyping();
        this.#checkPicture();
        if (!this.#canBePlaced) {
            this.#renderNewest();
            return;
        }
        if (!this.#isPlaced)
            this.#place();
        else if (this.#isAtEnd)
            this.toEnd();
        else if (first?.isConnected && first.offsetTop !== top_px)
            this.#scroller.scrollTop += first.offsetTop - top_px;
        this.#renderNewest();
        this.seen();
        if (this.#isPart)
            this.#page();
    }

    /** To the newest; `byHand`: the reader asked, and the button goes. */
    toEnd(byHand = false) {
        this.#isAtEnd = true;
        this.#wanted = null;
        this.#isPlaced ||= this.#source.isLoaded;
        this.#unseen = 0;
        this.#scroller.scrollTop = this.#scroller.scrollHeight;
        this.#renderNewest();
        if (byHand)
            this.#scroller.focus();
        this.seen();
    }

    /** Tell what is seen, if somebody looks. */
    seen() {
        if (this.#conversation?.isLoaded && !this.#isPart && this.#isAtEnd && isLookedAt())
            this.#onSeen();
    }

    close() {
        this.#resize.disconnect();
        this.closePicture();
    }

    // ---- Pictures ------------------------------------------------------------------------------

    closePicture() {
        this.#viewer?.close();
    }

    async #openPicture(attachment, link) {
        const conversation = this.#conversation;
        const { PictureViewer } = await import('./picture_viewer.js').catch(() => ({}));

        if (!PictureViewer) {
            window.open(link.href, '_blank', 'noopener');
            return;
        }
        this.#viewer ??= new PictureViewer({ i18n: this.#i18n, root: this.#root, place: this.element, onLost: () => this.#scroller.focus() });
        if (conversation === this.#conversation)
            this.#viewer.open(attachment, this.#pictures, link);
    }

    get #pictures() {
        return this.#source.messages.map(({ attachment }) => attachment).filter(one => one && isPicture(one));
    }

    /* What is shown in full goes with its message; while all is loaded anew, it stays. */
    #checkPicture() {
        if (!this.#viewer?.isOpen)
            return;
        const { isLoaded, isLoading } = this.#source;

        if (isLoaded)
            this.#viewer.update(this.#pictures);
        else if (!isLoading)
            queueMicrotask(() => this.#source?.isLoaded || this.#source?.isLoading || this.closePicture());
    }

    // ---- What is new ---------------------------------------------------------------------------

    /* Announced: what comes while this is shown, from the others. */
    #countNews() {
        const { messages, isLoaded } = this.#conversation;
        const news = this.#lastId === 0 ? [] : messages.filter(message => message.id > this.#lastId);

        if (isLoaded && this.#lastId === 0)
            this.#newestThen = messages.at(-1)?.id ?? 0;
        if (isLoaded)
            this.#lastId = Math.max(this.#lastId, 1, messages.at(-1)?.id ?? 0);
        if (news.some(isOfOwnSide) || this.#conversation.pending.some(({ isFailed }) => !isFailed))
            this.#dropUnreadLine();
        for (const message of news.filter(one => !one.is_sent_by_user)) {
            this.#announce(this.#i18n.t('announce',
                { name: message.staff_name ?? message.sender_name, text: this.#saidIn(message) }));
            this.#unseen += isOfOwnSide(message) ? 0 : 1;
        }
    }

    /* The text, and that there is a file. */
    #saidIn({ content, attachment }) {
        const file = attachment && this.#i18n.t('attachment', { name: attachment.name, size: sizeText(this.#i18n.lang, attachment.size) });

        return [content, file].filter(Boolean).join(' ');
    }

    #announce(sentence) {
        this.#live.append(el('span', {}, `${sentence} `));
        while (this.#live.childElementCount > SAID_MAX)
            this.#live.firstElementChild.remove();
    }

    #textOf(key) {
        const { messages, pending } = this.#source;

        return [...messages.map(message => ({ key: keyOf(message), text: textOf(message) })),
            ...pending.map(one => ({ key: `c ${one.clientId}`, text: one.content }))].find(one => one.key === key)?.text ?? '';
    }

    /* Before the first that was unread when the reader came; while that is not loaded, nowhere. */
    #placeUnreadLine() {
        if (!this.#isLineDue || !this.#conversation.isLoaded)
            return;
        const theirs = this.#conversation.messages.filter(message => message.id <= this.#newestThen && !isOfOwnSide(message));
        const first = theirs.at(-this.#unreadCount) ?? (this.#conversation.hasOlder ? null : theirs[0]);

        if (!first)
            return;
        this.#isLineDue = false;
        this.#firstUnread = first.id;
    }

    /* Who has answered has read what came before. */
    #dropUnreadLine() {
        this.#isLineDue = false;
        this.#firstUnread = null;
    }

    /* What is wanted is there; and so are sizes, which nothing has that is not shown. */
    get #canBePlaced() {
        return this.#source.isLoaded && (!this.#wanted || this.#elementOf(this.#wanted.id)) && (this.#isPlaced || this.#scroller.clientHeight > 0);
    }

    #place() {
        const line = this.#nodes.get('unread')?.element;

        this.#isPlaced = true;
        this.#scroller.scrollTop = this.#scroller.scrollHeight;
        if (this.#wanted)
            this.#placeAt(this.#wanted, this.#elementOf(this.#wanted.id));
        else if (line && line.offsetTop < this.#scroller.scrollTop)
            this.#scroller.scrollTop = Math.max(0, line.offsetTop - LINE_PX);
        this.#wanted = null;
        this.#isAtEnd = this.#isNearEnd();
    }

    /* A message that was looked for is in the middle, or begins near the top if it is long. */
    #placeAt({ id, top_px, isMarked, isFocused }, element) {
        const middle_px = Math.max(LINE_PX, (this.#scroller.clientHeight - element.offsetHeight) / 2);

        this.#scroller.scrollTop = element.offsetTop - (top_px ?? middle_px);
        this.#markedId = isMarked ? id : null;
        this.#renderMark();
        if (isFocused && !element.getRootNode().activeElement?.matches('textarea, input')) // who writes meanwhile goes on
            element.focus({ preventScroll: true });
    }

    #renderMark() {
        const marked = this.#elementOf(this.#markedId);

        for (const line of this.#items.querySelectorAll('[aria-current]'))
            setAttribute(line, 'aria-current', line === marked && 'true');
        if (marked)
            setAttribute(marked, 'aria-current', 'true');
    }

    /* Whether it is a part further up than the newest. */
    get #isPart() {
        return this.#source !== this.#conversation;
    }

    /* Of a message that is there, or undefined. */
    #elementOf(id) {
        const message = this.#source.messages.find(one => one.id === id);

        return message && this.#nodes.get(keyOf(message))?.element;
    }

    // ---- Elements ------------------------------------------------------------------------------

    #render() {
        const { messages, pending, isLoaded } = this.#source;
        const items = buildTimeline(isLoaded ? messages : [], pending,
            { dayKey: moment => this.#times.dayKey(moment), firstUnread: this.#firstUnread, isPart: this.#isPart });

        keyed(this.#items, this.#nodes, items, {
            key: item => item.key,
            signature: item => this.#messageView.signature(item, this.#isOnline),
            build: (item, before) => this.#build(item, before),
        });
        this.#renderMark();
    }

    /* Into the element that there is, as it may have the focus, or a link in it. */
    #build(item, before) {
        const focused = before?.contains(this.#items.getRootNode().activeElement) && this.#items.getRootNode().activeElement;
        const element = this.#messageView.build(item, { count: this.#unreadCount, isOnline: this.#isOnline });

        element.dataset.key = item.key;
        if (before) {
            before.className = element.className;
            before.replaceChildren(...element.childNodes);
            if (focused)
                (before.contains(focused) ? focused : before).focus({ preventScroll: true });
            return before;
        }
        if (this.#isPlaced && !this.#isPart && (item.type === 'pending' || item.message?.id > this.#shownTo))
            element.classList.add('new');
        return element;
    }

    #renderTop() {
        const { isLoaded, isLoading, hasOlder, messages, pending } = this.#source;
        const isEmpty = isLoaded && messages.length === 0 && pending.length === 0;
        const kind = isLoading ? 'loading' : isEmpty ? 'empty' : !isLoaded ? 'nothing' : hasOlder ? 'older' : 'beginning';

        if (this.#top.dataset.kind === kind && kind !== 'empty')
            return;
        const hadFocus = this.#top.contains(this.#top.getRootNode().activeElement);

        this.#top.dataset.kind = kind;
        this.#top.replaceChildren(...this.#topOf(kind));
        if (hadFocus)
            this.#scroller.focus();
    }

    #topOf(kind) {
        switch (kind) {
        case 'loading':
            return [el('span', { class: 'spinner' }), el('span', { class: 'hidden' }, this.#i18n.t('loading'))];
        case 'empty':
            return [el('div', { class: 'empty' },
                el('strong', { dir: 'auto' }, this.#greeting || this.#i18n.t('emptyThread')),
                el('p', {}, this.#i18n.t('emptyThreadHint', { name: this.#name })))];
        case 'older':
            return [el('button', { type: 'button', class: 'plain', onclick: () => this.#onOlder() },
                this.#i18n.t('olderMessages'))];
        case 'beginning':
            return [el('p', {}, this.#i18n.t('beginning'))];
        default:
            return [];
        }
    }

    #renderTyping() {
        const { typers } = this.#conversation;
        const summary = this.#summary();
        const sentence = typingText(this.#i18n, typers, summary);

        setAttribute(this.#typing, 'hidden', !sentence || this.#isPart);
        if (sentence)
            this.#typing.replaceChildren(el('span', { class: 'dots' }, el('i'), el('i'), el('i')),
                el('span', { dir: 'auto' }, sentence));
        this.#sayWhoAnswers(typingText(this.#i18n, typers.filter(one => isColleague(one, summary)), summary) ?? '');
    }

    /* Typing is not read out, but that a colleague answers is: one need not, then. */
    #sayWhoAnswers(sentence) {
        if (sentence && sentence !== this.#answering)
            this.#announce(sentence);
        this.#answering = sentence;
    }

    #renderNewest() {
        setAttribute(this.#newest, 'hidden', this.#isAtEnd);
        this.#newest.replaceChildren(icon('down'), this.#unseen > 0
            ? el('span', {}, this.#i18n.t('newMessages', { n: this.#unseen }))
            : el('span', { class: 'hidden' }, this.#i18n.t('toNewest')));
    }

    // ---- Scrolling -----------------------------------------------------------------------------

    #isNearEnd() {
        return !this.#isPart && this.#below_px < NEAR_PX;
    }

    /* What is below the lower edge. */
    get #below_px() {
        const { scrollHeight, scrollTop, clientHeight } = this.#scroller;

        return scrollHeight - scrollTop - clientHeight;
    }

    #scrolled() {
        const wasAtEnd = this.#isAtEnd;

        if (!this.#isPlaced)
            return;
        this.#isAtEnd = this.#isNearEnd();
        if (this.#isAtEnd)
            this.#unseen = 0;
        if (wasAtEnd !== this.#isAtEnd)
            this.#renderNewest();
        if (this.#isAtEnd)
            this.seen();
        this.#page();
    }

    /* Towards which end the reader goes. */
    #page() {
        const { hasOlder, hasNewer, problem } = this.#source ?? {};

        if (problem)
            return;
        if (hasOlder && this.#scroller.scrollTop < AHEAD_PX)
            this.#onOlder();
        if (hasNewer && this.#below_px < AHEAD_PX)
            this.#onNewer();
    }
}
