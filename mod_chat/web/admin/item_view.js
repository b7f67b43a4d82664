/**
 * @file item_view.js
 * One thing of the administration: its members, a form for those that can be changed, what belongs to it, and what can be
 * done to it. A conversation has its newest messages below, with their files, and the newest mails and pushes about it; an
 * entry of the audit log the differences.
 *
 * What is saved carries the version that is shown: if somebody else has changed it meanwhile nothing is saved, and it is
 * said so, with a way to see what is there now.
 */
import { el } from '../ui/dom.js';
import { actOn, isKnown, removedText, whatWouldHappen } from './actions.js';
import { differences } from './diff.js';
import { FieldForm } from './field_form.js';
import { MessageLog } from './message_log.js';
import { RESOURCES, isCreatable } from './resources.js';
import { hashOf } from './route.js';

const NOT_FACTS = ['read_only', 'messages', 'has_more', 'before', 'after'];
const DELIVERIES = 20; // of a conversation
const OF_ACTIONS = ['member_blocked']; // which actions change, and ask for a reason

export class ItemView {
    #deps;
    #resource;
    #id = null;
    #fields = null; // a FieldForm

    /** `deps` as ListView has them, and back(). */
    constructor(deps, resource) {
        this.#deps = deps;
        this.#resource = resource;
        this.element = el('div', { class: 'item-view' });
    }

    get title() {
        return this.#deps.i18n.t('adminItem', { resource: this.#deps.i18n.t(`adminOne_${this.#resource}`), id: this.#id ?? '' });
    }

    async load({ id }) {
        const { api } = this.#deps;

        this.#id = id;
        const [item, deliveries] = await Promise.all([
            api.item(this.#resource, id), this.#hasDeliveries ? api.list('deliveries', { conversation_id: id, limit: DELIVERIES }) : null,
        ]);

        this.#show(item, deliveries?.items ?? []);
    }

    /** It has gone from the page. */
    close() {
        this.#fields?.close();
    }

    get #hasDeliveries() {
        return this.#resource === 'conversations' && this.#deps.schema.names.includes('deliveries');
    }

