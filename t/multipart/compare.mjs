// Random bodies, as http/chat_multipart.c, busboy and undici read them: `compare.mjs <reader> [<how many>]`, with
// NODE_PATH of the two. Prints TAP. A body as a client makes it must be the same for all three, in pieces of any size.
// One that was damaged is either refused by us, or means the same to the others: ours is the strict one.
import { createRequire } from 'node:module';
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';

const require = createRequire(`${process.env.CHAT_MULTIPART_MODULES}/`);
const busboy = require('busboy');
const { Response } = require('undici');

const [reader, count = '10000'] = process.argv.slice(2);
const seed = Number(process.env.CHAT_TEST_SEED ?? 1);
const BOUNDARY = 'xYz';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

console.log(`# CHAT_TEST_SEED=${seed}`);

// ---- Random bodies ----

let state = BigInt(seed);

function random(limit) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(limit));
}

const pick = (list) => list[random(list.length)];
// What makes readers stumble: pieces of delimiters, and of what surrounds them.
const CRUMBS = ['\r', '\n', '\r\n', '\r\n-', '\r\n--', `\r\n--${BOUNDARY.slice(0, 2)}`, `--${BOUNDARY}`, `\n--${BOUNDARY}`, '-', '--',
    'x', 'xY', 'hello ', '\t', ': ', ';', '"', '='];

function someBytes(isText) {
    const parts = [];
    for (let i = random(12); i > 0; i--)
        parts.push(random(3) ? Buffer.from(pick(CRUMBS)) : Buffer.from([isText ? 32 + random(95) : random(256)]));
    const bytes = Buffer.concat(parts);
    // A delimiter must not be in it, nor begin it.
    return bytes.includes(`\r\n--${BOUNDARY}`) || bytes.indexOf(`--${BOUNDARY}`) === 0 ? Buffer.from('x') : bytes;
}

const NAMES = ['content', 'client_id', 'attachment', 'a b', 'ü', 'x;y', 'x=y', "it's"];
const FILES = ['a.txt', '', 'Bild von Müller.jpg', '写真.png', 'a;b=c.txt', "it's", 'a%25b', 'two  blanks', '.hidden', 'x%22y', 'x%0D%0Ay'];

function someBody() {
    const parts = [];
    const wanted = [];
    for (let i = 1 + random(5); i > 0; i--) {
        const name = pick(NAMES);
        const filename = random(2) ? pick(FILES) : null;
        const bytes = someBytes(filename === null);
        const header = `Content-Disposition: form-data; name="${name}"${filename === null ? '' : `; filename="${filename}"`}\r\n`
            + (filename === null ? '' : 'Content-Type: application/octet-stream\r\n');
        parts.push(Buffer.from(`--${BOUNDARY}\r\n${header}\r\n`), bytes, Buffer.from('\r\n'));
        wanted.push([name, filename, bytes]);
    }
    parts.push(Buffer.from(`--${BOUNDARY}--\r\n`));
    // undici takes the boundary, without the dashes, for the end of the content, and refuses what follows.
    return [Buffer.concat(parts), wanted.some((part) => part[2].includes(BOUNDARY))];
}

function damage(body) {
    const bytes = Buffer.from(body);
    const at = random(bytes.length);
    switch (random(4)) {
    case 0: return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(3))]);
    case 1: return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(CRUMBS)), bytes.subarray(at)]);
    case 2: return bytes.subarray(0, at);
    default: bytes[at] = random(256); return bytes;
    }
}

// ---- The three readers ----

const decoded = (text) => (text ?? '').replaceAll('%22', '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n');
const hex = (text) => Buffer.from(text).toString('hex');
const line = (parts) => parts.map(([name, filename, bytes]) => `${hex(name)},${filename === null ? '-' : hex(filename)},${bytes.toString('hex')};`).join('');

