// Links in what people typed: which there are, where they end, and what never is one.
import assert from 'node:assert/strict';
import test from 'node:test';
import { splitLinks } from '../../mod_chat/web/ui/linkify.js';
import { table } from './lib/table.mjs';

const links = text => splitLinks(text).filter(({ href }) => href && !href.startsWith('mailto:')).map(({ text: shown, href }) => [shown, href]);

const only = (text, shown, href = shown) => {
    assert.deepEqual(links(text), [[shown, href]], text);
    assert.equal(splitLinks(text).map(part => part.text).join(''), text);
};

test('links of the web are found', () => {
    only('https://example.org/', 'https://example.org/');
    only('see http://example.org/a?b=1&c=2#d now', 'http://example.org/a?b=1&c=2#d');
    only('www.example.org', 'www.example.org', 'https://www.example.org/');
    only('HTTPS://Example.ORG/A', 'HTTPS://Example.ORG/A', 'https://example.org/A');
    only('https://bücher.example/ä', 'https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4');
    only('a\nhttps://example.org/x\nb', 'https://example.org/x');
});

test('what stands round them is not of them', () => {
    for (const after of ['.', ',', '!', '?', ':', ';', '…', '。', ')', ').', '"', '»', '>', ']!'])
        only(`(see https://example.org/a${after}`, 'https://example.org/a');
    only('https://example.org/wiki/Name_(church)', 'https://example.org/wiki/Name_(church)');
    only('(https://example.org/wiki/Name_(church))', 'https://example.org/wiki/Name_(church)');
});

test('several, and the text between them', () => {
    assert.deepEqual(splitLinks('a https://b.example c www.d.example.'), [
        { text: 'a ' }, { text: 'https://b.example', href: 'https://b.example/' }, { text: ' c ' },
        { text: 'www.d.example', href: 'https://www.d.example/' }, { text: '.' },
    ]);
});

test('nothing else is a link', () => {
    for (const text of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'ftp://example.org/',
        'http://', 'https://.', 'www.', 'example.org', 'xhttps://example.org', '//example.org/',
        'javascript://example.org/%0aalert(1)', 'https://user:word@example.org/', 'https://bank.example@evil.example/', 'https://[::1', ''])
        assert.deepEqual(links(text), [], text);
});

test('nothing is a link that the server would not count as one', () => {
    for (const [text, counted, clickable] of table('links')) {
        assert.equal(links(text).length, Number(clickable), text);
        assert.ok(Number(counted) >= Number(clickable), text);
    }
});

test('mail addresses are links, with what people write round them', () => {
    for (const [text, shown, href = `mailto:${shown}`] of [
        ['write to info@st-marys.example.', 'info@st-marys.example'],
        ['E-mail:ann.o_b+c@mail.example.org!', 'ann.o_b+c@mail.example.org'],
        ['(a@b.example)', 'a@b.example'],
        ['mailto:a@example.org', 'a@example.org'],
        ['a@www.example.org', 'a@www.example.org'],
        ['pfarrer@bücher.example', 'pfarrer@bücher.example', 'mailto:pfarrer@xn--bcher-kva.example'],
        ['https://example.org/ or a@b.example', 'a@b.example'],
    ]) {
        const parts = splitLinks(text);

        assert.deepEqual(parts.filter(one => one.href?.startsWith('mailto:')), [{ text: shown, href }], text);
        assert.equal(parts.map(part => part.text).join(''), text);
    }
});

test('what only looks like a mail address is none', () => {
    for (const text of ['a@b', '@example.org', 'a@', 'a@b@c.example', 'a.@b.example', 'a@b.example/path', 'a@-b.example', 'a@b..example',
        'a@1.2.3.4', 'https://user:word@example.org/', 'https://bank.example@evil.example/ x', 'ftp://u:p@h.example',
        'a\u202e@b.example', 'javascript://a@b.example', '<a@b.c', 'é@b.example'])
        assert.ok(!splitLinks(text).some(({ href }) => href), text);
});

test('what hides in a text ends a link', () => {
    for (const hidden of ['\u202e', '\u200b', '\u2066', '\u0000', '\ufeff'])
        only(`https://example.org/a${hidden}gpj.exe`, 'https://example.org/a');
});

test('the parts are the text, whatever it is, and in time', () => {
    const pieces = ['https://', 'www.', 'a', '.', '(', ')', '/', ' ', '@', 'http://x.y', '\n', ']', '[', '😀', '*'];
    let seed = 1;
    const random = n => (seed = seed * 16807 % 2147483647) % n;

    for (let i = 0; i < 3000; i++) {
        const text = Array.from({ length: random(20) }, () => pieces[random(pieces.length)]).join('');

        assert.equal(splitLinks(text).map(part => part.text).join(''), text);
        for (const { href } of splitLinks(text))
            assert.match(href ?? 'mailto:', /^(https?:\/\/|mailto:)/);
    }
    const begin = process.cpuUsage(); // others use the processor, too

    splitLinks(`https://example.org/${'('.repeat(30000)}${')'.repeat(30000)}`);
    splitLinks('www.'.repeat(20000));
    splitLinks(`https://a${'.)'.repeat(5000)}`);
    splitLinks(`${'a'.repeat(100000)}@`);
    splitLinks('a@'.repeat(50000));
    splitLinks('a.'.repeat(50000));
    splitLinks(`a@${'b.'.repeat(50000)}`);
    splitLinks('//a@b.example '.repeat(5000));
    const { user, system } = process.cpuUsage(begin);

    assert.ok(user + system < 5e6, `${user + system} µs`);
});
