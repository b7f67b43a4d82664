/**
 * @file linkify.js
 * Links in what people typed: found as text, and only those of the web.
 *
 * Only http and https, written with their scheme or with www.; nothing else becomes a link, whatever it
 * looks like. What is shown is what was typed, and the link leads to where URL says that it does. A
 * link opens outside of the page, which tells the other side nothing and gives it nothing.
 */
import { el } from './dom.js';

const BEGIN = '(?<![\\p{L}\\p{N}_@./:-])(?:https?:\\/\\/|www\\.)';
const REST = '[^\\s<>"\'`\\u00ab\\u00bb\\u201c-\\u201f\\u2018\\u2019\\p{Cc}\\p{Cf}]+';
const CANDIDATE = new RegExp(BEGIN + REST, 'giu');
const TRAILING = /[.,;:!?\u2026\u3002\uff0c\uff01\uff1f*_~]+$/u;
const PAIRS = { ')': '(', ']': '[', '}': '{' };

/** A text as parts in order: {text} and {text, href}. Together their i18n are the text. */
export function splitLinks(text) {
    const parts = [];
    let end = 0;

    for (const { 0: candidate, index } of text.matchAll(CANDIDATE)) {
        const shown = withoutTrailing(candidate);
        const href = hrefOf(shown);

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
    return splitLinks(text).map(({ text: part, href }) => href
        ? el('a', { href, dir: 'ltr', target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, part)
        : part);
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
