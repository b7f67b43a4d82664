/**
 * @file list_view.js
 * A list of the administration: a table with the columns that one chose, filters beside it, a page at a time, and actions on
 * what is selected, or on all that the filters find.
 *
 * Sorting, filters and the page are in the address; the columns in localStorage.
 */
import { el, setAttribute } from '../ui/dom.js';
import { actOn, isKnown } from './actions.js';
import { FilterView } from './filter_view.js';
import { countText } from './numbers.js';
import { isCreatable } from './resources.js';
import { filterOf, hashOf, withParams } from './route.js';

const NEWEST_FIRST = '-id'; // where the address says nothing
const LONG = ['content', 'last_message', 'last_error', 'reason', 'before', 'after']; // what needs more room

export class ListView {
    #deps;
    #resource;
    #route = null;
    #page = null; // as AdminApi.list() gave it
    #selected = new Set(); // ids
    #isAll = false; // all that the filters find is selected
    #filters;
    #count = el('p', { class: 'count', role: 'status' });
    #table = el('table', {});
    #columns = el('details', { class: 'columns' });
    #pages = el('nav', { class: 'pages' });
    #empty;
    #bar;
    #files = el('p', { class: 'files' });

    /** `deps`: {i18n, api, schema, values, columns, dialog, go(route), announce(sentence), reload()}. */
    constructor(deps, resource) {
        const { i18n } = deps;

        this.#deps = deps;
        this.#resource = resource;
        this.title = i18n.t(`adminResource_${resource}`);
        this.#filters = new FilterView({ i18n, api: deps.api, schema: deps.schema, resource, onChange: changes => deps.go(withParams(this.#route, changes)) });
        this.#empty = el('p', { class: 'empty', hidden: true }, i18n.t('adminEmpty'));
        this.#pages.setAttribute('aria-label', i18n.t('adminPages'));
        this.#bar = this.#makeBar();
        this.element = el('div', { class: 'list-view' }, this.#filters.element,
            el('div', { class: 'items' },
                el('div', { class: 'tools' }, this.#count, isCreatable(deps.schema, resource) && el('a', { class: 'primary', href: hashOf({ view: 'new', resource }) }, i18n.t('adminNew')), this.#columns),
                this.#bar?.element,
                el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': this.title }, this.#table), this.#empty, this.#pages, this.#files));
    }

    async load(route) {
        this.#route = route;
        const page = await this.#deps.api.list(this.#resource, route.params);

        if (route === this.#route)
            this.#show(page);
    }

    /** It has gone from the page. */
    close() {
        this.#filters.close();
    }

    #show(page) {
        const { i18n, api, schema } = this.#deps;
        const { params } = this.#route;

        this.#page = page;
        this.#selected.clear();
        this.#isAll = false;
        this.#filters.show(this.#route, page.dates);
        this.#count.textContent = countText(i18n, page.count, page.count_is);
        setAttribute(this.#empty, 'hidden', page.items.length > 0);
        setAttribute(this.#table.parentElement, 'hidden', page.items.length === 0);
        this.#showTable();
        this.#showBar();
        setAttribute(this.#pages, 'hidden', page.cursor === null && params.cursor === undefined);
        this.#pages.replaceChildren(...[
            params.cursor !== undefined && el('a', { class: 'plain', href: hashOf(withParams(this.#route, {})) }, i18n.t('adminFirst')),
            page.cursor !== null && el('a', { class: 'plain', href: hashOf(withParams(this.#route, { cursor: page.cursor })) }, i18n.t('adminNext')),
        ].filter(Boolean));
        this.#files.replaceChildren(...schema.has(this.#resource, 'export') && page.items.length > 0
            ? [i18n.t('adminExport'), ...['csv', 'json'].flatMap(format => [' ', el('a', {
                href: api.exportUrl(this.#resource, format, params), download: `${this.#resource}.${format}`,
            }, format.toUpperCase())])] : []);
    }

    // ---- The table -----------------------------------------------------------------------------

    #showTable() {
        const { columns, schema, i18n } = this.#deps;
        const { all, shown } = columns.of(this.#resource, schema);
        const focused = this.#table.getRootNode().activeElement?.dataset?.sort;

        this.#table.replaceChildren(
            el('caption', { class: 'hidden' }, this.title),
            el('thead', {}, el('tr', {}, this.#bar && el('td', { class: 'select' }, this.#checkbox(i18n.t('adminSelectPage'), { 'data-all': '' }, isOn => this.#selectPage(isOn))),
                ...shown.map(name => this.#head(name)))),
            el('tbody', {}, ...this.#page.items.map(item => this.#row(item, shown))));
        this.#table.querySelector(`[data-sort="${focused}"]`)?.focus();
        this.#showColumns(all, shown);
    }

    #head(name) {
        const { values, schema } = this.#deps;
        const key = schema.order(this.#resource, name);
        const label = values.label(name);

        if (key === null)
            return el('th', { scope: 'col' }, label);
        const { order = NEWEST_FIRST } = this.#route.params;
        const isUp = order === key;
        const isDown = order === `-${key}`;

        return el('th', { scope: 'col', 'aria-sort': isUp ? 'ascending' : isDown ? 'descending' : null },
            el('a', { href: hashOf(withParams(this.#route, { order: isUp ? `-${key}` : key })), 'data-sort': name }, label,
                el('span', { 'aria-hidden': 'true' }, isUp ? ' ↑' : isDown ? ' ↓' : '')));
    }

    #row(item, shown) {
        const { values, i18n } = this.#deps;
        const cells = shown.map((name, i) => {
            const value = values.show(this.#resource, item, name, { isBrief: true });

            if (i > 0 || value.tagName === 'A')
                return el('td', { class: LONG.includes(name) ? 'long' : null }, value);
            return el('td', {}, el('a', { href: hashOf({ view: 'item', resource: this.#resource, id: String(item.id) }) }, value));
        });

        return el('tr', {}, this.#bar && el('td', { class: 'select' }, this.#checkbox(i18n.t('adminSelect', { id: String(item.id) }), { 'data-id': item.id }, isOn => {
            this.#selected[isOn ? 'add' : 'delete'](item.id);
            this.#isAll = false;
            this.#showBar();
        })), ...cells);
    }

    #checkbox(label, attributes, onChange) {
        return el('input', { type: 'checkbox', 'aria-label': label, ...attributes, onchange: event => onChange(event.target.checked) });
    }

    #showColumns(all, shown) {
        const { columns, values, i18n } = this.#deps;

        this.#columns.replaceChildren(el('summary', {}, i18n.t('adminColumns')),
            el('div', { class: 'choice', role: 'group', 'aria-label': i18n.t('adminColumns') }, ...all.map(name => el('label', {},
                el('input', { type: 'checkbox', checked: shown.includes(name), onchange: event => {
                    columns.choose(this.#resource, event.target.checked ? [...shown, name] : shown.filter(one => one !== name));
                    this.#showTable();
                    this.#columns.querySelector(`[value="${name}"]`)?.focus();
                }, value: name }), ' ', values.label(name)))));
    }

    // ---- Actions -------------------------------------------------------------------------------

    #makeBar() {
        const { i18n, schema } = this.#deps;
        const actions = schema.actions(this.#resource).filter(isKnown);

        if (actions.length === 0)
            return null;
        const many = el('button', { type: 'button', class: 'link', hidden: true, onclick: () => {
            this.#isAll = !this.#isAll;
            this.#showBar();
        } });
        const text = el('span', { role: 'status' });

        return {
            text, many,
            element: el('div', { class: 'bar', role: 'group', 'aria-label': i18n.t('adminActions') }, text, many,
                ...actions.map(action => el('button', { type: 'button', class: 'plain', 'aria-disabled': 'true', onclick: () => this.#act(action) }, i18n.t(`adminAction_${action}`)))),
        };
    }

    #showBar() {
        if (!this.#bar)
            return;
        const { i18n } = this.#deps;
        const n = this.#selected.size;
        const { items, count, cursor, count_is: kind } = this.#page;
        const hasMore = cursor !== null || this.#route.params.cursor !== undefined;

        this.#bar.text.textContent = this.#isAll ? i18n.t('adminSelectedAll', { count: countText(i18n, count, kind) }) : i18n.t('adminSelected', { n });
        setAttribute(this.#bar.many, 'hidden', !(n > 0 && n === items.length && hasMore && Object.keys(filterOf(this.#route.params)).length > 0));
        this.#bar.many.textContent = i18n.t(this.#isAll ? 'adminSelectPageOnly' : 'adminSelectAll');
        for (const button of this.#bar.element.querySelectorAll('.plain'))
            setAttribute(button, 'aria-disabled', n === 0 ? 'true' : null); // not disabled, which would take the focus away
        this.#table.querySelector('[data-all]').checked = n > 0 && n === items.length;
    }

    #selectPage(isOn) {
        this.#selected = new Set(isOn ? this.#page.items.map(({ id }) => id) : []);
        this.#isAll = false;
        for (const box of this.#table.querySelectorAll('[data-id]'))
            box.checked = isOn;
        this.#showBar();
    }

    async #act(action) {
        if (this.#selected.size === 0)
            return;
        const which = this.#isAll ? { filter: filterOf(this.#route.params) } : { ids: [...this.#selected] };

        if (await actOn(this.#deps, this.#resource, action, which))
            await this.#deps.reload();
    }
}
