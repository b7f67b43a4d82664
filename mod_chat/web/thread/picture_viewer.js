/**
 * @file picture_viewer.js
 * The pictures of a thread, each as large as the window. Loaded when one is wanted (message_list.js).
 *
 * A modal dialog: Escape, its button and a click beside the picture close it, and the focus goes back to where it was.
 * Arrows lead to the picture before and after, as the page reads: right to left, the left one leads on. Home and End lead
 * to the first and the last one that is loaded.
 */
import { TEXTS as DE } from '../i18n/viewer_de.js';
import { TEXTS as EN } from '../i18n/viewer_en.js';
import { fileUrl } from '../net/message.js';
import { addIcons, el, icon, setAttribute } from '../ui/dom.js';
import { briefName } from '../ui/file_text.js';
import '../ui/icons.js';
import { adopt, sheet } from '../ui/sheet.js';

addIcons([['next', 'M9 5l7 7-7 7']]);

const VIEWER = sheet(`
.viewer {
    position: fixed; inset: 0; inline-size: 100%; block-size: 100%; max-inline-size: none; max-block-size: none; margin: 0; border: 0;
    padding: env(safe-area-inset-top, 0px) env(safe-area-inset-right, 0px) env(safe-area-inset-bottom, 0px) env(safe-area-inset-left, 0px);
    color-scheme: dark; background: #0f1115; color: #f3f4f6; overflow: hidden; overscroll-behavior: contain;
}
.viewer[open] { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); animation: viewer 0.14s ease-out; }
@keyframes viewer { from { opacity: 0; } }
.viewer::backdrop { background: #0f1115; }
.viewer:focus-visible { outline: none; }
.viewer :focus-visible { outline-color: #f3f4f6; }
.viewer .tool { color: inherit; }
.viewer .tool:hover { background: #333945; color: inherit; }
.viewer .bar { display: flex; align-items: center; gap: 4px; padding: 4px 8px; }
.viewer .bar bdi { flex: 1; min-inline-size: 0; padding-inline-start: 8px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: -webkit-match-parent; text-align: match-parent; }
.viewer .bar .at { padding-inline: 4px; font-size: 0.87em; color: #c3c8d2; white-space: nowrap; }
.stage { position: relative; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); place-items: center; min-block-size: 0; padding: 0 8px 8px; }
.stage > img { max-inline-size: 100%; max-block-size: 100%; min-block-size: 0; block-size: auto; object-fit: contain; }
.stage > .why { color: inherit; overflow-wrap: anywhere; }
.stage > .tool { position: absolute; inset-block: 0; margin-block: auto; background: #0f1115b8; }
.before { inset-inline-start: 8px; } .after { inset-inline-end: 8px; }
:dir(rtl) > .icon-next { transform: scaleX(-1); }
@media (forced-colors: active) { .viewer .tool { border: 1px solid; } }
`);

export class PictureViewer {
    #i18n;
    #root;
    #onLost;
    #pictures = [];
    #at = 0;
    #opener = null;
    #name = el('bdi', { id: 'viewer-name' });
    #place = el('span', { class: 'at', dir: 'auto', 'aria-hidden': 'true' });
    #status = el('p', { class: 'hidden', role: 'status' });
    #save;
    #before;
    #after;
    #stage;
    #dialog;

