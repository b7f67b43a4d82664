/**
 * @file composer.js
 * Where one writes: a text that grows with what is in it, and a button.
 *
 * Enter sends where there is a keyboard with Shift for a new line; on touch screens Enter is a new line. A
 * word that an input method is still making is not sent. From NEAR_END characters before `max` on, what is
 * left is told; what is too long is not sent, and stays, unless it is HUGE: then it does not come in. Where there is a mouse, a button brings emoji
 * (emoji_picker.js); touch screens have them on their keyboards. Where files can be sent, a button brings them, and they can
 * be pasted; those that were chosen stand over the text (files.js), which goes with the first of them.
 */
import { isBlank } from '../i18n/characters.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';

const NEAR_END = 100;
const ACCEPTED = 'image/jpeg,image/png,image/gif,image/webp,application/pdf,text/plain,text/csv,.csv,' +
    '.doc,.docx,.xls,.xlsx,.ppt,.pptx,.odt,.ods,.odp,.odg'; // ChatAttachmentTypes, unless hello says otherwise
const HUGE = 20; // so many times what can be sent

export class Composer {
    #i18n;
    #max;
    #onSend;
    #onTyping;
    #onDraft;
    #onFiles;
    #hasFiles = false;
    #isBusy = false;
    #limits = null; // of files; null: none can be sent
    #isLocked = false;
    #wasEmpty = true;
    #text;
    #button;
    #emoji;
    #clip;
    #input;
    #picker = null;
    #count = el('p', { class: 'count', hidden: true });
    #status = el('p', { class: 'hidden', role: 'status' });

