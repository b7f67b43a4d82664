/**
 * @file names.js
 * Names as the server searches them (chat.fold_name).
 */
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb]/gu;
// What the server removes: marks with a combining class, but not those that make another letter.
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]/gu;
const SPACES = /[\p{White_Space}\u2800]+/gu;
const LETTERS = {
    'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'þ': 'th', 'ı': 'i', 'ł': 'l', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'ħ': 'h', 'ŧ': 't', 'ς': 'σ',
    'ى': 'ي', 'ی': 'ي', 'ک': 'ك', 'ة': 'ه', 'ـ': '',
    '\u2019': "'", '\u2018': "'", '\u02bc': "'", '`': "'", '\u00b4': "'", '\u2032': "'", '\u2039': '<', '\u203a': '>',
    '\u2033': '"', '\u201c': '"', '\u201d': '"',
    '\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2212': '-',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/** A name without regard to case, accents, compatibility forms, invisible characters, quotes and white space. */
export function foldName(name) {
    return name.normalize('NFKD').replace(HIDDEN, match => /\s/.test(match) ? ' ' : '').toLowerCase().replace(ACCENTS, '')
        .replace(LETTER, letter => LETTERS[letter]).replace(SPACES, ' ').trim();
}
