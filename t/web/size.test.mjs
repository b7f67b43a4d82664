// How much a page loads: of <chat-widget> and <chat-bell> before anybody opens them, and in all. As conf/install-web makes it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

const LAUNCHER_BYTES_MAX = 10000;
const PANEL_BYTES_MAX = 41000;
const INBOX_BYTES_MAX = 51500;
const ON_DEMAND_BYTES_MAX = 6000;
const ADMIN_BYTES_MAX = 34500;
const SEARCH_BYTES_MAX = 8000;
const FILES_BYTES_MAX = 9500;
const BELL_BYTES_MAX = 10000;
const BELL_PANEL_BYTES_MAX = 29500;
const folder = mkdtempSync(`${tmpdir()}/mod_chat-web-`);
let version = null;

try {
    execFileSync('esbuild', ['--version'], { stdio: 'ignore' });
    execFileSync('conf/install-web', [folder]);
    version = readdirSync(folder).find(name => /^[0-9a-f]{12}$/.test(name));
} catch (error) {
    if (error.code !== 'ENOENT')
        throw error;
}
test.after(() => rmSync(folder, { recursive: true }));

const source = name => readFileSync(`${folder}/${name}`, 'utf8');
const sizeOf = name => gzipSync(source(name), { level: 6 }).length;
const skip = version ? false : 'there is no esbuild';

function isAtMost(max, t, ...names) {
    const sizes = names.map(sizeOf);
    const sum = sizes.reduce((a, b) => a + b);

    t.diagnostic(`${sum} bytes: ${names.map((name, i) => `${name.split('/').at(-1)} ${sizes[i]}`).join(', ')}`);
    assert.ok(sum <= max, `${sum} bytes, ${max} are enough`);
}

for (const lang of ['en', 'de']) {
    test(`the launcher, its texts in ${lang}, is at most ${LAUNCHER_BYTES_MAX} bytes, compressed`, { skip }, t =>
        isAtMost(LAUNCHER_BYTES_MAX, t, 'widget.js', `${version}/widget.js`, `${version}/${lang}.js`));
    test(`the button of the bell at most ${BELL_BYTES_MAX} (${lang})`, { skip }, t =>
        isAtMost(BELL_BYTES_MAX, t, 'bell.js', `${version}/bell.js`, `${version}/${lang}.js`, `${version}/bell_${lang}.js`));
    test(`the inbox at most ${INBOX_BYTES_MAX} (${lang})`, { skip }, t =>
        isAtMost(INBOX_BYTES_MAX, t, 'inbox.js', `${version}/inbox.js`, `${version}/${lang}.js`, `${version}/inbox_${lang}.js`));
    test(`the administration at most ${ADMIN_BYTES_MAX} (${lang})`, { skip }, t =>
        isAtMost(ADMIN_BYTES_MAX, t, 'admin.js', `${version}/admin.js`, `${version}/${lang}.js`, `${version}/admin_${lang}.js`));
}

test(`the panel at most ${PANEL_BYTES_MAX}`, { skip }, t => isAtMost(PANEL_BYTES_MAX, t, `${version}/panel.js`));

for (const [name, max] of [['emoji_picker', ON_DEMAND_BYTES_MAX], ['notice', ON_DEMAND_BYTES_MAX], ['picture_viewer', ON_DEMAND_BYTES_MAX], ['preferences', ON_DEMAND_BYTES_MAX], ['search_view', SEARCH_BYTES_MAX]])
    test(`what ${name} brings is loaded when it is wanted, and at most ${max}`, { skip }, t => {
        isAtMost(max, t, `${version}/${name}.js`);
        for (const entry of ['panel', 'inbox'])
            assert.ok(!/OscillatorNode|requestPermission|emoji-picker"|viewerAfter|conversations\/search\//.test(source(`${version}/${entry}.js`)), entry);
    });

test(`what sends files is loaded when it is wanted, and at most ${FILES_BYTES_MAX}`, { skip }, t => {
    isAtMost(FILES_BYTES_MAX, t, `${version}/files.js`);
    for (const entry of ['panel', 'inbox'])
        assert.ok(!/createImageBitmap|fileProgress/.test(source(`${version}/${entry}.js`)), entry);
});

test(`what the bell opens at most ${BELL_PANEL_BYTES_MAX}`, { skip }, t =>
    isAtMost(BELL_PANEL_BYTES_MAX, t, `${version}/bell_panel.js`));

test('each is one file, which the small one names; the rest comes when it is needed', { skip }, () => {
    for (const name of ['widget', 'inbox', 'bell', 'admin', 'texts']) {
        assert.deepEqual(source(`${name}.js`).match(/(?<=')\.\/[^']+/g), [`./${version}/${name}.js`]);
        assert.doesNotMatch(source(`${version}/${name}.js`), /\b(?:from|import)\s*["']/);
    }
    for (const name of ['panel', 'bell_panel', 'notice', 'preferences', 'emoji_picker', 'picture_viewer', 'files', 'search_view'])
        assert.ok(!/\b(?:from|import)\s*["']\.\//.test(source(`${version}/${name}.js`)), `${name} imports at once what it may never need`);
    assert.match(source(`${version}/widget.js`), /import\("\.\/panel\.js"\)/);
    assert.match(source(`${version}/bell.js`), /import\("\.\/bell_panel\.js"\)/);
    for (const name of ['widget', 'bell'])
        assert.doesNotMatch(source(`${version}/${name}.js`), /WebSocket/);
});
