/**
 * @file actions.js
 * What is done to one or many: the server says first what would happen, then a reason is given, then it is confirmed.
 */

import { el } from '../ui/dom.js';
import { DANGEROUS } from './resources.js';

const ACTIONS = ['mark_read', 'block', 'unblock', 'unflag', 'retry', 'drop', 'export', 'delete'];
const COUNTED = ['conversations', 'messages', 'attachments', 'deliveries'];

/** What the server says that would happen, in sentences. */
export function whatWouldHappen(i18n, { would, at_least: isAtLeast }) {
    const parts = COUNTED.filter(name => would[name] > 0).map(name => i18n.t(`adminWould_${name}`, { n: would[name] }));

    if (parts.length === 0)
        return [i18n.t('adminWouldNothing')];
    return [i18n.t(isAtLeast ? 'adminWouldAtLeast' : 'adminWould', { what: new Intl.ListFormat(i18n.lang).format(parts) })];
}

/** What was done, in sentences. `result`: as Dialog.ask() gives it. */
export function doneText(i18n, result) {
    return endText(i18n, result, 'done' in result && soFarText(i18n, result));
}

/** The same, of what is not at its end. */
export function soFarText(i18n, { done, skipped, url = null }) {
    const text = i18n.t(url === null ? 'adminDone' : 'adminInFile', { n: done });

    return skipped > 0 ? `${text} ${i18n.t('adminSkipped', { n: skipped })}` : text;
}

/** What erasing a user has done, in sentences. */
export function removedText(i18n, { removed = null, isWhole = true, isUnknown = false }) {
    const n = Object.values(removed ?? {}).reduce((sum, one) => typeof one === 'number' ? sum + one : sum, 0);

    return endText(i18n, { isWhole: removed !== null && isWhole, isUnknown }, removed !== null && i18n.t('adminRemoved', { n }));
}

/* `counts`: a sentence; false: nothing is known to be done. */
function endText(i18n, { isWhole = false, isUnknown = false }, counts) {
    return [
        counts, counts && !isWhole && i18n.t('adminNotAll'), isUnknown && i18n.t(isWhole ? 'adminMaybeMore' : 'adminMaybeDone'),
    ].filter(Boolean).join(' ');
}

/** Whether the pages have a word for it. */
export function isKnown(action) {
    return ACTIONS.includes(action);
}

/** `which`: {ids} or {filter}. A promise of what was done, as AdminApi.act() has it; null: nothing. A file that was made of
 * them is downloaded. */
export async function actOn({ i18n, api, dialog, announce }, resource, name, which) {
    const isDanger = DANGEROUS.includes(name);
    let confirm = null;
    const result = await dialog.ask({
        title: i18n.t('adminAsk', { action: i18n.t(`adminAction_${name}`), resource: i18n.t(`adminResource_${resource}`) }),
        prepare: async from => {
            const answer = await api.rehearse(resource, name, which, from);

            confirm = answer.confirm ?? null;
            return whatWouldHappen(i18n, answer);
        },
        reason: isDanger || which.filter ? 'required' : 'optional',
        label: i18n.t(`adminAction_${name}`),
        isDanger,
        soFar: done => soFarText(i18n, done),
        run: options => api.act(resource, name, which, { ...options, confirm }),
    });

    if (result?.url)
        el('a', { href: result.url, download: '' }).click();
    if (result)
        announce(doneText(i18n, result));
    return result;
}