    /** `onSend(text)`: false keeps the text; `onTyping(isTyping)`; `onDraft(text)`: what is there now; `onFiles(files)`: these were
     * chosen or pasted. */
    constructor({ i18n, max, onSend, onTyping, onDraft, onFiles }) {
        this.#i18n = i18n;
        this.#max = max;
        this.#onSend = onSend;
        this.#onTyping = onTyping;
        this.#onDraft = onDraft;
        this.#onFiles = onFiles;
        this.#text = el('textarea', {
            id: 'text', rows: '1', dir: 'auto', autocomplete: 'off', 'aria-describedby': 'hint',
            placeholder: i18n.t('write'), enterkeyhint: isTouch() ? 'enter' : 'send',
            onbeforeinput: event => this.#refuseHuge(event), oninput: () => this.#changed(true), onkeydown: event => this.#key(event),
            onpaste: event => this.#paste(event),
        });
        this.#button = el('button', { type: 'submit', class: 'send', 'aria-label': i18n.t('send') }, icon('send'));
        this.#emoji = el('button', {
            type: 'button', class: 'tool emoji', 'aria-label': i18n.t('emoji'), 'aria-expanded': 'false', hidden: isTouch(),
            onclick: () => this.#toggleEmoji(),
        }, icon('smile'));
        this.#input = el('input', { type: 'file', multiple: true, hidden: true, onchange: () => this.#choose() });
        this.#clip = el('button', {
            type: 'button', class: 'tool clip', 'aria-label': i18n.t('attach'), hidden: true, onclick: () => this.#input.click(),
        }, icon('clip'));
        this.element = el('form', { class: 'composer', onsubmit: event => this.#submit(event) },
            el('label', { class: 'hidden', for: 'text' }, i18n.t('write')),
            el('div', { class: 'field' }, this.#text, this.#clip, this.#emoji, this.#count), this.#input,
            this.#button,
            el('p', { class: 'hidden', id: 'hint' }, isTouch() ? '' : i18n.t('keyHint')), this.#status);
    }

    get text() {
        return this.#text.value;
    }

    /** A draft, or nothing. */
    set text(text) {
        this.#text.value = text;
        this.#changed(false);
    }

    /** Why nothing can be written here, or null. What is there stays, and can be copied. */
    set refusal(sentence) {
        this.#isLocked = sentence !== null;
        this.#text.readOnly = this.#isLocked;
        setAttribute(this.#emoji, 'hidden', this.#isLocked || isTouch());
        this.limits = this.#limits;
        this.#text.placeholder = sentence ?? this.#i18n.t('write');
        this.#changed(false);
    }

    /** Which files can be sent (store/chat_store.js); null: none. */
    set limits(limits) {
        this.#limits = limits;
        setAttribute(this.#clip, 'hidden', !this.acceptsFiles);
        setAttribute(this.#input, 'accept', limits && acceptOf(limits));
    }

    get acceptsFiles() {
        return this.#limits !== null && !this.#isLocked;
    }

    /** `element`: where those that were chosen stand. */
    addTray(element) {
        this.#text.parentNode.prepend(element);
    }

    /** Whether there are files to be sent, and others will be there in a moment. */
    setFiles({ isEmpty, isBusy }) {
        this.#hasFiles = !isEmpty;
        this.#isBusy = isBusy;
        this.#changed(false);
    }

    focus() {
        this.#text.focus();
    }

    /** It is not shown any more. */
    close() {
        this.#closeEmoji();
    }

    /** Fit what is there; also when it was not shown before. */
    fit() {
        this.#text.style.blockSize = 'auto';
        this.#text.style.blockSize = `${this.#text.scrollHeight}px`;
    }

    // ---- Emoji ---------------------------------------------------------------------------------

    async #toggleEmoji() {
        if (this.#picker) {
            this.#closeEmoji();
            this.focus();
            return;
        }
        const { EmojiPicker } = await import('./emoji_picker.js').catch(() => ({})); // the next click tries again

        if (!EmojiPicker || this.#picker || !this.element.isConnected)
            return;
        this.#picker = new EmojiPicker({
            i18n: this.#i18n, root: this.element.getRootNode(),
            onChoose: emoji => this.#insert(emoji), onClose: event => this.#leaveEmoji(event),
        });
        this.#emoji.setAttribute('aria-expanded', 'true');
        this.element.append(this.#picker.element);
        this.#picker.focus();
    }

    /* Escape leads back to the text; a click on the button is heard there. */
    #leaveEmoji({ key, relatedTarget }) {
        if (relatedTarget === this.#emoji)
            return;
        this.#closeEmoji();
        if (key)
            this.focus();
    }

    #closeEmoji() {
        const { element } = this.#picker ?? {};

        this.#picker = null;
        this.#emoji.setAttribute('aria-expanded', 'false');
        element?.remove();
    }

    #insert(emoji) {
        const { selectionStart: start, selectionEnd: end } = this.#text;

        this.#text.setRangeText(emoji, start, end, 'end');
        this.#changed(true);
    }

    // ---- Files ---------------------------------------------------------------------------------

    #choose() {
        const files = [...this.#input.files];

        this.#input.value = ''; // so that the same can be chosen once more
        this.focus();
        if (files.length > 0)
            this.#onFiles(files);
    }

    /* Programs that put text into the clipboard often put a picture of it there, too; file managers a file's name. */
    #paste(event) {
        const files = [...event.clipboardData?.files ?? []];
        const text = event.clipboardData?.getData('text/plain') ?? '';

        if (files.length === 0 || !this.acceptsFiles || (text !== '' && !files.some(({ name }) => text.includes(name))))
            return;
        event.preventDefault();
        this.#onFiles(files);
    }

    // ---- Text ----------------------------------------------------------------------------------

    #key(event) {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229 || isTouch())
            return;
        event.preventDefault();
        this.#submit(event);
    }

    #submit(event) {
        const text = this.text.trim();

        event.preventDefault();
        this.focus();
        if (!this.#isFilled || this.#isLocked)
            return;
        if (this.#left(text) < 0) {
            this.#status.textContent = this.#leftText(this.#left(text));
            return;
        }
        if (this.#onSend(text) === false)
            return;
        this.text = '';
        this.#onDraft('');
    }

    /* What is very much too long is not put in: each further letter would take a second then. It is still in the clipboard. */
    #refuseHuge(event) {
        const more = event.data ?? event.dataTransfer?.getData('text/plain') ?? '';

        if (this.text.length + more.length <= HUGE * this.#max)
            return;
        event.preventDefault();
        const sentence = this.#leftText(this.#left(this.text + more));

        setAttribute(this.#count, 'hidden', false);
        this.#count.classList.add('over');
        this.#count.textContent = this.#status.textContent = sentence;
    }

    #changed(byHand) {
        const isEmpty = isBlank(this.text);
        const left = this.#left(this.text.trim());

        this.fit();
        setAttribute(this.#button, 'aria-disabled', !this.#isFilled || this.#isLocked || left < 0 ? 'true' : null);
        setAttribute(this.#count, 'hidden', left > NEAR_END);
        this.#count.textContent = this.#leftText(left);
        this.#count.classList.toggle('over', left < 0);
        setAttribute(this.#text, 'aria-invalid', left < 0 ? 'true' : null);
        this.#status.textContent = left < 0 || (left <= NEAR_END && left % 10 === 0) ? this.#leftText(left) : '';
        if (!byHand) {
            this.#wasEmpty = isEmpty;
            return;
        }
        this.#onDraft(this.text);
        if (!isEmpty || !this.#wasEmpty)
            this.#onTyping(!isEmpty);
        this.#wasEmpty = isEmpty;
    }

    /* Something is there to be sent, and all of it. */
    get #isFilled() {
        return !this.#isBusy && (this.#hasFiles || !isBlank(this.text));
    }

    /* Code points, as the server counts. */
    #left(text) {
        return this.#max - [...text].length;
    }

    #leftText(left) {
        return left < 0 ? this.#i18n.t('charactersOver', { n: -left }) : this.#i18n.t('charactersLeft', { n: left });
    }
}

/* What the file dialog offers. Not HEIC: iOS makes JPEG of it for a page that does not ask for it. */
function acceptOf({ content_types: types }) {
    return types?.filter(type => !/^image\/hei[cf]/.test(type)).join() ?? ACCEPTED;
}

function isTouch() {
    return matchMedia('(pointer: coarse)').matches;
}
