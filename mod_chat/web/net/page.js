/**
 * @file page.js
 * What there is once on a page, though each of its scripts may carry a copy of the module that makes it: bundled,
 * widget.js and inbox.js have one each. Scripts of another version, in another folder, share nothing with these.
 */
const FOLDER = new URL('.', import.meta.url).href;

export function oncePerPage(name, make) {
    const key = Symbol.for(`mod_chat ${name} ${FOLDER}`);

    globalThis[key] ??= make();
    return globalThis[key];
}
