// What the pages of the administration know without a page: addresses, the API, dates, differences, numbers, words.
import assert from 'node:assert/strict';
import test from 'node:test';
import { actOn, doneText, isKnown, removedText, whatWouldHappen } from '../../mod_chat/web/admin/actions.js';
import { AdminApi } from '../../mod_chat/web/admin/admin_api.js';
import { Columns } from '../../mod_chat/web/admin/columns.js';
import { dateChoices, dateWay } from '../../mod_chat/web/admin/dates.js';
import { differences } from '../../mod_chat/web/admin/diff.js';
import { countText, durationText } from '../../mod_chat/web/admin/numbers.js';
import { barsOf } from '../../mod_chat/web/admin/plot.js';
import { mayBeDone, problemSentence } from '../../mod_chat/web/admin/problem.js';
import { RESOURCES, isCreatable, targetOf } from '../../mod_chat/web/admin/resources.js';
import { filterOf, hashOf, isOurs, readRoute, withParams } from '../../mod_chat/web/admin/route.js';
import { Schema } from '../../mod_chat/web/admin/schema.js';
import { describe } from '../../mod_chat/web/admin/value.js';
import { loadWithAdmin } from '../../mod_chat/web/i18n/admin_i18n.js';
import { ChatProblem } from '../../mod_chat/web/net/problem.js';
import { SYSTEM_CLOCK } from '../../mod_chat/web/net/timers.js';
import { TimeFormat } from '../../mod_chat/web/ui/time_format.js';
import { FakeAdminServer } from './lib/admin_server.mjs';
import { fakeStorage } from './lib/fakes.mjs';

const en = await loadWithAdmin('en-GB');
const de = await loadWithAdmin('de');
const schema = new Schema(new FakeAdminServer().describe());
/* Churches and staff cannot be changed, made or deleted on a server that is older than the pages. */
const NOTHING = { changes: '', create: false, delete: false };
const lessSchema = new Schema(Object.assign(new FakeAdminServer(), { others: { churches: NOTHING, staff: NOTHING } }).describe());
const schemaOf = of => new FakeAdminServer().describe().find(({ name }) => name === of);
const read = hash => readRoute(hash, schema.names);

function connect() {
    const server = new FakeAdminServer();
    const heard = [];
    const api = new AdminApi('/api', {
        fetch: server.fetch, clock: SYSTEM_CLOCK, cookies: () => 'chat_csrf=t1', onUnauthorized: () => heard.push('unauthorized'), onOtherUser: () => heard.push('other'),
    });

    return { server, api, heard };
}

test('an address', async t => {
    await t.test('names a page, and is made from it', () => {
        for (const hash of ['#/admin', '#/admin/flagged', '#/admin/users', '#/admin/conversations?church_id=3&year=2026', '#/admin/conversations/7', '#/admin/churches/new',
            '#/admin/messages/9223372036854775807', '#/admin/audit?username=J%C3%BCrgen+%26+co'])
            assert.equal(hashOf(read(hash)), hash);
        assert.deepEqual(read('#/admin/conversations?q=a%20b&x='), { view: 'list', resource: 'conversations', id: null, params: { q: 'a b' } });
        assert.deepEqual(read('#/admin/users/7').id, '7');
    });
    await t.test('is the first page where there is none', () => {
        assert.equal(read('').view, 'overview');
        assert.equal(read('#/conversations/7').view, 'overview');
    });
    await t.test('of nothing that there is says so', () => {
        for (const hash of ['#/admin/constructor', '#/admin/nothing', '#/admin/overviews/7'])
            assert.equal(read(hash).view, 'unknown', hash);
        assert.ok(!isOurs('#/admin/users/0'), 'not an id');
    });
    await t.test('of another use of the page is left alone', () => {
        assert.deepEqual(['', '#', '#/admin', '#/admin/users?x=1', '#/conversations/7', '#top', '#/administrators'].map(isOurs), [true, true, true, true, false, false, false]);
    });
    await t.test('begins anew with other conditions', () => {
        const route = read('#/admin/messages?flag=links&cursor=abc&order=id');

        assert.equal(hashOf(withParams(route, { year: '2026' })), '#/admin/messages?flag=links&order=id&year=2026');
        assert.equal(hashOf(withParams(route, { flag: null, order: '' })), '#/admin/messages');
        assert.deepEqual(filterOf({ ...route.params, limit: '5' }), { flag: 'links' });
    });
});

