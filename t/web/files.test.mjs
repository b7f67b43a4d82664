// Files from the moment they are chosen: which are taken and what is said of the rest, how many there can be, and what becomes
// of those that were not sent. With the store and the queue as they are; elements, socket and network are fakes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { I18n } from '../../mod_chat/web/i18n/i18n.js';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { BYTES_MAX, FILES_MAX, Uploads } from '../../mod_chat/web/net/uploads.js';
import { ChatStore } from '../../mod_chat/web/store/chat_store.js';
import { sizeText } from '../../mod_chat/web/ui/file_text.js';
import { FakeChatSocket, FakeClock, fakeStorage, settle } from './lib/fakes.mjs';

/** As much of an element as is asked for here. */
class FakeElement {
    attributes = new Map();
    listeners = new Map();
    children = [];
    style = {};

    constructor(tag) {
        this.tag = tag;
    }

    setAttribute(name, value) { this.attributes.set(name, String(value)); }
    removeAttribute(name) { this.attributes.delete(name); }
    addEventListener(type, listener) { this.listeners.set(type, listener); }
    append(...children) { this.children.push(...children); }
    replaceChildren(...children) { this.children = children; }
    get firstElementChild() { return this.children[0]; }

    /** All buttons in it: what is on them -> what a click does. */
    get buttons() {
        const own = this.tag === 'button' ? [[this.children[0], this.listeners.get('click')]] : [];

        return new Map([...own, ...this.children.filter(one => one instanceof FakeElement).flatMap(one => [...one.buttons])]);
    }
}

globalThis.CSSStyleSheet = class { replaceSync() {} };
globalThis.document = { createElement: tag => new FakeElement(tag), createElementNS: (_, tag) => new FakeElement(tag) };
const { Files } = await import('../../mod_chat/web/thread/files.js');
const { FileUpload } = await import('../../mod_chat/web/thread/file_upload.js');
const { MessageView } = await import('../../mod_chat/web/thread/message_view.js');
const { TEXTS } = await import('../../mod_chat/web/i18n/files_en.js');
const i18n = (await I18n.load('en')).with({ en: TEXTS });

/** A page with conversations 1, 2 and 3; `posts` are the files on their way. */
async function begin() {
    const clock = new FakeClock();
    const socket = Object.assign(new FakeChatSocket(), { files: { max_size: BYTES_MAX } });
    const posts = [];
    const conversations = [1, 2, 3].map(id => ({ id, church_name: 'C', last_message_id: 1, unread_count: 0, updated_at: `2026-03-10T10:00:0${id}.000000Z`, version: 1 }));
    const rest = {
        get: async () => ({ conversations, next: null, unread_count: 0, unread_messages: 0, unread_conversations: 0, version: 1 }),
        lane: () => ({
            postForm: (path, form) => new Promise((resolve, reject) => posts.push({ path, form, resolve, reject })),
            abort() {},
        }),
    };
    const store = new ChatStore('/api', { socket, rest, storage: fakeStorage(), window: new EventTarget() });
    const said = [];

    store.start();
    await settle();
    socket.become('online');
    store.uploads(class extends Uploads {
        constructor(deps) {
            super({ ...deps, clock });
        }
    });
    const files = new Files({
        i18n, root: { adoptedStyleSheets: [] }, store, scales: () => true, onChange() {}, onEmpty() {},
        say: (sentence, isQuiet) => isQuiet || said.push(sentence),
    });

    files.show(1);
    return { clock, socket, posts, store, files, said };
}

/** `size`: what is said of it. */
function file(name, size = 5) {
    return Object.defineProperty(new File(['hello'], name, { type: 'text/plain' }), 'size', { value: size });
}

const several = (n, size) => Array.from({ length: n }, (_, i) => file(`${i}.txt`, size));
const namesOf = uploads => uploads.map(({ name }) => name);

test('one that cannot be sent does not keep out those that came with it, and each is named', async t => {
    await t.test('empty, or too large', async () => {
        const { files, said } = await begin();

        await files.add([file('a.txt'), file('empty.txt', 0), file('b.txt'), file('huge.txt', BYTES_MAX + 1), file('c.txt')], 1);
        assert.deepEqual(said, [`empty.txt: The file is empty. huge.txt: The file is too large: it may have at most ${sizeText('en', BYTES_MAX)}.`]);
        assert.deepEqual(namesOf(files.take()), ['a.txt', 'b.txt', 'c.txt']);
    });
    await t.test('a folder of them: the first are named, and how many there are', async () => {
        const { files, said } = await begin();

        await files.add([...several(50, 0), file('last.txt')], 1);
        assert.deepEqual(said, ['0.txt: The file is empty. 1.txt: The file is empty. 47 more files cannot be sent. 49.txt: The file is empty.']);
        assert.deepEqual(namesOf(files.take()), ['last.txt']);
    });
    await t.test('but where there is no room for more, the rest is not looked at', async () => {
        const { files, said } = await begin();

        await files.add([file('empty.txt', 0), ...several(FILES_MAX + 5)], 1);
        assert.deepEqual(said, [`empty.txt: The file is empty. At most ${FILES_MAX} files can wait to be sent.`]);
        assert.equal(files.take().length, FILES_MAX);
    });
});

