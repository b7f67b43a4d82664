/**
 * @file schema.js
 * What the API of administration has: its lists, with the members of their items, what of these can be changed, and their
 * filters, orders and actions, and what else can be done. It says so itself (GET admin/), so that the pages offer what the server does.
 */
import { RESOURCES, chosenFrom } from './resources.js';

export class Schema {
    #resources;

    /** `resources`: as the API gives them. Those that the pages do not know are left out. */
    constructor(resources) {
        this.#resources = new Map(Object.keys(RESOURCES).map(name => [name, resources.find(one => one.name === name)]).filter(([, one]) => one));
    }

    /** Of the lists, in the order of the menu. */
    get names() {
        return [...this.#resources.keys()];
    }

    /** [{name, type, values}], without the search: that is `hasSearch()`; and the selection, which only the address of a file has. */
    filters(name) {
        return this.#resources.get(name).filters.filter(one => !['q', 'selection'].includes(one.name));
    }

    hasSearch(name) {
        return this.#hasFilter(name, 'q');
    }

    /** The list that what this member or filter is an id of is chosen from, by its name; null: it is typed. */
    chosenFrom(one) {
        const resource = chosenFrom(one);

        return resource !== null && this.hasSearch(resource) ? resource : null;
    }

    actions(name) {
        return this.#resources.get(name).actions;
    }

    /** Whether the server has this for it: export, export_item, create, delete or erase. */
    has(name, operation) {
        return this.#resources.get(name)[operation] === true;
    }

    /** The members of an item, those that are shown at first before the rest. */
    columns(name) {
        const { columns } = this.#resources.get(name);
        const first = RESOURCES[name].columns.filter(one => columns.includes(one));

        return { all: [...first, ...columns.filter(one => !first.includes(one))], first };
    }

    /** [name, kind, values] of the members that can be changed, by their values in `item`: flag, choice or text. */
    changes(name, item) {
        const { columns, read_only: readOnly } = this.#resources.get(name);

        return columns.filter(one => !readOnly.includes(one)).map(one => {
            const values = this.#valuesOf(name, one);

            return typeof item[one] === 'boolean' ? [one, 'flag'] : values.includes(item[one]) ? [one, 'choice', values] : [one, 'text'];
        });
    }

    /** The same of what a new one needs. */
    needs(name) {
        return Object.entries(RESOURCES[name].create).map(([one, kind]) => [one, kind, this.#valuesOf(name, one)]);
    }

    #valuesOf(name, one) {
        return this.filters(name).find(filter => filter.name === one)?.values ?? [];
    }

    /** The key of `order` that sorts by this column; null: none does. That of names is called name, whichever column shows it. */
    order(name, column) {
        const { columns, orders } = this.#resources.get(name);

        return orders.find(one => one === column || (one === 'name' && column === 'display_name' && !columns.includes('name'))) ?? null;
    }

    /** Those [resource, parameter] that there are. */
    links(name) {
        return (RESOURCES[name].links ?? []).filter(([resource, parameter]) => this.#hasFilter(resource, parameter));
    }

    #hasFilter(name, filter) {
        return this.#resources.get(name)?.filters.some(one => one.name === filter) ?? false;
    }
}
