// What every page of ours is held to: it complains of nothing, and axe-core has nothing to complain of.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const AXE = readFileSync(createRequire(process.env.CHAT_BROWSER_MODULES).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Collects what goes wrong in a page from now on: errors, and what its policy did not allow. */
export async function watchPage(page, complaints, who = '') {
    const add = text => complaints.push(`${who} ${new URL(page.url()).pathname}: ${text}`);

    page.on('pageerror', error => add(error.stack ?? error.message));
    page.on('console', message => message.type() === 'error' && add(message.text()));
    await page.exposeFunction('tellViolation', add);
    await page.addInitScript(() => document.addEventListener('securitypolicyviolation', event =>
        window.tellViolation(`${event.effectiveDirective} forbade ${event.blockedURI} ${event.sample}`)));
}

/** What axe-core finds against WCAG 2.2 AA and good practice: a line for each element, none when all is well. */
export async function findBarriers(page) {
    await page.evaluate(AXE); // by the debugger, which no policy of the page forbids
    const { violations } = await page.evaluate(values => window.axe.run({ runOnly: { type: 'tag', values } }), RULES);

    return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id} (${help}): ${target.flat().join(' ')}: ${failureSummary.replace(/\s+/g, ' ')}`));
}

/** Types `text` into `field`, again and again until `seen`, a promise, is fulfilled: that somebody types ends by itself, and
 * is not said later where it cannot be said now. */
export async function typeUntil(field, text, seen) {
    const isSeen = seen.then(() => true);

    isSeen.catch(() => {}); // told below
    do
        await field.pressSequentially(text);
    while (!await Promise.race([isSeen, sleep(1000, false)]));
}

/** For people to look at: STATE/screenshots/<name>.png */
export function takePicture(page, name) {
    return page.screenshot({ path: `${process.env.CHAT_SCREENSHOTS}/${name}.png` });
}

/** The page, but narrower or wider, lighter or darker: each as [name, what to set]. */
export const LOOKS = [
    ['320-light', { width: 320, height: 640, colorScheme: 'light' }],
    ['320-dark', { width: 320, height: 640, colorScheme: 'dark' }],
    ['768-light', { width: 768, height: 1024, colorScheme: 'light' }],
    ['768-dark', { width: 768, height: 1024, colorScheme: 'dark' }],
    ['1280-light', { width: 1280, height: 800, colorScheme: 'light' }],
    ['1280-dark', { width: 1280, height: 800, colorScheme: 'dark' }],
];

export async function look(page, { width, height, colorScheme }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
}

/** Whether nothing stands out at the side. */
export function fits(page) {
    return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}
