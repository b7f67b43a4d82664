/**
 * @file midnight.js
 * Another day has begun, where the reader is: Today is Yesterday now.
 */
const LATE_MS = 1000; // timers are early at times

/** `run()` at each midnight, until the function that is given back is called. */
export function atMidnight(run) {
    let timer = null;
    const wait = () => {
        const now = new Date();
        const next = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);

        timer = setTimeout(() => {
            wait();
            run();
        }, next - now + LATE_MS);
    };

    wait();
    return () => clearTimeout(timer);
}