test('there can be so many', async t => {
    const sendAll = (one, id) => one.files.take().map(upload => one.store.conversation(id).sendFile(upload, ''));

    await t.test('with those of a conversation that wait for the one before them', async () => {
        const one = await begin();

        await one.files.add(several(FILES_MAX - 1), 1);
        sendAll(one, 1);
        await settle();
        assert.equal(one.posts.length, 1);
        await one.files.add([file('a.txt'), file('b.txt')], 1);
        assert.deepEqual(namesOf(one.files.take()), ['a.txt']);
        assert.deepEqual(one.said, [`At most ${FILES_MAX} files can wait to be sent.`]);
    });
    await t.test('with those of other conversations, and with refused ones', async () => {
        const one = await begin();

        await one.files.add(several(10), 1);
        const [first] = sendAll(one, 1);

        await settle();
        one.posts[0].reject(new ChatProblem('file_type', 'No.', { status: 415 }));
        assert.equal((await first).code, 'file_type');
        one.files.show(2);
        await one.files.add(several(10), 2);
        sendAll(one, 2);
        one.files.show(3);
        await one.files.add([file('a.txt')], 3);
        assert.ok(one.files.isEmpty);
        one.store.conversation(1).drop(one.store.conversation(1).pending[0].clientId);
        await one.files.add([file('b.txt')], 3);
        assert.deepEqual(namesOf(one.files.take()), ['b.txt']);
    });
    await t.test('bytes, too', async () => {
        const one = await begin();

        await one.files.add([file('a', BYTES_MAX * 0.4), file('b', BYTES_MAX * 0.4)], 1);
        sendAll(one, 1);
        await one.files.add([file('c', BYTES_MAX * 0.3)], 1);
        assert.ok(one.files.isEmpty);
        assert.match(one.said[0], /^Together, these files are too large/);
    });
    await t.test('with those that are being looked at', async () => {
        const one = await begin();

        await Promise.all([one.files.add(several(15), 1), one.files.add(several(15), 2)]);
        const count = one.files.take().length;

        one.files.show(2);
        assert.equal(count + one.files.take().length, FILES_MAX);
    });
    await t.test('those of a conversation that is gone are not counted', async () => {
        const one = await begin();

        await one.files.add(several(FILES_MAX), 1);
        sendAll(one, 1);
        assert.deepEqual(one.store.unsentFiles, { count: FILES_MAX, bytes: FILES_MAX * 5 });
        one.socket.tell('gone', { conversation_id: 1 });
        assert.deepEqual(one.store.unsentFiles, { count: 0, bytes: 0 });
    });
});

test('what was not sent for want of a connection or of a login goes when there is one', async t => {
    for (const [code, status] of [['login', 401], ['network', null]])
        await t.test(code, async () => {
            const one = await begin();

            await one.files.add([file('a.txt')], 1);
            const sent = one.store.conversation(1).sendFile(one.files.take()[0], 'see this');

            for (let i = 0; i < 3; i++) {
                await settle();
                one.posts[i]?.reject(new ChatProblem(code, 'No.', { status }));
                await one.clock.tick(60000);
            }
            assert.equal((await sent).code, code);
            const { length } = one.posts;

            one.socket.become('offline');
            await settle();
            assert.equal(one.posts.length, length);
            one.socket.become('online');
            await settle();
            assert.equal(one.posts.length, length + 1);
            assert.equal(one.posts.at(-1).form.get('client_id'), one.posts[0].form.get('client_id'));
            assert.equal(one.store.conversation(1).pending[0].isFailed, false);
        });
    await t.test('what was refused is its writer\'s', async () => {
        const one = await begin();

        await one.files.add([file('a.txt')], 1);
        const sent = one.store.conversation(1).sendFile(one.files.take()[0], '');

        await settle();
        one.posts[0].reject(new ChatProblem('file_infected', 'No.', { status: 422 }));
        await sent;
        one.socket.become('offline');
        one.socket.become('online');
        await settle();
        assert.equal(one.posts.length, 1);
    });
});

test('the text beside a file is not lost with it', async t => {
    const done = [];
    const view = new MessageView({
        i18n, times: { clock: () => '10:00' },
        onRetry: id => done.push(`retry ${id}`), onDrop: id => done.push(`drop ${id}`), onEdit: id => done.push(`edit ${id}`),
    });
    const build = (content, problem = null) => view.build({
        type: 'pending', isOwn: true,
        pending: { clientId: 'k1', content, at: '2026-03-10T10:00:00Z', isFailed: problem !== null, problem, upload: new FileUpload(file('a.txt'), null, { i18n, limits: () => null }) },
    }, { isOnline: true });
    const away = new ChatProblem('scanner_away', 'No.', { status: 503 });

    await t.test('when it is cancelled, it goes back to where one writes', () => {
        build('see this').buttons.get('Cancel')();
        build('').buttons.get('Cancel')();
        assert.deepEqual(done.splice(0), ['edit k1', 'drop k1']);
    });
    await t.test('when it was refused, whether or not it can be tried again', () => {
        assert.deepEqual([...build('see this', away).buttons.keys()], ['Edit', 'Try again', 'Delete']);
        assert.deepEqual([...build('', away).buttons.keys()], ['Try again', 'Delete']);
        assert.deepEqual([...build('see this', new ChatProblem('file_type', 'No.', { status: 415 })).buttons.keys()], ['Edit', 'Delete']);
    });
});

test('a proxy that refuses a file for its size speaks of the file', () => {
    const upload = new FileUpload(file('a.txt'), null, { i18n, limits: () => ({ max_size: 10 ** 7 }) });

    assert.deepEqual(upload.refusal(new ChatProblem('http_413', 'No.', { status: 413 })), { sentence: 'The file is too large.', action: 'edit' });
});
