/**
 * @file files.js
 * The files that were chosen, dropped or pasted, and are not sent yet: small pictures over the text, each with a button to
 * take it away. Loaded with the first of them (thread_view.js).
 *
 * They belong to a conversation, and are there when one comes back to it. Each is shown when it is known what it looks
 * like, one after the other, and in the order in which they were given. One that cannot be sent does not keep out those
 * that came with it. Bounded together with those that are on their way: FILES_MAX and BYTES_MAX of net/uploads.js.
 */
import { TEXTS as DE } from '../i18n/files_de.js';
import { TEXTS as EN } from '../i18n/files_en.js';
import { BYTES_MAX, FILES_MAX, Uploads } from '../net/uploads.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import { briefName, sizeText } from '../ui/file_text.js';
import { adopt, sheet } from '../ui/sheet.js';
import { FileUpload, refusalOf } from './file_upload.js';
import { isScaled, readPicture } from './picture.js';

const SENTENCES_MAX = 3; // of what is wrong with files that came together

const FILES = sheet(`
.tray { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 12px 2px; max-block-size: 30vh; overflow-y: auto; }
.tray[hidden] { display: none; }
.tray li { position: relative; display: flex; align-items: center; min-inline-size: 0; max-inline-size: 100%; }
.tray .thumb { inline-size: 64px; block-size: 64px; object-fit: cover; border-radius: 10px; background: var(--hover); }
.tray .name {
    display: flex; align-items: center; gap: 6px; box-sizing: border-box; min-inline-size: 0; block-size: 64px; margin: 0; padding: 0 34px 0 10px;
    border: 1px solid var(--line); border-radius: 10px; color: var(--text); font-weight: 400;
}
.tray .name:dir(rtl) { padding: 0 10px 0 34px; }
.tray .name bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-inline-size: 9em; }
.tray small { color: var(--muted); white-space: nowrap; }
.tray button {
    position: absolute; inset-block-start: 2px; inset-inline-end: 2px; inline-size: 26px; block-size: 26px; display: grid; place-items: center;
    border-radius: 50%; background: var(--surface); color: var(--text); box-shadow: 0 0 0 1px var(--line);
}
.tray button .icon { inline-size: 1em; block-size: 1em; }
`);

export class Files {
    #deps;
    #id = null;
    #trays = new Map(); // id of a conversation -> its FileUploads
    #adding = 0;
    #looked = new Set(); // files that are in no tray yet
    element;

    /** `deps`: {i18n, root, store, scales(), onChange(), onEmpty(), say(sentence, isQuiet)}. `root`: where
     * the styles go; `scales()`: whether pictures are made smaller; onChange(): isEmpty or isBusy may have changed; onEmpty(): the
     * last was taken away by hand; say(): isQuiet, only to those who listen. */
    constructor(deps) {
        const { root, store } = deps;
        const i18n = deps.i18n.with({ en: EN, de: DE });

        this.#deps = { ...deps, i18n };
        store.uploads(Uploads);
        this.element = el('ul', { class: 'tray', role: 'list', 'aria-label': i18n.t('filesChosen'), hidden: true });
        adopt(root, FILES);
    }

    get isEmpty() {
        return this.#tray.length === 0;
    }

    /** Some are being looked at, and will be there. */
    get isBusy() {
        return this.#adding > 0;
    }

    /** Those of this conversation; null: none is shown. */
    show(id) {
        this.#id = id;
        this.#render();
    }

