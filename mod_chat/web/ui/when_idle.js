/** @file when_idle.js Later, when the page has nothing else to do. */
const IDLE_MS = 1000; // where a browser does not say when it is idle

export function whenIdle(run) {
    if (window.requestIdleCallback)
        requestIdleCallback(run);
    else
        setTimeout(run, IDLE_MS);
}
