// A push service (RFC 8030) for tests: node t/push/service.mjs <folder of npm's> <folder> <certificate> <key>
//
// Strict: it checks the token of RFC 8292 with the key that the subscription was made with, and takes the message as the
// browser would, with http_ece. POST /make gives a subscription; POST /set {path, ...} a fault of it. What comes is
// written to <folder>/<number>.json, one file a request. It has two ports, as two services; the first line of its output
// has both.
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';

const [, , modules, folder, certificate, key, ...ports] = process.argv;
const ece = createRequire(`${modules}/`)('http_ece');
const subscriptions = new Map(); // path -> {ecdh, auth, vapid, fault}
let made = 0, heard = 0;

const servers = [0, 1].map(() => createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
    const chunks = [];

    for await (const chunk of request)
        chunks.push(chunk);
    const body = Buffer.concat(chunks);

    if (request.url === '/make')
        return answer(response, 201, make(JSON.parse(body)));
    if (request.url === '/set') {
        const { path, ...fault } = JSON.parse(body);

        subscriptions.get(path).fault = fault;
        return answer(response, 200, {});
    }
    return receive(request, body, response);
}));

function answer(response, status, json, headers = {}) {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(json));
}

/* What a browser does; `vapid`: the applicationServerKey; `service`: 0 or 1. */
function make({ vapid, service = 0 }) {
    const ecdh = createECDH('prime256v1');
    const auth = randomBytes(16);
    const path = `/send/${++made}`;

    ecdh.generateKeys();
    subscriptions.set(path, { ecdh, auth, vapid, fault: {} });
    return {
        endpoint: `https://localhost:${servers[service].address().port}${path}`, expirationTime: null,
        keys: { p256dh: ecdh.getPublicKey().toString('base64url'), auth: auth.toString('base64url') },
    };
}

function receive(request, body, response) {
    const subscription = subscriptions.get(request.url);
    const { fault } = subscription ?? { fault: {} };
    const wrong = subscription ? problemsOf(request, body, subscription) : ['no such subscription'];
    const record = { path: request.url, at: Date.now(), headers: request.headers, bytes: body.length, wrong: wrong.map(String),
        text: wrong.length ? null : decrypt(body, subscription) };

    tell(record);
    if (wrong.length)
        return answer(response, 400, { wrong });
    if (fault.times !== undefined && fault.times-- <= 0)
        return answer(response, 201, {}, { Location: `https://localhost/message/${heard}` });
    switch (fault.is) {
    case 'status':
        return answer(response, fault.status, { reason: 'a fault' }, fault.headers);
    case 'reset':
        return request.socket.destroy();
    case 'slow':
        return undefined; // for ever
    case 'garbage':
        return request.socket.end('what is this?\r\n\r\n');
    case 'endless':
        response.writeHead(201);
        response.on('close', () => clearInterval(timer));
        const timer = setInterval(() => response.write('x'.repeat(65536)), 1);

        return undefined;
    case 'large':
        return record.text.length > fault.most ? answer(response, 413, {}) : answer(response, 201, {});
    default:
        return answer(response, 201, {}, { Location: `https://localhost/message/${heard}` });
    }
}

/* Whole before it has its name. */
function tell(record) {
    const name = `${folder}/${String(++heard).padStart(6, '0')}`;

    writeFileSync(`${name}.tmp`, JSON.stringify(record));
    renameSync(`${name}.tmp`, `${name}.json`);
}

function decrypt(body, { ecdh, auth }) {
    return ece.decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: auth }).toString('utf8');
}

function problemsOf(request, body, subscription) {
    const { headers, method } = request;
    const problems = [];
    const must = (truth, text) => truth || problems.push(text);

    must(method === 'POST', 'the method is POST');
    must(/^\d+$/.test(headers.ttl), 'TTL');
    must(['very-low', 'low', 'normal', 'high'].includes(headers.urgency), 'Urgency');
    must(headers.topic === undefined || /^[A-Za-z0-9]{1,32}$/.test(headers.topic), 'Topic');
    must(headers['content-encoding'] === 'aes128gcm', 'Content-Encoding');
    must(headers['content-length'] === String(body.length) && body.length <= 4096, 'Content-Length');
    must(headers.expect === undefined, 'Expect');
    problems.push(...problemsOfToken(headers.authorization ?? '', request, subscription));
    must(body.length > 86 && body.readUInt32BE(16) <= 4096 && body[20] === 65, 'the header of aes128gcm');
    try {
        decrypt(body, subscription);
    } catch (error) {
        problems.push(`encryption: ${error.message}`);
    }
    return problems;
}

/* RFC 8292 sections 2 to 4. */
function problemsOfToken(authorization, { headers: { host } }, { vapid }) {
    const [, token, key] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), k=([\w-]+)$/.exec(authorization) ?? [];
    const problems = [];
    const must = (truth, text) => truth || problems.push(text);

    if (!token)
        return ['Authorization'];
    must(key === vapid, 'the key is not that of the subscription');
    const [type, claims, signature] = token.split('.');
    const { typ, alg } = parse(type);
    const { aud, exp, sub } = parse(claims);
    const now = Date.now() / 1000;
    const point = Buffer.from(key, 'base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };

    must(typ === 'JWT' && alg === 'ES256', 'the type of the token');
    must(aud === `https://${host}`, `aud is ${aud}`);
    must(Number.isInteger(exp) && exp > now && exp <= now + 86400, `exp is ${exp}`);
    must(/^(?:mailto:[^@\s]+@[^@\s]+\.[a-z]+|https:\/\/\S+)$/.test(sub), `sub is ${sub}`);
    must(verify('sha256', Buffer.from(`${type}.${claims}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url')), 'the signature');
    return problems;
}

function parse(part) {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}

await Promise.all(servers.map((server, i) => new Promise((resolve) => server.listen(Number(ports[i] ?? 0), '127.0.0.1', resolve))));
console.log(servers.map((server) => server.address().port).join(' '));
