// The mails and pushes that the people of the demo get (conf/demo/receiver.py), the newest first. The list is asked for
// again and again, an item when it is opened. All of it is text that people wrote, and is shown as such; the HTML of a
// mail is in a frame, in which nothing runs.
import { TEXTS } from '/demo_texts.js';

const DATA = '/demo/mail/data/';
const AGAIN_MS = 2000;
const UNSUBSCRIBE = '/notifications/unsubscribe/';
const lang = document.documentElement.lang; // which demo.js has chosen
const state = document.querySelector('#state');
const list = document.querySelector('#items');
const shown = new Map(); // of elements by the number of what they show
let isFirst = true; // what is there already is not news

follow();

async function follow() {
    const { state: receiver, packages } = await ask('state.json').catch(() => ({ state: 'failed' }));

    if (receiver !== 'on')
        tellWhyNot(receiver, packages);
    while (receiver === 'on') {
        await look();
        await untilAgain();
    }
}

function tellWhyNot(receiver, packages) {
    state.textContent = t({ missing: 'mailMissing', off: 'mailOff' }[receiver] ?? 'mailFailed');
    if (receiver !== 'missing')
        return;
    const command = document.querySelector('#command');

    command.textContent = `apt-get install ${packages}`;
    command.hidden = false;
}

async function look() {
    try {
        show((await ask('list.json')).items);
    } catch {
        state.textContent = t('mailAway');
    }
}

/* Not while nobody looks. */
async function untilAgain() {
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
    if (document.hidden)
        await new Promise(resolve => document.addEventListener('visibilitychange', resolve, { once: true }));
}

/* Who has logged out meanwhile is sent to the form, and comes back. */
async function ask(name) {
    const answer = await fetch(DATA + name, { cache: 'no-cache' });

    if (answer.redirected)
        location.reload();
    if (!answer.ok || answer.redirected)
        throw new Error(`${name}: ${answer.status}`);
    return answer.json();
}

// ---- The list ----------------------------------------------------------------------------------

function show(items) {
    const numbers = new Set(items.map(({ id }) => id));
    const news = items.filter(({ id }) => !shown.has(id));

    for (const [id, element] of shown)
        if (!numbers.has(id)) {
            element.remove();
            shown.delete(id);
        }
    for (const item of [...news].reverse()) {
        const element = makeItem(item);

        shown.set(item.id, element);
        list.prepend(element);
    }
    tell(news[0]);
}

function tell(newest) {
    if (shown.size === 0)
        state.textContent = t('mailWaiting');
    else if (isFirst || state.textContent === t('mailAway'))
        state.textContent = '';
    else if (newest)
        state.textContent = t('mailNew').replace('{what}', kindOf(newest)).replace('{whom}', () => newest.to);
    isFirst = false;
}

function makeItem(item) {
    const body = el('div', { class: 'opened' });
    const details = el('details', {},
        el('summary', {},
            el('span', { class: `kind ${item.kind}` }, kindOf(item)), ' ',
            el('time', { datetime: item.at }, new Date(item.at).toLocaleTimeString(lang)), ' ',
            el('b', { dir: 'auto' }, item.kind === 'mail' ? item.subject : item.from), ' ',
            el('span', { class: 'whom', dir: 'auto' }, `${t('mailTo')} ${item.to}`)),
        body);

    details.addEventListener('toggle', () => details.open && fill(body, item.id));
    return el('li', { class: 'card' }, details);
}

/* Once. */
async function fill(body, id) {
    if (body.hasChildNodes())
        return;
    try {
        const item = await ask(`${id}.json`);

        if (!body.hasChildNodes())
            body.append(...item.kind === 'mail' ? mailParts(item) : pushParts(item));
    } catch {
        state.textContent = t('mailAway');
    }
}

// ---- One of them -------------------------------------------------------------------------------

function mailParts(mail) {
    return [
        el('dl', {}, row('mailFrom', mail.from), row('mailTo', mail.to)),
        ...mail.unsubscribe ? unsubscribeForm(mail.unsubscribe) : [],
        ...mail.has_html ? [el('h3', {}, t('mailHtml')), frameOf(mail)] : [],
        ...mail.text === null ? [] : [el('h3', {}, t('mailText')), el('pre', { dir: 'auto' }, mail.text)],
        source(mail.source),
    ];
}

/* Its policy (conf/demo/mail.conf) says the same. */
function frameOf({ id, subject }) {
    return el('iframe', { sandbox: 'allow-popups allow-popups-to-escape-sandbox', title: subject || t('mailHtml'), src: `${DATA}${id}.html` });
}

/* As mail programs do it (RFC 8058), where the header leads to this site. */
function unsubscribeForm(link) {
    const url = pageOf(link);

    if (!url?.pathname.endsWith(UNSUBSCRIBE))
        return [];
    return [el('form', { method: 'post', action: url.pathname + url.search, target: '_blank' },
        el('input', { type: 'hidden', name: 'List-Unsubscribe', value: 'One-Click' }),
        el('button', { class: 'quiet' }, t('mailUnsubscribe')))];
}

function pushParts(push) {
    const url = pageOf(push.link);

    return [
        el('div', { class: 'notification' }, el('b', { dir: 'auto' }, push.from), el('p', { dir: 'auto' }, push.subject)),
        url && el('a', { class: 'action', href: url.href, target: '_blank' }, t('pushOpen')),
        source(`${Object.entries(push.headers).map(([name, value]) => `${name}: ${value}\n`).join('')}\n${pretty(push.source)}`),
    ].filter(Boolean);
}

/* A URL that leads to a page, or null. */
function pageOf(link) {
    try {
        const url = new URL(link, location.href);

        return /^https?:$/.test(url.protocol) ? url : null;
    } catch {
        return null;
    }
}

function pretty(json) {
    return JSON.stringify(JSON.parse(json), null, 4);
}

function source(text) {
    return el('details', { class: 'source' }, el('summary', {}, t('mailSource')), el('pre', {}, text));
}

function row(key, text) {
    return el('div', {}, el('dt', {}, t(key)), el('dd', { dir: 'auto' }, text));
}

// ---- Elements ----------------------------------------------------------------------------------

function t(key) {
    return TEXTS[lang][key];
}

function kindOf({ kind }) {
    return t(kind === 'mail' ? 'aMail' : 'aPush');
}

function el(tag, attributes, ...children) {
    const element = document.createElement(tag);

    for (const [name, value] of Object.entries(attributes))
        element.setAttribute(name, value);
    element.append(...children);
    return element;
}
