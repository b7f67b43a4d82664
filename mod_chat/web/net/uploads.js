/**
 * @file uploads.js
 * Files on their way to the server: one after the other, in the order in which they were given. Loaded with the first.
 *
 * Each has a client_id, so that sending it again makes no second message. Where the connection is lost, a file waits until
 * there is one; where the server is busy, or wants it slower, it waits as long as the server says; both by itself, and
 * those after it wait with it. Everything else rejects its promise with a ChatProblem, and its writer decides. While any
 * is on its way, closing the page asks whether that is meant: a file does not outlive it.
 *
 * An upload, as a view makes it: {name, size, prepare()}; prepare() gives a promise of the Blob that is sent. It gets
 *   state     waiting (for those before it), sending, sent (all of it has left, and no answer is there yet), offline, busy
 *   progress  of its bytes, from 0 to 1
 *
 * Bounded: FILES_MAX wait here, and one is in memory for sending. Who adds files keeps to FILES_MAX and BYTES_MAX in all, with
 * those that wait for something in their conversation and are not here yet (thread/files.js).
 */
import { ChatProblem } from './problem.js';
import { BACKOFF_MAX_MS, Timers, backoff } from './timers.js';
import { uploadFetch } from './upload_request.js';

export const FILES_MAX = 20;
export const BYTES_MAX = 200 * 2 ** 20;
const FAILURES_MAX = 3; // without an answer in a row, although there is a connection
const BUSY_MAX = 30; // times in a row that the server is busy
const WAIT_MAX_S = 300; // a longer wait is the writer's
const BUSY_S = 5; // where the server does not say how long
const STALE_MS = 10000; // without a byte sent when the connection comes back: it is not the same connection
const ANSWER_MS = 5000; // the answer to what has arrived already
const NO_ANSWER = /^(?:network|no_json|http_5\d\d)$/; // of the server's: none, or a proxy's

