// Everything at once, at random: frames lost, doubled and late, connections ended, servers gone, REST
// refused, sockets not let through. Afterwards each client has what the server has, in order, each once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client } from './lib/client.mjs';
import { FakeClock, FakeServer, reply, seeded } from './lib/fakes.mjs';

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 40);
const CONVERSATIONS = 6;

/* A server whose frames suffer; the chance of each is a number below 1. */
class BadServer extends FakeServer {
    chance = 0;

    constructor(clock, random) {
        super(clock);
        this.random = random;
    }

    happens(factor = 1) {
        return this.random() < this.chance * factor;
    }

    /* What a server never does by itself, a resync or the end of the connection follows. */
    tellAll(message) {
        for (const socket of this.open) {
            if (this.happens(0.3)) {
                setImmediate(() => this.random() < 0.5 ? socket.hear({ type: 'resync' }) : socket.end(1006));
                continue;
            }
            socket.hear(this.frame(message));
            if (this.happens())
                socket.hear(this.frame(message));
        }
    }

    handle(socket, frame) {
        if (this.happens(0.2)) {
            socket.end(this.random() < 0.5 ? 1001 : 1006); // before it was heard
            return;
        }
        if (this.happens(0.2) && frame.type === 'resume') {
            socket.hear({ type: 'error', status: 503, code: 'busy', detail: 'x', ref: frame.ref });
            return;
        }
        super.handle(socket, frame);
        if (this.happens(0.2))
            socket.isDead = true;
    }

    on_send(socket, frame) {
        if (this.happens(0.3)) { // stored, and the ack lost
            this.post(frame.conversation_id, frame.content, { clientId: frame.client_id, byUser: true });
            socket.end(1006);
            return;
        }
        super.on_send(socket, frame);
    }

    async answer(request) {
        if (this.happens(0.5))
            return this.random() < 0.5 ? reply(503, { status: 503, code: 'busy', detail: 'x' }) : reply(502, '<html>');
        const result = await super.answer(request);

        if (this.happens(0.5))
            throw new TypeError('Failed to fetch');
        return result;
    }
}

/* As a person does who presses the button again. */
async function sendUntilStored(chat, id, content, clientId) {
    try {
        return await chat.send(id, content, clientId && { clientId });
    } catch (problem) {
        assert.equal(problem.status, 503);
        return sendUntilStored(chat, id, content, problem.clientId);
    }
}

for (let seed = 1; seed <= ROUNDS; seed++) {
    test(`round ${seed}`, async () => {
        const deleted = new Set(); // messages that an administrator took away
        const random = seeded(seed * 7919);
        const clock = new FakeClock();
        const server = new BadServer(clock, random);
        const client = new Client({ clock, server, random, sendTimeout_ms: 1e9 });
        const sent = [];
        const pick = max => Math.floor(random() * max);

        for (let id = 1; id <= CONVERSATIONS; id++)
            server.addConversation(id, pick(4));
        await clock.tick(60000);
        const start = new Map([...server.conversations.values()].map(one => [one.id, one.messages.at(-1)?.seq ?? 0]));

        await client.begin();
        server.chance = 0.3 * random();
        for (let step = 0; step < 150; step++) {
            const id = 1 + pick(server.conversations.size);

            switch (pick(12)) {
            case 0:
                if (server.conversations.size < 12)
                    start.set(server.addConversation(server.conversations.size + 1).id, 0);
                break;
            case 1:
                if (random() < server.chance)
                    server.open.forEach(socket => socket.end([1001, 1006, 1011, 1013][pick(4)]));
                break;
            case 2:
                if (random() < server.chance)
                    server.isUp = !server.isUp;
                break;
            case 3:
                if (random() < server.chance)
                    server.sockets_are_let_through = !server.sockets_are_let_through;
                break;
            case 4:
                if (random() < server.chance && server.conversations.get(id).messages.length > 3)
                    server.conversations.get(id).messages.splice(-2, 1).forEach(({ seq }) => deleted.add(`${id}/${seq}`));
                break;
            case 5:
            case 6:
                sent.push(sendUntilStored(client.chat, id, `own ${step}`));
                break;
            default:
                server.post(id, `theirs ${step}`);
            }
            await clock.tick(pick(4) ? pick(500) : pick(20000));
        }
        server.chance = 0;
        server.isUp = server.sockets_are_let_through = true;
        await clock.tick(400000);
        assert.equal(client.chat.state, 'online');
        await Promise.all(sent);
        for (const { id, messages } of server.conversations.values()) {
            const expected = messages.map(({ seq }) => seq).filter(seq => seq > start.get(id));
            const got = client.seqs(id).filter(seq => !deleted.has(`${id}/${seq}`));

            assert.deepEqual(got, expected, `conversation ${id}`);
            assert.deepEqual(client.seqs(id), [...client.seqs(id)].sort((a, b) => a - b));
        }
        const own = [...server.conversations.values()].flatMap(({ messages }) => messages)
            .map(({ content }) => content).filter(content => content.startsWith('own'));

        assert.equal(new Set(own).size, own.length);
        assert.deepEqual(client.of('lost'), []);
        client.chat.close();
        assert.equal(clock.timers.size, 0);
    });
}