    #show(item, deliveries) {
        const { i18n, schema } = this.#deps;
        const actions = schema.actions(this.#resource).filter(name => isKnown(name) && canChange(name, item));
        const canDelete = schema.has(this.#resource, 'delete') || actions.includes('delete');
        const canErase = schema.has(this.#resource, 'erase');
        const hasFile = schema.has(this.#resource, 'export_item');
        const fields = schema.changes(this.#resource, item).filter(([name]) => !OF_ACTIONS.includes(name));
        const names = Object.keys(item).filter(name => !NOT_FACTS.includes(name));

        this.close();
        this.element.replaceChildren(...[
            el('section', { class: 'card', 'aria-label': this.title }, el('dl', { class: 'facts' }, ...names.map(name => this.#fact(item, name)))),
            (item.before || item.after) && this.#changes(item),
            fields.length > 0 && this.#form(item, fields),
            this.#links(),
            (actions.length > 0 || canDelete || canErase || hasFile) && el('section', { class: 'card' }, el('h3', {}, i18n.t('adminActions')),
                el('div', { class: 'bar' }, hasFile && this.#file(), ...actions.filter(name => name !== 'delete').map(action => this.#action(action)),
                    canDelete && this.#button(i18n.t('adminAction_delete'), () => this.#delete()),
                    canErase && this.#button(i18n.t('adminErase'), () => this.#erase(item)))),
            item.messages && el('section', { class: 'card' }, el('h3', {}, i18n.t('adminResource_messages')),
                new MessageLog(this.#deps).show(item.messages, item.has_more, this.#id)),
            deliveries.length > 0 && this.#deliveries(deliveries),
        ].filter(Boolean));
    }

    #fact(item, name) {
        const { values } = this.#deps;

        return el('div', {}, el('dt', {}, values.label(name)), el('dd', {}, values.show(this.#resource, item, name)));
    }

    #button(text, onclick) {
        return el('button', { type: 'button', class: 'plain danger', onclick }, text);
    }

    #file() {
        const { i18n, api } = this.#deps;

        return el('a', { class: 'plain', href: api.itemExportUrl(this.#resource, this.#id), download: `${this.#resource}-${this.#id}.json` }, i18n.t('adminExportItem'));
    }

    #action(action) {
        return el('button', { type: 'button', class: 'plain', onclick: async () => {
            if (await actOn(this.#deps, this.#resource, action, { ids: [Number(this.#id)] }))
                await this.#deps.reload();
        } }, this.#deps.i18n.t(`adminAction_${action}`));
    }

    // ---- What is known of it -------------------------------------------------------------------

    #changes({ before, after }) {
        const { values, i18n } = this.#deps;
        const cell = (name, value) => el('td', {}, value === undefined ? '' : values.plain(name, value));

        return el('section', { class: 'card' }, el('h3', {}, i18n.t('adminChanges')), el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': i18n.t('adminChanges') },
            el('table', { class: 'changes' },
                el('thead', {}, el('tr', {}, ...['adminField', 'adminField_before', 'adminField_after'].map(key => el('th', { scope: 'col' }, i18n.t(key))))),
                el('tbody', {}, ...differences(before, after).map(one => el('tr', {}, el('th', { scope: 'row' }, values.label(one.name)),
                    cell(one.name, one.before), cell(one.name, one.after)))))));
    }

    #links() {
        const { i18n, schema } = this.#deps;
        const { kind, staff } = RESOURCES[this.#resource];
        const all = [...schema.links(this.#resource).map(([resource, parameter]) => [i18n.t(`adminResource_${resource}`), resource, { [parameter]: this.#id }]),
            ...kind && schema.names.includes('audit') ? [[i18n.t('adminHistory'), 'audit', { object_kind: kind, object_id: this.#id }]] : []].map(([text, resource, params]) => [text, { view: 'list', resource, params }]);

        if (staff && schema.names.includes('staff') && isCreatable(schema, 'staff'))
            all.push([i18n.t('adminNewStaff'), { view: 'new', resource: 'staff', params: { [staff]: this.#id } }]);

        return all.length > 0 && el('nav', { class: 'card', 'aria-label': i18n.t('adminRelated') }, el('h3', {}, i18n.t('adminRelated')),
            el('ul', { class: 'related' }, ...all.map(([text, route]) => el('li', {}, el('a', { href: hashOf(route) }, text)))));
    }

    #deliveries(deliveries) {
        const { values, i18n } = this.#deps;
        const names = RESOURCES.deliveries.columns.filter(name => name in deliveries[0]);

        return el('section', { class: 'card' }, el('h3', {}, i18n.t('adminResource_deliveries')),
            el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': i18n.t('adminResource_deliveries') }, el('table', {},
                el('thead', {}, el('tr', {}, ...names.map(name => el('th', { scope: 'col' }, values.label(name))))),
                el('tbody', {}, ...deliveries.map(one => el('tr', {}, ...names.map(name => el('td', {}, values.show('deliveries', one, name)))))))));
    }

    // ---- What is done to it --------------------------------------------------------------------

    #form(item, fields) {
        const { i18n, announce, api } = this.#deps;
        const form = new FieldForm({ i18n, api, fields, label: i18n.t('adminSave'), values: item, onReload: () => this.#deps.reload(), onSubmit: async changes => {
            if (Object.keys(changes).length > 0)
                await api.change(this.#resource, this.#id, changes);
            announce(i18n.t(Object.keys(changes).length > 0 ? 'adminSaved' : 'adminUnchanged'));
            await this.#deps.reload();
        } });

        this.#fields = form;
        return el('section', { class: 'card' }, el('h3', {}, i18n.t('adminEdit')), form.element);
    }

    async #delete() {
        const result = this.#deps.schema.actions(this.#resource).includes('delete')
            ? await actOn(this.#deps, this.#resource, 'delete', { ids: [Number(this.#id)] }) : await this.#remove();

        if (!result || !this.element.isConnected)
            return;
        if (result.isWhole)
            this.#deps.back({ view: 'list', resource: this.#resource, params: {} });
        else
            await this.#deps.reload();
    }

    /* As actOn(), where the server has no action for it. */
    async #remove() {
        const { i18n, dialog, api, announce } = this.#deps;
        const result = await dialog.ask({
            title: i18n.t('adminDeleteOne', { item: this.title }),
            prepare: async () => [i18n.t('adminNoWayBack')],
            reason: 'optional', label: i18n.t('adminAction_delete'), isDanger: true,
            run: async ({ reason }) => {
                await api.remove(this.#resource, this.#id, reason);
                return { isWhole: true };
            },
        });

        if (result)
            announce(result.isWhole ? i18n.t('adminDone', { n: 1 }) : i18n.t('adminMaybeDone'));
        return result;
    }

    async #erase(user) {
        const { i18n, dialog, api, announce, reload } = this.#deps;
        const name = user.username ?? user.display_name; // of one who has none any more
        let confirm = null;
        const result = await dialog.ask({
            title: i18n.t('adminEraseTitle', { name }),
            prepare: async () => {
                const answer = await api.rehearseErasure(this.#id);

                ({ confirm } = answer);
                return [i18n.t('adminEraseText'), ...whatWouldHappen(i18n, answer), i18n.t('adminNoWayBack')];
            },
            reason: 'required', typed: name, label: i18n.t('adminErase'), isDanger: true,
            soFar: done => removedText(i18n, { removed: done.removed }),
            run: options => api.erase(this.#id, { ...options, confirm }),
        });

        if (!result)
            return;
        announce(result.isWhole && !result.isUnknown ? i18n.t('adminErased') : removedText(i18n, result));
        if (result.isWhole)
            this.#showErased(result.removed);
        else
            await reload();
    }

    #showErased(counts) {
        const { i18n } = this.#deps;
        const lines = Object.entries(counts).filter(([, n]) => typeof n === 'number');
        const heading = el('h3', { tabindex: -1 }, i18n.t('adminErased'));

        this.element.replaceChildren(el('section', { class: 'card' }, heading,
            el('dl', { class: 'facts' }, ...lines.map(([name, n]) => el('div', {}, el('dt', {}, name.replaceAll('_', ' ')), el('dd', {}, String(n)))))));
        heading.focus();
    }
}

/* Whether something would be another than it is. */
function canChange(action, item) {
    switch (action) {
    case 'mark_read':
        return item.church_unread > 0 || item.member_unread > 0;
    case 'block':
        return !item.member_blocked;
    case 'unblock':
        return item.member_blocked;
    case 'unflag':
        return item.flag !== null;
    case 'retry':
        return ['dead', 'dropped'].includes(item.state);
    case 'drop':
        return ['due', 'dead'].includes(item.state);
    default:
        return true;
    }
}

/** A form for a new one, in which stands already what the address says. */
export class NewView {
    #deps;
    #resource;
    #fields = null; // a FieldForm

    constructor(deps, resource) {
        const { i18n } = deps;

        this.#deps = deps;
        this.#resource = resource;
        this.title = i18n.t('adminNewOne', { resource: i18n.t(`adminOne_${resource}`) });
        this.element = el('section', { class: 'card' });
    }

    async load({ params }) {
        const { i18n, api, schema } = this.#deps;
        const form = new FieldForm({
            i18n, api, fields: schema.needs(this.#resource), values: {}, proposed: params, chosenFrom: name => schema.chosenFrom(name), label: i18n.t('adminCreate'),
            onSubmit: fields => this.#create(fields),
        });

        this.close();
        this.#fields = form;
        this.element.replaceChildren(form.element);
    }

    /** It has gone from the page. */
    close() {
        this.#fields?.close();
    }

    async #create(fields) {
        const { i18n, api, announce, back } = this.#deps;
        const { id } = await api.create(this.#resource, fields);

        announce(i18n.t('adminCreated'));
        back({ view: 'item', resource: this.#resource, id: String(id), params: {} });
    }
}
