// The site under test, seen from outside of the browser: its API by Basic authentication, its
// database, its access log and its counters.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export class Site {
    #database; // how psql connects

    /** plain: as the demo runs. tls: with the hardened virtual host. */
    constructor(name) {
        this.name = name;
        this.url = process.env[`CHAT_SITE_${name.toUpperCase()}`];
        this.state = process.env[`CHAT_STATE_${name.toUpperCase()}`];
        this.isTls = this.url.startsWith('https:');
        this.sessionCookie = this.isTls ? '__Host-chat_session' : 'chat_session';
    }

    /** As a program does it: no cookie, no Origin; the password is the name. `form`: a FormData. */
    async ask(user, method, path, { json, form, headers = {} } = {}) {
        const answer = await fetch(`${this.url}/api/${path}`, {
            method,
            headers: {
                Authorization: `Basic ${btoa(`${user}:${user}`)}`,
                ...json === undefined ? {} : { 'Content-Type': 'application/json' },
                ...headers,
            },
            body: json === undefined ? form : JSON.stringify(json),
        });
        const text = await answer.text();

        if (answer.status >= 400)
            throw new Error(`${method} ${path} as ${user}: ${answer.status} ${text}`);
        return JSON.parse(text);
    }

    /** A message with a file, and with `content` or without. */
    async upload(user, conversationId, { name, bytes, content }) {
        const form = new FormData();

        if (content !== undefined)
            form.append('content', content);
        form.append('attachment', new Blob([bytes]), name);
        return (await this.ask(user, 'POST', `conversations/${conversationId}/messages/`, { form })).message;
    }

    /** Somebody whom the password file does not know yet. */
    addLogin(name) {
        const hash = createHash('sha1').update(name).digest('base64');

        appendFileSync(`${this.state}/httpd/conf/users`, `${name}:{SHA}${hash}\n`);
    }

    sql(text) {
        this.#database ??= execFileSync('conf/instance', ['database-params'],
            { encoding: 'utf8', env: { ...process.env, STATE: this.state } }).trim();
        return execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', this.#database],
            { encoding: 'utf8', input: text }).trim();
    }

    /** All that somebody could have changed, as one string; equal strings mean that nobody did. Of events,
        which go by themselves a minute later, how many there have been; of subscriptions, not what notifiers
        write into them. */
    everything() {
        const tables = ['users', 'churches', 'church_staff', 'conversations', 'messages', 'notification_marks', 'audit_log'];

        return this.sql(tables.map(table =>
            `select '${table}', t from chat.${table} t order by t::text;`)
            .concat('select id, user_id, endpoint, p256dh, auth from chat.push_subscriptions order by id;')
            .concat(`select 'events', last_value from chat.events_id_seq;`).join('\n'));
    }

    /** Requests in the access log since a mark, as {user, method, path, status}. */
    requestsSince(mark) {
        const lines = readFileSync(`${this.state}/httpd/logs/access.log`, 'utf8').slice(mark).split('\n');
        const form = /^\S+ (\S+) \[[^\]]*\] "(\S+) (\S+)[^"]*" (\d{3}) /;

        return lines.map(line => form.exec(line)).filter(Boolean)
            .map(([, user, method, path, status]) => ({ user, method, path, status: Number(status) }));
    }

    mark() {
        return readFileSync(`${this.state}/httpd/logs/access.log`, 'utf8').length;
    }

    async counter(name, labels = '') {
        const text = await (await fetch(`${this.url}/chat-metrics`)).text();
        const line = text.split('\n').find(l => l.startsWith(`${name}${labels} `));

        if (!line)
            throw new Error(`no counter ${name}${labels} in ${text}`);
        return Number(line.split(' ')[1]);
    }
}

/** How much longer than on an idle machine things may take. */
const SLOW = 4;

/** The first true value of `condition`, or the last value after `seconds`, and longer: no machine is idle. */
export async function waitFor(condition, seconds = 15) {
    const end = Date.now() + SLOW * seconds * 1000;
    let value;

    while (!(value = await condition()) && Date.now() < end)
        await sleep(20);
    return value;
}
