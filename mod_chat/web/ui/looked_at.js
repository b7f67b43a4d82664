/**
 * @file looked_at.js
 * Whether somebody looks at this page: it has the focus, in a window that is seen. One that is visible beside the window
 * that is used has not. The focus may be in another frame of the page, which only a page of the same site knows.
 */
export function isLookedAt() {
    if (document.visibilityState !== 'visible')
        return false;
    try {
        return window.top.document.hasFocus();
    } catch {
        return document.hasFocus();
    }
}
