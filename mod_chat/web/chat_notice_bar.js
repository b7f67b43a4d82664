/**
 * @file chat_notice_bar.js
 * The line that tells what is wrong and what to do, with the seconds counted down; and said once to those
 * who do not see it.
 *
 * There is one notice at a time: a problem stands above the state of the connection. States that pass within
 * PATIENCE_MS are not told, so that a restart of the server makes no noise. What is told has a live
 * region of its own (`status`), because a countdown read aloud every second helps nobody.
 */
import { el, icon, setAttribute } from './chat_dom.js';
import './chat_icons.js';
import { noticeOf, noticeOfState, sayNotice } from './chat_notice.js';

const PATIENCE_MS = 2000;
const BACK_MS = 4000;
const ICONS = { error: 'alert', warning: 'alert', info: null, good: 'check' };

export class ChatNoticeBar {
    #texts;
    #loginUrl;
    #onRetry;
    #onFocusLost;
    #bar = el('div', { class: 'notice', hidden: true });
    #status = el('p', { class: 'hidden', role: 'status' });
    #problem = null; // the notice that stands, and `until` when it counts down (ms of performance.now())
    #state = null;
    #wasTold = false; // that the connection is away
    #patience = null;
    #tick = null;
    #sentence = null;

    /** `onRetry()`: the person wants to try again; `onFocusLost()`: what had the focus here has gone. */
    constructor({ texts, loginUrl = null, onRetry, onFocusLost = () => {} }) {
        this.#texts = texts;
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
    tellProblem(problem) {
        const notice = problem && noticeOf(problem);

        clearInterval(this.#tick);
        this.#problem = notice && { ...notice, until: notice.wait_s && performance.now() + notice.wait_s * 1000 };
        if (this.#problem?.until)
            this.#tick = setInterval(() => this.#countDown(), 250);
        this.#show();
    }

    /** What stands in the way of the whole is told here, the rest by its message; but all is said. */
    tellRefusal(problem) {
        const notice = noticeOf(problem);

        if (notice.isWide)
            this.tellProblem(problem);
        else
            this.#say(sayNotice(this.#texts, notice));
    }

    tellState(state, reason) {
        const notice = noticeOfState(state, reason);
        const isUrgent = state === 'stopped' || state === 'offline';

        clearTimeout(this.#patience);
        if (state === 'online' || state === 'polling')
            this.#forget('signIn', 'problemNetwork', 'problemStopped');
        if (!notice || isUrgent || this.#wasTold)
            this.#enter(notice);
        else
            this.#patience = setTimeout(() => this.#enter(notice), PATIENCE_MS);
    }

    /** Repeat what stands, for somebody who tries nevertheless. */
    repeat() {
        this.#say(this.#sentence ?? '');
    }

    close() {
        clearInterval(this.#tick);
        clearTimeout(this.#patience);
    }

    #enter(notice) {
        const isBack = this.#wasTold && !notice;

        this.#state = isBack ? { key: 'stateBack', kind: 'good', wait_s: null, action: null } : notice;
        this.#wasTold = Boolean(notice);
        this.#show();
        if (isBack)
            this.#patience = setTimeout(() => this.#enter(null), BACK_MS);
    }

    #forget(...keys) {
        if (keys.includes(this.#problem?.key))
            this.tellProblem(null);
    }

    #countDown() {
        if (this.wait_s > 0) {
            this.#bar.querySelector('.sentence').textContent =
                sayNotice(this.#texts, { ...this.#problem, wait_s: this.wait_s });
            return;
        }
        this.tellProblem(null);
        this.#say(this.#texts.say('waitIsOver'));
    }

    #show() {
        const notice = this.#problem ?? this.#state;
        const sentence = notice && sayNotice(this.#texts, notice);
        const hadFocus = this.#bar.contains(this.#bar.getRootNode().activeElement);

        setAttribute(this.#bar, 'hidden', !notice);
        if (sentence === this.#sentence)
            return;
        this.#sentence = sentence;
        this.#bar.className = `notice ${notice?.kind ?? ''}`;
        this.#bar.replaceChildren(...notice ? this.#content(notice, sentence) : []);
        if (sentence)
            this.#say(sentence);
        if (hadFocus)
            this.#onFocusLost();
    }

    #content(notice, sentence) {
        const symbol = ICONS[notice.kind];
        const parts = [symbol && icon(symbol), el('p', { class: 'sentence', dir: 'auto' }, sentence), this.#action(notice)];

        if (notice === this.#problem && notice.action !== 'signIn')
            parts.push(el('button', {
                type: 'button', class: 'tool small', 'aria-label': this.#texts.say('dismiss'),
                onclick: () => this.tellProblem(null),
            }, icon('close')));
        return parts.filter(Boolean);
    }

    #action({ action, wait_s: wait }) {
        if (action === 'signIn' && this.#loginUrl)
            return el('a', { class: 'primary', href: this.#loginUrl }, this.#texts.say('signInLink'));
        if (action === 'retry' && wait === null)
            return el('button', { type: 'button', class: 'plain', onclick: () => this.#onRetry() },
                this.#texts.say('retry'));
        return null;
    }

    /* The same sentence twice is said twice. */
    #say(sentence) {
        this.#status.textContent = '';
        this.#status.append(el('span', {}, sentence));
    }
}