test('what the server has', async t => {
    await t.test('is offered, of what the pages know', () => {
        assert.deepEqual(schema.names, Object.keys(RESOURCES));
        assert.deepEqual(new Schema(new FakeAdminServer().describe().slice(0, 1)).names, ['users']);
        assert.ok(schema.hasSearch('users') && !schema.hasSearch('attachments'));
        assert.deepEqual(new Schema([...new FakeAdminServer().describe(), { name: 'shells', columns: ['id'] }]).names, schema.names, 'and no more');
        assert.ok(!schema.filters('users').some(({ name }) => name === 'q'));
    });
    await t.test('can be changed by what it is', () => {
        assert.deepEqual(schema.changes('users', { is_active: true, language: null }),
            [['display_name', 'text'], ['email', 'text'], ['language', 'text'], ['is_active', 'flag']]);
        assert.deepEqual(schema.changes('staff', { role: 'manager' }), [['role', 'choice', ['staff', 'manager']]]);
        assert.deepEqual(lessSchema.changes('staff', { role: 'manager' }), []);
        assert.deepEqual(schema.changes('messages', { content: 'x' }), []);
    });
    await t.test('has files, new ones and an end only where it says so', () => {
        const of = (what, one) => one.names.filter(name => one.has(name, what));

        assert.deepEqual([of('export', schema), of('erase', schema)], [['conversations', 'messages', 'users', 'audit'], ['users']]);
        assert.deepEqual(of('delete', schema), ['conversations', 'messages', 'churches', 'staff', 'attachments']);
        assert.deepEqual([of('create', lessSchema), of('delete', lessSchema)], [[], ['conversations', 'messages', 'attachments']]);
        assert.deepEqual([schema, lessSchema].map(one => one.names.filter(name => isCreatable(one, name))), [['churches', 'staff'], []]);
        assert.ok(!isCreatable(new Schema([{ ...schemaOf('users'), create: true }]), 'users'), 'where there is a form for it');
        assert.ok(!new Schema([{ ...schemaOf('users'), export: undefined }]).has('users', 'export'), 'nor on one that does not say');
    });
    await t.test('needs what the server takes of a new one', () => {
        assert.deepEqual(schema.needs('churches'), [['name', 'text', []], ['logo_url', 'text', []]]);
        assert.deepEqual(schema.needs('staff'), [['church_id', 'id', []], ['user_id', 'id', []], ['role', 'choice', ['staff', 'manager']]]);
    });
    await t.test('can be sorted by what has an order', () => {
        assert.deepEqual([schema.order('users', 'display_name'), schema.order('churches', 'name'), schema.order('users', 'id'), schema.order('users', 'email')], ['name', 'name', 'id', null]);
    });
    await t.test('is chosen by its name where the server has a search for it', () => {
        assert.deepEqual(['user_id', 'member_id', 'sender_id', 'church_id', 'conversation_id', 'object_id'].map(one => schema.chosenFrom(one)),
            ['users', 'users', 'users', 'churches', null, null]);
        assert.equal(new Schema([{ ...schemaOf('users'), filters: [] }]).chosenFrom('user_id'), null);
    });
    await t.test('leads to lists that can be limited to it', () => {
        assert.deepEqual(schema.links('users'), [['conversations', 'member_id'], ['messages', 'sender_id'], ['staff', 'user_id'], ['deliveries', 'user_id']]);
        assert.deepEqual(new Schema(new FakeAdminServer().describe().slice(0, 1)).links('users'), [], 'that there are');
    });
});

test('dates', async t => {
    await t.test('lead from years to months to days', () => {
        assert.deepEqual(dateChoices('en', {}, [{ year: 2026, count: 7 }]), [{ text: '2026', count: 7, changes: { year: '2026' } }]);
        assert.equal(dateChoices('en', {}, [{ year: 2026, count: null }])[0].count, null, 'too many to be counted');
        assert.deepEqual(dateChoices('de', { year: '2026' }, [{ month: 3, count: 1 }])[0].text, 'März');
        assert.deepEqual(dateChoices('en-GB', { year: '2026', month: '3' }, [{ day: 31, count: 1 }])[0], { text: '31 March', count: 1, changes: { day: '31' } });
        assert.deepEqual(dateChoices('en', { year: '2026', month: '3', day: '31' }, [{ day: 31, count: 1 }]), [], 'and no further');
    });
    await t.test('and back', () => {
        const way = dateWay('en-GB', { year: '2026', month: '3', day: '31' });

        assert.deepEqual(way.map(({ text }) => text), [null, '2026', 'March', '31 March']);
        assert.deepEqual(way.map(({ changes }) => changes), [{ year: null, month: null, day: null }, { year: '2026', month: null, day: null },
            { year: '2026', month: '3', day: null }, { year: '2026', month: '3', day: '31' }]);
    });
    await t.test('that somebody wrote into an address break nothing', () => assert.equal(dateWay('en', { year: 'x' })[1].text, '?'));
});

