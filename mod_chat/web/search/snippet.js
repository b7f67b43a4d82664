/**
 * @file snippet.js
 * A snippet of the API as text: it is HTML, escaped but for <mark>, and is never given to a parser of HTML.
 *
 * What is marked is what stands between <mark> and </mark>; a mark that is not closed ends with the snippet. The entities
 * are those that the escaping makes, and characters by number. All else is text, whatever it looks like.
 */
import { el } from '../ui/dom.js';

const TAG = /<(\/?)mark>/;
const ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([\da-fA-F]{1,6}));/g;
const CHARACTERS = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };
const REPLACEMENT = '\ufffd';

/** [{text, isMarked}], none of them empty. */
export function parseSnippet(snippet) {
    const parts = [];
    let isMarked = false;

    for (const [i, piece] of snippet.split(TAG).entries()) {
        if (i % 2 === 1)
            isMarked = piece === '';
        else if (piece !== '')
            parts.push({ text: unescape(piece), isMarked });
    }
    return parts;
}

/** What to append: texts, and elements around what is marked. */
export function snippetNodes(snippet) {
    return parseSnippet(snippet).map(({ text, isMarked }) => isMarked ? el('mark', {}, text) : text);
}

/* Once: what an entity stands for is not an entity again. */
function unescape(text) {
    return text.replace(ENTITY, (entity, name, decimal, hex) =>
        name ? CHARACTERS[name] : character(decimal === undefined ? parseInt(hex, 16) : Number(decimal)));
}

function character(code) {
    const isNone = code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff);

    return isNone ? REPLACEMENT : String.fromCodePoint(code);
}
