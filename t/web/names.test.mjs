// Names are found as the server finds them, from the same table.
import assert from 'node:assert/strict';
import test from 'node:test';
import { foldName } from '../../mod_chat/web/i18n/names.js';
import { table } from './lib/table.mjs';

test('names are found whatever way they are typed', () => {
    for (const [name, word, isFound] of table('searches'))
        assert.equal(foldName(name).includes(foldName(word)), isFound === 't', `${word} in ${name}`);
});
