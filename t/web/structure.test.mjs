// How the modules for pages hang together: which folder may use which, and that what several elements need is there once.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const ROOT = new URL('../../mod_chat/web/', import.meta.url);
const ELEMENTS = ['widget', 'inbox', 'bell', 'admin']; // none of which uses another one
const MAY_USE = {
    net: [], i18n: ['net'], store: ['net', 'i18n'], ui: ['i18n'], thread: ['net', 'i18n', 'store', 'ui'],
    search: ['net', 'i18n', 'ui'],
    ...Object.fromEntries(ELEMENTS.map(name => [name, ['net', 'i18n', 'store', 'ui', 'thread', 'search']])),
    '': ['net', 'i18n', 'store', 'ui', 'thread', ...ELEMENTS], // the entries
};
const modules = new Map(readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.js'))
    .map(name => [name, readFileSync(new URL(name, ROOT), 'utf8')]));
const folderOf = name => name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : '';
const having = pattern => [...modules].filter(([, text]) => pattern.test(text)).map(([name]) => name);

/* What a module imports, now or when it is needed. */
function importsOf(name) {
    return [...modules.get(name).matchAll(/(?:\bfrom |\bimport |\bimport\()'(\.[^']+)'/g)]
        .map(([, path]) => new URL(path, new URL(name, ROOT)).href.slice(ROOT.href.length));
}

test('folders use those before them, and no element another one', () => {
    for (const name of modules.keys())
        for (const used of importsOf(name)) {
            assert.ok(modules.has(used), `${name} imports ${used}, which is not there`);
            assert.ok(folderOf(used) === folderOf(name) || MAY_USE[folderOf(name)]?.includes(folderOf(used)),
                `${name} imports ${used}`);
        }
});

test('modules do not import each other in a circle', () => {
    const done = new Set();
    const follow = (name, path) => {
        assert.ok(!path.includes(name), [...path, name].join(' -> '));
        if (done.has(name))
            return;
        for (const used of importsOf(name))
            follow(used, [...path, name]);
        done.add(name);
    };

    for (const name of modules.keys())
        follow(name, []);
});

test('there is one REST client, one WebSocket, one list of conversations, one reconciler of keyed elements', () => {
    assert.deepEqual(having(/class Rest\b/), ['net/rest.js']);
    assert.deepEqual(having(/'X-CSRFToken'/).filter(name => folderOf(name) !== 'net'), []);
    assert.deepEqual(having(/new WebSocket\(/), ['net/connection.js']);
    assert.deepEqual(having(/role: 'listbox'/), ['admin/choice_field.js', 'ui/conversation_list.js'], 'and the suggestions of a field');
    assert.deepEqual(having(/new ConversationList\(/).sort(), ['bell/bell_panel.js', 'inbox/chat_inbox.js', 'widget/list_view.js']);
    assert.deepEqual(having(/nextSibling|previousSibling/), ['ui/keyed.js']);
    assert.deepEqual(having(/(?<![#.\w])fetch\(/).filter(name => folderOf(name) !== 'net' && name !== 'sw.js'), [], 'only net/ asks the server');
});

test('a style that is loaded later changes nothing that has one', () => {
    const LATER = ['FILES', 'PICKER', 'PREFERENCES', 'SEARCH', 'TOASTS', 'VIEWER'];
    const sheets = [...modules].flatMap(([name, text]) => [...text.matchAll(/const (\w+) = (?:sheet|themed)\(`([^`]*)`\)/g)]
        .map(([, constant, css]) => ({ name, constant, selectors: selectorsOf(css) })));

    assert.deepEqual(sheets.map(({ constant }) => constant).filter(one => LATER.includes(one)).sort(), LATER);
    assert.deepEqual(having(/\badopt\(/).length, LATER.length + 1, 'each is adopted in one place');
    for (const { constant, selectors } of sheets.filter(one => LATER.includes(one.constant)))
        for (const [, alone] of selectors.map(one => /^\.([\w-]+)(?:[:[][^ ]*)?$/.exec(one)).filter(Boolean))
            for (const other of sheets.filter(one => one.constant !== constant && !/^(?:bell|admin)\//.test(one.name)))
                assert.ok(!other.selectors.some(one => new RegExp(`\\.${alone}(?![\\w-])`).test(one)),
                    `.${alone} of ${constant} is in ${other.constant}, too (${other.name})`);
});

/* Not those of steps of an animation. */
function selectorsOf(css) {
    const rules = css.replace(/\/\*.*?\*\//gs, '').replace(/@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '').replace(/@[^{]*\{/g, '');

    return [...rules.matchAll(/([^{}]+)\{[^}]*\}/g)].flatMap(([, list]) => list.split(',').map(one => one.trim()));
}

test('what is unread is what the server says: no module counts it', () => {
    assert.deepEqual(having(/unread_messages/).filter(name => folderOf(name) !== 'net'), ['store/counts.js']);
    assert.deepEqual(having(/unread_count\s*[+-]=|\+ \w+\.unread_count/), []);
});
