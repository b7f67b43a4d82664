// Messages with files: what stands for one where there is only place for a text, which addresses become links, what is
// said of a file; and that an attachment is the same whichever way its message comes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileUrl, textOf } from '../../mod_chat/web/net/message.js';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { briefName, sizeText } from '../../mod_chat/web/ui/file_text.js';
import { Client } from './lib/client.mjs';
import { FakeWindow, settle } from './lib/fakes.mjs';

test('what stands for a message', () => {
    assert.equal(textOf({ content: 'see this', attachment: { name: 'a.png' } }), 'see this');
    assert.equal(textOf({ content: '', attachment: { name: 'a.png' } }), 'a.png');
    assert.equal(textOf({ content: '', attachment: null }), '');
    assert.equal(textOf({ content: '' }), '');
});

test('addresses are those below the root, as the page has it', () => {
    for (const url of ['/api/attachments/7/a%20b.png', '/elsewhere/attachments/7/a%20b.png', '../../attachments/7/a%20b.png',
        'attachments/7/a%20b.png', 'https://other.example/attachments/7/a%20b.png', '//other.example/attachments/7/a%20b.png',
        'javascript:harm()/attachments/7/a%20b.png'])
        assert.equal(fileUrl('/chat/api', { url }), '/chat/api/attachments/7/a%20b.png', url);
});

test('and nothing else is one', () => {
    for (const url of ['javascript:harm()', 'data:text/html,x', '', null, undefined, 'https://other.example/a.png', '/api/attachments/x/a.png',
        '/api/attachments/7/', '/api/attachments/7/../../logout', '/api/attachments/7/..\\..\\logout', '/api/attachments/7/a?b', '/api/attachments/7/a#b',
        '/api/attachments/7/a/b', {}, 7])
        assert.equal(fileUrl('/api', { url }), null, String(url));
});

test('sizes are written as the language does', () => {
    const sizes = lang => [0, 1, 350, 999, 1000, 1449, 12_345, 999_900, 1_500_000, 9_960_000, 12_300_000].map(bytes => sizeText(lang, bytes).replace(/\s/g, ' '));

    assert.deepEqual(sizes('en'), ['0 bytes', '1 byte', '350 bytes', '999 bytes', '1 kB', '1.4 kB', '12 kB', '1 MB', '1.5 MB', '10 MB', '12 MB']);
    assert.deepEqual(sizes('de'), ['0 Byte', '1 Byte', '350 Byte', '999 Byte', '1 kB', '1,4 kB', '12 kB', '1 MB', '1,5 MB', '10 MB', '12 MB']);
});

test('long names keep their beginning and their end, and whole characters', () => {
    assert.equal(briefName('Minutes.pdf'), 'Minutes.pdf');
    assert.equal(briefName(`${'a'.repeat(80)} of March 2026.pdf`), `${'a'.repeat(44)}…f March 2026.pdf`);
    const family = '👨‍👩‍👧‍👦';

    assert.equal(briefName(`${family.repeat(50)}.png`), `${family.repeat(44)}…${family.repeat(2 + 10)}.png`);
});

const file = n => ({
    id: n, url: `/api/attachments/${n}/a.png`, name: 'a.png', size: 70, type: 'image', content_type: 'image/png', width: 4, height: 3, inline: true,
});

test('an attachment is the same whichever way its message comes', async t => {
    const client = new Client();
    const { server, clock } = client;
    const storage = { getItem: () => null, setItem() {}, removeItem() {} };
    const store = new ChatStore('/api', { socket: client.chat, storage, localStorage: storage, window: new FakeWindow() });
    const talk = store.conversation(1);
    const shown = () => talk.messages.map(({ attachment }) => attachment);
    const wanted = [null];
    const sends = async () => {
        wanted.push(file(wanted.length));
        server.post(1, '', { attachment: file(wanted.length - 1) });
        await clock.tick(20000);
        assert.deepEqual(shown(), wanted);
        assert.equal(store.summary(1).last_message, 'a.png');
    };

    server.addConversation(1, 1);
    store.start();
    await clock.tick(1000);
    await talk.load();
    await t.test('live', sends);
    await t.test('after a connection that was lost', async () => {
        server.isUp = false;
        server.open.forEach(socket => socket.end(1006));
        wanted.push(file(wanted.length));
        server.post(1, '', { attachment: file(wanted.length - 1) });
        server.isUp = true;
        await clock.tick(20000);
        assert.equal(store.state, 'online');
        assert.deepEqual(shown(), wanted);
    });
    await t.test('where a number was missing', async () => {
        wanted.push(file(wanted.length));
        server.post(1, '', { attachment: file(wanted.length - 1), isQuiet: true });
        await sends();
    });
    await t.test('by polling', async () => {
        server.sockets_are_let_through = false;
        server.open.forEach(socket => socket.end(1006));
        await clock.tick(30000);
        assert.equal(store.state, 'polling');
        await sends();
    });
    await t.test('and in a page that is loaded', async () => {
        talk.reset();
        await settle();
        assert.deepEqual(shown(), wanted);
    });
});
