/**
 * @file i18n.js
 * What the elements say, in the reader's language: one table for each language, <lang>.js.
 *
 *     const i18n = await I18n.load('de-AT');
 *     i18n.t('unread', { n: 3 });
 *
 * A table's entry is a sentence with places, `{name}`; or an object by plural category (Intl.PluralRules,
 * chosen by `n`). Numbers are written as the language does. A table is loaded when it is wanted, so that a
 * page pays for one language. A page brings its own with addLanguage() before its elements appear; what its
 * table lacks is said in English.
 */
import { oncePerPage } from '../net/page.js';

const english = async () => (await import('./en.js')).TEXTS;
const TABLES = oncePerPage('languages', () => new Map([
    ['en', english],
    ['de', async () => (await import('./de.js')).TEXTS],
]));
const INBOX = new Map([
    ['en', async () => (await import('./inbox_en.js')).TEXTS],
    ['de', async () => (await import('./inbox_de.js')).TEXTS],
]);
const BELL = new Map([
    ['en', async () => (await import('./bell_en.js')).TEXTS],
    ['de', async () => (await import('./bell_de.js')).TEXTS],
]);

/** `lang`: a primary language, such as `fr`; `table` as en.js has it. */
export function addLanguage(lang, table) {
    TABLES.set(lang, async () => ({ ...await english(), ...table }));
}

/** The languages that there are texts in. */
export function languages() {
    return [...TABLES.keys()].sort();
}

export class I18n {
    #table;
    #plurals;
    #numbers;

    /** `lang`: what Intl is told; `table`: its texts. */
    constructor(lang, table) {
        this.lang = lang;
        this.#table = table;
        this.#plurals = new Intl.PluralRules(lang);
        this.#numbers = new Intl.NumberFormat(lang);
    }

    /** In this language (BCP 47), or in English where there is no table for it. */
    static load(lang) {
        return I18n.#load(lang, new Map());
    }

    /** With what only the inbox says. */
    static loadWithInbox(lang) {
        return I18n.#load(lang, INBOX);
    }

    /** With what only the bell says. */
    static loadWithBell(lang) {
        return I18n.#load(lang, BELL);
    }

    static async #load(lang, more) {
        const wanted = canonical(lang);
        const primary = wanted.split('-')[0];
        const isThere = TABLES.has(primary);
        const [table, own] = await Promise.all([TABLES.get(isThere ? primary : 'en')(), (more.get(primary) ?? more.get('en'))?.()]);

        return new I18n(ofRegion(isThere ? wanted : 'en'), { ...own, ...table });
    }

    /** With what only a part says that brings its own texts: `tables` {en, de, …}. What addLanguage() gave comes first. */
    with(tables) {
        return new I18n(this.lang, { ...tables.en, ...tables[this.lang.split('-')[0]], ...this.#table });
    }

    /** The text of a key, its places filled with `values`. */
    t(key, values = {}) {
        const entry = this.#table[key];
        const text = typeof entry === 'object' ? entry[this.#plurals.select(values.n)] ?? entry.other : entry;

        if (text === undefined)
            throw new Error(`there is no text '${key}'`);
        return text.replace(/\{(\w+)\}/g, (_, name) => this.#write(values[name]));
    }

    /** A number for a badge: at most two digits. */
    count(n) {
        return n > 99 ? this.t('many', { n: 99 }) : this.#write(n);
    }

    #write(value) {
        return typeof value === 'number' ? this.#numbers.format(value) : String(value ?? '');
    }
}

/** The language of an element: its own attribute, or that of what it stands in. */
export function languageOf(element) {
    for (let node = element; node; node = node.parentElement ?? node.getRootNode?.().host)
        if (node.getAttribute('lang'))
            return node.getAttribute('lang');
    return element.ownerDocument.documentElement.lang || 'en';
}

/* A page in English, say, is read where times are written as in Britain. */
function ofRegion(lang) {
    return globalThis.navigator?.languages?.find(one => one.startsWith(`${lang}-`)) ?? lang;
}

function canonical(lang) {
    try {
        return Intl.getCanonicalLocales(lang)[0] ?? 'en';
    } catch {
        return 'en';
    }
}
