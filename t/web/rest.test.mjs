// mod_chat/web/net/rest.js alone: where the references of answers lead to.
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
