/**
 * @file page.js
 * Where a page finds the API, and what there is once on it, though each of its scripts may carry a copy of the module
 * that makes it: bundled, widget.js and inbox.js have one each. Scripts of another version, in another folder, share
 * nothing with these.
 */
const FOLDER = new URL('.', import.meta.url).href;

/** The path of the API, as the attribute `root` of an element says it: the same, however it is written. */
export function rootOf(element) {
    return new URL(element.getAttribute('root') || '/api', document.baseURI).pathname.replace(/\/+$/, '');
}

/** Path of an API -> its ChatStore (store/chat_store.js) and how many use it. */
export function storesOfPage() {
    return oncePerPage('stores', () => new Map());
}

export function oncePerPage(name, make) {
    const key = Symbol.for(`mod_chat ${name} ${FOLDER}`);

    globalThis[key] ??= make();
    return globalThis[key];
}
