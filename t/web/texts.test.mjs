// The tables of texts: complete in every language, with the same places; and every key that is asked for.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { I18n, addLanguage } from '../../mod_chat/web/i18n/i18n.js';
import { TEXTS as DE } from '../../mod_chat/web/i18n/de.js';
import { TEXTS as EN } from '../../mod_chat/web/i18n/en.js';
import { TEXTS as ADMIN_DE } from '../../mod_chat/web/i18n/admin_de.js';
import { TEXTS as ADMIN_EN } from '../../mod_chat/web/i18n/admin_en.js';
import { TEXTS as BELL_DE } from '../../mod_chat/web/i18n/bell_de.js';
import { TEXTS as BELL_EN } from '../../mod_chat/web/i18n/bell_en.js';
import { TEXTS as VIEWER_DE } from '../../mod_chat/web/i18n/viewer_de.js';
import { TEXTS as VIEWER_EN } from '../../mod_chat/web/i18n/viewer_en.js';
import { TEXTS as FILES_DE } from '../../mod_chat/web/i18n/files_de.js';
import { TEXTS as FILES_EN } from '../../mod_chat/web/i18n/files_en.js';
import { TEXTS as SEARCH_DE } from '../../mod_chat/web/i18n/search_de.js';
import { TEXTS as SEARCH_EN } from '../../mod_chat/web/i18n/search_en.js';

const WEB = new URL('../../mod_chat/web/', import.meta.url);
const PAIRS = [[EN, DE], [BELL_EN, BELL_DE], [VIEWER_EN, VIEWER_DE], [FILES_EN, FILES_DE], [SEARCH_EN, SEARCH_DE],
    [ADMIN_EN, ADMIN_DE]];
const forms = entry => typeof entry === 'object' ? entry : { other: entry };
const places = text => [...new Set(text.match(/\{\w+\}/g))].sort();

test('German has all texts that English has, and no others', () => {
    for (const [en, de] of PAIRS)
        assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
});

test('with the same places', () => {
    for (const [en, de] of PAIRS)
        for (const [key, entry] of Object.entries(en)) {
            const wanted = places(forms(entry).other);

            assert.equal(typeof de[key], typeof entry, key);
            for (const text of [...Object.values(forms(entry)), ...Object.values(forms(de[key]))])
                assert.deepEqual(places(text), wanted, `${key}: ${text}`);
        }
});

test('with the forms of plural that the language has', () => {
    for (const [lang, table] of PAIRS.flatMap(([en, de]) => [['en', en], ['de', de]]))
        for (const [key, entry] of Object.entries(table))
            if (typeof entry === 'object')
                assert.deepEqual(Object.keys(entry).sort(), new Intl.PluralRules(lang).resolvedOptions().pluralCategories.sort(), `${lang} ${key}`);
});

test('no text is empty, or has blanks at its ends', () => {
    for (const table of PAIRS.flat())
        for (const [key, entry] of Object.entries(table))
            for (const text of Object.values(forms(entry)))
                assert.ok(text && text === text.trim(), key);
});

/** The modules whose names are like this, as one text. */
const sourcesOf = pattern => readdirSync(WEB, { recursive: true }).filter(name => pattern.test(name))
    .map(name => readFileSync(new URL(name, WEB), 'utf8')).join('\n');