test('a change is told by what differs', () => {
    assert.deepEqual(differences({ name: 'a', is_active: true, list: [1] }, { name: 'b', is_active: true, list: [1] }), [{ name: 'name', before: 'a', after: 'b' }]);
    assert.deepEqual(differences(null, { name: 'b' }), [{ name: 'name', before: undefined, after: 'b' }]);
    assert.deepEqual(differences({ z: null, a: 1 }, null).map(({ name }) => name), ['a', 'z']);
    assert.deepEqual(differences(null, null), []);
});

test('numbers', async t => {
    await t.test('of lists are exact, about right, or a lower bound', () => {
        assert.equal(countText(en, 1234, 'exact'), '1,234 found');
        assert.equal(countText(de, 12000000, 'about'), 'etwa 12.000.000');
        assert.equal(countText(en, 10000, 'at_least'), 'at least 10,000');
        assert.equal(countText(en, null, 'exact'), '');
    });
    await t.test('of seconds are as people say them', () => {
        assert.deepEqual([0, 40, 89, 90, 240, 9000, 86400, 200000].map(n => durationText('en', n)),
            ['0 seconds', '40 seconds', '89 seconds', '1.5 minutes', '4 minutes', '2.5 hours', '24 hours', '2.3 days']);
    });
    await t.test('become bars that stand on each other', () => {
        const bars = barsOf([[0, 0], [3, 1]]);

        assert.deepEqual(bars.map(({ series }) => series), [0, 1]);
        assert.deepEqual([bars[0].y + bars[0].height, bars[1].y + bars[1].height, bars[1].y], [80, bars[0].y, 0]);
        assert.ok(bars.every(({ x, width }) => x >= 150 && x + width <= 300), 'each in its place');
        assert.deepEqual(barsOf([]), []);
        assert.deepEqual(barsOf([[0], [0]]), [], 'nothing is nothing');
    });
});

test('values', async t => {
    const times = new TimeFormat('en-GB', { timeZone: 'UTC' });
    const said = (name, value, i18n = en) => describe(i18n, times, name, value);

    await t.test('are said by what they are', () => {
        assert.equal(said('created_at', '2026-03-31T12:00:00.000000Z').text, times.full('2026-03-31T12:00:00Z'));
        assert.equal(describe(en, times, 'created_at', '2026-03-31T12:00:00.000000Z', { isBrief: true }).text, '31 Mar 2026, 12:00', 'shorter in a list');
        assert.deepEqual([said('action', 'mark_read', de), said('object_kind', 'church', de), said('store', 'directory', en)].map(({ text }) => text),
            ['Als gelesen markiert', 'Gemeinde', 'A folder']);
        assert.deepEqual([said('is_active', true, de), said('state', 'dead', de), said('size', 1500000, de)].map(({ text }) => text), ['Ja', 'Unzustellbar', '1,5 MB']);
        assert.deepEqual([said('conversation_id', 12345).text, said('attempts', 12345).text], ['12345', '12,345'], 'an id is no amount');
        assert.deepEqual([said('name', null).text, said('name', '').text, said('x', { a: 1 }).text], ['–', '–', '{"a":1}']);
    });
    await t.test('that people typed stay what they are', () => {
        for (const text of ['<b>bold</b>', 'dead', '2026-13-77T99', 'constructor'])
            assert.deepEqual(said('content', text), { kind: 'text', text });
    });
    await t.test('lead to what they name', () => {
        assert.deepEqual(targetOf('conversations', { id: 7 }, 'id'), { resource: 'conversations', id: '7' });
        assert.deepEqual(targetOf('messages', { sender_id: 3 }, 'sender_id'), { resource: 'users', id: '3' });
        assert.deepEqual(targetOf('audit', { object_kind: 'church', object_id: 3 }, 'object_id'), { resource: 'churches', id: '3' });
        assert.equal(targetOf('audit', { object_kind: 'constructor', object_id: 3 }, 'object_id'), null);
        assert.equal(targetOf('messages', { sender_id: null }, 'sender_id'), null);
        assert.equal(targetOf('messages', { content: 'x' }, 'content'), null);
    });
});