export class Uploads {
    #deps;
    #timers;
    #entries = []; // the first is under way
    #isRunning = false;
    #wake = null; // ends the wait of the first
    #movedAt = 0; // when a byte was sent last
    #listeners = {
        beforeunload: event => {
            event.preventDefault();
            event.returnValue = true;
        },
        online: () => this.onOnline(),
    };

    /**
     * `deps`: {rest, clock, random, window, XMLHttpRequest, isOnline(), files()}; files(): what hello said of them (socket.js).
     */
    constructor(deps) {
        this.#deps = deps;
        this.#timers = new Timers(deps.clock);
    }

    /** A promise of the message M; never settled for one that is withdrawn. */
    send(conversationId, content, clientId, upload) {
        return new Promise((resolve, reject) => {
            const entry = {
                conversationId, content, clientId, upload, resolve, reject, failures: 0, busy: 0, lane: this.#deps.rest.lane(),
            };

            if (this.#entries.length >= FILES_MAX) {
                reject(ofEntry(entry, new ChatProblem('queue_full', 'Too many files wait to be sent.')));
                return;
            }
            this.#entries.push(entry);
            upload.state = 'waiting';
            if (this.#entries.length === 1)
                for (const [type, listener] of Object.entries(this.#listeners))
                    this.#deps.window.addEventListener(type, listener);
            this.#run();
        });
    }

    /** Do not send it any more; what has left already may have arrived. */
    withdraw(clientId) {
        const entry = this.#entries.find(one => one.clientId === clientId);

        if (entry)
            this.#end(entry, () => {});
    }

    /** It has arrived, as is known by another way. Its answer, if one is to come, is waited for a moment. */
    settle(clientId) {
        if (this.#entries[0]?.clientId === clientId && this.#entries[0].upload.state === 'sent')
            this.#deps.clock.setTimeout(() => this.withdraw(clientId), ANSWER_MS);
        else
            this.withdraw(clientId);
    }

    /** There is a connection again. What has left in full may be looked at by the server, which takes its time: only its
     * silence (upload_request.js) ends that. */
    onOnline() {
        const [entry] = this.#entries;

        if (entry?.upload.state === 'offline')
            this.#wake?.();
        else if (entry?.upload.state === 'sending' && this.#deps.clock.now() - this.#movedAt > STALE_MS)
            entry.lane.abort();
    }

    /** `makeProblem()`: why none of them is sent. */
    refuseAll(makeProblem) {
        for (const entry of [...this.#entries])
            this.#end(entry, () => entry.reject(ofEntry(entry, makeProblem())));
    }

    async #run() {
        if (this.#isRunning)
            return;
        this.#isRunning = true;
        while (this.#entries.length > 0)
            await this.#attempt(this.#entries[0]);
        this.#isRunning = false;
    }

    async #attempt(entry) {
        try {
            const message = await this.#post(entry);

            this.#end(entry, () => entry.resolve(message));
        } catch (error) {
            if (!this.#entries.includes(entry))
                return;
            const wait_ms = this.#waitAfter(error, entry);

            if (wait_ms === null)
                this.#end(entry, () => entry.reject(ofEntry(entry, error)));
            else
                await this.#sleep(wait_ms);
        }
    }

    async #post(entry) {
        const { conversationId, content, clientId, upload, lane } = entry;
        const form = new FormData();
        const blob = await this.#prepare(upload);

        if (!this.#entries.includes(entry))
            throw new ChatProblem('withdrawn', 'It is not to be sent any more.');
        form.append('content', content);
        form.append('client_id', clientId);
        form.append('attachment', blob, upload.name); // the last: the rest is known before it has all come
        upload.progress = 0;
        this.#movedAt = this.#deps.clock.now();
        upload.state = 'sending';
        const { message } = await lane.postForm(`conversations/${conversationId}/messages/`, form, uploadFetch({
            ...this.#deps,
            onProgress: ({ loaded, total }) => this.#onProgress(entry, total > 0 ? loaded / total : 0),
            onSent: () => this.#onSent(entry),
        }));

        return message;
    }

    /* What can be known before: a server that refuses a body while it comes may end the connection. */
    async #prepare(upload) {
        const blob = await upload.prepare();
        const most = this.#deps.files()?.max_size ?? Infinity;

        if (blob.size > most)
            throw new ChatProblem('file_too_large', 'The file is too large.', { status: 413 });
        try {
            await blob.slice(0, 1).arrayBuffer();
        } catch {
            throw new ChatProblem('file_unreadable', 'The file cannot be read, or was changed meanwhile.');
        }
        if (blob.size === 0)
            throw new ChatProblem('file_empty', 'The file is empty.', { status: 400 });
        return blob;
    }

    #onProgress(entry, progress) {
        this.#movedAt = this.#deps.clock.now();
        entry.upload.progress = progress;
    }

    #onSent(entry) {
        entry.upload.progress = 1;
        entry.upload.state = 'sent';
    }

    /* How long until it is tried again by itself; Infinity: until there is a connection; null: it is not. */
    #waitAfter(problem, entry) {
        if (NO_ANSWER.test(problem.code)) {
            entry.busy = 0;
            return this.#waitAfterFailure(entry);
        }
        entry.failures = 0;
        const wait_s = problem.retryAfter_s ?? BUSY_S;

        if (!isBusy(problem) || wait_s > WAIT_MAX_S || ++entry.busy > BUSY_MAX)
            return null;
        entry.upload.state = 'busy';
        return wait_s * 1000;
    }

    /* That there is no network, browsers say wrongly at times: it only makes us slower. */
    #waitAfterFailure(entry) {
        const { random, isOnline, window } = this.#deps;
        const isLost = !isOnline();

        if (isLost || window.navigator?.onLine === false) {
            entry.failures = 0;
            entry.upload.state = 'offline';
            return isLost ? Infinity : BACKOFF_MAX_MS;
        }
        entry.upload.state = 'waiting';
        return ++entry.failures < FAILURES_MAX ? backoff(entry.failures, random) : null;
    }

    async #sleep(ms) {
        await new Promise(resolve => {
            this.#wake = resolve;
            if (ms !== Infinity)
                this.#timers.set('upload', ms, resolve);
        });
        this.#timers.cancel('upload');
        this.#wake = null;
    }

    #end(entry, run) {
        const isFirst = this.#entries[0] === entry;

        this.#entries = this.#entries.filter(one => one !== entry);
        if (isFirst) {
            entry.lane.abort();
            this.#wake?.();
        }
        if (this.#entries.length === 0)
            for (const [type, listener] of Object.entries(this.#listeners))
                this.#deps.window.removeEventListener(type, listener);
        run();
    }
}

/* What passes by itself. A scanner that is away may not come back soon. */
function isBusy({ status, code }) {
    return (status === 503 && code !== 'scanner_away') || code === 'rate_limited';
}

function ofEntry(entry, problem) {
    problem.clientId = entry.clientId;
    if (problem.status === 401)
        problem.code = 'login'; // as for texts: it goes out when they have signed in
    return problem;
}
