// How much a page loads of <chat-widget> before anybody opens it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

const WEB = new URL('../../mod_chat/web/', import.meta.url);
const LAUNCHER_BYTES_MAX = 10000;
const source = name => readFileSync(new URL(name, WEB), 'utf8');

/** A module and what it imports, each once; dynamic imports are not among it. */
function withImports(name, found = new Set()) {
    found.add(name);
    for (const [, needed] of source(name).matchAll(/^(?:import|export) (?:[^;]* from )?'(\.[./\w]+\.js)';/gm)) {
        const path = posix.join(posix.dirname(name), needed);

        if (!found.has(path))
            withImports(path, found);
    }
    return found;
}

for (const lang of ['en', 'de'])
    test(`the launcher, its texts in ${lang}, is at most ${LAUNCHER_BYTES_MAX} bytes, compressed file by file`, () => {
        const files = [...withImports('widget.js'), `i18n/${lang}.js`];
        const sizes = files.map(name => gzipSync(source(name), { level: 6 }).length);
        const sum = sizes.reduce((a, b) => a + b);

        assert.ok(sum <= LAUNCHER_BYTES_MAX, `${sum}: ${files.map((name, i) => `${name} ${sizes[i]}`).join(', ')}`);
    });

test('the rest comes with the first use', () => {
    const files = withImports('widget.js');

    for (const name of ['widget/panel.js', 'store/chat_store.js', 'net/socket.js', 'thread/thread_view.js'])
        assert.ok(!files.has(name), name);
    assert.match(source('widget/chat_widget.js'), /await import\('\.\/panel\.js'\)/);
});