    /** `root`: the path of the API; `place`: an element of the shadow tree that the dialog stands in; `onLost()`: it was
     * closed, and what had the focus before has gone. */
    constructor({ i18n, root, place, onLost }) {
        const tree = place.getRootNode();

        this.#i18n = i18n.with({ en: EN, de: DE });
        this.#root = root;
        this.#onLost = onLost;
        const button = (name, label, symbol, run) => el('button', {
            type: 'button', class: `tool ${name}`, 'aria-label': this.#i18n.t(label), title: this.#i18n.t(label), onclick: run,
        }, icon(symbol));

        this.#save = el('a', { class: 'tool' }, icon('save'));
        this.#before = button('before', 'viewerBefore', 'back', () => this.#go(this.#at - 1));
        this.#after = button('after', 'viewerAfter', 'next', () => this.#go(this.#at + 1));
        this.#stage = el('div', { class: 'stage', onclick: event => event.target === event.currentTarget && this.close() });
        this.#dialog = el('dialog', {
            class: 'viewer', tabindex: -1, 'aria-labelledby': 'viewer-name',
            onkeydown: event => this.#key(event), oncancel: event => this.#cancel(event),
        }, el('div', { class: 'bar' }, this.#name, this.#place, this.#save, button('leave', 'viewerClose', 'close', () => this.close())),
        this.#stage, this.#status);
        adopt(tree, VIEWER);
        place.append(this.#dialog);
    }

    get isOpen() {
        return this.#dialog.open;
    }

    /** `attachment`: one of `pictures`, in the order of the thread; `opener` gets the focus back. */
    open(attachment, pictures, opener) {
        if (this.isOpen)
            return;
        this.#opener = opener;
        this.#pictures = pictures;
        this.#dialog.showModal();
        this.#dialog.focus();
        this.#show(Math.max(0, pictures.findIndex(({ id }) => id === attachment.id)));
        this.#status.textContent = '';
    }

    /** There are others now. The one that is shown stays, or it is closed with its message. */
    update(pictures) {
        const { id } = this.#pictures[this.#at];
        const at = pictures.findIndex(one => one.id === id);

        this.#pictures = pictures;
        this.#at = at;
        if (at < 0)
            this.close();
        else
            this.#showPlace();
    }

    close() {
        if (!this.isOpen)
            return;
        this.#dialog.close();
        this.#stage.replaceChildren();
        if (this.#opener?.isConnected)
            this.#opener.focus({ preventScroll: true });
        else
            this.#onLost();
        this.#opener = null;
    }

    /* Keys of the page behind it are not for it. */
    #key(event) {
        const ahead = getComputedStyle(this.#dialog).direction === 'rtl' ? -1 : 1;
        const to = {
            ArrowRight: this.#at + ahead, ArrowLeft: this.#at - ahead, Home: 0, End: this.#pictures.length - 1,
        }[event.key];

        event.stopPropagation();
        if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing)
            return;
        if (event.key === 'Escape')
            this.close();
        else if (to === undefined)
            return;
        else
            this.#go(to);
        event.preventDefault();
    }

    #cancel(event) {
        event.preventDefault();
        this.close();
    }

    #go(to) {
        if (to < 0 || to >= this.#pictures.length || to === this.#at)
            return;
        this.#show(to);
        this.#status.textContent = this.#i18n.t('viewerAt', { n: to + 1, count: this.#pictures.length, name: this.#pictures[to].name });
    }

    #show(at) {
        const attachment = this.#pictures[at];
        const { name, width, height } = attachment;
        const href = fileUrl(this.#root, attachment);
        const label = this.#i18n.t('viewerSave', { name });
        const image = el('img', { src: href, alt: name, width, height });

        this.#at = at;
        image.addEventListener('error', () => image.replaceWith(el('div', { class: 'why' }, icon('image'), el('bdi', {}, briefName(name)),
            el('p', { role: 'status' }, this.#i18n.t('pictureBroken')))));
        for (const [key, value] of Object.entries({ href, download: name, 'aria-label': label, title: label }))
            setAttribute(this.#save, key, value);
        this.#name.textContent = name;
        this.#stage.replaceChildren(image, this.#before, this.#after);
        this.#showPlace();
    }

    /* A button that goes while it has the focus leaves it to the dialog. */
    #showPlace() {
        const { length: count } = this.#pictures;
        const focused = this.#dialog.getRootNode().activeElement;

        this.#place.textContent = count > 1 ? this.#i18n.t('viewerPlace', { n: this.#at + 1, count }) : '';
        setAttribute(this.#before, 'hidden', this.#at === 0);
        setAttribute(this.#after, 'hidden', this.#at === count - 1);
        if (focused?.hidden || !this.#dialog.contains(focused))
            this.#dialog.focus();
    }
}
