/**
 * @file attachment_view.js
 * The file of a message, as an element: a picture, or a card that tells what it is and saves it.
 *
 * A picture has its place before it is loaded, whatever comes, so that nothing jumps; it is loaded when it nears what is
 * in sight. A click or Enter shows it in full (picture_viewer.js); with Ctrl, as any link, in a tab of its own. One that
 * does not load says so, and a click tries again. An attachment keeps its element, as the messages around it are built
 * anew at times.
 */
import { fileUrl } from '../net/message.js';
import { el, icon } from '../ui/dom.js';
import { briefName, shownWidth, sizeText } from '../ui/file_text.js';
import '../ui/icons.js';

/** Whether it is shown as a picture. */
export function isPicture({ inline, width, height }) {
    return Boolean(inline) && width > 0 && height > 0;
}

export class AttachmentView {
    #i18n;
    #root;
    #onOpen;
    #elements = new WeakMap(); // attachment -> element

    /** `root`: the path of the API; `onOpen(attachment, link)`: a picture is to be shown in full. */
    constructor({ i18n, root, onOpen }) {
        this.#i18n = i18n;
        this.#root = root;
        this.#onOpen = onOpen;
    }

    element(attachment) {
        const element = this.#elements.get(attachment) ??
            (isPicture(attachment) ? this.#picture(attachment) : this.#card(attachment));

        this.#elements.set(attachment, element);
        return element;
    }

    #picture(attachment) {
        const { name, width, height } = attachment;
        const href = fileUrl(this.#root, attachment);
        const image = el('img', { src: href, alt: name, width, height, loading: 'lazy', decoding: 'async' });
        const link = el('a', {
            class: 'picture', href, target: '_blank', rel: 'noopener', 'aria-haspopup': 'dialog', title: name,
            onclick: event => this.#open(event, attachment, link),
        }, image);

        link.style.inlineSize = `${shownWidth(attachment)}px`;
        image.style.aspectRatio = `${width} / ${height}`;
        image.addEventListener('load', () => this.#setBroken(link, null));
        image.addEventListener('error', () => this.#setBroken(link, attachment));
        if (!href)
            this.#setBroken(link, attachment);
        return link;
    }

    #open(event, attachment, link) {
        if (event.ctrlKey || event.metaKey || event.shiftKey)
            return;
        event.preventDefault();
        if (link.classList.contains('broken'))
            link.querySelector('img').src = link.href;
        else
            this.#onOpen(attachment, link);
    }

    /* The place stays as large as it was, if what is to be said has room in it. */
    #setBroken(link, attachment) {
        link.querySelector('.why')?.remove();
        link.classList.toggle('broken', attachment !== null);
        if (attachment)
            link.append(el('span', { class: 'why' }, icon('image'), el('bdi', {}, briefName(attachment.name)),
                el('span', {}, this.#i18n.t('pictureBroken'))));
    }

    #card(attachment) {
        const { name, size, type } = attachment;
        const href = fileUrl(this.#root, attachment);
        const shown = sizeText(this.#i18n.lang, size);

        return el(href ? 'a' : 'span', {
            class: 'file', href, download: href && name, title: name,
        }, icon({ image: 'image', document: 'document' }[type] ?? 'file'),
        el('span', {}, el('bdi', {}, briefName(name)), el('small', { dir: 'auto' }, shown)), href && icon('save'));
    }
}
