// Messages in order, each once, whichever way they come (net/sequencer.js).
import assert from 'node:assert/strict';
import test from 'node:test';
import { Sequencer } from '../../mod_chat/web/net/sequencer.js';
import { seeded } from './lib/fakes.mjs';

const m = (conversation_id, seq) => ({ conversation_id, seq, id: conversation_id * 100000 + seq });

function makeOrder() {
    const told = [];
    const order = new Sequencer(message => told.push(`${message.conversation_id}/${message.seq}`));

    return { order, told, take: (...messages) => messages.forEach(([id, seq]) => order.receive(m(id, seq))) };
}

/* A resume that brings these. */
function resume({ order, take }, id, ...seqs) {
    const turn = order.resumeBegin();

    take(...seqs.map(seq => [id, seq]));
    order.resumeEnd(turn, [id]);
}

test('counting begins with the first message that is heard', () => {
    const { take, told, order } = makeOrder();

    take([1, 7], [1, 8], [2, 1]);
    assert.deepEqual(told, ['1/7', '1/8', '2/1']);
    assert.deepEqual(order.known(), [[1, 8], [2, 1]]);
});

test('what was heard is dropped', () => {
    const { take, told } = makeOrder();

    take([1, 7], [1, 7], [1, 8], [1, 7], [1, 8], [1, 3]);
    assert.deepEqual(told, ['1/7', '1/8']);
});

test('what comes too early waits, and is a gap', () => {
    const { take, told, order } = makeOrder();

    take([1, 7], [1, 10], [1, 9]);
    assert.deepEqual(told, ['1/7']);
    assert.deepEqual(order.gaps(), [[1, 7]]);
    take([1, 8]);
    assert.deepEqual(told, ['1/7', '1/8', '1/9', '1/10']);
    assert.deepEqual(order.gaps(), []);
});

test('a gap in one conversation does not hold up another', () => {
    const { take, told } = makeOrder();

    take([1, 1], [2, 1], [1, 3], [2, 2]);
    assert.deepEqual(told, ['1/1', '2/1', '2/2']);
});

test('what a resume leaves out does not exist', () => {
    const it = makeOrder();

    it.take([1, 1], [1, 5]);
    resume(it, 1, 2, 5);
    assert.deepEqual(it.told, ['1/1', '1/2', '1/5']);
    assert.deepEqual(it.order.gaps(), []);
});

test('but a message that came after it was asked for may have something before it', () => {
    const it = makeOrder();

    it.take([1, 1], [1, 3]);
    const turn = it.order.resumeBegin();

    it.take([1, 6]);
    it.order.resumeEnd(turn, [1]);
    assert.deepEqual(it.told, ['1/1', '1/3']);
    assert.deepEqual(it.order.gaps(), [[1, 3]]);
    resume(it, 1, 5, 6);
    assert.deepEqual(it.told, ['1/1', '1/3', '1/5', '1/6']);
});

test('too much is dropped and asked for again', () => {
    const it = makeOrder();
    const seqs = Array.from({ length: 1200 }, (_, i) => i + 3);

    it.take([1, 1], ...seqs.map(seq => [1, seq]));
    assert.deepEqual(it.told, ['1/1']);
    let rounds = 0;

    for (let gap; (gap = it.order.gaps()[0]) && rounds < 10; rounds++) // number 2 was deleted
        resume(it, 1, ...seqs.filter(seq => seq > gap[1]));
    assert.equal(it.told.length, 1201);
    assert.equal(it.told.at(-1), '1/1202');
    assert.ok(rounds < 5, `${rounds} rounds`);
});

test('what was dropped, and is deleted before it is asked for, is not waited for', () => {
    const it = makeOrder();

    it.take([1, 1], ...Array.from({ length: 501 }, (_, i) => [1, i + 3]));
    resume(it, 1, ...Array.from({ length: 501 }, (_, i) => i + 2)); // all but the last, 503
    assert.equal(it.told.at(-1), '1/502');
    assert.deepEqual(it.order.gaps(), []);
});

test('while it is found out what was missed, conversations without a seq wait', () => {
    const { order, take, told } = makeOrder();

    take([1, 4]);
    order.markKnown(2, 200010);
    order.catchUpBegin();
    take([1, 5], [2, 12], [3, 1]);
    assert.deepEqual(told, ['1/4', '1/5']);
    const { after, turn } = order.fetchBegin(2);

    assert.equal(after, 200010);
    order.fetched([m(2, 11), m(2, 12), m(2, 13)]);
    order.fetchEnd(2, turn);
    assert.deepEqual(told, ['1/4', '1/5', '2/11', '2/12', '2/13']);
    assert.equal(order.catchUpEnd(), true);
    assert.deepEqual(told.at(-1), '3/1');
    assert.deepEqual(order.gaps(), []);
});