test('columns', async t => {
    const storage = fakeStorage();
    const columns = new Columns(storage, '/api');

    await t.test('are at first those of the table, of what there is', () => {
        assert.deepEqual(columns.of('churches', schema), { all: ['id', 'name', 'is_active', 'created_at', 'logo_url', 'staff_count', 'unread_conversations'], shown: ['id', 'name', 'is_active', 'created_at'] });
    });
    await t.test('then those that were chosen, in this list and in this browser', () => {
        columns.choose('churches', ['logo_url', 'id', 'gone']);
        assert.deepEqual(new Columns(storage, '/api').of('churches', schema).shown, ['id', 'logo_url']);
        assert.deepEqual(new Columns(storage, '/app/api').of('churches', schema).shown.length, 4, 'of another API');
        assert.deepEqual(columns.of('users', schema).shown.slice(0, 2), ['id', 'username']);
    });
    await t.test('never none, nor broken by what lies there', () => {
        columns.choose('churches', []);
        assert.deepEqual(columns.of('churches', schema).shown, ['id']);
        storage.setItem('mod_chat /api admin columns', '{"churches":7');
        assert.equal(columns.of('churches', schema).shown.length, 4);
        assert.equal(new Columns(null, '/api').of('churches', schema).shown.length, 4, 'without a storage');
    });
});

