/**
 * @file file_upload.js
 * A file that is to be sent, as it is shown: with what it looks like, how much of it has left, and why it was refused.
 *
 * It is what net/uploads.js calls an upload, and belongs to the message that it is sent with, whose elements are told of each
 * change. release() when it is not needed any more: a preview takes memory.
 */
import { FILES_MAX } from '../net/uploads.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { briefName, shownWidth, sizeText } from '../ui/file_text.js';
import { scalePicture } from './picture.js';

const WORDS = { waiting: 'fileWaiting', sending: 'fileSending', sent: 'fileSending', offline: 'fileOffline', busy: 'fileBusy' };

export class FileUpload {
    #i18n;
    #limits;
    #preview;
    #state = 'waiting';
    #progress = 0;
    #feet = []; // {element, …}: what shows how far it is

    /** `picture`: {width, height, preview}, or null; `limits()`: what the server accepts; `isScaled`: pictures are made smaller. */
    constructor(file, picture, { i18n, limits, isScaled }) {
        this.file = file;
        this.name = file.name;
        this.size = file.size;
        this.type = file.type;
        this.width = picture?.width ?? null;
        this.height = picture?.height ?? null;
        this.isScaled = isScaled;
        this.#preview = picture?.preview ?? null;
        this.#i18n = i18n;
        this.#limits = limits;
    }

    /** A promise of what is sent. */
    prepare() {
        return this.isScaled ? scalePicture(this.file) : Promise.resolve(this.file);
    }

    get state() {
        return this.#state;
    }

    set state(state) {
        this.#state = state;
        this.#update();
    }

    get progress() {
        return this.#progress;
    }

    set progress(progress) {
        this.#progress = progress;
        this.#update();
    }

    /** Its name and size, in words. */
    get label() {
        return this.#i18n.t('fileChosen', { name: this.name, size: sizeText(this.#i18n.lang, this.size) });
    }

    /** The picture, as an element of `class` that has its shape from the beginning; null: it is not one. */
    picture(className) {
        if (!this.#preview)
            return null;
        const { width, height } = this.#preview;
        const canvas = el('canvas', { class: className, role: 'img', 'aria-label': this.label, width, height });

        canvas.getContext('2d').drawImage(this.#preview, 0, 0);
        return canvas;
    }

    /** In the thread: the picture as large as it will be when it has arrived, or the name of the file. */
    show() {
        const canvas = this.picture('upload-picture');

        if (!canvas)
            return el('p', { class: 'file' }, icon('file'), el('span', {}, el('bdi', {}, briefName(this.name)), el('small', { dir: 'auto' }, sizeText(this.#i18n.lang, this.size))));
        canvas.style.inlineSize = `${shownWidth(this)}px`;
        canvas.style.aspectRatio = `${this.width} / ${this.height}`;
        return canvas;
    }

    /** How far it is, and a button to end it. */
    foot(onCancel) {
        const i18n = this.#i18n;
        const bar = el('div', {
            class: 'progress', role: 'progressbar', 'aria-label': i18n.t('fileProgress', { name: this.name }), 'aria-valuemin': 0, 'aria-valuemax': 100,
        }, el('i'));
        const words = el('span', {});
        const cancel = el('button', {
            type: 'button', class: 'plain', 'aria-label': i18n.t('fileCancelNamed', { name: this.name }),
            onclick: () => this.#state !== 'sent' && onCancel(),
        }, i18n.t('fileCancel'));
        const element = el('div', { class: 'upload-foot' }, bar, el('div', { class: 'actions' }, words, cancel));

        this.#feet = [...this.#feet.filter(one => one.element.isConnected), { element, bar, words, cancel }];
        this.#update();
        return element;
    }

    /** Why it was refused, where that is about files: {sentence, action}; null: it is as with any message. */
    refusal(problem) {
        return refusalOf(this.#i18n, problem, this.#limits());
    }

    /** What is said when it has arrived. */
    get sentText() {
        return this.#i18n.t('fileSent', { name: this.name });
    }

    release() {
        this.#preview?.close();
        this.#preview = null;
        this.#feet = [];
    }

    #update() {
        const percent = Math.floor(this.#progress * 100);

        for (const { bar, words, cancel } of this.#feet) {
            setAttribute(bar, 'hidden', this.#state !== 'sending' && this.#state !== 'sent');
            setAttribute(bar, 'aria-valuenow', percent);
            bar.firstElementChild.style.inlineSize = `${percent}%`;
            words.textContent = this.#i18n.t(WORDS[this.#state]);
            setAttribute(cancel, 'aria-disabled', this.#state === 'sent' ? 'true' : null);
        }
    }
}

/** As FileUpload.refusal() has it. `action`: retry, or edit (the same file would be refused again). */
export function refusalOf(i18n, { code, retryAfter_s: wait_s }, limits) {
    const most = limits?.max_size;
    const say = (key, action, values) => ({ sentence: i18n.t(key, values), action });

    switch (code) {
    case 'file_type':
        return say('fileType', 'edit');
    case 'file_infected':
        return say('fileInfected', 'edit');
    case 'file_empty':
        return say('fileEmpty', 'edit');
    case 'file_too_large':
        return most ? say('fileTooLarge', 'edit', { size: sizeText(i18n.lang, most) }) : say('fileTooLargeSomehow', 'edit');
    case 'http_413': // a proxy's, which has a limit of its own
        return say('fileTooLargeSomehow', 'edit');
    case 'file_unreadable':
        return say('fileUnreadable', 'edit');
    case 'unsupported_media_type':
        return say('filesOff', 'edit');
    case 'queue_full':
        return say('filesTooMany', 'retry', { n: FILES_MAX });
    case 'quota':
        return say('fileQuota', 'retry', { n: Math.ceil((wait_s ?? 60) / 60) });
    case 'scanner_away':
        return say('fileScanner', 'retry');
    case 'storage_full':
        return say('fileStorage', 'retry');
    case 'uploads_busy':
        return say('fileUploads', 'retry');
    default:
        return null;
    }
}
