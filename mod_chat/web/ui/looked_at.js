/** @file looked_at.js Whether somebody looks at this page: it has the focus, in a window that is seen. */
export function isLookedAt() {
    return document.visibilityState === 'visible' && document.hasFocus();
}
