/**
 * @file overview.js
 * The first page: how much there is, what happened on the last 30 days, how long people wait for a first answer, and
 * whether mails and pushes go out.
 */
import { el } from '../ui/dom.js';
import { sizeText } from '../ui/file_text.js';
import { durationText } from './numbers.js';
import { plot, sum } from './plot.js';
import { hashOf } from './route.js';

const TOTALS = [
    ['conversations', { view: 'list', resource: 'conversations' }], ['messages', { view: 'list', resource: 'messages' }],
    ['users', { view: 'list', resource: 'users' }], ['churches', { view: 'list', resource: 'churches' }],
    ['attachments', { view: 'list', resource: 'attachments' }], ['attachment_bytes', null],
    ['unread', { view: 'list', resource: 'conversations', params: { unread: '1' } }],
    ['flagged', { view: 'flagged', of: 'messages' }], ['push_subscriptions', null],
];
const COUNTED_MAX = 10000; // of what is to be delivered: the server counts no further
const PLOTS = [['messages', ['by_members', 'by_staff']], ['conversations', ['conversations']], ['attachments', ['attachments']], ['mails', ['mails']], ['pushes', ['pushes']]];

export class Overview {
    #i18n;
    #api;
    #times;
    #schema;
    #healthUrl;
    #numbers;

    constructor({ i18n, api, schema, times, healthUrl }) {
        this.#i18n = i18n;
        this.#api = api;
        this.#times = times;
        this.#schema = schema;
        this.#healthUrl = healthUrl;
        this.#numbers = new Intl.NumberFormat(i18n.lang);
        this.title = i18n.t('adminOverview');
        this.element = el('div', { class: 'overview' });
    }

    async load() {
        const health = this.#healthUrl ? this.#api.health(this.#healthUrl).catch(problem => ({ problem })) : null;

        this.element.replaceChildren(...this.#parts(await this.#stats()));
        if (health)
            this.#showHealth(await health);
    }

    /* null: this server has none, as it is older than the page. */
    async #stats() {
        try {
            return await this.#api.stats();
        } catch (problem) {
            if (problem.status !== 404)
                throw problem;
            return null;
        }
    }

    #parts(stats) {
        if (stats === null)
            return [el('p', {}, this.#i18n.t('adminNoStats')), el('div', { class: 'cards' })];
        return [this.#totals(stats.totals),
            el('div', { class: 'cards' }, this.#answers(stats.first_answer_seconds), this.#outbox(stats.outbox)),
            el('h3', {}, this.#i18n.t('adminDays', { n: stats.days.length })),
            el('div', { class: 'plots' }, ...PLOTS.map(([name, series]) => this.#plot(name, series, stats.days))),
            this.#table(stats.days),
            stats.is_building && el('p', {}, this.#i18n.t('adminBuilding')),
            stats.as_of && el('p', { class: 'quiet' }, this.#i18n.t('adminAsOf', { time: this.#times.full(stats.as_of) }))].filter(Boolean);
    }

    #label(name) {
        return this.#i18n.t(`adminTotal_${name}`);
    }

    #totals(totals) {
        return el('ul', { class: 'totals' }, ...TOTALS.filter(([name]) => typeof totals[name] === 'number').map(([name, route]) => {
            const text = name === 'attachment_bytes' ? sizeText(this.#i18n.lang, totals[name]) : this.#numbers.format(totals[name]);
            const parts = [el('strong', {}, text), el('span', {}, this.#label(name))];

            return el('li', {}, this.#isThere(route) ? el('a', { href: hashOf(route) }, ...parts) : el('div', {}, ...parts));
        }));
    }

    #isThere(route) {
        return route !== null && this.#schema.names.includes(route.resource ?? route.of);
    }

    #answers(seconds) {
        const text = value => typeof value === 'number' ? durationText(this.#i18n.lang, value) : '–';

        return this.#card(this.#i18n.t('adminFirstAnswer'), [
            [this.#i18n.t('adminHalf'), text(seconds?.p50)], [this.#i18n.t('adminNineOfTen'), text(seconds?.p90)]]);
    }

    #outbox({ due, dead }) {
        const link = (state, n) => {
            const route = { view: 'list', resource: 'deliveries', params: { state } };
            const text = n < COUNTED_MAX ? this.#numbers.format(n) : this.#i18n.t('many', { n });

            return this.#isThere(route) ? el('a', { href: hashOf(route) }, text) : text;
        };

        return this.#card(this.#i18n.t('adminOutbox'), [[this.#i18n.t('adminValue_due'), link('due', due)], [this.#i18n.t('adminValue_dead'), link('dead', dead)]]);
    }

    #card(title, lines) {
        return el('section', { class: 'card' }, el('h3', {}, title),
            el('dl', {}, ...lines.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))));
    }

    /* What chat-health says, word for word: these are names of parts and their states. */
    #showHealth({ problem, ...health }) {
        const lines = Object.entries(health).filter(([, value]) => typeof value !== 'object').map(([name, value]) => [name.replaceAll('_', ' '), String(value)]);

        this.element.querySelector('.cards').append(problem
            ? el('section', { class: 'card' }, el('h3', {}, this.#i18n.t('adminHealth')), el('p', { class: 'wrong' }, this.#i18n.t('adminUnhealthy')))
            : this.#card(this.#i18n.t('adminHealth'), lines));
    }

    #plot(name, series, days) {
        const values = days.map(day => series.map(one => day[one] ?? 0));
        const sums = values.map(sum);
        const total = this.#numbers.format(sum(sums));
        const label = this.#i18n.t('adminPlot', { name: this.#label(name), sum: total, max: this.#numbers.format(Math.max(0, ...sums)) });
        const key = series.length > 1 && el('p', { class: 'key' }, ...series.map((one, i) => el('span', { class: `key-${i}` }, this.#label(one))));

        return el('figure', {}, el('figcaption', {}, this.#label(name), ' ', el('strong', {}, total)), plot(values, label), key);
    }

    #table(days) {
        const names = [...new Set(PLOTS.flatMap(([name, series]) => [name, ...series]))];

        return el('details', {}, el('summary', {}, this.#i18n.t('adminNumbers')),
            el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': this.#i18n.t('adminNumbers') }, el('table', {},
                el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, this.#i18n.t('adminDay')), ...names.map(name => el('th', { scope: 'col' }, this.#label(name))))),
                el('tbody', {}, ...days.toReversed().map(day => el('tr', {}, el('th', { scope: 'row' }, day.date),
                    ...names.map(name => el('td', { class: 'number' }, this.#numbers.format(day[name] ?? 0)))))))));
    }
}
