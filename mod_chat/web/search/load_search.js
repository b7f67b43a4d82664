/**
 * @file load_search.js
 * The search (search_view.js) and its texts, when they are wanted; and the key that asks for them.
 */
import { adopt } from '../ui/sheet.js';

/** `root`: the shadow root, which gets its style. {i18n, MessageSearch, SearchResults, SearchView, FindHint, SEARCH}; rejected where
 * it does not come. */
export async function loadSearch(i18n, root) {
    const module = await import('./search_view.js');

    adopt(root, module.SEARCH);
    return { ...module, i18n: i18n.with(module.TABLES) };
}

/** Ctrl and F, or the key of the system beside it. */
export function isFind(event) {
    return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'f';
}
