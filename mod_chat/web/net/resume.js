/**
 * @file resume.js
 * What was missed between two sockets: resumed by `seq` where a message was heard, listed by REST where not.
 *
 * Conversations of which the sequencer knows a seq are resumed over the socket, RESUME_MAX in a
 * frame. The first one asks as well whether the list has changed that there was before; if so, or where there was
 * none, REST tells what is in it (sync.js). So a page that has just asked for its list asks no second time. The same after
 * `resync`, and for single conversations when a number is missing, or a page shows one of which it is not
 * known whether something came. An empty resume asks whether anybody is there.
 *
 * Bounded: one resume is under way at a time, RESUME_MS at most, and is tried again RESUME_TRIES_MAX times.
 */
import { backoff } from './timers.js';

const RESUME_MS = 120000;
const RESUME_MAX = 100; // conversations in a frame
const RESUME_TRIES_MAX = 5;
const RESYNC_MS = 2000; // all get resync at once, and come back within this time

export class Resume {
    #deps;
    #asked = null; // {ids, turn, frame, sentAt, onNews}; sentAt is null while it waits to be tried again
    #toAsk = null; // {question, onNews}: what the next one asks of the list
    #tries = 0;
    #toResume = []; // ids
    #run = 0; // of catching up; a newer one ends the older
    #isListed = false;
    #isCaughtUp = false;

    /**
     * `deps`: {connection, rest, sequencer, sync, clock, random, timers}, and of the owner: send(name, frame) gives
     * the number of the frame, onHandled(frame), onCaughtUp(). Its timers are `resume` and `catchup`. It ends
     * the connection when nothing comes of a resume, and has it watch for an answer.
     */
    constructor(deps) {
        this.#deps = deps;
    }

    /** Nothing is missing any more. */
    get isCaughtUp() {
        return this.#isCaughtUp;
    }

    /** Whether one is under way. */
    get isUnderWay() {
        return this.#asked !== null;
    }

    /** Since when an answer is owed; null: none is. */
    get owedSince() {
        return this.#asked?.sentAt ?? null;
    }

    /** One was refused, and waits to be asked again. */
    get isToBeTriedAgain() {
        return this.#asked?.sentAt === null;
    }

    /** What is under way is of the past. */
    reset() {
        this.#deps.timers.cancel('resume', 'catchup');
        this.#run++;
        this.#asked?.onNews?.(null);
        this.#toAsk?.onNews(null);
        this.#asked = this.#toAsk = null;
        this.#tries = 0;
        this.#toResume = [];
        this.#isListed = this.#isCaughtUp = false; // REST, too, brings messages of some conversations before others
    }

    /** Whether the resume under way was asked for in this frame. */
    isAnsweredBy(frame) {
        return this.#asked?.frame === frame;
    }

    /** `resync`: the server has lost count. */
    resync() {
        this.catchUp(this.#deps.random() * RESYNC_MS);
    }

    /** Resume what was heard of, and list what was not. */
    async catchUp(wait_ms = 0) {
        const { sync, sequencer, random, rest, timers } = this.#deps;
        const run = ++this.#run;
        const isOver = () => run !== this.#run;
        let isListed = false;

        rest.abort();
        this.#isListed = this.#isCaughtUp = false;
        if (sync.hasBegun)
            sequencer.catchUpBegin();
        if (wait_ms > 0)
            await timers.sleep('catchup', wait_ms);
        if (isOver())
            return;
        const begun = sync.begin().catch(() => {}); // everything is begun anew

        if (sync.isBeginning)
            await begun; // otherwise this is said before all that waits, such as receipts, which would change the list
        if (isOver())
            return;
        this.#toResume = sequencer.known().map(([id]) => id).reverse(); // the last used first
        const resumed = new Set(this.#toResume);
        let news = await this.#askNews(sync.question);

        if (isOver())
            return;
        for (let tries = 1; ; tries++) {
            try {
                if (!isListed) {
                    await sync.run(id => resumed.has(id), news);
                    news = null;
                    if (isOver())
                        return;
                    isListed = sequencer.catchUpEnd();
                }
                if (isListed) {
                    await sync.refresh(() => true);
                    break;
                }
            } catch {
                if (!isOver())
                    await timers.sleep('catchup', backoff(tries, random));
                if (isOver())
                    return;
            }
        }
        if (isOver())
            return;
        this.#isListed = true;
        this.next();
    }

    /* What the server says of the list that there was: sync.js. null: nothing. */
    #askNews(question) {
        this.#toAsk?.onNews(null);
        this.#toAsk = null;
        if (!question) {
            if (this.#toResume.length === 0 && !this.#asked)
                this.ask(); // for a moment the server holds back what comes, for those who resume
            this.next();
            return null;
        }
        return new Promise(onNews => {
            this.#toAsk = { question, onNews };
            this.next();
        });
    }

    /** It is not known whether something came in this conversation. */
    add(id) {
        this.#toResume.push(id);
        this.next();
    }

    /** Something is missing, perhaps: resume it, unless one is under way. */
    next() {
        const { connection, sequencer } = this.#deps;

        if (this.#asked || !connection.isOnline)
            return;
        const ids = this.#toResume.splice(0, RESUME_MAX);
        const pairs = ids.length > 0
            ? ids.map(id => [id, sequencer.seqOf(id)]) : sequencer.gaps().slice(0, RESUME_MAX);
        const known = pairs.filter(([, seq]) => seq !== null);

        if (known.length > 0 || this.#toAsk) {
            this.ask(known);
        } else if (ids.length > 0) {
            this.next();
        } else if (this.#isListed && !this.#isCaughtUp) {
            this.#isCaughtUp = true;
            this.#deps.onCaughtUp();
        }
    }

    /** Resume these [id, seq]; with none it asks only whether the server is there. */
    ask(pairs = []) {
        const { clock, connection, sequencer, send, timers } = this.#deps;
        const turn = sequencer.resumeBegin();
        const { question, onNews } = this.#toAsk ?? {};
        const frame = send('resume', { type: 'resume', conversations: Object.fromEntries(pairs), ...question });

        this.#toAsk = null;
        this.#asked = { ids: pairs.map(([id]) => id), turn, frame, sentAt: clock.now(), onNews };
        timers.set('resume', RESUME_MS, () => connection.end());
        connection.watchSilence();
    }

    /** All has come that the resume in this frame was to bring; NaN: the server does not say which. `news`: of the list. */
    done(frame, news) {
        const { onHandled, sequencer, timers } = this.#deps;
        const asked = this.#asked;

        if (!asked || asked.sentAt === null || (!Number.isNaN(frame) && frame !== asked.frame))
            return;
        timers.cancel('resume');
        onHandled(asked.frame);
        this.#asked = null;
        this.#tries = 0;
        asked.onNews?.(news);
        sequencer.resumeEnd(asked.turn, asked.ids);
        this.next();
    }

    /** While one is under way: it is tried again, later. */
    refused(problem) {
        const { connection, random, timers } = this.#deps;

        if (++this.#tries > RESUME_TRIES_MAX) {
            connection.end();
            return;
        }
        const wait_ms = Math.max((problem.retryAfter_s ?? 0) * 1000, backoff(this.#tries, random));

        this.#asked.onNews?.(null); // REST may say it
        this.#asked.sentAt = null;
        timers.set('resume', wait_ms, () => {
            this.#toResume.unshift(...this.#asked.ids);
            this.#asked = null;
            this.next();
        });
    }
}
