/**
 * @file characters.js
 * Characters as a reader sees them: where a text may be cut, and whether anything of it can be seen.
 *
 * As the server does it: what chat_excerpt() shows of a message, and what chat_text_clean() takes for empty. And
 * which texts are nothing but emoji (Unicode Technical Standard 51).
 */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u1039\u103a\u17d2\u1b44][\u200d\p{M}]*$/u;
const OF_CONJUNCT = /^[\u0900-\u1cff]/u;
const UNSEEN = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800\ufff9-\ufffb\u{13430}-\u{13438}\u{16fe4}\u{1bca0}-\u{1bca3}\u{1d159}]*$/u;
const OPENERS = /[\u202a\u202b\u202d\u202e]/;
const PDF = '\u202c';
const PDI = '\u2069';
const PICTURE = '(?:\\p{Emoji_Presentation}|(?![0-9#*])\\p{Emoji}(?=\\ufe0f|\\p{EMod}))(?:\\ufe0f|\\p{EMod}|[\\u{e0020}-\\u{e007f}]+)?';
const EMOJI = new RegExp(`^(?:\\p{RI}{2}|[0-9#*]\\ufe0f?\\u20e3|${PICTURE}(?:\\u200d(?:${PICTURE}|\\p{ExtPict}))*)$`, 'u');
const EMOJI_MAX = 3; // more are a text
const EMOJI_UNITS_MAX = 100; // longer texts are not looked at

/** Whether nothing of a text can be seen. */
export function isBlank(text) {
    return UNSEEN.test(text);
}

/** Whether a text is one emoji, two or three, and nothing else but space. */
export function isEmojiOnly(text) {
    if (text.length > EMOJI_UNITS_MAX)
        return false;
    const all = [...characters(text.replace(/\s+/g, ''))];

    return all.length > 0 && all.length <= EMOJI_MAX && all.every(one => EMOJI.test(one));
}

/** The first character of a text. */
export function firstCharacter(text) {
    return characters(text).next().value ?? '';
}

/** The first characters of a text, at most so many. */
export function firstOf(text, max) {
    return [...characters(text)].slice(0, max).join('');
}

/** The last ones. */
export function lastOf(text, max) {
    return [...characters(text)].slice(-max).join('');
}

/** The beginning of a text, of at most so many code points, with what the cut left open closed. */
export function excerpt(text, max) {
    const points = [...text.slice(0, 2 * max + 2)];
    let budget = max;
    let kept;
    let closers;

    if (points.length <= max)
        return text;
    do {
        kept = cut(points.slice(0, max + 1), budget--);
        closers = closersOf(kept);
    } while (budget > 0 && [...kept].length + closers.length > max);
    return kept + closers;
}

/* Inside of a character only where the first alone is too long. */
function cut(points, max) {
    let end = 0;
    let count = 0;

    for (const character of characters(points.join(''))) {
        count += [...character].length;
        if (count > max)
            break;
        end = count;
    }
    return points.slice(0, end || max).join('');
}

/* With a letter after a virama beside it, as later versions of Unicode have it. */
function* characters(text) {
    let character = '';

    for (const { segment } of segmenter.segment(text)) {
        if (character && !(VIRAMA.test(character) && OF_CONJUNCT.test(segment))) {
            yield character;
            character = '';
        }
        character += segment;
    }
    if (character)
        yield character;
}

/* What closes the isolates and embeddings that a text leaves open. */
function closersOf(text) {
    let open = [];

    for (const [mark] of text.matchAll(/[\u202a-\u202e\u2066-\u2069]/g)) {
        if (mark === PDF)
            open = open.at(-1) === PDF ? open.slice(0, -1) : open;
        else if (mark === PDI)
            open = open.includes(PDI) ? open.slice(0, open.lastIndexOf(PDI)) : open;
        else
            open.push(OPENERS.test(mark) ? PDF : PDI);
    }
    return open.reverse().join('');
}
