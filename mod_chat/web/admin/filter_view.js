/**
 * @file filter_view.js
 * Beside a list: the search, its filters, and the way from years to days. All of it is in the address (route.js), so that
 * each choice is a step that the browser's Back undoes.
 */
import { el, setAttribute } from '../ui/dom.js';
import { ChoiceField } from './choice_field.js';
import { dateChoices, dateWay } from './dates.js';
import { filterOf, hashOf, withParams } from './route.js';
import { choiceText, fieldText, valueText } from './words.js';

const WORDS_MAX = 200;
const WIDE = '(min-width: 1100px)'; // there they stand beside the list, and are not folded

export class FilterView {
    #i18n;
    #api;
    #onChange;
    #fields = new Map(); // name -> its input or select, or ChoiceField
    #edited = new Set(); // inputs in which something stands that was not applied
    #route;
    #clear;
    #form;
    #dates = el('nav', { class: 'dates' });

    /** `onChange(changes)`: parameters, as withParams() takes them. */
    constructor({ i18n, api, schema, resource, onChange }) {
        this.#i18n = i18n;
        this.#api = api;
        this.#onChange = onChange;
        this.#clear = el('a', { class: 'plain' }, i18n.t('adminClear'));
        this.#dates.setAttribute('aria-label', i18n.t('adminDates'));
        this.#form = el('form', { class: 'filters', role: 'search', 'aria-label': i18n.t('adminFilters'), onsubmit: event => this.#submit(event), oninput: ({ target }) => this.#edited.add(target) },
            schema.hasSearch(resource) && this.#labelled('q', i18n.t('adminSearch'),
                el('input', { type: 'search', maxlength: WORDS_MAX, autocomplete: 'off', enterkeyhint: 'search' })),
            ...schema.filters(resource).map(filter => this.#field(filter, schema.chosenFrom(filter.name))),
            el('div', { class: 'buttons' }, this.#clear, el('button', { type: 'submit', class: 'plain' }, i18n.t('adminApply'))), this.#dates);
        this.element = el('details', { class: 'fold', open: matchMedia(WIDE).matches }, el('summary', {}, i18n.t('adminFilters')), this.#form);
    }

    /** `dates`: as the list has them. What the person is typing meanwhile stays. */
    show(route, dates) {
        this.#route = route;
        for (const [name, field] of this.#fields) {
            const value = route.params[name] ?? '';
            const input = field.input ?? field;

            if (this.#edited.has(input) && this.element.getRootNode().activeElement === input)
                continue;
            this.#edited.delete(input);
            if (field instanceof ChoiceField) {
                field.show(value);
                continue;
            }
            if (field.tagName === 'SELECT' && ![...field.options].some(option => option.value === value))
                field.append(el('option', { value }, value)); // from an address that somebody wrote
            field.value = value;
        }
        this.#clear.href = hashOf({ ...route, params: {} });
        setAttribute(this.#clear, 'hidden', Object.keys(filterOf(route.params)).length === 0);
        this.#showDates(dates);
    }

    /** It has gone from the page. */
    close() {
        for (const field of this.#fields.values())
            if (field instanceof ChoiceField)
                field.close();
    }

    /* `resource`: where what it means is chosen from, or null. */
    #field({ name, type, values }, resource) {
        const label = fieldText(this.#i18n, name);

        if (resource)
            return this.#choice(name, choiceText(this.#i18n, name), resource);
        if (type === 'boolean')
            return this.#select(name, label, [['1', this.#i18n.t('adminYes')], ['0', this.#i18n.t('adminNo')]]);
        if (type === 'word')
            return this.#select(name, label, values.map(value => [value, valueText(this.#i18n, value)]));
        return this.#labelled(name, label, el('input', {
            type: 'text', inputmode: type === 'number' ? 'numeric' : null, pattern: type === 'number' ? '[1-9]\\d{0,17}' : null, maxlength: WORDS_MAX,
            autocomplete: 'off', title: type === 'number' ? this.#i18n.t('adminNumberHint') : null,
        }));
    }

    #choice(name, label, resource) {
        const field = new ChoiceField({ i18n: this.#i18n, api: this.#api, resource, id: `filter-${name}`, label, onChoose: () => this.#apply() });

        this.#fields.set(name, field);
        return el('div', { class: 'field' }, el('label', { for: field.input.id }, label), field.element);
    }

    #select(name, label, options) {
        return this.#labelled(name, label, el('select', { onchange: () => this.#apply() }, el('option', { value: '' }, this.#i18n.t('adminAll')),
            ...options.map(([value, text]) => el('option', { value }, text))));
    }

    #labelled(name, label, field) {
        field.id = `filter-${name}`;
        this.#fields.set(name, field);
        return el('div', { class: 'field' }, el('label', { for: field.id }, label), field);
    }

    #submit(event) {
        event.preventDefault();
        this.#apply();
    }

    async #apply() {
        const route = this.#route;
        const changes = {};

        if (!this.#form.checkValidity()) {
            this.#form.reportValidity();
            return;
        }
        for (const [name, field] of this.#fields) {
            changes[name] = field instanceof ChoiceField ? await field.read() : field.value.trim();
            if (changes[name] === null)
                return; // which the field has said
        }
        if (route !== this.#route || !this.element.isConnected)
            return;
        this.#edited.clear();
        this.#onChange(changes);
    }

    #showDates(dates) {
        const { lang } = this.#i18n;
        const { params } = this.#route;
        const way = dateWay(lang, params);
        const choices = dateChoices(lang, params, dates);
        const link = (changes, ...text) => el('a', { href: hashOf(withParams(this.#route, changes)) }, ...text);
        const numbers = new Intl.NumberFormat(lang);

        setAttribute(this.#dates, 'hidden', way.length === 1 && choices.length === 0);
        this.#dates.replaceChildren(el('h3', {}, this.#i18n.t('adminDates')),
            el('ol', { class: 'way' }, ...way.map(({ text, changes }, i) => el('li', {}, i === way.length - 1
                ? el('strong', { 'aria-current': 'true' }, text ?? this.#i18n.t('adminAllDates')) : link(changes, text ?? this.#i18n.t('adminAllDates'))))),
            el('ul', {}, ...choices.map(({ text, count, changes }) => el('li', {}, link(changes, text, typeof count === 'number' && el('span', { class: 'quiet' }, ` ${numbers.format(count)}`))))));
    }
}
