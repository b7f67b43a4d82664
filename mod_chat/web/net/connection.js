/**
 * @file connection.js
 * The connection to the chat's WebSocket: one socket after the other, and how long to wait between them.
 *
 * When a socket ends: 1001 and 1012 (the server restarts): again within a second, at random, so that
 * thousands do not come together. Else after 1 to 60 s at random (timers.js), within a second when the
 * network or the reader comes back. 1008 is for the owner to decide on.
 *
 * Dead connections: browsers answer the server's pings without telling. So after two heartbeats of
 * silence the owner is to ask; and where something is owed and nothing at all is heard for ANSWER_MS, the
 * connection is dead. A page that is hidden stays connected; its timers may come a minute late.
 * Bounded: one socket, three timers.
 */
import { ChatProblem } from './problem.js';
import { BACKOFF_MAX_MS, backoff } from './timers.js';

const HELLO_MS = 15000; // for the handshake and hello
const STABLE_MS = 5000; // a connection that lived so long was a good one
const JITTER_MS = 1000;
const RESTARTS_MAX = 3; // at once in a row
const REFUSALS_MAX = 3; // handshakes in a row that failed, before the owner is told
const HURRY_MS = 1000; // between attempts that a person asks for
const ANSWER_MS = 10000;
const HEARTBEAT_S = 30; // unless hello says otherwise

export class Connection {
    #deps;
    #phase = 'idle';
    #ws = null;
    #openedAt = -Infinity; // when the last attempt was made
    #helloAt = null; // null: not online
    #receivedAt = 0;
    #heartbeat_ms = HEARTBEAT_S * 1000;
    #failures = 0; // ends in a row without a good connection
    #refusals = 0; // ends in a row without hello
    #listeners = [];

    /**
     * `deps`: {url, WebSocket, window, clock, random, timers, isHidden()}, and of the owner:
     *   onPhase(reason)   `phase` was entered, perhaps again; the reason may be null
     *   onFrame(frame)    an object came
     *   onDropped(code)   it is not online any more
     *   onForbidden()     1008: to stop() it
     *   onUnreachable()   so many handshakes failed in a row; said at each from then on
     *   onWake(soon_ms)   the network, or somebody who looks, is back
     *   owed()            {since, isToBeTriedAgain}: since when an answer is owed (null: none is), and
     *                     whether what it is owed for waits to be asked again
     *   ask()             say something that will be answered
     * Its timers are `hello`, `retry` and `alive`.
     */
    constructor(deps) {
        const { window } = deps;

        this.#deps = deps;
        this.#listen(window, 'online', () => this.#wake());
        this.#listen(window, 'offline', () => this.#goOffline());
        this.#listen(window, 'pageshow', () => this.#wake());
        this.#listen(window.document, 'visibilitychange', () => deps.isHidden() || this.#wake());
    }

    /** idle, connecting, online (since markOnline()), waiting, offline, stopped, closed */
    get phase() {
        return this.#phase;
    }

    /** Whether something can be said. */
    get isOnline() {
        return this.#helloAt !== null;
    }

