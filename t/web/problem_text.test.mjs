// What a problem or a state means for the person: a sentence for each, and what to do.
import assert from 'node:assert/strict';
import test from 'node:test';
import { noticeOf, noticeOfState, noticeText } from '../../mod_chat/web/ui/problem_text.js';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { I18n } from '../../mod_chat/web/i18n/i18n.js';

const texts = await I18n.load('en');
const problem = (status, code = 'x', retryAfter_s = null) => Object.assign(new ChatProblem(code, 'No.', { status }), { retryAfter_s });
const said = (...of) => noticeText(texts, noticeOf(problem(...of)));

test('every status has a sentence', () => {
    for (const [status, code, sentence, action] of [
        [400, 'invalid_field', /empty or too long/, 'edit'],
        [401, 'login_required', /Please sign in/, 'signIn'],
        [403, 'blocked', /cannot write in this conversation/, null],
        [403, 'church_inactive', /cannot write in this conversation/, null],
        [403, 'csrf_token', /did not allow this\. Reload/, null],
        [404, 'not_found', /not available/, null],
        [413, 'body_too_large', /too large/, 'edit'],
        [415, 'type', /this type/, null],
        [422, 'spam', /advertising/, 'edit'],
        [429, 'rate_limited', /wait a moment/, 'retry'],
        [500, 'internal', /went wrong on the server/, 'retry'],
        [502, 'no_json', /went wrong on the server/, 'retry'],
        [503, 'busy', /busy/, 'retry'],
        [0, 'network', /cannot be reached/, 'retry'],
        [0, 'timeout', /not arrive twice/, 'retry'],
        [0, 'interrupted', /not arrive twice/, 'retry'],
        [0, 'something new', /cannot be reached/, 'retry'],
    ]) {
        assert.match(said(status, code), sentence, `${status} ${code}`);
        assert.equal(noticeOf(problem(status, code)).action, action, `${status} ${code}`);
    }
});

test('429 and 503 say how long to wait', () => {
    assert.equal(said(429, 'rate_limited', 7), 'That was a lot at once. You can go on in 7 seconds.');
    assert.equal(said(429, 'rate_limited', 1), 'That was a lot at once. You can go on in 1 second.');
    assert.equal(said(503, 'busy', 2.2), 'The server is busy. It can be tried again in 3 seconds.');
    assert.equal(noticeOf(problem(429, 'rate_limited', 7)).wait_s, 7);
    for (const odd of [0, -1, NaN, 86400])
        assert.match(said(429, 'rate_limited', odd), /wait a moment/);
});

test('every state that is not well has a sentence', () => {
    const of = (state, reason = null) => noticeOfState(state, reason);

    assert.deepEqual(['idle', 'online', 'closed'].map(state => of(state)), [null, null, null]);
    for (const state of ['connecting', 'waiting', 'offline', 'polling', 'stopped'])
        assert.ok(noticeText(texts, of(state)), state);
    assert.deepEqual([of('waiting').action, of('offline').action], ['now', 'now'], 'which need not be waited for');
    assert.deepEqual([of('stopped', 'login').action, of('stopped', 'user').action, of('stopped', 'policy').action], ['signIn', null, 'retry']);
});
