// A ChatSocket on a fake server with a fake clock, and what it told.
import { ChatSocket } from '../../../mod_chat/web/net/socket.js';
import { FakeClock, FakeServer, FakeWindow } from './fakes.mjs';

const TYPES = ['state', 'message', 'conversation', 'read', 'typing', 'notification', 'unread', 'caughtup', 'lost',
    'reset', 'error', 'gone', 'message_deleted', 'message_changed'];

export class Client {
    events = []; // {type, ...detail}

    constructor({ random = () => 0.5, clock = new FakeClock(), server = new FakeServer(clock), ...options } = {}) {
        this.clock = clock;
        this.server = server;
        this.window = new FakeWindow();
        this.chat = new ChatSocket('/api', {
            clock, random, window: this.window, WebSocket: server.WebSocket, fetch: server.fetch, ...options,
        });
        for (const type of TYPES)
            this.chat.addEventListener(type, ({ detail }) => this.events.push({ type, ...detail }));
    }

    /** Connected, and caught up. */
    async begin() {
        this.chat.connect();
        await this.clock.tick();
        return this;
    }

    of(type) {
        return this.events.filter(event => event.type === type);
    }

    /** The seqs that were told of a conversation. */
    seqs(id) {
        return this.of('message').map(({ message }) => message)
            .filter(message => message.conversation_id === id).map(({ seq }) => seq);
    }

    states() {
        return this.of('state').map(({ state }) => state);
    }

    forget() {
        this.events.length = 0;
        this.server.requests.length = 0;
    }
}

/** What a promise that must be rejected says. */
export async function problemOf(promise) {
    try {
        await promise;
    } catch (problem) {
        return problem;
    }
    throw new Error('it was not rejected');
}
