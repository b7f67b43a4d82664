/**
 * @file clipboard.js
 * A text into the clipboard, also on pages without TLS, where there is no navigator.clipboard.
 */

/** Within what the person does; a promise of whether it is there. */
export async function copyText(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyByCommand(text);
    }
}

function copyByCommand(text) {
    const put = event => {
        event.preventDefault();
        event.stopImmediatePropagation();
        event.clipboardData.setData('text/plain', text);
    };

    document.addEventListener('copy', put, { capture: true });
    try {
        return document.execCommand('copy');
    } finally {
        document.removeEventListener('copy', put, { capture: true });
    }
}
