// conf/login.js, which the login form loads: to where it leads.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import vm from 'node:vm';

const script = readFileSync(new URL('../../conf/login.js', import.meta.url), 'utf8');
const ORIGIN = 'https://chat.example';

/* What the form sends as httpd_location; null: nothing. `items`: what lies in the sessionStorage; null: forbidden. */
function placeAt(address, items = new Map()) {
    const { origin, search, hash } = new URL(address, ORIGIN);
    const fields = [], listeners = [];
    const storage = {
        getItem: key => items.get(key) ?? null,
        setItem: (key, text) => items.set(key, text),
        removeItem: key => items.delete(key),
    };

    vm.runInNewContext(script, {
        URL,
        URLSearchParams,
        location: { origin, search, hash },
        document: { createElement: () => ({}), addEventListener: (type, listener) => listeners.push([type, listener]) },
        get sessionStorage() {
            if (items === null)
                throw new Error('SecurityError');
            return storage;
        },
    });
    for (const [type, listener] of listeners) {
        assert.equal(type, 'submit');
        listener({ target: { append: field => fields.push(field) } });
    }
    assert.ok(fields.every(({ name, type }) => name === 'httpd_location' && type === 'hidden'));
    return fields.length === 0 ? null : fields[0].value;
}

const to = place => placeAt(`/login.html?to=${encodeURIComponent(place)}`);

test('it leads back to where somebody came from', () => {
    for (const place of ['/', '/talk.html', '/talk.html?x=1&y=/z#here', '/a//b', '/?to=//evil.example'])
        assert.equal(to(place), place);
    assert.equal(placeAt('/login.html?next=%2Ftalk.html'), '/talk.html');
    assert.equal(to(`${ORIGIN}/talk.html?x=1#here`), '/talk.html?x=1#here', '{url}');
    assert.equal(placeAt('/login.html?to=/talk.html#here'), '/talk.html#here', 'what came along unescaped');
    assert.equal(placeAt('/login.html'), null, 'otherwise httpd decides');
    assert.equal(placeAt('/login.html?to=%2Ftalk.html', null), '/talk.html', 'without storage');
});

test('never to another site, nor to a script', () => {
    for (const place of ['//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '\\/evil.example', '/\t/evil.example',
        '/.//evil.example', '/x/..//evil.example', '/%2e//evil.example', '/.\\/evil.example', 'https://evil.example/', 'https:evil.example',
        'http://chat.example/', 'https://chat.example.evil.example/', 'https://chat.example@evil.example/', 'javascript:alert(1)',
        'data:text/html,x', 'https://chat.example//evil.example', 'https://', ' //evil.example']) {
        const place_ = to(place);

        assert.ok(place_ === null || new URL(place_, `${ORIGIN}/login`).origin === ORIGIN, `${place}: ${place_}`);
        assert.ok(place_ === null || /^\/(?![\/\\])/.test(place_), `${place}: ${place_}`);
    }
});

test('a wrong password leads back to the form, which still knows', () => {
    const items = new Map();

    assert.equal(placeAt('/login.html?to=%2Ftalk.html', items), '/talk.html');
    assert.equal(placeAt('/login.html#failed', items), '/talk.html');
    assert.equal(placeAt('/login.html', items), null, 'who comes by themselves later is not led there');
    assert.equal(placeAt('/login.html#failed', items), null);
});
