/** @file problem.js What a refusal of the API means to who administers. */
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { fieldText } from './words.js';

const TEXTS = new Map([
    ['stale', 'adminStale'], ['confirm', 'adminConfirmAgain'], ['in_use', 'adminHasConversations'], ['exists', 'adminExists'],
]);
const BY_STATUS = new Map([
    [400, 'adminInvalid'], [404, 'adminGone'], [405, 'adminConflict'], [409, 'adminConflict'], [412, 'adminStale'], [428, 'adminStale'],
]);
/* Of 503, those with which the server says that nothing was done. `unavailable` also means that PostgreSQL was lost meanwhile. */
const NOTHING_DONE = ['busy', 'maintenance'];

/** A sentence; of what the server says about fields, their names and its words. */
export function problemSentence(i18n, problem) {
    const key = TEXTS.get(problem.code) ?? BY_STATUS.get(problem.status);

    if (key === undefined)
        return noticeText(i18n, noticeOf(problem));
    const fields = problem.errors.map(({ field, detail }) => `${fieldText(i18n, field)}: ${detail}`);

    return [i18n.t(key), ...fields].join(' ');
}

/** Whether what was asked for may have been done nevertheless: there was no answer, or one that does not say it. */
export function mayBeDone({ status, code }) {
    return status === 0 || status >= 500 && !NOTHING_DONE.includes(code);
}

/** Whether it is told over the whole, with what to do: the login, the connection, too much at once. */
export function isWide(problem) {
    return noticeOf(problem).isWide;
}
