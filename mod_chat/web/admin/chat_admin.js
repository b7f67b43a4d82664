/**
 * @file chat_admin.js
 * <chat-admin>: the pages of the administration, for those whom ChatAdmin and Require let in.
 *
 *     <script type="module" src="/chat/admin.js"></script>
 *     <chat-admin></chat-admin>
 *
 * It is as wide as its place and as high as what it shows. Attributes: `root`, `lang`, `theme` and `login-url` as <chat-widget> has
 * them (widget/chat_widget.js), and `health-url`, where the site has chat-health, if the first page is to show what that says.
 *
 * What is shown is in the address of the page, after # (route.js): filters, sorting and pages are steps of the browser's
 * history, and an address can be kept and passed on. A page that uses the part after # for something else keeps it.
 */
import { loadWithAdmin } from '../i18n/admin_i18n.js';
import { languageOf } from '../i18n/i18n.js';
import { rootOf } from '../net/page.js';
import { ChatProblem } from '../net/problem.js';
import { SYSTEM_CLOCK } from '../net/timers.js';
import { storageOf } from '../store/draft_storage.js';
import { Banner } from '../ui/banner.js';
import { BANNER } from '../ui/banner_style.js';
import { BASE } from '../ui/base_style.js';
import { el, setAttribute } from '../ui/dom.js';
import { TimeFormat } from '../ui/time_format.js';
import { TOKENS } from '../ui/tokens_style.js';
import { AdminApi } from './admin_api.js';
import { ADMIN } from './admin_style.js';
import { Columns } from './columns.js';
import { Dialog } from './dialog.js';
import { ItemView, NewView } from './item_view.js';
import { ListView } from './list_view.js';
import { Overview } from './overview.js';
import { isWide, problemSentence } from './problem.js';
import { QueueView } from './queue_view.js';
import { isCreatable } from './resources.js';
import { hashOf, isOurs, readRoute } from './route.js';
import { Schema } from './schema.js';
import { ValueView } from './value.js';

const AGAIN_MS = 10000; // until its texts are asked for again

export class ChatAdmin extends HTMLElement {
    static observedAttributes = ['lang', 'root', 'login-url', 'health-url'];

    #shadow = this.attachShadow({ mode: 'open' });
    #run = 0; // of being on a page
    #isHere = false; // on a page, perhaps without its texts
    #turn = 0; // of what is shown
    #i18n = null;
    #api = null;
    #deps;
    #banner;
    #status;
    #nav;
    #heading;
    #place; // where the view lies
    #busy;
    #route = null;
    #view = null;
    #key = null; // of what the view shows
    #hasDone = false; // what one comes back from; what is said of it stays
    #focused = null; // what has the focus in the view, or had it when it was replaced
    #listener = () => isOurs(location.hash) && this.#navigate();

    constructor() {
        super();
        this.#shadow.adoptedStyleSheets = [TOKENS, BASE, BANNER, ADMIN];
    }

