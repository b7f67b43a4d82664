/**
 * @file rest.js
 * The REST side of the API as a page uses it: JSON in and out, refusals as ChatProblem.
 *
 * Sends the token of the cookie `chat_csrf` with what changes something; where the site calls that cookie
 * otherwise (ChatCSRFCookie), the first refusal brings one, in X-CSRFToken. All belongs to the user of the
 * first answer: each answer names its user by a tag, X-Chat-User, and what changes something carries that tag,
 * so that the server refuses what one user has written after another has logged in. Unchanged answers cost a
 * 304: they carry an ETag, and the browser's cache asks with it by itself. Nothing waits longer than
 * TIMEOUT_MS; close() ends all that is under way, and a lane's abort() what was asked for in that lane. A form goes out
 * by the caller's `fetch`, which decides itself how long it may take (upload_request.js).
 */
import { ChatProblem } from './problem.js';

const TIMEOUT_MS = 15000;
const NOWHERE = 'http://page.invalid';
const COOKIE = 'chat_csrf=';

export class Rest {
    #root;
    #fetch;
    #clock;
    #cookies;
    #underWay = new Map(); // AbortController -> lane, or null
    #given = null; // the token that the last refusal brought
    #token = null; // the one that was there after the last answer
    #user = null; // the tag of the user; null: not known yet
    #refusal = null; // a ChatProblem of all that is asked from now on
    #first = null; // settles with the first GET, which brings a token
    #onUnauthorized;
    #onOtherToken;
    #onOtherUser;
    #moment = new Date(0).toISOString();

    /**
     * `cookies()` gives what document.cookie is. `onUnauthorized()`: an answer was 401, the session has ended;
     * `onOtherToken()`: the token has changed, which belongs to a user, so that somebody else may have logged in;
     * true: this answer is not to be believed. `onOtherUser()`: somebody else has logged in; it ends this by close(),
     * otherwise what is asked from now on is theirs.
     */
    constructor(root, {
        fetch, clock, cookies, onUnauthorized = () => {}, onOtherToken = () => false, onOtherUser = () => {},
    }) {
        this.#root = root;
        this.#fetch = fetch;
        this.#clock = clock;
        this.#cookies = cookies;
        this.#onUnauthorized = onUnauthorized;
        this.#onOtherToken = onOtherToken;
        this.#onOtherUser = onOtherUser;
    }

    /** The server's time at its last answer, to the second. */
    get moment() {
        return this.#moment;
    }

    /** The tag of the user; null: not known yet. */
    get userTag() {
        return this.#user;
    }