test('what was held goes through after a fetch that did not bring it', () => {
    const { order, take, told } = makeOrder();

    order.markKnown(2, 200010);
    order.catchUpBegin();
    const { turn } = order.fetchBegin(2);

    take([2, 13]);
    order.fetched([m(2, 11)]);
    order.fetchEnd(2, turn);
    order.catchUpEnd();
    assert.deepEqual(told, ['2/11']); // 12 may be on its way
    assert.deepEqual(order.gaps(), [[2, 11]]);
});

test('a fetch that has not ended lets nothing through', () => {
    const { order, take, told } = makeOrder();

    order.markKnown(2, 200010);
    order.catchUpBegin();
    order.fetchBegin(2);
    take([2, 13]);
    assert.deepEqual(told, []);
    assert.equal(order.isBehind(2, 200010), false);
    assert.equal(order.isBehind(2, 200011), true);
    assert.equal(order.isBehind(9, 1), null);
});

test('an empty conversation is counted from its first message on', () => {
    const { order, take, told } = makeOrder();

    assert.equal(order.markKnown(1, null), true);
    take([1, 2]);
    assert.deepEqual(told, []);
    assert.deepEqual(order.gaps(), [[1, 0]]);
    take([1, 1]);
    assert.deepEqual(told, ['1/1', '1/2']);
    assert.equal(order.markKnown(1, null), false);
});

test('a page that has less than a list said is behind', () => {
    const { order } = makeOrder();

    order.markKnown(1, 100060);
    assert.equal(order.markKnown(1, 100058, 58), true);
    assert.deepEqual(order.known(), [[1, 58]]);
    assert.equal(order.isBehind(1, 100060), true);
});

test('conversations are remembered up to a number, those used last', () => {
    const { order, take } = makeOrder();

    for (let id = 1; id <= 1500; id++)
        take([id, 1]);
    assert.equal(order.known().length, 1000);
    assert.equal(order.seqOf(500), null);
    assert.equal(order.seqOf(501), 1);
});

test('what is dropped of a conversation without a seq asks for another list', () => {
    const { order, take, told } = makeOrder();

    order.catchUpBegin();
    take(...Array.from({ length: 501 }, (_, i) => [i + 1, 5]));
    assert.equal(order.catchUpEnd(), false);
    assert.deepEqual(told, []);
    assert.equal(order.catchUpEnd(), true);
    assert.equal(told.length, 500);
});

test('one more conversation than fits, all of them late, asks for another list', () => {
    const { order, take } = makeOrder();

    for (let id = 1; id <= 1001; id++)
        take([id, 1], [id, 3]);
    assert.equal(order.catchUpEnd(), false);
});

test('a conversation that is forgotten begins anew', () => {
    const { order, take, told } = makeOrder();

    take([1, 1], [1, 3]);
    order.forget(1);
    order.forget(1);
    take([1, 9]);
    assert.deepEqual(told, ['1/1', '1/9']);
    assert.deepEqual(order.gaps(), []);
});

test('whatever is lost, doubled and turned around, each comes once and in order', () => {
    for (let seed = 1; seed <= 300; seed++) {
        const random = seeded(seed);
        const it = makeOrder();
        const exists = seq => seq % 7 !== seed % 7; // the others were deleted
        const all = [];
        const below = max => Array.from({ length: max }, (_, i) => i + 1).filter(exists);
        let committed = 0;

        it.order.markKnown(1, null);
        for (let i = 0; i < 60; i++) {
            committed += Math.floor(random() * 4);
            const live = below(committed).slice(-Math.floor(random() * 6)).filter(() => random() < 0.6);

            it.take(...live.sort(() => random() - 0.5).map(seq => [1, seq]));
            const [gap] = it.order.gaps();

            if (!gap)
                continue;
            const turn = it.order.resumeBegin();
            const snapshot = below(committed).filter(seq => seq > gap[1]);

            committed += Math.floor(random() * 3);
            it.take(...below(committed).slice(-2).filter(() => random() < 0.5).map(seq => [1, seq])); // before it
            it.take(...snapshot.map(seq => [1, seq]));
            it.order.resumeEnd(turn, [1]);
        }
        all.push(...below(committed));
        const turn = it.order.resumeBegin();

        it.take(...all.filter(seq => seq > it.order.seqOf(1)).map(seq => [1, seq]));
        it.order.resumeEnd(turn, [1]);
        for (let gap; (gap = it.order.gaps()[0]);)
            resume(it, 1, ...all.filter(seq => seq > gap[1]));
        assert.deepEqual(it.told, all.map(seq => `1/${seq}`), `seed ${seed}`);
    }
});
