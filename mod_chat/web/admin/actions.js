/**
 * @file actions.js
 * What is done to one or many: the server says first what would happen, then a reason is given, then it is confirmed.
 */

import { DANGEROUS } from './resources.js';

const ACTIONS = ['mark_read', 'block', 'unblock', 'unflag', 'retry', 'drop', 'delete'];
const COUNTED = ['conversations', 'messages', 'attachments', 'deliveries'];

/** What the server says that would happen, in sentences. */
export function whatWouldHappen(i18n, { would, at_least: isAtLeast }) {
    const parts = COUNTED.filter(name => would[name] > 0).map(name => i18n.t(`adminWould_${name}`, { n: would[name] }));

    if (parts.length === 0)
        return [i18n.t('adminWouldNothing')];
    return [i18n.t(isAtLeast ? 'adminWouldAtLeast' : 'adminWould', { what: new Intl.ListFormat(i18n.lang).format(parts) })];
}

/** Whether the pages have a word for it. Files are had by links instead. */
export function isKnown(action) {
    return ACTIONS.includes(action);
}

/** `which`: {ids} or {filter}. A promise of whether it was done. */
export async function actOn({ i18n, api, dialog, announce }, resource, name, which) {
    const isDanger = DANGEROUS.includes(name);
    let confirm = null;
    const result = await dialog.ask({
        title: i18n.t('adminAsk', { action: i18n.t(`adminAction_${name}`), resource: i18n.t(`adminResource_${resource}`) }),
        prepare: async () => {
            const answer = await api.rehearse(resource, name, which);

            confirm = answer.confirm ?? null;
            return whatWouldHappen(i18n, answer);
        },
        reason: isDanger || which.filter ? 'required' : 'optional',
        label: i18n.t(`adminAction_${name}`),
        isDanger,
        run: ({ reason }) => api.act(resource, name, which, { reason, confirm }),
    });

    if (result)
        announce([i18n.t('adminDone', { n: result.done }), result.skipped > 0 && i18n.t('adminSkipped', { n: result.skipped })].filter(Boolean).join(' '));
    return result !== null;
}
