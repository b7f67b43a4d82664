// Pictures before they are sent: which are made smaller, and which are sent as they are. What decodes and draws is a fake.
import assert from 'node:assert/strict';
import test from 'node:test';
import { scalePicture } from '../../mod_chat/web/thread/picture.js';

const LARGE = { width: 4000, height: 3000, close() {} };
let written = null; // what the browser makes of the canvas

globalThis.createImageBitmap = async () => LARGE;
globalThis.document = {
    createElement: () => ({
        getContext: () => ({ drawImage() {} }),
        toBlob: done => done(written),
    }),
};
test.after(() => { delete globalThis.createImageBitmap; delete globalThis.document; });

const bytesOf = text => Uint8Array.from(text, character => character.charCodeAt(0));
const number = (n, bigEndian = true) => {
    const bytes = [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255];

    return String.fromCharCode(...(bigEndian ? bytes : bytes.reverse()));
};
const pngChunk = (type, data) => number(data.length) + type + data + 'crc.';
const png = (...chunks) => new Blob([bytesOf(`\x89PNG\r\n\x1a\n${[['IHDR', 'x'.repeat(13)], ...chunks].map(one => pngChunk(...one)).join('')}`)], { type: 'image/png' });
const webpChunk = (type, data) => type + number(data.length, false) + data;
const webp = (...chunks) => {
    const body = `WEBP${chunks.map(one => webpChunk(...one)).join('')}`;

    return new Blob([bytesOf(`RIFF${number(body.length, false)}${body}`)], { type: 'image/webp' });
};
const pixels = 'p'.repeat(20000);
const profile = 'q'.repeat(9000);
const extended = flags => ['VP8X', `${String.fromCharCode(flags)}${'\0'.repeat(9)}`];

/** Whether it is sent with fewer pixels, where the browser can write it with `size` bytes, as `type`. */
async function isScaled(file, size = 10, type = file.type) {
    written = new Blob(['x'.repeat(size)], { type });
    const sent = await scalePicture(file);

    assert.ok(sent === file || sent === written);
    return sent === written;
}

test('what moves is sent as it is', async t => {
    for (const [name, file] of [
        ['PNG', png(['acTL', '\0'.repeat(8)], ['IDAT', pixels])],
        ['PNG after a long profile', png(['iCCP', profile], ['iTXt', profile], ['acTL', '\0'.repeat(8)], ['IDAT', pixels])],
        ['WebP', webp(extended(0x02), ['ANIM', '\0'.repeat(6)], ['ANMF', pixels])],
        ['WebP after a long profile', webp(extended(0x22), ['ICCP', profile], ['ANIM', '\0'.repeat(6)], ['ANMF', pixels])],
    ])
        await t.test(name, async () => assert.equal(await isScaled(file), false));
    await t.test('PNG with more before its pixels than is looked at', async () =>
        assert.equal(await isScaled(png(...Array.from({ length: 300 }, () => ['tEXt', 'x']), ['IDAT', pixels])), false));
});

test('what does not move is made smaller, whatever words are in it', async t => {
    for (const [name, file] of [
        ['PNG', png(['tEXt', 'acTL and ANIM'], ['IDAT', `${pixels}acTL`], ['acTL', '\0'.repeat(8)])],
        ['PNG after a long profile', png(['iCCP', profile], ['IDAT', pixels])],
        ['WebP', webp(['VP8 ', `ANIM${pixels}`])],
        ['WebP with a profile', webp(extended(0x20), ['ICCP', `ANIM${profile}`], ['VP8 ', pixels])],
        ['JPEG', new Blob([bytesOf(`\xff\xd8\xff\xe1ANIM acTL${pixels}`)], { type: 'image/jpeg' })],
    ])
        await t.test(name, async () => assert.equal(await isScaled(file), true));
});

test('a head that is cut off or broken ends', async () => {
    for (const file of [png(), png(['tEXt', profile]).slice(0, 40, 'image/png'), webp().slice(0, 12, 'image/webp'), new Blob([], { type: 'image/png' })])
        await isScaled(file);
    await isScaled(new Blob([bytesOf(`\x89PNG\r\n\x1a\n${number(0xffffffff)}tEXt`)], { type: 'image/png' }));
});

test('a copy has fewer bytes, and the same type', async () => {
    const file = png(['PLTE', profile], ['IDAT', pixels]);

    assert.equal(await isScaled(file, file.size - 1), true);
    assert.equal(await isScaled(file, file.size), false, 'it was compressed better than a browser does');
    assert.equal(await isScaled(file, file.size + 1000), false);
    assert.equal(await isScaled(file, 10, 'image/jpeg'), false);
});
