// The servers of a site, for tests that stop and start them.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { waitFor } from './site.mjs';

export class Server {
    #site;

    constructor(site) {
        this.#site = site;
    }

    /** What conf/instance does: start, stop, database-start, database-stop. */
    async instance(verb) {
        const { isTls, state, url } = this.#site;

        await promisify(execFile)('conf/instance', [verb], {
            env: { ...process.env, STATE: state, PORT: new URL(url).port, TLS: isTls ? '1' : '0', DEMO: '1' },
        });
    }

    get pid() {
        return Number(readFileSync(`${this.#site.state}/httpd/run/httpd.pid`, 'utf8'));
    }

    /** The processes that serve. */
    get children() {
        const parent = this.pid;

        return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
            .filter(pid => parentOf(pid) === parent);
    }

    /** As apachectl graceful does; true when the children of before are gone. */
    graceful() {
        const before = this.children;

        process.kill(this.pid, 'SIGUSR1');
        return waitFor(() => !before.some(pid => parentOf(pid) !== null), 10);
    }

    /** Without a word, as the kernel does it when memory is short. */
    killChildren() {
        for (const pid of this.children)
            process.kill(pid, 'SIGKILL');
    }

    /** What is in the error log that somebody should look at. */
    complaints() {
        return readFileSync(`${this.#site.state}/httpd/logs/error.log`, 'utf8').split('\n')
            .filter(line => /\[[a-z_]*:(warn|error|crit|alert|emerg)\]/.test(line));
    }
}

/* null: there is no such process, or only its remains. */
function parentOf(pid) {
    try {
        const [, state, parent] = /^.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));

        return state === 'Z' ? null : Number(parent);
    } catch {
        return null;
    }
}
