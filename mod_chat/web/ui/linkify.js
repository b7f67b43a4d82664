/**
 * @file linkify.js
 * Links in what people typed: found as text, and only those of the web, and mail addresses.
 *
 * Only http and https, written with their scheme or with www., and name@host.domain; nothing else becomes a link,
 * whatever it looks like. What is shown is what was typed, and the link leads to where URL says that it does. A
 * link opens outside of the page, which tells the other side nothing and gives it nothing.
 */
import { el } from './dom.js';

const BEGIN = '(?<![\\p{L}\\p{N}_@./:-])(?:https?:\\/\\/|www\\.)';
const REST = '[^\\s<>"\'`\\u00ab\\u00bb\\u201c-\\u201f\\u2018\\u2019\\p{Cc}\\p{Cf}]+';
const CANDIDATE = new RegExp(BEGIN + REST, 'giu');
const TRAILING = /[.,;:!?\u2026\u3002\uff0c\uff01\uff1f*_~]+$/u;
const PAIRS = { ')': '(', ']': '[', '}': '{' };
// What people have, not all that RFC 5321 allows; every repetition is bounded.
const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?';
const ADDRESS = new RegExp('(?<![\\p{L}\\p{N}_@./+-])[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9_+-])?' +
    `@(?:${LABEL}\\.){1,8}\\p{L}(?:[\\p{L}\\p{N}-]{0,61}\\p{L})(?![@\\p{L}\\p{N}_/-]|[.:][\\p{L}\\p{N}])`, 'giu');
const OF_URL = /\/\/\S*$/; // before an address: it is the user of a URL
const BEFORE_MAX = 300;

/** A text as parts in order: {text} and {text, href}. Together their texts are the text. */
export function splitLinks(text) {
    return split(text, CANDIDATE, candidate => {
        const shown = withoutTrailing(candidate);

        return { shown, href: hrefOf(shown) };
    }).flatMap(part => part.href || !part.text.includes('@') ? [part] : split(part.text, ADDRESS, mailOf));
}

/* `linkOf(candidate, before)` gives {shown, href}: the beginning of it that is a link; without href, none is. */
function split(text, pattern, linkOf) {
    const parts = [];
    let end = 0;

    for (const { 0: candidate, index } of text.matchAll(pattern)) {
        const { shown, href } = linkOf(candidate, text.slice(Math.max(0, index - BEFORE_MAX), index));

        if (!href)
            continue;
        if (index > end)
            parts.push({ text: text.slice(end, index) });
        parts.push({ text: shown, href });
        end = index + shown.length;
    }
    if (end < text.length)
        parts.push({ text: text.slice(end) });
    return parts;
}

/** The same as nodes. */
export function linked(text) {
    return splitLinks(text).map(({ text: part, href }) => {
        if (!href)
            return part;
        const where = href.startsWith('mailto:') ? {} : { target: '_blank', rel: 'noopener noreferrer nofollow ugc' };

        return el('a', { href, dir: 'ltr', ...where }, part);
    });
}

function mailOf(address, before) {
    const [name, host] = address.split('@');

    try {
        const { hostname } = new URL(`https://${host}`);

        return { shown: address, href: OF_URL.test(before) ? null : `mailto:${name}@${hostname}` };
    } catch {
        return { shown: address, href: null };
    }
}

/* Punctuation belongs to the sentence; a closing bracket too, unless it was opened inside. */
function withoutTrailing(candidate) {
    let shown = candidate;
    let before;

    do {
        before = shown;
        shown = shown.replace(TRAILING, '');
        const open = PAIRS[shown.at(-1)];

        if (open && count(shown, shown.at(-1)) > count(shown, open))
            shown = shown.slice(0, -1);
    } while (shown !== before);
    return shown;
}

function count(text, letter) {
    return text.split(letter).length - 1;
}

/* A letter or a digit besides www. itself; other scripts are encoded here. As the server counts links. */
function hasHost(url) {
    return /[a-z0-9]/i.test(url.hostname.replace(/^www\./i, ''));
}

/* Null: not one that leads anywhere, or one that hides where: a name before an @ looks like a host. */
function hrefOf(shown) {
    try {
        const url = new URL(/^www\./i.test(shown) ? `https://${shown}` : shown);
        const isWeb = url.protocol === 'http:' || url.protocol === 'https:';

        return isWeb && !url.username && !url.password && hasHost(url) ? url.href : null;
    } catch {
        return null;
    }
}
