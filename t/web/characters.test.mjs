// Where a text is cut, and when nothing of it can be seen: as the server has it, from the same tables.
import assert from 'node:assert/strict';
import test from 'node:test';
import { excerpt, firstCharacter, isBlank, isEmojiOnly } from '../../mod_chat/web/i18n/characters.js';
import { table } from './lib/table.mjs';

test('an excerpt ends where a character does, and leaves nothing open', () => {
    for (const [text, max, kept] of table('excerpts'))
        assert.equal(excerpt(text, Number(max)), kept, `${text} after ${max}`);
});

test('nothing is seen of a blank text', () => {
    assert.ok(isBlank(''));
    for (const [text] of table('blank'))
        assert.ok(isBlank(text), escape(text));
    for (const text of ['x', '\u200bx', '\u0301', '😀', '.'])
        assert.ok(!isBlank(text), text);
});

test('the first character is the whole of it', () => {
    for (const one of ['x', 'e\u0301', '👩‍👩‍👧', '🇩🇪', '👍🏽', '1\ufe0f\u20e3', 'क्ष'])
        assert.equal(firstCharacter(`${one}🇩🇪x`), one);
    assert.equal(firstCharacter(''), '');
});

test('texts that are emoji, and texts that are not', () => {
    for (const text of ['😀', '👍🏽', '❤️', '❤️‍🔥 🙏', '👨‍👩‍👧‍👦', '🇩🇪', '1️⃣', '🤷‍♂️', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🎂🎁🎉', ' 🙏\n'])
        assert.ok(isEmojiOnly(text), text);
    for (const text of ['', ' ', '1', '#', '12', '❤', '©', '😀a', '😀.', ':-)', '🙂🙂🙂🙂', 'e\u0301', '\u200d', '\ufe0f', '😀'.repeat(10000)])
        assert.ok(!isEmojiOnly(text), text);
});