async function ours(bodies) {
    const child = spawn(reader, [TYPE], { stdio: ['pipe', 'pipe', 'inherit'] });
    const out = [];
    const input = bodies.map(({ body, piece }) => {
        const head = Buffer.alloc(8);
        head.writeUInt32LE(body.length, 0);
        head.writeUInt32LE(piece, 4);
        return Buffer.concat([head, body]);
    });
    child.stdout.on('data', (data) => out.push(data));
    child.stdin.end(Buffer.concat(input));
    const code = await new Promise((done) => child.on('close', done));
    if (code !== 0)
        throw new Error(`the reader ended with ${code}`);
    return Buffer.concat(out).toString().split('\n').slice(0, -1);
}

function byBusboy(body) {
    return new Promise((done) => {
        const parts = [];
        let parser;
        try {
            parser = busboy({ headers: { 'content-type': TYPE }, defParamCharset: 'utf8', preservePath: true });
        } catch {
            done('refused');
            return;
        }
        parser.on('field', (name, value) => parts.push([decoded(name), null, Buffer.from(value)]));
        parser.on('file', (name, stream, { filename }) => {
            const part = [decoded(name ?? ''), decoded(filename ?? ''), []];
            parts.push(part);
            stream.on('data', (data) => part[2].push(data));
            stream.on('error', () => {});
        });
        parser.on('error', () => done('refused'));
        parser.on('close', () => done(line(parts.map(([n, f, b]) => [n, f, Array.isArray(b) ? Buffer.concat(b) : b]))));
        Readable.from([body]).pipe(parser);
    });
}

async function byUndici(body) {
    try {
        const form = await new Response(body, { headers: { 'content-type': TYPE } }).formData();
        const parts = [];
        for (const [name, value] of form)
            parts.push(typeof value === 'string' ? [decoded(name), null, Buffer.from(value)]
                : [decoded(name), decoded(value.name), Buffer.from(await value.arrayBuffer())]);
        return line(parts);
    } catch {
        return 'refused';
    }
}

// As the others have it in what was damaged: text that is not UTF-8 gets marks, and to busboy a part with a type of its
// own is a file without a name.
const asText = (digits) => hex(Buffer.from(digits, 'hex').toString());
const leniently = (parts) => (parts === 'refused' ? parts : parts.split(';').slice(0, -1).map((part) => {
    const [name, filename, bytes] = part.split(',');
    return [asText(name), filename === '-' ? '' : asText(filename), filename === '-' || filename === '' ? asText(bytes) : bytes].join();
}).join(';'));

// ---- The comparison ----

const bodies = [];
for (let i = 0; i < Number(count); i++) {
    const [body, confusesUndici] = someBody();
    const isDamaged = i % 2 === 1;
    bodies.push({ body: isDamaged ? damage(body) : body, isDamaged, confusesUndici, piece: random(3) ? 1 + random(64) : 1 + random(5000) });
}
const read = await ours(bodies);
const differences = { whole: [], damaged: [] };
let refused = 0;
for (const [i, { body, isDamaged, confusesUndici }] of bodies.entries()) {
    const others = [await byBusboy(body), await byUndici(body)];
    const same = isDamaged ? (a, b) => leniently(a) === leniently(b) : (a, b) => a === b;
    const isSame = same(others[0], read[i])
        && (same(others[1], read[i]) || (others[1] === 'refused' && (isDamaged || confusesUndici)));
    if (isDamaged && read[i] === 'refused')
        refused++;
    else if (!isSame)
        differences[isDamaged ? 'damaged' : 'whole'].push({ body: body.toString('latin1'), ours: read[i], busboy: others[0], undici: others[1] });
}
const tests = [
    [read.length === bodies.length, 'all bodies were read'],
    [differences.whole.length === 0, 'what clients send is the same to all three'],
    [differences.damaged.length === 0, 'what was damaged is refused, or the same to all three'],
    [refused > bodies.length / 20 && refused < bodies.length / 2, `${refused} of ${bodies.length / 2} damaged ones were refused`],
];
console.log(`1..${tests.length}`);
for (const [i, [isFine, what]] of tests.entries())
    console.log(`${isFine ? 'ok' : 'not ok'} ${i + 1} - ${what}`);
for (const difference of [...differences.whole, ...differences.damaged].slice(0, 5))
    console.log(`# ${JSON.stringify(difference)}`);
process.exitCode = tests.every(([isFine]) => isFine) ? 0 : 1;