test('the API', async t => {
    await t.test('says what it has', async () => {
        assert.equal(new Schema(await connect().api.describe()).names.length, 9);
    });
    await t.test('gives lists by pages', async () => {
        const { api, server } = connect();
        const page = await api.list('conversations', { unread: '1' });

        assert.deepEqual([page.items.length, page.count, page.count_is, page.dates], [20, 33, 'exact', [{ year: 2026, count: 33 }]]);
        assert.deepEqual(server.requests[0].query, { unread: '1' });
        const next = await api.list('conversations', { unread: '1', cursor: page.cursor });

        assert.equal(next.items[0].id < page.items.at(-1).id, true);
        assert.equal((await api.list('conversations', { unread: '1', cursor: next.cursor })).cursor, null, 'to the end');
    });
    await t.test('changes what was read, with its version', async () => {
        const { api, server } = connect();

        await api.item('churches', '1');
        await api.change('churches', '1', { name: 'St. Mary' });
        assert.deepEqual(server.requests.at(-1).headers['If-Match'], '"1-1"');
        await api.change('churches', '1', { name: 'St. Mary’s' });
        assert.deepEqual(server.requests.at(-1).headers['If-Match'], '"1-2"', 'that of the answer');
        assert.equal(server.find('churches', 1).name, 'St. Mary’s');
    });
    await t.test('changes nothing that somebody else has changed', async () => {
        const { api, server } = connect();

        await api.item('churches', '1');
        server.change(server.find('churches', 1), { name: 'Theirs' });
        await assert.rejects(api.change('churches', '1', { name: 'Mine' }), { status: 412, code: 'stale' });
        await assert.rejects(api.remove('churches', '1'), { status: 412 });
        assert.equal(server.find('churches', 1).name, 'Theirs');
        await api.item('churches', '1');
        await api.change('churches', '1', { name: 'Mine' });
        assert.equal(server.find('churches', 1).name, 'Mine');
    });
    await t.test('nor what was never read', async () => {
        await assert.rejects(connect().api.change('churches', '1', { name: 'x' }), { status: 428 });
    });
    await t.test('acts in two steps', async () => {
        const { api, server } = connect();
        const which = { ids: [1, 2] };
        const { would, confirm } = await api.rehearse('messages', 'delete', which);

        assert.equal(would.messages, 2);
        assert.equal(server.lists.messages.length, 30, 'nothing yet');
        await assert.rejects(api.act('messages', 'delete', which, { reason: 'spam' }), { status: 409, code: 'confirm' });
        await assert.rejects(api.act('messages', 'delete', { ids: [1, 2, 3] }, { reason: 'spam', confirm }), { status: 409 });
        assert.equal(server.lists.messages.length, 30, 'nor without what belongs to it');
        assert.equal((await api.act('messages', 'delete', which, { reason: 'spam', confirm })).done, 2);
        assert.equal(server.lists.messages.length, 28);
        assert.deepEqual((await api.act('messages', 'unflag', { ids: [11] })).done, 1, 'and in one where nothing is lost');
    });
    await t.test('says where the file of an export is', async () => {
        const exported = await connect().api.act('conversations', 'export', { ids: [1, 2, 3] });

        assert.deepEqual(exported, { done: 3, skipped: 0, isWhole: true, after: null, url: '/api/admin/conversations/export/?selection=2' });
        assert.equal(doneText(en, exported), '3 in the file.');
    });
    await t.test('and goes on until all that filters find is done', async () => {
        const { api, server } = connect();
        const which = { filter: { unread: '1' } };
        const { confirm } = await api.rehearse('conversations', 'block', which);

        assert.deepEqual(await api.act('conversations', 'block', which, { reason: 'test', confirm }), { done: 33, skipped: 0, isWhole: true, after: 50 });
        assert.equal(server.lists.conversations.filter(one => one.member_blocked).length, 33);
        assert.deepEqual(server.requests.slice(1).map(({ json }) => json.after).map(after => after === undefined), [true, false, false, false]);
    });
    await t.test('erases a user in parts, after asking what would be', async () => {
        const { api, server } = connect();
        const { would, confirm } = await api.rehearseErasure(2);

        assert.equal(would.messages, 30);
        await assert.rejects(api.erase(2, { reason: 'asked', confirm: 'x' }), { status: 409, code: 'confirm' });
        assert.notEqual(server.find('users', 2), undefined, 'not yet');
        assert.deepEqual(await api.erase(2, { reason: 'asked', confirm }), { removed: { users: 1, messages: 30 }, isWhole: true, after: null }, 'the sums of two parts');
        assert.deepEqual(server.requests.slice(-2).map(({ json }) => json.after), [undefined, 5], 'the second one goes on from the first');
        assert.equal(server.find('users', 2), undefined);
    });
    await t.test('goes on while there is more, whatever it goes on after', async () => {
        const { api, server } = connect();
        const which = { filter: { unread: '1' } };
        const { confirm } = await api.rehearse('conversations', 'delete', which);

        server.partsWithoutAfter = 3;
        assert.deepEqual(await api.act('conversations', 'delete', which, { reason: 'test', confirm }), { done: 33, skipped: 0, isWhole: true, after: 50 });
        const orders = server.requests.slice(1).map(({ json }) => json);

        assert.deepEqual(orders.slice(0, 4).map(({ after }) => after), [undefined, undefined, undefined, undefined], 'null is not an id');
        assert.deepEqual(orders.slice(0, 4).map(order => order.confirm), ['token1', 'token2', 'token3', 'token4'], 'with what the answer before brought');
    });
    await t.test('ends at a bound, and says so', async () => {
        const { api, server } = connect();
        const { confirm } = await api.rehearse('messages', 'unflag', { ids: [1] });

        server.partsWithoutAfter = Infinity;
        assert.deepEqual(await api.act('messages', 'unflag', { ids: [1] }, { reason: 'x', confirm }), { done: 0, skipped: 0, isWhole: false, after: null });
        assert.equal(server.requests.length, 1 + 1000);
        assert.equal(doneText(en, { done: 7, skipped: 1, isWhole: false }), '7 done. 1 was skipped. Not all of it is done: do it again for the rest.');
        assert.equal(doneText(en, { done: 7, skipped: 0, isWhole: true }), '7 done.');
    });
    await t.test('stops between two parts when it is told so, and says what is done', async () => {
        const { api } = connect();
        const which = { filter: { unread: '1' } };
        const { confirm } = await api.rehearse('conversations', 'block', which);
        const stop = new AbortController();
        const parts = [];
        const onPart = sum => parts.push(sum.done) === 2 && stop.abort();

        assert.deepEqual(await api.act('conversations', 'block', which, { reason: 'x', confirm, signal: stop.signal, onPart }), { done: 20, skipped: 0, isWhole: false, after: 30 });
        assert.deepEqual(parts, [10, 20]);
        const erasure = await api.rehearseErasure(2);
        const stopped = new AbortController();

        assert.deepEqual(await api.erase(2, { reason: 'x', confirm: erasure.confirm, signal: stopped.signal, onPart: () => stopped.abort() }),
            { removed: { users: 0, messages: 20 }, isWhole: false, after: 5 });
        assert.equal(removedText(en, { removed: { users: 0, messages: 20 }, isWhole: false }), '20 rows removed or changed. Not all of it is done: do it again for the rest.');
    });
    await t.test('goes on after a part that was refused, with another confirmation for the rest, and counts on', async () => {
        const which = { filter: { unread: '1' } };

        for (const [refusal, status] of [[{ status: 409, code: 'confirm' }, 409], [{ status: 412, code: 'stale' }, 412],
            [{ status: 429, code: 'rate_limited' }, 429], [{ status: 503, code: 'busy' }, 503], [{ status: 500, code: 'internal' }, 500]]) {
            const { api, server } = connect();
            const { confirm } = await api.rehearse('conversations', 'delete', which);
            let done = null;

            server.refusals = [null, null, refusal];
            await assert.rejects(api.act('conversations', 'delete', which, { reason: 'x', confirm, onPart: sum => { done = sum; } }), { status });
            assert.deepEqual(done, { done: 20, skipped: 0, isWhole: false, after: 30 });
            server.forgetConfirms();
            const rest = await api.rehearse('conversations', 'delete', which, done);

            assert.deepEqual([rest.would.conversations, server.requests.at(-1).json.after], [13, 30]);
            assert.deepEqual(await api.act('conversations', 'delete', which, { reason: 'x', confirm: rest.confirm, from: done }), { done: 33, skipped: 0, isWhole: true, after: 50 });
            assert.deepEqual(server.requests.slice(-2).map(({ json }) => json.after), [30, 45], 'not from its beginning');
        }
    });
    await t.test('and so an erasure', async () => {
        const { api, server } = connect();
        const { confirm } = await api.rehearseErasure(2);
        let done = null;

        server.refusals = [null, { status: 503, code: 'busy' }];
        await assert.rejects(api.erase(2, { reason: 'x', confirm, onPart: sum => { done = sum; } }), { status: 503 });
        const again = await api.rehearseErasure(2);

        assert.deepEqual(await api.erase(2, { reason: 'x', confirm: again.confirm, from: done }), { removed: { users: 1, messages: 30 }, isWhole: true, after: null });
        assert.deepEqual(done.removed, { users: 0, messages: 20 }, 'what was said of it stays as it was');
        assert.equal(server.requests.at(-1).json.after, 5);
    });
    await t.test('and the question that is asked before an action does that', async () => {
        const { api, server } = connect();
        const said = [];
        const dialog = {
            async ask({ prepare, run, soFar }) {
                let from = null, isUnknown = false;

                for (;;) {
                    said.push(...await prepare(from));
                    try {
                        return { ...await run({ reason: 'x', from, onPart: done => { from = done; } }), isUnknown };
                    } catch (problem) {
                        isUnknown ||= mayBeDone(problem);
                        said.push(`${problem.code}: ${soFar(from)}`);
                    }
                }
            },
        };

        server.refusals = [null, { status: 429, code: 'rate_limited' }, null, 'lost'];
        await actOn({ i18n: en, api, dialog, announce: text => said.push(text) }, 'conversations', 'delete', { filter: { unread: '1' } });
        assert.deepEqual(said, ['This is about 33 conversations.', 'rate_limited: 10 done.', 'This is about 23 conversations.', 'network: 20 done.',
            'This is about 3 conversations.', '23 done. A step without an answer may have been done as well. See the audit log.']);
        assert.equal(server.lists.conversations.filter(one => one.church_unread > 0).length, 0);
    });
    await t.test('says with what was done that it is not known of the last step', () => {
        const isUnknown = true;
        const done = { done: 20, skipped: 0, isWhole: false };
        const removed = { users: 0, messages: 20 };
        const notKnown = 'It is not known whether the last step was done. See the audit log.';

        assert.equal(doneText(en, { isUnknown }), notKnown);
        assert.equal(doneText(en, { ...done, isUnknown }), `20 done. Not all of it is done: do it again for the rest. ${notKnown}`);
        assert.equal(removedText(en, { isUnknown }), notKnown);
        assert.equal(removedText(en, { removed, isWhole: false, isUnknown }), `20 rows removed or changed. Not all of it is done: do it again for the rest. ${notKnown}`);
        assert.equal(removedText(en, { removed, isWhole: true, isUnknown }), '20 rows removed or changed. A step without an answer may have been done as well. See the audit log.');
        assert.equal(doneText(de, { isUnknown }), 'Es ist nicht bekannt, ob der letzte Schritt ausgeführt wurde. Das Protokoll zeigt es.');
    });
    await t.test('says where files are', () => {
        const { api } = connect();

        assert.equal(api.exportUrl('messages', 'csv', { flag: 'links', cursor: 'x', order: 'id' }), '/api/admin/messages/export/?format=csv&flag=links');
    });
    await t.test('is not there for others', async () => {
        const { api, server } = connect();

        server.isAllowed = false;
        await assert.rejects(api.stats(), { status: 404 });
    });
    await t.test('says who is not logged in any more, though it is not there for them', async () => {
        const { api, server, heard } = connect();

        await api.stats();
        server.isLoggedIn = false;
        await assert.rejects(api.item('users', '1'), { status: 401 });
        await assert.rejects(api.list('users', {}), { status: 401 });
        assert.ok(heard.includes('unauthorized'));
    });
    await t.test('asks nothing of the chat while it is allowed: who administers need not be one of its users', async () => {
        const { api, server } = connect();

        await assert.rejects(api.item('users', '99'), { status: 404, code: 'not_found' });
        assert.deepEqual(server.requests.map(({ path }) => path), ['users/99/', '']);
    });
    await t.test('nor minds that they are not active there', async () => {
        const { api, server } = connect();

        Object.assign(server, { isAllowed: false, isActive: false });
        await assert.rejects(api.describe(), { status: 404, code: 'not_found' });
        await assert.rejects(api.item('users', '1'), { status: 404, code: 'not_found' });
    });
    await t.test('stops when somebody else has signed in', async () => {
        const { api, server, heard } = connect();

        await api.stats();
        server.userTag = 'tag2';
        await api.list('users', {});
        assert.deepEqual(heard, ['other']);
        api.close(new ChatProblem('user', ''));
        await assert.rejects(api.stats(), { code: 'user' });
    });
});

