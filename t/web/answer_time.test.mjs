// How soon a page says that it answers: widget/answer_time.js.
import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../mod_chat/web/i18n/i18n.js';
import { answerTimeText } from '../../mod_chat/web/widget/answer_time.js';

const [en, de] = await Promise.all(['en', 'de'].map(lang => I18n.load(lang)));

test('a number of minutes, hours or days is a sentence in the reader\'s language', () => {
    assert.equal(answerTimeText(en, '15m'), 'We usually answer within 15 minutes');
    assert.equal(answerTimeText(en, ' 1 h '), 'We usually answer within 1 hour');
    assert.equal(answerTimeText(en, '2d'), 'We usually answer within 2 days');
    assert.equal(answerTimeText(de, '1d'), 'Wir antworten meist innerhalb von 1 Tag');
    assert.equal(answerTimeText(de, '3d'), 'Wir antworten meist innerhalb von 3 Tagen');
});

test('anything else says nothing', () => {
    for (const value of [null, undefined, '', '2', 'h', '0h', '-1h', '1.5h', '2w', '1000m', '2h soon', '<b>2h</b>'])
        assert.equal(answerTimeText(en, value), '', String(value));
});
