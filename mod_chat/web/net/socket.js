/**
 * @file socket.js
 * The live side of the chat for a page: the reference client of API.md, section WebSocket.
 *
 *     const chat = new ChatSocket('/api');
 *     chat.addEventListener('message', ({ detail: { message } }) => show(message));
 *     chat.connect();
 *     await chat.send(conversationId, 'Good morning!');
 *
 * Whatever happens to connections and servers, each message of each conversation is told once and in the
 * order of `seq` (sequencer.js): missed ones are resumed after `hello`, at `resync` and when a number is
 * missing (resume.js), and those of conversations of which none was heard yet are fetched
 * (sync.js). What the first list shows counts as known. What is sent stays until the server has
 * said what became of it (outbox.js). Receipts and typing are told as they come; `typing` ends by
 * itself (typing.js).
 *
 * Events, each with a `detail`:
 *   state         {state, reason}: idle, connecting, online, polling, waiting, offline, stopped, closed
 *   message       {message, conversation}; the conversation may be null
 *   conversation  {conversation}: new or changed; at the beginning, each of the first list
 *   read          {conversation_id, up_to, read_at, by_me}, and where the server has sent it, {unread_count, version} of the
 *                 conversation; may be told twice
 *   typing        {conversation_id, is_typing, typer}
 *   notification  what the server sent
 *   unread        {unread_messages, unread_conversations, version}: with each list, notification and resume, in no order: the
 *                 higher version is the newer one
 *   caughtup      {}: nothing is missing any more
 *   reset         {}: the database was set back to an earlier state (its epoch is another one, or the server has
 *                 less than was heard): all that was told is void, and what there is is told anew
 *   lost          {conversation_id}: too much was missed; load this conversation (null: the list) anew
 *   gone          {conversation_id}: a watched one cannot be seen any more, or it was deleted
 *   message_deleted  {conversation_id, message_ids}: null where they are many
 *   message_changed  {message}: it is another one than it was, as without its file
 *   error         {problem}: something without a promise was refused
 *
 * Connections end and begin again by themselves (connection.js). Not after 1008, a missing login, another
 * user than before: `stopped`, until connect(); for another user a page makes a new ChatSocket. Any answer 401 says that
 * a login is missing, and another CSRF token that it may be another user, who is then asked for with a new connection.
 * Answers and hello name their user by a tag (rest.js): what was written goes out for nobody else, whichever way. Where many
 * handshakes in a row fail, REST is asked: if it answers, something between lets no sockets through, and
 * it goes on without (`polling`, polling.js, the same events) while sockets are tried further.
 *
 * Bounded: timers have names and there is one of each; each queue says its own limit.
 * Known limit: receipts that came while nothing was heard are told of watched conversations only.
 */
import { Connection } from './connection.js';
import { fetchOrTake } from './early.js';
import { Outbox } from './outbox.js';
import { Polling } from './polling.js';
import { ChatProblem } from './problem.js';
import { ReadReceipts, receiptJson } from './read_receipts.js';
import { Rest } from './rest.js';
import { Resume } from './resume.js';
import { Sequencer } from './sequencer.js';
import { Sync } from './sync.js';
import { Timers, SYSTEM_CLOCK } from './timers.js';
import { Typing } from './typing.js';

const SEND_MS = 60000;
const CONTENT_BYTES_MAX = 65536 - 512; // ChatWebSocketMaxFrame, and room for the other members

/** Event with a detail (CustomEvent, which not every Node.js has). */
export class ChatEvent extends Event {
    constructor(type, detail) {
        super(type);
        this.detail = detail;
    }
}

export class ChatSocket extends EventTarget {
    #client;
    #rest; // of the client, what ends with a connection
    #connection;
    #resume;
    #sequencer;
    #outbox;
    #typing;
    #sync;
    #receipts = new ReadReceipts();
    #polling;
    #random;

    #emittedState = 'idle'; // the state that was told last
    #userId = null;
    #epoch = null; // of the database, as it was heard last; null: not yet
    #files; // what hello said of attachments
    #isProbing = false; // whether REST answers
    #frames = 0; // how many were sent, ever: a ref tells which one it was
    #clientIds = 0; // how many were made

