// mod_chat/web/net/rest.js alone: where the references of answers lead to, and when a change has its token.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Rest } from '../../mod_chat/web/net/rest.js';
import { reply } from './lib/fakes.mjs';

const clock = { setTimeout: () => 0, clearTimeout: () => {} };

/* The URLs that are asked, for pages of which each names the next. */
async function follow(root, path, references) {
    const asked = [];
    const rest = new Rest(root, {
        clock,
        cookies: () => '',
        fetch: async url => {
            asked.push(url);
            return reply(200, { next: references[asked.length - 1] ?? null });
        },
    });
    let next = path;

    while (next)
        ({ next } = await rest.get(next));
    return asked;
}

test('a reference leads to where it says, seen from what was asked', async t => {
    const cases = {
        'an absolute path': ['/api', 'conversations/?limit=1', ['/api/conversations/?limit=1&cursor=a'],
            ['/api/conversations/?limit=1', '/api/conversations/?limit=1&cursor=a']],
        'a query': ['/community/api', 'conversations/?limit=1', ['?limit=1&cursor=a', '?limit=1&cursor=b'],
            ['/community/api/conversations/?limit=1', '/community/api/conversations/?limit=1&cursor=a',
                '/community/api/conversations/?limit=1&cursor=b']],
        'a relative path': ['/api', 'notifications/', ['../conversations/7/'], ['/api/notifications/', '/api/conversations/7/']],
        'of another origin': ['https://chat.example/api', 'conversations/', ['?cursor=a', '/api/conversations/?cursor=b'],
            ['https://chat.example/api/conversations/', 'https://chat.example/api/conversations/?cursor=a',
                'https://chat.example/api/conversations/?cursor=b']],
    };

    for (const [name, [root, path, references, wanted]] of Object.entries(cases))
        await t.test(name, async () => assert.deepEqual(await follow(root, path, references), wanted));
});

test('what changes something waits for the first answer, which brings the token', async t => {
    const until = [];
    const asked = [];
    let cookies = '';
    const begin = () => new Rest('/api', {
        clock,
        cookies: () => cookies,
        fetch: async (url, { method, headers, signal }) => {
            asked.push([method, headers['X-CSRFToken'] ?? null]);
            if (method === 'GET')
                await new Promise((resolve, reject) => {
                    until.push(resolve);
                    signal.addEventListener('abort', () => reject(signal.reason));
                });
            return reply(200, {});
        },
    });
    const settled = () => new Promise(resolve => setImmediate(resolve));

    await t.test('and has it', async () => {
        const rest = begin();
        const both = [rest.get('conversations/'), rest.post('conversations/', { church_id: 1 })];

        await settled();
        assert.deepEqual(asked.splice(0), [['GET', null]]);
        cookies = 'chat_csrf=t1';
        until.pop()();
        await Promise.all(both);
        assert.deepEqual(asked.splice(0), [['POST', 't1']]);
    });
    await t.test('but not where there is a token', async () => {
        const rest = begin();

        rest.get('conversations/').catch(() => {});
        await rest.post('conversations/', { church_id: 1 });
        assert.deepEqual(asked.splice(0), [['GET', null], ['POST', 't1']]);
        until.pop()();
    });
    await t.test('and where none comes, it is asked without', async () => {
        cookies = '';
        const rest = begin();
        const both = [rest.get('conversations/'), rest.post('conversations/', { church_id: 1 })];

        until.pop()();
        await Promise.all(both);
        await rest.post('conversations/', { church_id: 1 });
        assert.deepEqual(asked.splice(0), [['GET', null], ['POST', null], ['POST', null]]);
    });
    await t.test('what is given up meanwhile is not asked', async () => {
        const rest = begin();
        const lane = rest.lane();
        const first = rest.get('conversations/');
        const change = lane.post('conversations/', { church_id: 1 });

        lane.abort();
        until.pop()();
        await first;
        await assert.rejects(change, { code: 'network' });
        assert.deepEqual(asked.splice(0), [['GET', null]]);
    });
});
