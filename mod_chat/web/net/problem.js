/**
 * @file problem.js
 * What went wrong, as an Error: a problem of the server's (RFC 9457), or one of the client's own.
 *
 * `code` is a word for programs, `message` a sentence for people. `status` is the HTTP status, 0 when
 * no server said anything. The client's own codes: network (no answer), login (the site wants one),
 * timeout (no answer in time: it may have been stored or not), queue_full, too_large, stopped (nobody
 * tries any more), closed (by close()), restored (the server was set back to an earlier state).
 */
export class ChatProblem extends Error {
    /** `problem`: the members that the server sent. */
    constructor(code, detail, problem = {}) {
        super(detail);
        this.name = 'ChatProblem';
        this.code = code;
        this.status = problem.status ?? 0;
        this.errors = problem.errors ?? []; // {field, detail}
        this.retryAfter_s = null; // how long to wait before trying again, where the server said it
        this.clientId = null; // of the message that was not sent: to try again with it is harmless
    }

    /** From what the server sent: a document of RFC 9457, or a frame `error`. */
    static from(problem, retryAfter_s = Number(problem.retry_after ?? NaN)) {
        const one = new ChatProblem(problem.code ?? 'unknown',
            problem.detail ?? problem.error ?? problem.title ?? 'The server refused.', problem);

        one.retryAfter_s = Number.isFinite(retryAfter_s) ? retryAfter_s : null;
        return one;
    }

    /** Whether the server refused because it does not know, or does not want, this user. */
    get isLogin() {
        return this.status === 401 || this.status === 403;
    }
}

/** A page of a list that was begun before the server was set back to an earlier state. */
export function isOfPast(problem) {
    return problem.status === 400 && Boolean(problem.errors?.some(({ field }) => field === 'cursor'));
}
