/**
 * @file avatar.js
 * Faces: the picture of a person or a church, or the first letters of the name.
 */
import { firstCharacter } from '../i18n/characters.js';
import { el, safeUrl } from './dom.js';

/** A person's or a church's picture, or the first letters of the name where there is none or it does not load. */
export function avatar(name, url) {
    const letters = name.split(/\s+/).filter(Boolean).map(firstCharacter);
    const initials = (letters.length > 1 ? letters[0] + letters.at(-1) : letters[0] ?? '?').toLocaleUpperCase();
    const frame = el('span', { class: `avatar hue-${hash(name) % 6}`, 'aria-hidden': 'true' }, initials);

    if (safeUrl(url)) {
        const picture = el('img', { src: safeUrl(url), alt: '', loading: 'lazy', referrerpolicy: 'no-referrer' });

        picture.addEventListener('error', () => picture.remove());
        frame.append(picture);
    }
    return frame;
}

/** The same number for the same name. */
function hash(name) {
    return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) >>> 0, 7);
}
