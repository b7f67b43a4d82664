/**
 * @file upload_request.js
 * fetch() for an upload, by XMLHttpRequest, which tells how much has been sent.
 *
 * Nothing limits the whole time, as a slow phone is not an error; but after SILENCE_MS without a byte sent, or without an
 * answer to what was sent, it fails. What fails, fails as fetch does: with a TypeError that names no reason.
 */
export const SILENCE_MS = 120000;

/**
 * `onProgress({loaded, total})`, in bytes of the whole body; `onSent()`: all of it has left. The function takes what Rest
 * gives to fetch: {method, headers, body, signal}.
 */
export function uploadFetch({ XMLHttpRequest, clock, onProgress, onSent }) {
    return (url, { method, headers, body, signal }) => new Promise((resolve, reject) => {
        const xhr = new XMLHttpRequest();
        let timer = null;
        const end = run => {
            clock.clearTimeout(timer);
            signal.removeEventListener('abort', abort);
            run();
        };
        const fail = () => end(() => reject(new TypeError('the upload has failed')));
        const abort = () => {
            xhr.abort();
            fail();
        };
        const watch = () => {
            clock.clearTimeout(timer);
            timer = clock.setTimeout(abort, SILENCE_MS);
        };

        xhr.open(method, url);
        for (const [name, value] of Object.entries(headers))
            xhr.setRequestHeader(name, value);
        xhr.upload.onprogress = ({ loaded, total }) => {
            watch();
            onProgress({ loaded, total });
        };
        xhr.upload.onload = () => {
            watch();
            onSent();
        };
        xhr.onload = () => end(() => resolve(answerOf(xhr, url)));
        xhr.onerror = xhr.onabort = fail;
        if (signal.aborted) {
            fail();
            return;
        }
        signal.addEventListener('abort', abort);
        watch();
        xhr.send(body);
    });
}

/* What Rest reads of a Response. XMLHttpRequest follows redirects by itself: to a page for logging in, as a rule. */
function answerOf(xhr, url) {
    const pathOf = text => new URL(text, 'http://page.invalid').pathname;
    const isElsewhere = Boolean(xhr.responseURL) && pathOf(xhr.responseURL) !== pathOf(url);

    return {
        status: xhr.status,
        ok: xhr.status >= 200 && xhr.status < 300,
        type: isElsewhere ? 'opaqueredirect' : 'basic',
        headers: { get: name => xhr.getResponseHeader(name) },
        text: async () => xhr.responseText,
    };
}
