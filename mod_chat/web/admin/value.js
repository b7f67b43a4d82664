/**
 * @file value.js
 * A member of an item as it is shown: times in the reader's zone, sizes, yes and no, links to what it refers to; what
 * people typed is text.
 */
import { briefName, sizeText } from '../ui/file_text.js';
import { el, safeUrl } from '../ui/dom.js';
import { targetOf } from './resources.js';
import { hashOf } from './route.js';
import { fieldText, valueText } from './words.js';

const TIME = /^\d{4}-\d\d-\d\dT/;
const WORDS = ['role', 'email_state', 'flag', 'type', 'kind', 'state', 'last_message_from', 'action', 'object_kind', 'store'];
const TEXT_MAX = 200; // in a list

/** What it is: {kind, text}. Pure, so that it can be tested without a page. */
export function describe(i18n, times, name, value, { isBrief = false } = {}) {
    if (value === null || value === undefined || value === '')
        return { kind: 'none', text: '–' };
    if (typeof value === 'boolean')
        return { kind: 'flag', text: i18n.t(value ? 'adminYes' : 'adminNo') };
    if (typeof value === 'number')
        return { kind: 'number', text: /(?:^|_)(?:size|bytes)$/.test(name) ? sizeText(i18n.lang, value) : /(?:^|_)id$/.test(name) ? String(value) : new Intl.NumberFormat(i18n.lang).format(value) };
    if (typeof value === 'object')
        return { kind: 'json', text: Array.isArray(value) ? value.map(one => typeof one === 'object' ? JSON.stringify(one) : String(one)).join(', ') : JSON.stringify(value) };
    if (TIME.test(value) && !Number.isNaN(Date.parse(value)))
        return { kind: 'time', text: isBrief ? times.medium(value) : times.full(value) };
    return { kind: 'text', text: WORDS.includes(name) ? valueText(i18n, value) : value };
}

export class ValueView {
    #i18n;
    #times;

    constructor({ i18n, times }) {
        this.#i18n = i18n;
        this.#times = times;
    }

    label(name) {
        return fieldText(this.#i18n, name);
    }

    /** An element. `isBrief`: in a list, where long texts are cut. */
    show(resource, item, name, { isBrief = false } = {}) {
        const value = item[name];
        const to = targetOf(resource, item, name);

        if (to)
            return el('a', { href: hashOf({ view: 'item', ...to }) }, String(value));
        if (name === 'attachment' && value !== null && typeof value === 'object')
            return this.file(value);
        return this.plain(name, value, { isBrief });
    }

    plain(name, value, { isBrief = false } = {}) {
        const { kind, text } = describe(this.#i18n, this.#times, name, value, { isBrief });

        if (kind === 'time')
            return el('time', { datetime: value }, text);
        return el('span', { class: `value-${kind}`, dir: kind === 'text' ? 'auto' : null },
            isBrief && text.length > TEXT_MAX ? `${[...text].slice(0, TEXT_MAX).join('')}…` : text);
    }

    /** An attachment: its name leads to the file, or, where it has no address, to what is known of it. */
    file({ id, url, name, size }) {
        const href = safeUrl(url);
        const text = `${briefName(name)} (${sizeText(this.#i18n.lang, size)})`;

        if (!href)
            return el('a', { href: hashOf({ view: 'item', resource: 'attachments', id: String(id) }), dir: 'auto' }, text);
        return el('a', { href, target: '_blank', rel: 'noopener noreferrer', dir: 'auto' }, text);
    }
}