    /** The user is the one with this tag, as hello says it. False: it is somebody else than before. */
    setUser(tag) {
        if (tag && this.#user !== null && tag !== this.#user)
            return false;
        this.#user = tag ?? this.#user;
        return true;
    }

    /** `path` below the root, or as get() gave it (`next`). `lane` is for Lane. */
    get(path, lane = null) {
        const answer = this.#ask('GET', path, undefined, lane);

        this.#first ??= answer.then(() => {}, () => {});
        return answer;
    }

    post(path, json, lane = null) {
        return this.#change('POST', path, json, lane);
    }

    put(path, json) {
        return this.#change('PUT', path, json, null);
    }

    patch(path, json) {
        return this.#change('PATCH', path, json, null);
    }

    delete(path, json) {
        return this.#change('DELETE', path, json, null);
    }

    /** The same client, whose requests can be given up together. */
    lane() {
        return new Lane(this);
    }

    /** What is under way in a lane fails with the code `network`. */
    abort(lane) {
        for (const [controller, of] of this.#underWay)
            if (of === lane)
                controller.abort();
    }

    /** All that is under way fails, and all that is asked from now on. */
    close(problem = new ChatProblem('closed', 'The chat was closed.')) {
        this.#refusal = problem;
        for (const controller of this.#underWay.keys())
            controller.abort();
    }

    /** A FormData, sent by `fetch`. */
    postForm(path, form, fetch, lane = null) {
        return this.#change('POST', path, form, lane, fetch);
    }

    async #change(method, path, body, lane, fetch = null) {
        if (this.#first && !this.#given && !this.#cookie)
            await this.#awaitToken(lane);
        if (this.#isOfOther())
            await this.#askWho(lane);
        try {
            return await this.#ask(method, path, body, lane, fetch);
        } catch (problem) {
            // The first request of all, or a cookie that a neighbour planted: the refusal brought a good one.
            if (problem.code === 'csrf_token')
                return this.#ask(method, path, body, lane, fetch);
            throw problem;
        }
    }

    /* Sent beside the first GET, it would only be refused, and sent again with the token that came meanwhile. */
    async #awaitToken(lane) {
        const controller = new AbortController();

        this.#underWay.set(controller, lane);
        await this.#first;
        this.#underWay.delete(controller);
        if (controller.signal.aborted)
            throw this.#refusal ?? unreachable();
    }

    /* The token has changed since the last answer: nothing is sent before it is known whose it is. */
    async #askWho(lane) {
        if (this.#onOtherToken())
            throw this.#refusal ?? unreachable();
        await this.#ask('GET', 'conversations/unread/', undefined, lane);
    }

    async #ask(method, path, json, lane, fetch = null) {
        const url = /^(?:https?:\/)?\//.test(path) ? path : `${this.#root}/${path}`;
        const { answer, text } = await this.#exchange(method, url, json, lane, fetch);

        // To a page for logging in: not ours to follow.
        if (answer.type === 'opaqueredirect' || answer.status === 401)
            this.#onUnauthorized();
        if (answer.type === 'opaqueredirect')
            throw new ChatProblem('login', 'Please log in.', { status: 401 });
        const body = answer.status === 204 ? {} : parse(text);

        if (answer.ok && body)
            return typeof body.next === 'string' ? { ...body, next: resolve(body.next, url) } : body;
        if (body?.code)
            throw ChatProblem.from({ status: answer.status, ...body },
                Number(answer.headers.get('Retry-After') ?? NaN));
        throw new ChatProblem(answer.ok ? 'no_json' : `http_${answer.status}`,
            'The server did not answer as it should.', { status: answer.ok ? 502 : answer.status });
    }

    async #exchange(method, url, json, lane, fetch) {
        if (this.#refusal)
            throw this.#refusal;
        const controller = new AbortController();
        const timer = fetch === null ? this.#clock.setTimeout(() => controller.abort(), TIMEOUT_MS) : null;
        const type = fetch === null && { 'Content-Type': 'application/json' };

        this.#underWay.set(controller, lane);
        try {
            const answer = await (fetch ?? this.#fetch)(url, {
                method,
                headers: method === 'GET' ? {} : { ...type, ...this.#header() },
                body: json === undefined || fetch !== null ? json : JSON.stringify(json),
                credentials: 'same-origin',
                redirect: 'manual',
                signal: controller.signal,
            });

            const text = await answer.text();

            if (this.#refusal)
                throw this.#refusal;
            this.#setMoment(answer.headers.get('Date'));
            if (answer.status === 403)
                this.#given = answer.headers.get('X-CSRFToken') ?? this.#given;
            this.#checkUser(answer.headers.get('X-Chat-User'));
            if (!this.#isOfOther() || !this.#onOtherToken())
                return { answer, text };
            throw this.#refusal; // null: it can be tried again when it is known who it is
        } catch {
            throw this.#refusal ?? unreachable();
        } finally {
            this.#clock.clearTimeout(timer);
            this.#underWay.delete(controller);
        }
    }

    #checkUser(tag) {
        if (this.setUser(tag))
            return;
        this.#user = tag;
        this.#onOtherUser();
        if (this.#refusal)
            throw this.#refusal;
    }

    #setMoment(date) {
        const time = Date.parse(date ?? '');

        if (!Number.isNaN(time))
            this.#moment = new Date(time).toISOString();
    }

    get #cookie() {
        return this.#cookies().split('; ').find(one => one.startsWith(COOKIE))?.slice(COOKIE.length) || null;
    }

    /* The server gives each user a token, and another one where it finds one that is not theirs. */
    #isOfOther() {
        const before = this.#token;

        this.#token = this.#cookie ?? this.#given ?? before;
        return before !== null && this.#token !== before;
    }

    #header() {
        const token = this.#given ?? this.#cookie;

        return { ...token && { 'X-CSRFToken': token }, ...this.#user && { 'X-Chat-User': this.#user } };
    }
}

class Lane {
    #rest;

    constructor(rest) {
        this.#rest = rest;
    }

    get moment() {
        return this.#rest.moment;
    }

    get(path) {
        return this.#rest.get(path, this);
    }

    post(path, json) {
        return this.#rest.post(path, json, this);
    }

    postForm(path, form, fetch) {
        return this.#rest.postForm(path, form, fetch, this);
    }

    abort() {
        this.#rest.abort(this);
    }
}

function unreachable() {
    return new ChatProblem('network', 'The server cannot be reached.');
}

/* What a reference in the answer to `url` leads to (RFC 3986 section 5): a path again where `url` was one. */
function resolve(reference, url) {
    const { href, origin, pathname, search } = new URL(reference, new URL(url, NOWHERE));

    return origin === NOWHERE ? pathname + search : href;
}

function parse(text) {
    try {
        const body = JSON.parse(text);

        return typeof body === 'object' ? body : null;
    } catch {
        return null;
    }
}
