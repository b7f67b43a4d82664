/**
 * @file early.js
 * A list that is asked for while the code that reads it is still on its way: the launcher asks, and the REST client
 * (rest.js) takes the answer in place of one of its own, with all that it checks in any other. So the network is waited
 * for once, not twice.
 *
 * Bounded: one answer for each URL, which counts for EARLY_MS; after that it is asked for as usual.
 */
import { oncePerPage, storesOfPage } from './page.js';

const PAGE = 50;
const EARLY_MS = 10000;
const EARLY = oncePerPage('early', () => new Map()); // URL -> {answer, askedAt}

/** The first page of the user's conversations, below a root; `role`: what the user is in them, null: either. */
export function listPath(role) {
    return `conversations/?limit=${PAGE}${role ? `&role=${role}` : ''}`;
}

/** For the store that there will be at this root with this role; nothing where there is one. */
export function askEarly(root, role) {
    const url = `${root}/${listPath(role)}`;

    if (storesOfPage().has(root))
        return;
    const answer = fetch(url, { credentials: 'same-origin', redirect: 'manual' });

    answer.catch(() => {}); // who takes it asks anew
    EARLY.set(url, { answer, askedAt: performance.now() });
}

/** As fetch. */
export async function fetchOrTake(url, request) {
    const early = request.method === 'GET' && EARLY.get(url);

    if (early)
        EARLY.delete(url);
    if (early && performance.now() - early.askedAt < EARLY_MS)
        try {
            return await early.answer;
        } catch {
            // It was not to be had then.
        }
    return fetch(url, request);
}