test('what would happen is said', () => {
    const would = { conversations: 1, messages: 1200, attachments: 0 };

    assert.deepEqual(whatWouldHappen(en, { would, at_least: false }), ['This is about 1 conversation and 1,200 messages.']);
    assert.deepEqual(whatWouldHappen(de, { would, at_least: true }), ['Es geht um 1 Unterhaltung und 1.200 Nachrichten oder mehr.']);
    assert.deepEqual(whatWouldHappen(en, { would: {}, at_least: false }), ['Nothing would change.']);
});

test('refusals are said', () => {
    const of = (status, code, errors = []) => problemSentence(en, new ChatProblem(code, 'x', { status, errors }));

    assert.match(of(412, 'stale'), /Somebody else/);
    assert.match(of(409, 'confirm'), /look again/);
    assert.equal(of(400, 'invalid', [{ field: 'email', detail: 'is not an address' }]), 'The server does not accept this. Mail address: is not an address');
    assert.match(of(0, 'network'), /cannot be reached/);
    assert.match(of(500, 'internal'), /went wrong/);
});

test('what may have been done nevertheless is known from a refusal', () => {
    const of = (status, code) => mayBeDone(new ChatProblem(code, 'x', { status }));

    for (const [status, code] of [[0, 'network'], [0, 'timeout'], [500, 'internal'], [502, 'no_json'], [503, 'http_503'], [503, 'unavailable'], [504, 'http_504']])
        assert.equal(of(status, code), true, code);
    for (const [status, code] of [[400, 'invalid'], [409, 'confirm'], [412, 'stale'], [429, 'rate_limited'], [503, 'busy'], [503, 'maintenance']])
        assert.equal(of(status, code), false, code);
});

test('each list has its words, in both languages', () => {
    for (const i18n of [en, de]) {
        for (const name of schema.names.flatMap(one => schema.filters(one)).map(({ name }) => name).filter(one => schema.chosenFrom(one)))
            assert.ok(i18n.t(`adminChoice_${name}`), name);
        for (const name of Object.keys(RESOURCES))
            for (const key of [`adminResource_${name}`, `adminOne_${name}`, ...schema.actions(name).filter(isKnown).map(action => `adminAction_${action}`)])
                assert.ok(i18n.t(key, { n: 1 }), key);
    }
});
