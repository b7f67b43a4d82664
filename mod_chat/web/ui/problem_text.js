/**
 * @file problem_text.js
 * What a problem or a state of the connection means for the person: a key of the i18n, and what to do.
 *
 * A notice is {key, kind, wait_s, action}: `kind` is error, warning or info; `wait_s` null, or the seconds until
 * it makes sense to go on (`n` of the text); `action` is null, signIn, retry, now (it is tried again, but later) or edit (the same again would be refused again). `isWide`: it is about more
 * than the one message that was refused, and so stands over the composer.
 */
const SOON_S = 300; // a longer wait is not counted down
const REFUSALS = new Map([['blocked', 'problemBlocked'], ['church_inactive', 'problemBlocked'], ['own_church', 'problemOwnChurch']]);

/** Of a ChatProblem (net/problem.js). */
export function noticeOf(problem) {
    const { status, code } = problem;

    switch (status) {
    case 0:
        return OWN_CODES[code] ?? OWN_CODES.network;
    case 400:
        return notice('problemInvalid', { action: 'edit' });
    case 401:
        return notice('signIn', { kind: 'warning', action: 'signIn', isWide: true });
    case 403:
        return notice(REFUSALS.get(code) ?? 'problemForbidden');
    case 404:
        return notice('problemGone');
    case 410:
        return notice('problemMessageGone', { kind: 'info' });
    case 413:
        return notice('problemTooLarge', { action: 'edit' });
    case 415:
        return notice('problemType');
    case 422:
        return notice('problemSpam', { action: 'edit' });
    case 429:
        return waiting('problemTooFast', problem.retryAfter_s);
    case 503:
        return waiting('problemBusy', problem.retryAfter_s);
    default:
        return notice('problemServer', { action: 'retry' });
    }
}

/** Whether the user cannot write there, whatever it is. */
export function isBlocked({ status, code }) {
    return status === 403 && REFUSALS.has(code);
}

/** Of a state (net/socket.js); null where all is well. */
export function noticeOfState(state, reason) {
    switch (state) {
    case 'connecting':
        return notice('stateConnecting', { kind: 'info', isWide: true });
    case 'waiting':
        return notice('stateWaiting', { kind: 'warning', action: 'now', isWide: true });
    case 'offline':
        return notice('stateOffline', { kind: 'warning', action: 'now', isWide: true });
    case 'polling':
        return notice('statePolling', { kind: 'info', isWide: true });
    case 'stopped':
        return ofStop(reason);
    default:
        return null;
    }
}

/** The sentence. */
export function noticeText(i18n, { key, wait_s }) {
    return i18n.t(key, wait_s === null ? {} : { n: wait_s });
}

function ofStop(reason) {
    if (reason === 'login')
        return noticeOf({ status: 401 });
    if (reason === 'user')
        return notice('stateUser', { isWide: true });
    return notice(reason === 'policy' ? 'statePolicy' : 'problemStopped', { action: 'retry', isWide: true });
}

function waiting(key, seconds) {
    const wait_s = seconds > 0 && seconds <= SOON_S ? Math.ceil(seconds) : null;

    return notice(wait_s === null ? `${key}Soon` : key, { kind: 'warning', wait_s, action: 'retry', isWide: true });
}

function notice(key, { kind = 'error', wait_s = null, action = null, isWide = false } = {}) {
    return { key, kind, wait_s, action, isWide };
}

/* What no server said. */
const OWN_CODES = {
    network: notice('problemNetwork', { action: 'retry', isWide: true }),
    timeout: notice('problemTimeout', { action: 'retry' }),
    interrupted: notice('problemInterrupted', { kind: 'warning', action: 'retry' }),
    user: notice('stateUser', { isWide: true }),
    queue_full: notice('problemTooFastSoon', { kind: 'warning' }),
    stopped: notice('problemStopped', { action: 'retry' }),
    closed: notice('problemStopped'),
};
