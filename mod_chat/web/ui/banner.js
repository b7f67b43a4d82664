/**
 * @file banner.js
 * The line that tells what is wrong and what to do, with the seconds counted down; and said once to those
 * who do not see it.
 *
 * There is one notice at a time: a problem stands above the state of the connection. States that pass within
 * PATIENCE_MS are not told, so that a restart of the server makes no noise. What is told has a live
 * region of its own (`status`), because a countdown read aloud every second helps nobody.
 */
import { el, icon, setAttribute } from './dom.js';
import './icons.js';
import { loginLink } from './login_link.js';
import { noticeOf, noticeOfState, noticeText } from './problem_text.js';

const PATIENCE_MS = 2000;
const BACK_MS = 4000;
const ICONS = { error: 'alert', warning: 'alert', info: null, good: 'check' };

export class Banner {
    #i18n;
    #loginUrl;
    #onRetry;
    #onFocusLost;
    #bar = el('div', { class: 'notice', hidden: true });
    #status = el('p', { class: 'hidden', role: 'status' });
    #problem = null; // the notice that stands, and `until` when it counts down (ms of performance.now())
    #state = null;
    #wasShown = false; // that the connection is away
    #patience = null;
    #tick = null;
    #sentence = null;

    /** `onRetry()`: the person wants to try again; `onFocusLost()`: what had the focus here has gone. */
    constructor({ i18n, loginUrl = null, onRetry, onFocusLost = () => {} }) {
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#onRetry = onRetry;
        this.#onFocusLost = onFocusLost;
        this.element = el('div', { class: 'notices' }, this.#bar, this.#status);
    }

    /** Seconds to wait before going on; 0: none. */
    get wait_s() {
        return this.#problem?.until ? Math.max(0, Math.ceil((this.#problem.until - performance.now()) / 1000)) : 0;
    }

    /** A ChatProblem; null takes away the one that stands. */
    showProblem(problem) {
        const notice = problem && noticeOf(problem);

        clearInterval(this.#tick);
        this.#problem = notice && { ...notice, until: notice.wait_s && performance.now() + notice.wait_s * 1000 };
        if (this.#problem?.until)
            this.#tick = setInterval(() => this.#countDown(), 250);
        this.#show();
    }

    /** What stands in the way of the whole is told here, the rest by its message; but all is said. */
    showRefusal(problem) {
        const notice = noticeOf(problem);

        if (notice.isWide)
            this.showProblem(problem);
        else
            this.#announce(noticeText(this.#i18n, notice));
    }

    /** A sentence of its own, which stands until it is closed or something else is wrong. */
    showSentence(sentence) {
        clearInterval(this.#tick);
        this.#problem = { sentence, kind: 'warning', wait_s: null, action: null };
        this.#show();
    }

    /** Only to those who listen. */
    say(sentence) {
        this.#announce(sentence);
    }

    showState(state, reason) {
        const notice = noticeOfState(state, reason);
        const isUrgent = state === 'stopped' || state === 'offline';

        clearTimeout(this.#patience);
        if (state === 'online' || state === 'polling')
            this.#forget('signIn', 'problemNetwork', 'problemStopped');
        if (!notice || isUrgent || this.#wasShown)
            this.#enter(notice);
        else
            this.#patience = setTimeout(() => this.#enter(notice), PATIENCE_MS);
    }

    /** Repeat what stands, for somebody who tries nevertheless. */
    repeat() {
        this.#announce(this.#sentence ?? '');
    }

    close() {
        clearInterval(this.#tick);
        clearTimeout(this.#patience);
    }

    #enter(notice) {
        const isBack = this.#wasShown && !notice;

        this.#state = isBack ? { key: 'stateBack', kind: 'good', wait_s: null, action: null } : notice;
        this.#wasShown = Boolean(notice);
        this.#show();
        if (isBack)
            this.#patience = setTimeout(() => this.#enter(null), BACK_MS);
    }

    #forget(...keys) {
        if (keys.includes(this.#problem?.key))
            this.showProblem(null);
    }

    #countDown() {
        if (this.wait_s > 0) {
            this.#bar.querySelector('.sentence').textContent =
                noticeText(this.#i18n, { ...this.#problem, wait_s: this.wait_s });
            return;
        }
        this.showProblem(null);
        this.#announce(this.#i18n.t('waitIsOver'));
    }

    #show() {
        const notice = this.#problem ?? this.#state;
        const sentence = notice && (notice.sentence ?? noticeText(this.#i18n, notice));
        const hadFocus = this.#bar.contains(this.#bar.getRootNode().activeElement);

        setAttribute(this.#bar, 'hidden', !notice);
        if (sentence === this.#sentence)
            return;
        this.#sentence = sentence;
        this.#bar.className = `notice ${notice?.kind ?? ''}`;
        this.#bar.replaceChildren(...notice ? this.#content(notice, sentence) : []);
        if (sentence)
            this.#announce(sentence);
        if (hadFocus)
            this.#onFocusLost();
    }

    #content(notice, sentence) {
        const symbol = ICONS[notice.kind];
        const parts = [symbol && icon(symbol), el('p', { class: 'sentence', dir: 'auto' }, sentence), this.#action(notice)];

        if (notice === this.#problem && notice.action !== 'signIn')
            parts.push(el('button', {
                type: 'button', class: 'tool small', 'aria-label': this.#i18n.t('dismiss'),
                onclick: () => this.showProblem(null),
            }, icon('close')));
        return parts.filter(Boolean);
    }

    #action({ action, wait_s: wait }) {
        if (action === 'signIn')
            return loginLink(this.#i18n, this.#loginUrl);
        if ((action === 'retry' && wait === null) || action === 'now')
            return el('button', { type: 'button', class: 'plain', onclick: () => this.#onRetry() },
                this.#i18n.t(action === 'now' ? 'tryNow' : 'retry'));
        return null;
    }

    /* The same sentence twice is said twice. */
    #announce(sentence) {
        this.#status.textContent = '';
        this.#status.append(el('span', {}, sentence));
    }
}