    /**
     * `root`: where the API stands, of the page's own origin. `options`, for tests: WebSocket, fetch,
     * clock {now, setTimeout, clearTimeout}, random, window; and sendTimeout_ms. `role`: as the setter has it.
     */
    constructor(root = '/api', options = {}) {
        super();
        const window = options.window ?? globalThis;
        const clock = options.clock ?? SYSTEM_CLOCK;
        const timers = new Timers(clock);
        const { base, path } = placeOf(root, window);
        const isHidden = () => window.document?.visibilityState === 'hidden';

        this.#random = options.random ?? Math.random;
        this.#client = new Rest(path, {
            fetch: options.fetch ?? fetchOrTake,
            clock,
            cookies: () => window.document?.cookie ?? '',
            onUnauthorized: () => this.#stopForLogin(),
            onOtherToken: () => this.#verifyUser(),
            onOtherUser: () => this.#stopForUser(),
        });
        this.#rest = this.#client.lane();
        this.#sequencer = new Sequencer((message, conversation) => this.#deliver(message, conversation));
        this.#outbox = new Outbox(clock, options.sendTimeout_ms ?? SEND_MS);
        this.#typing = new Typing(clock, (id, isTyping) => this.#sendTyping(id, isTyping),
            frame => this.#emit('typing', frame));
        this.#sync = new Sync(this.#rest, this.#sequencer,
            (type, detail) => this.#emit(type, detail), epoch => this.#isStill(epoch));
        this.role = options.role ?? null;
        this.#connection = new Connection({
            url: socketUrl(base, path),
            WebSocket: options.WebSocket ?? window.WebSocket,
            window,
            clock,
            timers,
            random: this.#random,
            isHidden,
            onPhase: reason => this.#emitState(reason),
            onFrame: frame => this.#onFrame(frame),
            onDropped: code => this.#onDropped(code),
            onForbidden: () => this.#stop('policy'),
            onUnreachable: () => this.#probe(),
            onWake: soon_ms => this.#onWake(soon_ms),
            owed: () => this.#owed(),
            ask: () => this.#resume.ask(),
        });
        this.#resume = new Resume({
            connection: this.#connection,
            rest: this.#rest,
            sequencer: this.#sequencer,
            sync: this.#sync,
            clock,
            timers,
            random: this.#random,
            send: (name, frame) => this.#send(name, frame),
            onHandled: frame => this.#receipts.onHandled(frame),
            onCaughtUp: () => this.#emit('caughtup', {}),
        });
        this.#polling = new Polling({
            rest: this.#rest,
            sync: this.#sync,
            outbox: this.#outbox,
            receipts: this.#receipts,
            typing: this.#typing,
            timers,
            random: this.#random,
            isHidden,
            emit: (type, detail) => this.#emit(type, detail),
            onStopped: () => this.#emitState(),
            onLoginNeeded: () => this.#stopForLogin(),
        });
    }

    get state() {
        return this.#polling.isOn ? 'polling' : this.#connection.phase;
    }

    /** The REST client, also for what else a page asks; closed with this. */
    get rest() {
        return this.#client;
    }

    /** member or staff: only in conversations where the user is that is it looked for what was missed; null: in all. */
    set role(role) {
        this.#sync.role = role;
    }

    /** A promise of the first list that a page shows (GET conversations/): it is not asked for once more then. */
    beginWith(list) {
        this.#sync.beginWith(list);
    }

    /** As hello said it; null before. */
    get userId() {
        return this.#userId;
    }

    /** Which files the server accepts, as hello said it: {max_size, content_types}, or null, none; undefined: it has not, or
     * does not, say so. */
    get files() {
        return this.#files;
    }

    /** Begin; begin again after `stopped`, when the user has logged in; or do not wait any longer. */
    connect() {
        this.#connection.connect();
        this.#polling.hurry(0);
    }

    /** End, for good: no event, no timer, no request comes after it. What waits to be sent is rejected. */
    close() {
        if (this.#connection.phase === 'closed')
            return;
        this.#halt(() => this.#connection.close(), () => new ChatProblem('closed', 'The chat was closed.'));
        this.#typing.close();
        this.#client.close();
    }

    /**
     * A promise of the message M as it was stored; rejected with a ChatProblem. To try again a message whose
     * promise was rejected, give its clientId again: it is stored once.
     */
    send(conversationId, content, { clientId = this.#makeClientId() } = {}) {
        const problem = this.#problemOfSending(content);

        if (problem) {
            problem.clientId = clientId;
            return Promise.reject(problem);
        }
        const sent = this.#outbox.add(Number(conversationId), content, clientId);

        if (!this.#polling.isOn)
            this.#connection.hurry(); // somebody waits for it
        this.#flush();
        this.#typing.type(Number(conversationId), false);
        return sent;
    }

    /** Its promise never ends, unless it is on its way already. */
    withdraw(clientId) {
        this.#outbox.withdraw(clientId);
    }

    /** The user has read up to this message (its id), or all. Told again after a reconnect if need be. */
    read(conversationId, upTo = null) {
        this.#receipts.add(Number(conversationId), upTo);
        this.#flush();
    }

    /** To be called at each key; false when the text is empty again. */
    typing(conversationId, isTyping = true) {
        if (this.#connection.phase !== 'closed')
            this.#typing.type(Number(conversationId), isTyping);
    }

    /**
     * The page shows this conversation. `newest`: the newest message that it has loaded, null when there is
     * none; what comes after it will be told. Receipts that were missed are looked for here.
     */
    watch(conversationId, newest) {
        const id = Number(conversationId);

        if (!this.#sync.watch(id, newest))
            return;
        this.#polling.hurry(0);
        if (this.#connection.isOnline)
            this.#resume.add(id);
    }

    unwatch(conversationId) {
        this.#sync.unwatch(Number(conversationId));
    }

    // ---- The connection ------------------------------------------------------------------------

    #onDropped(code) {
        if (code === 1009)
            this.#outbox.refuseLongest(tooLarge());
        this.#newTransport();
        this.#typing.reset();
    }

    /* What was in flight is not, and what was under way is of the past. */
    #newTransport() {
        this.#resume.reset();
        this.#rest.abort();
        this.#outbox.unsend();
        this.#receipts.unsend();
    }

    #onWake(soon_ms) {
        if (this.#connection.isOnline && !this.#resume.isUnderWay)
            this.#resume.ask();
        this.#polling.hurry(soon_ms);
    }

    #owed() {
        const since = Math.min(this.#outbox.owedSince ?? Infinity, this.#resume.owedSince ?? Infinity);

        return { since: since === Infinity ? null : since, isToBeTriedAgain: this.#resume.isToBeTriedAgain };
    }

    #stop(reason, makeProblem = () => new ChatProblem('stopped', 'The connection to the chat has ended.')) {
        this.#halt(() => this.#connection.stop(reason), makeProblem);
    }

    #halt(end, makeProblem) {
        this.#polling.stop();
        this.#newTransport();
        end();
        this.#outbox.refuseAll(makeProblem);
        this.#receipts.clear();
    }

    // ---- What is heard -------------------------------------------------------------------------

    #onFrame(frame) {
        if (frame.type === 'hello') {
            this.#onHello(frame);
            return;
        }
        if (!this.#connection.isOnline)
            return; // hello comes first
        switch (frame.type) {
        case 'message':
            this.#sequencer.receive(frame.message, frame.conversation ?? null);
            this.#resume.next();
            break;
        case 'ack':
            this.#receipts.onHandled(refOf(frame.ref).frame);
            this.#outbox.settle(refOf(frame.ref).name, frame.message);
            this.#flush();
            break;
        case 'resumed':
            this.#resume.done(refOf(frame.ref).frame, without(without(frame, 'type'), 'ref'));
            break;
        case 'error':
            this.#onError(frame);
            break;
        case 'resync':
            this.#onResync(frame);
            break;
        case 'read':
            this.#onRead(frame);
            break;
        case 'typing':
            this.#typing.onTyping(without(frame, 'type'));
            break;
        case 'conversation':
            this.#sync.receive(frame.conversation);
            break;
        case 'message_deleted':
        case 'message_changed':
            this.#emit(frame.type, without(frame, 'type'));
            break;
        case 'conversation_deleted':
            this.#sync.forget(frame.conversation_id);
            break;
        case 'notification':
            this.#onNotification(without(frame, 'type'));
            break;
        }
    }

    /* To what we have asked, it says that the server does not have what we have heard. */
    #onResync({ ref, epoch }) {
        if (!this.#isReset(epoch) && ref !== undefined) {
            if (!this.#resume.isAnsweredBy(refOf(ref).frame))
                return; // to one of the past
            this.#reset();
        }
        this.#resume.resync();
    }

    #onHello({ user_id: userId, user_tag: tag, heartbeat, epoch, attachments }) {
        if (this.#connection.isOnline)
            return;
        if ((this.#userId !== null && this.#userId !== userId) || !this.#client.setUser(tag)) {
            this.#stopForUser(); // what waits was written by somebody else
            return;
        }
        this.#userId = userId;
        this.#files = attachments;
        this.#polling.stop();
        this.#newTransport();
        this.#isReset(epoch);
        this.#connection.markOnline(heartbeat);
        if (!this.#connection.isOnline)
            return; // who listens has ended it
        this.#resume.catchUp();
        this.#flush();
    }

    /* Whether it has begun anew for this: the epoch is another one than before. */
    #isReset(epoch) {
        const isOther = epoch && this.#epoch !== null && epoch !== this.#epoch;

        this.#epoch = epoch ?? this.#epoch;
        if (isOther)
            this.#reset();
        return Boolean(isOther);
    }

    /* A list of another epoch came before the socket was told. */
    #isStill(epoch) {
        if (!this.#isReset(epoch))
            return true;
        if (this.#connection.isOnline)
            this.#resume.catchUp();
        return false;
    }

    /* What is under way to be sent may be meant for a conversation that is another one now: its writer decides. */
    #reset() {
        this.#resume.reset();
        this.#sequencer.reset();
        this.#sync.reset();
        this.#receipts.clear();
        this.#typing.reset();
        this.#outbox.refuseAll(() => new ChatProblem('restored', 'The chat was set back to an earlier state.'));
        this.#emit('reset', {});
    }

    #onRead(frame) {
        if (frame.by_me)
            this.#receipts.onRead(frame.conversation_id, frame.up_to);
        this.#sync.onRead(frame);
        this.#emit('read', without(frame, 'type'));
    }

    #onNotification(detail) {
        this.#emit('notification', detail);
        if (detail.unread_messages === undefined)
            return;
        this.#sync.onCounts(detail);
        this.#emit('unread', detail);
    }

    #onError(frame) {
        const problem = ChatProblem.from(without(frame, 'type'));
        const { name } = refOf(frame.ref);

        this.#receipts.onHandled(refOf(frame.ref).frame);
        if (name === 'resume' && this.#resume.isUnderWay)
            this.#resume.refused(problem);
        else if (this.#outbox.refuse(name, problem))
            this.#flush();
        else if (name !== 'typing' && name !== 'resume')
            this.#emit('error', { problem });
    }

    #deliver(message, conversation) {
        if (this.#resume.isCaughtUp)
            this.#sync.advance(message.created_at);
        this.#emit('message', { message, conversation });
    }

    // ---- What is said --------------------------------------------------------------------------

    /* Say it on the socket; the number of the frame. */
    #send(name, frame) {
        this.#frames++;
        this.#connection.send({ ...frame, ref: `${name}.${this.#frames}` });
        return this.#frames;
    }

    /* What waits goes out, over whichever way there is. */
    #flush() {
        if (!this.#connection.isOnline) {
            this.#polling.post();
            return;
        }
        for (const one of this.#receipts.unsent())
            one.frame = this.#send('read', { type: 'read', conversation_id: one.id, ...receiptJson(one) });
        let entry;

        while ((entry = this.#outbox.next()))
            this.#send(entry.ref, {
                type: 'send',
                conversation_id: entry.conversationId,
                content: entry.content,
                client_id: entry.clientId,
            });
        this.#connection.watchSilence();
    }

    /* False: nobody heard it. */
    #sendTyping(id, isTyping) {
        if (!this.#connection.isOnline)
            return this.#polling.sendTyping(id, isTyping);
        this.#send('typing', { type: 'typing', conversation_id: id, is_typing: isTyping });
        return true;
    }

    #problemOfSending(content) {
        const { phase } = this.#connection;

        if (phase === 'closed' || phase === 'stopped')
            return new ChatProblem(phase, 'The connection to the chat has ended.');
        return bytesOf(content) > CONTENT_BYTES_MAX ? tooLarge() : null;
    }

    /* Different from all others of the user: those of this page by the count. */
    #makeClientId() {
        const digits = () => Math.floor(this.#random() * 2 ** 32).toString(36).padStart(7, '0');

        return `${digits()}${digits()}${digits()}-${++this.#clientIds}`;
    }

    // ---- Without a socket ----------------------------------------------------------------------

    /* Handshakes fail; a browser does not say why. */
    async #probe() {
        const { phase } = this.#connection;

        if (this.#polling.isOn || this.#isProbing || phase === 'closed')
            return;
        this.#isProbing = true;
        try {
            await this.#rest.get('conversations/unread/');
            this.#startPolling();
        } catch (problem) {
            if (problem.isLogin && !this.#connection.isOnline && this.#connection.phase !== 'closed')
                this.#stopForLogin();
        } finally {
            this.#isProbing = false;
        }
    }

    #startPolling() {
        const { phase } = this.#connection;

        if (phase !== 'waiting' && phase !== 'connecting')
            return;
        this.#polling.start();
        this.#emitState();
    }

    /* Hello says who it is; without sockets the next answer does. True: until then no answer is believed. */
    #verifyUser() {
        if (!this.#polling.isOn)
            this.#connection.restart();
        return !this.#polling.isOn;
    }

    /* What is asked from now on would be answered for somebody else. */
    #stopForUser() {
        this.#stop('user', () => new ChatProblem('stopped', 'Somebody else has logged in.'));
        this.#client.close(new ChatProblem('user', 'Somebody else has logged in.'));
    }

    #stopForLogin() {
        if (this.#connection.phase === 'closed' || this.#connection.phase === 'stopped')
            return;
        this.#stop('login', () => new ChatProblem('login', 'Please log in.', { status: 401 }));
    }

    // ---- Helpers -------------------------------------------------------------------------------

    #emitState(reason = null) {
        if (this.state === this.#emittedState)
            return;
        this.#emittedState = this.state;
        this.dispatchEvent(new ChatEvent('state', { state: this.state, reason }));
    }

    #emit(type, detail) {
        if (this.#connection.phase !== 'closed')
            this.dispatchEvent(new ChatEvent(type, detail));
    }
}

/* What a ref that we gave says: "s7.12" is the outbox's s7, sent as frame 12. */
function refOf(ref) {
    const [name, frame] = String(ref ?? '').split('.');

    return { name, frame: Number(frame ?? NaN) };
}

/* Where the API stands: `root`, of the page's own origin. */
function placeOf(root, window) {
    const base = new URL(root, window.location?.href);

    return { base, path: base.pathname.replace(/\/+$/, '') };
}

function socketUrl(base, path) {
    const url = new URL(`${path}/conversations/ws/`, base);

    url.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
}

function without(object, name) {
    const { [name]: _, ...rest } = object;

    return rest;
}

function bytesOf(text) {
    return new TextEncoder().encode(JSON.stringify(text)).length;
}

function tooLarge() {
    return new ChatProblem('too_large', 'This message is too long.', { status: 413 });
}