    /** Begin; begin again after `stopped`; or do not wait any longer. */
    connect() {
        if (this.#phase === 'closed')
            throw new ChatProblem('closed', 'This chat was closed.');
        if (this.#phase !== 'idle' && this.#phase !== 'stopped') {
            this.hurry();
            return;
        }
        this.#failures = this.#refusals = 0;
        this.#open();
    }

    /** Somebody waits: the next attempt is made now, unless there was one within HURRY_MS. */
    hurry() {
        const { clock, timers } = this.#deps;

        if (this.#phase === 'waiting' || this.#phase === 'offline')
            timers.hurry('retry', Math.max(0, this.#openedAt + HURRY_MS - clock.now()), () => this.#open());
    }

    /** A new socket in place of the one that there is. */
    restart() {
        if (this.#phase === 'closed' || this.#phase === 'stopped' || this.#phase === 'idle')
            return;
        this.#drop(1000);
        this.#open();
    }

    /** Hello was heard, and is good: it is online. */
    markOnline(heartbeat_s) {
        this.#deps.timers.cancel('hello');
        this.#helloAt = this.#deps.clock.now();
        this.#heartbeat_ms = (heartbeat_s > 0 ? heartbeat_s : HEARTBEAT_S) * 1000;
        this.#refusals = 0;
        this.#enter('online');
    }

    /** While it is online. */
    send(frame) {
        this.#ws.send(JSON.stringify(frame));
    }

    /** The other side has closed it, or is dead; another one follows, but for 1008. */
    end(code = 1006) {
        const { clock, random } = this.#deps;
        const wasOnline = this.isOnline;

        if (wasOnline && clock.now() - this.#helloAt >= STABLE_MS)
            this.#failures = 0;
        this.#failures++;
        this.#refusals = wasOnline ? 0 : this.#refusals + 1;
        this.#drop(code);
        if (code === 1008) {
            this.#deps.onForbidden();
            return;
        }
        const isRestart = wasOnline && (code === 1001 || code === 1012) && this.#failures <= RESTARTS_MAX;

        this.#wait(isRestart ? random() * JITTER_MS : backoff(this.#failures, random));
        if (this.#refusals >= REFUSALS_MAX)
            this.#deps.onUnreachable();
    }

    /** No other one follows, until connect(). */
    stop(reason) {
        this.#halt('stopped', reason);
    }

    /** For good. */
    close() {
        for (const [target, type, listener] of this.#listeners)
            target.removeEventListener(type, listener);
        this.#halt('closed', null);
    }

    /** Look again when the connection could be dead by then; to be called when something is owed. */
    watchSilence() {
        if (!this.isOnline)
            return;
        const { clock, timers } = this.#deps;
        const { since, isToBeTriedAgain } = this.#deps.owed();
        const due = since === null
            ? this.#receivedAt + 2 * this.#heartbeat_ms : Math.max(since, this.#receivedAt) + ANSWER_MS;
        const wait_ms = Math.max(due - clock.now(), isToBeTriedAgain ? ANSWER_MS : 0);

        if (wait_ms > 0)
            timers.set('alive', wait_ms, () => this.watchSilence());
        else if (since !== null)
            this.end();
        else
            this.#deps.ask();
    }

    #open() {
        const { WebSocket, timers, url } = this.#deps;

        timers.cancel('retry');
        this.#openedAt = this.#deps.clock.now();
        this.#enter('connecting');
        if (this.#phase !== 'connecting')
            return; // who listens has ended it
        let ws;

        try {
            ws = new WebSocket(url, 'chat.v1');
        } catch {
            this.end();
            return;
        }
        this.#ws = ws;
        ws.onmessage = ({ data }) => this.#onData(data);
        ws.onclose = ({ code }) => this.end(code);
        timers.set('hello', HELLO_MS, () => this.end());
    }

    /* Let go of the socket, without waiting for what a dead one would never say. */
    #drop(code) {
        const ws = this.#ws;
        const wasOnline = this.isOnline;

        this.#ws = null;
        this.#helloAt = null;
        if (ws) {
            ws.onmessage = ws.onclose = null;
            ws.close(1000);
        }
        this.#deps.timers.cancel('hello', 'alive');
        if (wasOnline)
            this.#deps.onDropped(code);
    }

    #halt(phase, reason) {
        this.#drop(1000);
        this.#deps.timers.cancel('retry');
        this.#enter(phase, reason);
    }

    #wait(ms) {
        this.#deps.timers.set('retry', this.#isOffline ? BACKOFF_MAX_MS : ms, () => this.#open());
        this.#enter(this.#isOffline ? 'offline' : 'waiting');
    }

    #wake() {
        const soon_ms = this.#deps.random() * JITTER_MS;

        if ((this.#phase === 'waiting' || this.#phase === 'offline') && !this.#isOffline) {
            this.#deps.timers.hurry('retry', soon_ms, () => this.#open());
            this.#enter('waiting');
        }
        this.#deps.onWake(soon_ms);
    }

    #goOffline() {
        if (this.#phase === 'waiting')
            this.#wait(BACKOFF_MAX_MS);
        else
            this.#wake(); // what is connected may live on: another network, or the browser is wrong
    }

    #onData(data) {
        const frame = parse(data);

        this.#receivedAt = this.#deps.clock.now();
        if (frame)
            this.#deps.onFrame(frame);
    }

    #enter(phase, reason = null) {
        this.#phase = phase;
        this.#deps.onPhase(reason);
    }

    /* Browsers are wrong about it at times, so it only makes us slower. */
    get #isOffline() {
        return this.#deps.window.navigator?.onLine === false;
    }

    #listen(target, type, listener) {
        target?.addEventListener?.(type, listener);
        if (target?.removeEventListener)
            this.#listeners.push([target, type, listener]);
    }
}

function parse(data) {
    try {
        const frame = JSON.parse(data);

        return frame && typeof frame === 'object' ? frame : null;
    } catch {
        return null;
    }
}
