/**
 * @file file_text.js
 * What is said of a file: how large it is, and its name, which may be longer than there is place for; and how wide a
 * picture is in a thread.
 */
import { firstOf, lastOf } from '../i18n/characters.js';

const WIDTH_MAX = 360;
const HEIGHT_MAX = 260;
const SIDE_MIN = 44; // that a finger finds
const UNITS = [['byte', 1], ['kilobyte', 1e3], ['megabyte', 1e6]];
const NAME_MAX = 60;
const END_MAX = 16; // of which so many at the end: that tells what it is

/** As people write it in this language: 350 bytes, 1.4 kB, 12 MB. */
export function sizeText(lang, bytes) {
    const [unit, factor] = UNITS.findLast(([, one]) => bytes >= 0.9995 * one) ?? UNITS[0];
    const size = bytes / factor;

    return new Intl.NumberFormat(lang, {
        style: 'unit', unit, unitDisplay: unit === 'byte' ? 'long' : 'short', maximumFractionDigits: size < 9.95 ? 1 : 0,
    }).format(size);
}

/** The beginning and the end of a long name. */
export function briefName(name) {
    return name.length <= NAME_MAX ? name : `${firstOf(name, NAME_MAX - END_MAX)}…${lastOf(name, END_MAX)}`;
}

/** In CSS pixels, where there is room: before it was sent, and after. */
export function shownWidth({ width, height }) {
    return Math.max(SIDE_MIN, width * Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height));
}