    async connectedCallback() {
        const run = ++this.#run;

        this.#isHere = true;
        const i18n = await loadWithAdmin(languageOf(this)).catch(() => null);

        if (run !== this.#run)
            return;
        if (i18n === null) {
            this.#showFailedLoad(run);
            return;
        }
        this.#i18n = i18n;
        this.#build();
        window.addEventListener('hashchange', this.#listener);
        this.#navigate();
    }

    disconnectedCallback() {
        this.#isHere = false;
        this.#run++;
        this.#turn++;
        window.removeEventListener('hashchange', this.#listener);
        if (!this.#api)
            return;
        this.#api.close();
        this.#banner.close();
        this.#deps.dialog.dismiss();
        this.#api = this.#view = this.#key = null;
        this.#shadow.replaceChildren();
    }

    attributeChangedCallback(name, before, after) {
        if (!this.#isHere || before === after)
            return;
        this.disconnectedCallback();
        this.connectedCallback();
    }

    /* There are no texts to show: in English and German, as `lang` says. */
    #showFailedLoad(run) {
        const isGerman = languageOf(this).startsWith('de');
        const again = () => run === this.#run && this.connectedCallback();

        this.#shadow.replaceChildren(el('div', { class: 'empty', role: 'alert' },
            el('p', {}, isGerman ? 'Die Verwaltung konnte nicht geladen werden.' : 'The administration could not be loaded.'),
            el('button', { type: 'button', class: 'plain', onclick: again }, isGerman ? 'Nochmal versuchen' : 'Try again')));
        setTimeout(again, AGAIN_MS);
    }

    #build() {
        const i18n = this.#i18n;
        const root = rootOf(this);
        const times = new TimeFormat(i18n.lang);
        const parent = el('div', { class: 'dialogs' });

        this.#banner = new Banner({ i18n, loginUrl: this.getAttribute('login-url'), onRetry: () => this.#navigate(), onFocusLost: () => this.#heading.focus() });
        this.#api = new AdminApi(root, {
            fetch: window.fetch.bind(window), clock: SYSTEM_CLOCK, cookies: () => document.cookie,
            onUnauthorized: () => this.#banner.showProblem(new ChatProblem('login', '', { status: 401 })),
            onOtherUser: () => this.#stopForUser(),
        });
        this.#deps = {
            i18n, api: this.#api, times, values: new ValueView({ i18n, times }), columns: new Columns(storageOf(window, 'localStorage'), root),
            dialog: new Dialog({ i18n, parent }),
            go: route => this.#go(route),
            back: route => this.#go(route, { isInstead: true }),
            reload: () => this.#navigate(),
            announce: sentence => this.#announce(sentence),
            showProblem: problem => this.#showProblem(problem),
        };
        this.#status = el('p', { class: 'done', role: 'status' });
        this.#heading = el('h2', { tabindex: -1 });
        this.#busy = el('p', { class: 'busy', role: 'status' }, i18n.t('loading'));
        this.#place = el('div', {
            class: 'place', onfocusin: ({ target }) => { this.#focused = target; }, onfocusout: ({ target }) => this.#leave(target),
        });
        this.#nav = el('nav', { class: 'menu', 'aria-label': i18n.t('adminMenu'), hidden: true });
        this.#shadow.replaceChildren(el('div', { class: 'admin' }, this.#nav,
            el('div', { class: 'page' }, this.#banner.element, this.#status, this.#heading, this.#busy, this.#place)), parent);
    }

    /* What the server has, before all else: it also tells who may not. */
    async #describe() {
        const schema = new Schema(await this.#api.describe());
        const { names } = schema;
        const i18n = this.#i18n;

        this.#deps.schema = schema;
        this.#nav.replaceChildren(el('ul', {}, ...[
            [i18n.t('adminOverview'), { view: 'overview' }],
            ...names.includes('messages') ? [[i18n.t('adminQueue'), { view: 'flagged' }]] : [],
            ...names.map(name => [i18n.t(`adminResource_${name}`), { view: 'list', resource: name }]),
            ...names.includes('deliveries') ? [[i18n.t('adminDead'), { view: 'list', resource: 'deliveries', params: { state: 'dead' } }]] : [],
        ].map(([text, route]) => el('li', {}, el('a', { href: hashOf(route) }, text)))));
        setAttribute(this.#nav, 'hidden', null);
    }

    // ---- From one page to the next -------------------------------------------------------------

    #go(route, { isInstead = false } = {}) {
        const hash = hashOf(route);

        if (location.hash === hash)
            this.#navigate();
        else if (isInstead) {
            this.#hasDone = true;
            location.replace(hash);
        } else
            location.hash = hash;
    }

    /* Shows what the address says; the same again is loaded again, and keeps the focus: #keepFocus(). */
    async #navigate() {
        const turn = ++this.#turn;

        setAttribute(this.#place, 'aria-busy', 'true');
        try {
            if (!this.#deps.schema)
                await this.#describe();
            if (turn !== this.#turn)
                return;
            const view = this.#follow();

            await view?.load(this.#route);
            if (turn === this.#turn)
                this.#showLoaded(view);
        } catch (problem) {
            if (turn === this.#turn)
                this.#showFailure(problem);
        }
    }

    /* The view of what the address says; null: there is no such page. */
    #follow() {
        const route = readRoute(isOurs(location.hash) ? location.hash : '', this.#deps.schema.names);
        const key = [route.view, route.resource, route.id].join(' ');

        this.#route = route;
        this.#markPlace(route);
        if (key !== this.#key)
            this.#enter(this.#make(route), key, this.#key === null);
        return this.#view;
    }

    #make(route) {
        switch (route.view) {
        case 'overview':
            return new Overview({ ...this.#deps, healthUrl: this.getAttribute('health-url') });
        case 'flagged':
            return new QueueView(this.#deps);
        case 'list':
            return new ListView(this.#deps, route.resource);
        case 'item':
            return new ItemView(this.#deps, route.resource);
        case 'new':
            return isCreatable(this.#deps.schema, route.resource) ? new NewView(this.#deps, route.resource) : null;
        default:
            return null;
        }
    }

    #enter(view, key, isFirst) {
        this.#deps.dialog.close();
        this.#view?.close?.();
        this.#view = view;
        this.#key = key;
        this.#focused = null;
        this.#heading.textContent = view?.title ?? this.#i18n.t('adminUnknown');
        this.#busy.textContent = view ? this.#i18n.t('loading') : '';
        this.#place.replaceChildren();
        if (!isFirst)
            this.#heading.focus();
        if (!isFirst && !this.#hasDone)
            this.#status.textContent = '';
        this.#hasDone = false;
    }

    #showLoaded(view) {
        setAttribute(this.#place, 'aria-busy', null);
        this.#busy.textContent = '';
        this.#banner.showProblem(null);
        if (!view)
            return;
        this.#heading.textContent = view.title;
        if (view.element.parentNode !== this.#place)
            this.#place.replaceChildren(view.element);
        this.#keepFocus();
    }

    /* It went elsewhere, unless what had it was replaced: that is known a moment later. */
    #leave(target) {
        queueMicrotask(() => {
            if (target.isConnected && this.#focused === target)
                this.#focused = null;
        });
    }

    /* What had the focus was replaced: it goes to what is the same now, or else to where the view begins. */
    #keepFocus() {
        const before = this.#focused;

        if (before === null || before.isConnected || this.#shadow.activeElement || document.activeElement !== document.body)
            return;
        this.#focused = null;
        const same = [...this.#place.querySelectorAll(before.localName)].find(one => isSame(one, before) && one.getClientRects().length > 0);

        (same ?? this.#heading).focus();
    }

    #showFailure(problem) {
        setAttribute(this.#place, 'aria-busy', null);
        this.#busy.textContent = '';
        if (problem.status === 404 && !this.#deps.schema)
            this.#banner.showSentence(this.#i18n.t('adminNotAllowed'));
        else
            this.#showProblem(problem);
    }

    /* The entry of the menu: that of its list, for one of its items. */
    #markPlace(route) {
        const hash = hashOf(route);
        const links = [...this.#nav.querySelectorAll('a')];
        const exact = links.find(link => link.getAttribute('href') === hash);
        const near = exact ?? links.find(link => route.resource && link.getAttribute('href') === hashOf({ view: 'list', resource: route.resource }));

        for (const link of links)
            setAttribute(link, 'aria-current', link === near ? 'page' : null);
        near?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }

    // ---- What is said --------------------------------------------------------------------------

    #showProblem(problem) {
        if (isWide(problem))
            this.#banner.showProblem(problem);
        else
            this.#banner.showSentence(problemSentence(this.#i18n, problem));
    }

    #announce(sentence) {
        this.#status.textContent = sentence;
    }

    /* Nothing stays of what the one before has seen. */
    #stopForUser() {
        const problem = new ChatProblem('user', 'Somebody else has signed in.');

        this.#turn++;
        window.removeEventListener('hashchange', this.#listener);
        this.#api.close(problem);
        this.#deps.dialog.dismiss();
        this.#view = this.#key = this.#focused = null;
        for (const element of [this.#nav, this.#status, this.#heading, this.#busy, this.#place])
            element.replaceChildren();
        for (const element of [this.#nav, this.#heading])
            setAttribute(element, 'hidden', true);
        setAttribute(this.#place, 'aria-busy', null);
        this.#banner.showProblem(problem);
    }
}

/* A control of a view, and the one in its place after it was loaded again. */
function isSame(one, other) {
    if (one.id || other.id)
        return one.id === other.id;
    return ['href', 'aria-label', 'data-id', 'data-sort', 'value'].every(name => one.getAttribute(name) === other.getAttribute(name)) &&
        one.textContent === other.textContent;
}
