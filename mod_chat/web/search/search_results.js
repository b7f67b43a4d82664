/**
 * @file search_results.js
 * What a search (message_search.js) has found, and what stands where it has found nothing, takes long, or has failed.
 *
 *     const results = new SearchResults({ i18n, times, search, root, onOpen, onEdge });
 *     place.append(results.element);
 *
 * How many were found is said politely when the search rests.
 */
import { el, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';
import { ResultList } from './result_list.js';

const FOUND_MS = 600;
const SECOND_MS = 1000;

export class SearchResults {
    #i18n;
    #search;
    #onEdge;
    #list;
    #opened = null; // the id of the message that was opened last
    #spinner = el('span', { class: 'spinner', hidden: true });
    #late = el('p', { class: 'late', hidden: true });
    #rest = el('div', { class: 'empty', hidden: true });
    #more;
    #status = el('p', { class: 'hidden', role: 'status' });
    #said = null;
    #timer = null;
    #tick = null;
    #watcher;
    #onChange = () => this.#render();
    #onOnline = () => this.#search.problem?.status === 0 && this.#search.more();

    /** `i18n` with the texts of the search; `root`: what scrolls; `onOpen({conversation, message})`; `onEdge()`: up from the
     * first result. */
    constructor({ i18n, times, search, root, onOpen, onEdge }) {
        this.#i18n = i18n;
        this.#search = search;
        this.#onEdge = onEdge;
        this.#list = new ResultList({ i18n, times, onEdge, onOpen: result => {
            this.#opened = result.message.id;
            this.#render();
            onOpen(result);
        } });
        this.#more = el('button', { type: 'button', class: 'plain more', hidden: true, onclick: () => search.more() }, i18n.t('searchMore'));
        this.#late.textContent = i18n.t('searchNotYet');
        this.element = el('div', { class: 'found', role: 'group', 'aria-label': i18n.t('searchMessages') },
            el('p', { class: 'section', role: 'heading', 'aria-level': 2 }, i18n.t('searchMessages'), this.#spinner),
            this.#late, this.#list.element, this.#rest, this.#more, this.#status);
        this.#watcher = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !search.problem && search.goesOn && search.more(),
            { root, rootMargin: '400px' });
        this.#watcher.observe(this.#more);
        search.addEventListener('change', this.#onChange);
        window.addEventListener('online', this.#onOnline);
        this.#render();
    }

    /** The first result, or the one that one was at; false: there is none. */
    focus() {
        return this.#list.focus();
    }

    /** The one that was opened last; false: it is not there. */
    focusOpened() {
        return this.#opened !== null && this.#list.focus(this.#opened);
    }

    close() {
        clearTimeout(this.#timer);
        clearInterval(this.#tick);
        this.#watcher.disconnect();
        this.#search.removeEventListener('change', this.#onChange);
        window.removeEventListener('online', this.#onOnline);
    }

    // ---- What is shown -------------------------------------------------------------------------

    #render() {
        const { isOn, isSlow, isLoading, isLoaded, isUpToDate, hasMore, problem, results } = this.#search;
        const { activeElement: focused } = this.element.getRootNode();
        const isOnButton = focused === this.#more || this.#rest.contains(focused);

        setAttribute(this.element, 'hidden', !isOn || this.#isOff);
        setAttribute(this.element, 'aria-busy', isLoading && 'true');
        setAttribute(this.#spinner, 'hidden', !isSlow);
        setAttribute(this.#late, 'hidden', isUpToDate || !isLoaded);
        this.element.classList.toggle('is-old', isSlow && !isLoaded);
        this.#list.show(results, this.#opened);
        setAttribute(this.#more, 'hidden', !hasMore || !isLoaded || problem !== null);
        this.#renderRest();
        if (isOnButton && (!focused.isConnected || focused.hidden || (focused !== this.#more && this.#rest.hidden)) && !this.focus())
            this.#onEdge(); // the button has gone
        this.#say();
        clearInterval(this.#tick);
        if (problem && this.#search.wait_s > 0)
            this.#tick = setInterval(() => this.#tickRest(), SECOND_MS);
        if (!isLoading && hasMore) { // it tells changes only, and the end may still be in sight
            this.#watcher.unobserve(this.#more);
            this.#watcher.observe(this.#more);
        }
    }

    /* A server that has no search answers 404. */
    get #isOff() {
        return this.#search.problem?.status === 404;
    }

    #tickRest() {
        this.#renderRest();
        if (this.#search.wait_s === 0)
            clearInterval(this.#tick);
    }

    #renderRest() {
        const { isLoaded, hasMore, problem, results, wait_s: wait } = this.#search;
        const isEmpty = isLoaded && results.length === 0 && !problem;
        const sentence = problem && this.#sentence(problem, wait);
        const kind = sentence ?? `${isEmpty} ${hasMore}`;

        setAttribute(this.#rest, 'hidden', !isEmpty && !problem);
        if (this.#rest.dataset.kind === kind)
            return;
        this.#rest.dataset.kind = kind;
        if (problem)
            this.#rest.replaceChildren(el('p', {}, sentence), ...wait > 0 || problem.status === 400 ? [] : [
                el('button', { type: 'button', class: 'plain', onclick: () => this.#search.more() }, this.#i18n.t('retry'))]);
        else if (hasMore)
            this.#rest.replaceChildren(el('p', {}, this.#i18n.t('searchNoneYet')));
        else
            this.#rest.replaceChildren(el('strong', {}, this.#i18n.t('searchNone')), el('p', {}, this.#i18n.t('searchTip')));
    }

    #sentence(problem, wait_s) {
        if (problem.status === 400)
            return this.#i18n.t('searchTooMuch');
        return noticeText(this.#i18n, noticeOf({ status: problem.status, code: problem.code, retryAfter_s: wait_s }));
    }

    // ---- What is said --------------------------------------------------------------------------

    #say() {
        const { isOn, isLoaded, hasMore, problem, results, found } = this.#search;

        clearTimeout(this.#timer);
        if (!isOn)
            this.#said = null;
        if (!isOn || (!isLoaded && !problem))
            return;
        const sentence = problem ? this.#sentence(problem, this.#search.wait_s)
            : results.length === 0 ? this.#i18n.t(hasMore ? 'searchNoneYet' : 'searchNone')
                : this.#i18n.t(hasMore ? 'searchFoundMore' : 'searchFound', { n: results.length });
        const said = `${found} ${sentence}`;

        if (said !== this.#said)
            this.#timer = setTimeout(() => {
                this.#said = said;
                this.#status.replaceChildren(el('span', {}, sentence));
            }, FOUND_MS);
    }
}