const askedIn = sources => [...sources.matchAll(/\b(?:#?i18n|this)\??\.t\('(\w+)'/g)].map(([, key]) => key);

test('modules ask only for texts that there are, and all are asked for', () => {
    const sources = sourcesOf(/^(?!admin|i18n|inbox|bell|search|thread\/file)\w+\/\w+\.js$|^i18n\/i18n\.js$/);
    const asked = askedIn(sources);
    const own = Object.keys(EN).filter(key => !key.startsWith('inbox'));

    for (const key of asked)
        assert.ok(key in EN || key in VIEWER_EN, key);
    for (const key of Object.keys(VIEWER_EN))
        assert.ok(sources.includes(`'${key}'`) && !(key in EN), `nobody asks for ${key}`);
    for (const key of own)
        assert.ok(sources.includes(`'${key.replace(/Soon$/, '')}'`), `nobody asks for ${key}`); // …Soon: ui/problem_text.js makes it
});

for (const [name, table] of [['bell', BELL_EN], ['search', SEARCH_EN]])
    test(`so does the ${name}`, () => {
        const sources = sourcesOf(new RegExp(`^${name}/\\w+\\.js$`));

        for (const key of askedIn(sources))
            assert.ok(key in EN || key in table, key);
        for (const key of Object.keys(table))
            assert.ok(sources.includes(`'${key}'`), `nobody asks for ${key}`);
        assert.deepEqual(Object.keys(table).filter(key => key in EN), [], 'none twice');
    });

test('so do files that are sent', () => {
    const sources = sourcesOf(/^thread\/file\w+\.js$/);

    for (const key of askedIn(sources))
        assert.ok(key in EN || key in FILES_EN, key);
    for (const key of Object.keys(FILES_EN))
        assert.ok(sources.includes(`'${key}'`), `nobody asks for ${key}`);
    assert.deepEqual(Object.keys(FILES_EN).filter(key => key in EN), [], 'none twice');
});

test('so does the administration, whose keys are also made of names of the API', () => {
    const sources = sourcesOf(/^admin\/\w+\.js$/);
    const isAsked = key => sources.includes(`'${key}'`) ||
        (/^admin[A-Z][a-z]+_/.test(key) && new RegExp(`\\b${key.replace(/^[^_]*_/, '')}\\b`).test(sources));

    for (const key of askedIn(sources))
        assert.ok(key in EN || key in ADMIN_EN, key);
    for (const key of Object.keys(ADMIN_EN))
        assert.ok(isAsked(key), `nobody asks for ${key}`);
    assert.deepEqual(Object.keys(ADMIN_EN).filter(key => key in EN), [], 'none twice');
    const named = sources.match(/(?:FIELDS|VALUES) = new Set\(\[([^\]]*)\]/g).map(list => list.match(/'\w+'/g).map(name => name.slice(1, -1)));
    const texts = ['Field', 'Value'].map(kind => Object.keys(ADMIN_EN).filter(key => key.startsWith(`admin${kind}_`)).map(key => key.replace(/^[^_]*_/, '')));

    assert.deepEqual(named.map(list => list.sort()), texts.map(list => list.sort()), 'each name has a text');
});

test('t()', async t => {
    const en = await I18n.load('en-GB');
    const de = await I18n.load('de-AT');

    await t.test('fills places, with numbers as they are written there', () => {
        assert.equal(en.t('unread', { n: 1234 }), '1,234 unread messages');
        assert.equal(de.t('typing', { name: 'Carol {n}' }), 'Carol {n} schreibt …');
    });
    await t.test('chooses the form', () => {
        assert.equal(en.t('unread', { n: 1 }), '1 unread message');
        assert.equal(de.t('unread', { n: 0 }), '0 ungelesene Nachrichten');
    });
    await t.test('does not know what is not there', () => assert.throws(() => en.t('nothing of the kind'), /there is no text/));
    await t.test('counts for a badge end at 99', () => assert.deepEqual([1, 99, 100].map(n => en.count(n)), ['1', '99', '99+']));
});

test('languages', async t => {
    await t.test('that are not there are English', async () => {
        for (const lang of ['xx', 'not a language!', '', 'fr-CA'])
            assert.equal((await I18n.load(lang)).t('send'), 'Send', lang);
    });
    await t.test('can be added; what lacks there is said in English', async () => {
        addLanguage('fr', { send: 'Envoyer', viewerSave: 'Enregistrer {name}', unread: { one: '{n} message non lu', other: '{n} messages non lus' } });
        const fr = await I18n.load('fr-CA');

        assert.deepEqual([fr.t('send'), fr.t('unread', { n: 0 }), fr.t('back')], ['Envoyer', '0 message non lu', 'Back to the list']);
        const more = fr.with({ en: VIEWER_EN, de: VIEWER_DE });

        assert.deepEqual([more.t('viewerSave', { name: 'a' }), more.t('viewerAfter'), more.t('send')], ['Enregistrer a', 'Next picture', 'Envoyer']);
        assert.equal((await I18n.load('de-AT')).with({ en: VIEWER_EN, de: VIEWER_DE }).t('viewerAfter'), 'Nächstes Bild');
    });
    await t.test('English itself can be worded anew', async () => {
        addLanguage('en', { send: 'Post' });
        const en = await I18n.load('en');

        assert.deepEqual([en.t('send'), en.t('back')], ['Post', 'Back to the list']);
    });
});