    /** For a conversation, which may not be shown any more. */
    async add(files, id) {
        const tray = this.#trayOf(id);
        const sentences = [];

        this.#adding++;
        this.#deps.onChange();
        for (const file of files) {
            const problem = this.#problemOf(file);
            const limit = problem ? null : this.#limitOf(file);

            if (problem ?? limit)
                sentences.push(problem ?? limit);
            if (limit)
                break;
            if (problem)
                continue;
            this.#looked.add(file);
            tray.push(this.#makeUpload(file, await readPicture(file)));
            this.#looked.delete(file);
            this.#render();
        }
        this.#adding--;
        this.#deps.onChange();
        this.#sayWhatIsWrong(sentences);
        if (tray === this.#tray && tray.length > 0)
            this.#deps.say(this.#deps.i18n.t('filesCount', { n: tray.length }), true);
    }

    /** They are to be sent now, and not here any more. */
    take() {
        const uploads = this.#tray.splice(0);

        this.#render();
        return uploads;
    }

    /** What is said when it has arrived, or of a problem of sending it. */
    refusalOf(problem) {
        return refusalOf(this.#deps.i18n, problem, this.#deps.store.files);
    }

    close() {
        for (const upload of [...this.#trays.values()].flat())
            upload.release();
        this.#trays.clear();
    }

    get #tray() {
        return this.#trayOf(this.#id);
    }

    #trayOf(id) {
        if (!this.#trays.has(id))
            this.#trays.set(id, []);
        return this.#trays.get(id);
    }

    #makeUpload(file, picture) {
        const { i18n, store, scales } = this.#deps;

        return new FileUpload(file, picture, { i18n, limits: () => store.files, isScaled: scales() });
    }

    /* The last may be about all that came after it. */
    #sayWhatIsWrong(sentences) {
        const { i18n, say } = this.#deps;
        const more = sentences.length - SENTENCES_MAX;

        if (more > 0)
            sentences.splice(SENTENCES_MAX - 1, more, i18n.t('filesMoreWrong', { n: more }));
        if (sentences.length > 0)
            say(sentences.join(' '));
    }

    /* Why no more of them can be added, or null. */
    #limitOf(file) {
        const { i18n, store } = this.#deps;
        const chosen = [...this.#trays.values(), ...this.#looked].flat();
        const { count, bytes } = store.unsentFiles;
        const sum = chosen.reduce((all, { size }) => all + size, bytes);

        if (chosen.length + count >= FILES_MAX)
            return i18n.t('filesTooMany', { n: FILES_MAX });
        if (sum > 0 && sum + file.size > BYTES_MAX)
            return i18n.t('filesTooLarge', { size: sizeText(i18n.lang, BYTES_MAX) });
        return null;
    }

    /* Why this one cannot be sent, or null. */
    #problemOf(file) {
        const { store, scales } = this.#deps;

        if (file.size === 0)
            return `${file.name}: ${this.refusalOf({ code: 'file_empty' }).sentence}`;
        if (file.size > (store.files?.max_size ?? Infinity) && !(scales() && isScaled(file)))
            return `${file.name}: ${this.refusalOf({ code: 'file_too_large' }).sentence}`;
        return null;
    }

    #render() {
        const tray = this.#id === null ? [] : this.#tray;

        this.element.replaceChildren(...tray.map(upload => this.#item(upload)));
        setAttribute(this.element, 'hidden', tray.length === 0);
        this.#deps.onChange();
    }

    #item(upload) {
        const { i18n } = this.#deps;

        return el('li', {},
            upload.picture('thumb') ?? el('p', { class: 'name' }, icon('file'), el('bdi', {}, briefName(upload.name)), el('small', { dir: 'auto' }, sizeText(i18n.lang, upload.size))),
            el('button', { type: 'button', 'aria-label': i18n.t('fileRemove', { name: upload.name }), onclick: () => this.#remove(upload) }, icon('close')));
    }

    #remove(upload) {
        const tray = this.#tray;
        const at = tray.indexOf(upload);

        tray.splice(at, 1);
        upload.release();
        this.#render();
        this.element.querySelectorAll('button')[Math.min(at, tray.length - 1)]?.focus();
        if (tray.length === 0)
            this.#deps.onEmpty();
        this.#deps.say(this.#deps.i18n.t('fileRemoved', { name: upload.name }), true);
    }
}
